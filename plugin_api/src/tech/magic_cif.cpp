// GDS in and out of the Magic technology file.
//
// Coming in, tiles are made by boolean operations on drawn layers, as the device recognition of the
// process says (a gate is poly over diffusion, its kind the implants and wells over it). Going out,
// implants are grown from the tiles by their enclosure rules.
#include <algorithm>
#include <stdexcept>

#include "magic_template.hpp"

namespace ptah::tech {
namespace {

/// Text on the label purpose is a port in style (vendor) and a name otherwise; text on the pin
/// purpose always is a port.
std::string label_lines(const std::string& gds) {
  return " labels " + gds + "\n variants (vendor)\n labels " + gds +
         "TXT port\n variants ()\n labels " + gds + "TXT text\n variants *\n labels " + gds +
         "PIN port\n";
}

/// A contact tile covers an array of cuts: close the gaps between neighbours, drop what is smaller
/// than a contact, and keep lone odd shapes for the rule check to see.
std::string contact_lines(const std::string& type, const std::string& base, Dbu gap, Dbu size,
                          const std::string& labels) {
  const std::string half_gap = std::to_string(gap / 2), half = std::to_string(size / 2);
  std::string lines = " layer " + type + " " + base + "\n grow " + half_gap + "\n shrink " +
                      half_gap + "\n shrink " + half + "\n grow " + half + "\n or " + base + "\n";
  if (!labels.empty()) lines += " labels " + labels + "\n";
  return lines;
}

/// A contact whose cut and conductor stand in different cells of a hierarchy.
std::string copied_contact(const std::string& type, const std::string& under, Dbu gap, Dbu size) {
  const std::string base = type + "copy";
  return " templayer " + base + " LICON1\n and " + under + "\n" +
         contact_lines(type, base, gap, size, "LICON1");
}

constexpr std::string_view kWells = R"( layer nwell NWELL,NWELLTXT,NWELLPIN
 labels NWELL
 variants (vendor)
 labels NWELLTXT port
 variants ()
 labels NWELLTXT text
 variants *
 labels NWELLPIN port
 templayer nwellarea NWELL
 copyup nwelcheck
 templayer xnwelcheck nwelcheck
 copyup nwelcheck
 templayer thickarea HVI
 copyup thickcheck
 templayer xthickcheck thickcheck
 copyup thickcheck
 layer pwell TAP,DIFF
 and-not NWELL,nwelcheck
 grow {difftap.11}
 or PWELLTXT,PWELLPIN
 grow {nwell.1 - 420}
 shrink {nwell.1 - 420}
 variants (vendor)
 labels PWELLTXT port
 variants ()
 labels PWELLTXT text
 variants *
 labels PWELLPIN port
 layer dnwell DNWELL
 labels DNWELL
 layer thickox HVI
)";

constexpr std::string_view kDiffusions = R"( templayer ndiffarea DIFF,DIFFTXT,DIFFPIN,barediff
 and-not POLY
 and-not NWELL,nwelcheck
 and-not PSDM
 and-not DIFF_RES
 and-not AREAID_DIODE
 and NSDM
 copyup ndifcheck
%DIFFLABELS% layer ndiff ndiffarea
 templayer xndifcheck ndifcheck
 copyup ndifcheck
 layer ndiode DIFF,barediff
 and NSDM
 and AREAID_DIODE
 and-not NWELL,nwelcheck
 and-not POLY
 and-not PSDM
 and-not LVTN
 and-not HVI,thickcheck
 labels DIFF
 layer ndiffres DIFF_RES
 and NSDM
 labels DIFF
 templayer pdiffarea DIFF,DIFFTXT,DIFFPIN,barediff
 and-not POLY
 and NWELL,nwelcheck
 and-not NSDM
 and-not DIFF_RES
 and-not AREAID_DIODE
 and PSDM
 copyup pdifcheck
%DIFFLABELS% layer pdiff pdiffarea
 templayer xpdifcheck pdifcheck
 copyup pdifcheck
 layer pdiode DIFF,barediff
 and PSDM
 and AREAID_DIODE
 and-not POLY
 and-not NSDM
 and-not LVTN
 and-not HVTP
 and-not HVI,thickcheck
 labels DIFF
 templayer pfetarea DIFF,barediff
 and POLY
 or baretrans
 and-not NSDM
 layer pfet pfetarea
 and-not LVTN
 and-not HVTP
 and-not HVI,thickcheck
 labels DIFF
 layer mvpfet pfetarea
 and-not LVTN
 and-not HVTP
 and HVI,thickcheck
 labels DIFF
 layer pfetlvt pfetarea
 and LVTN
 labels DIFF
 layer pfethvt pfetarea
 and HVTP
 labels DIFF
 layer nwell pfetarea
 grow {difftap.8}
 templayer pfetexpand pfetarea
 grow 500
 layer pdiff DIFF,DIFFTXT,DIFFPIN,barediff
 and-not NSDM
 and-not POLY
 and-not DIFF_RES
 and pfetexpand
%DIFFLABELS% layer pdiffres DIFF_RES
 and PSDM
 and NWELL,nwelcheck
 labels DIFF
 layer nfet DIFF,barediff
 and POLY
 or baretrans
 and-not PSDM
 and NSDM
 and-not LVTN
 and-not HVI,thickcheck
 labels DIFF
 layer mvnfet DIFF,barediff
 and POLY
 or baretrans
 and-not PSDM
 and NSDM
 and-not LVTN
 and HVI,thickcheck
 labels DIFF
 layer nfetlvt DIFF,barediff
 and POLY
 or baretrans
 and-not PSDM
 and NSDM
 and LVTN
 labels DIFF
 templayer nsdarea TAP
 and NSDM
 and NWELL,nwelcheck
 and-not POLY
 and-not PSDM
 copyup nsubcheck
 layer nsd nsdarea
 labels TAP
 layer nsd TAP,TAPTXT
 and NSDM
 and-not POLY
 labels TAP
 labels TAPTXT text
 templayer nsdexpand nsdarea
 grow 500
 templayer xnsubcheck nsubcheck
 copyup nsubcheck
 templayer psdarea TAP
 and PSDM
 and-not NWELL,nwelcheck
 and-not POLY
 and-not NSDM
 and-not pfetexpand
 copyup psubcheck
 layer psd psdarea
 labels TAP
 layer psd TAP,TAPTXT
 and PSDM
 and-not POLY
 labels TAP
 labels TAPTXT text
 templayer psdexpand psdarea
 grow 500
 templayer xpsubcheck psubcheck
 copyup psubcheck
 layer psd TAP
 and-not PSDM
 and-not NSDM
 and-not POLY
 and-not pfetexpand
 and psdexpand
 layer nsd TAP
 and-not PSDM
 and-not NSDM
 and-not POLY
 and nsdexpand
)";

constexpr std::string_view kPoly = R"( templayer xpolyterm RPM,URPM
 and POLY
 and-not POLY_RES
 grow 60
 and POLY
 layer xpc xpolyterm
 templayer polyarea POLY,POLYTXT,POLYPIN
 and-not POLY_RES
 and-not POLY_SHORT
 and-not DIFF
 and-not TAP
 and-not RPM
 and-not URPM
 copyup polycheck
 layer poly polyarea
%POLYLABELS% templayer xpolycheck polycheck
 copyup polycheck
 layer mrp1 POLY
 and POLY_RES
 and-not RPM
 and-not URPM
 labels POLY
 layer rmp POLY
 and POLY_SHORT
 labels POLY
 layer xhrpoly POLY
 and POLY_RES
 and RPM
 and-not URPM
 and PSDM
 and NPC
 and-not xpolyterm
 labels POLY
 layer uhrpoly POLY
 and POLY_RES
 and URPM
 and-not RPM
 and NPC
 and-not xpolyterm
 labels POLY
 layer var POLY
 and TAP
 and NSDM
 and NWELL,nwelcheck
 and-not HVTP
 and-not HVI,thickcheck
 labels POLY
 layer varhvt POLY
 and TAP
 and NSDM
 and NWELL,nwelcheck
 and HVTP
 and-not HVI,thickcheck
 labels POLY
)";

/// Contacts to li1 by what they land on: name of the tile, layers that must be there and not.
struct LiconKind {
  const char *type, *on, *with, *without;
};
constexpr LiconKind kLicons[] = {
    {"ndc", "DIFF", " and NSDM\n", " and-not NWELL,nwelcheck\n and-not AREAID_DIODE\n"},
    {"ndic", "DIFF", " and NSDM\n and AREAID_DIODE\n", " and-not NWELL,nwelcheck\n"},
    {"pdic", "DIFF", " and PSDM\n and NWELL,nwelcheck\n and AREAID_DIODE\n", ""},
    {"nsc", "DIFF,TAP", " and NSDM\n and NWELL,nwelcheck\n", ""},
    {"pdc", "DIFF", " and PSDM\n and NWELL,nwelcheck\n", " and-not AREAID_DIODE\n"},
    {"psc", "DIFF,TAP", " and PSDM\n",
     " and-not NWELL,nwelcheck\n and-not pfetexpand\n and-not AREAID_DIODE\n"},
    {"pc", "POLY", "", " and-not DIFF\n and-not RPM,URPM\n"},
};

std::string calma_lines(const Technology& technology) {
  std::string lines;
  const auto line = [&](const std::string& name, GdsLayer gds) {
    if (gds.layer >= 0) {
      lines += " calma " + name + " " + std::to_string(gds.layer) + " " +
               std::to_string(gds.datatype) + "\n";
    }
  };
  for (const Layer& layer : technology.layers()) {
    const std::string name = gds_name(layer);
    if (layer.drawing != layer.pin) line(name, layer.drawing);
    line(name + "TXT", layer.label);
    line(name + "PIN", layer.pin);
  }
  return lines;
}

const Via& via(const Technology& technology, LayerId lower, LayerId upper) {
  if (const Via* found = technology.via_between(lower, upper)) return *found;
  throw std::out_of_range("there is no via from " + technology.layer(lower).name + " to " +
                          technology.layer(upper).name);
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
    text.replace(at, what.size(), by);
    at += by.size();
  }
  return text;
}

}  // namespace

std::string magic_cif_input(const Technology& technology, const MagicStack& stack) {
  std::string out = "cifinput\nstyle " + technology.name() + " variants (vendor),()\n" +
                    " scalefactor 10 nanometers\n gridlimit " + std::to_string(technology.grid()) +
                    "\n options ignore-unknown-layer-labels no-reconnect-labels\n ignore NPC\n";
  for (const Layer& layer : technology.layers()) {
    if (layer.name.starts_with("areaid.") && layer.name != "areaid.diode")
      out += " ignore " + gds_name(layer) + "\n";
  }
  out += fill(kWells, technology);
  out += fill(replaced(std::string(kDiffusions), "%DIFFLABELS%", label_lines("DIFF")), technology);
  out += fill(replaced(std::string(kPoly), "%POLYLABELS%", label_lines("POLY")), technology);

  const Dbu licon = static_cast<Dbu>(technology.rule("licon.1"));
  const Dbu licon_gap = static_cast<Dbu>(technology.rule("licon.2"));
  for (const LiconKind& kind : kLicons) {
    const std::string base = std::string(kind.type) + "base";
    out += " templayer " + base + " LICON1\n or barecont\n and LI1\n or barelicont\n and " +
           kind.on + "\n" + kind.with + kind.without;
    out += contact_lines(kind.type, base, licon_gap, licon, "LICON1");
  }
  out +=
      " templayer pdcnowell LICON1\n or barecont\n and LI1\n or barelicont\n and DIFF\n"
      " and PSDM\n and pfetexpand\n";
  out += contact_lines("pdc", "pdcnowell", licon_gap, licon, "LICON1");

  out += " layer locali LI1,LI1TXT,LI1PIN\n and-not LI1_RES,LI1_SHORT\n" + label_lines("LI1");
  out += " layer rli LI1\n and LI1_RES,LI1_SHORT\n labels LI1_RES,LI1_SHORT\n";
  out += contact_lines("mcon", "MCON", static_cast<Dbu>(technology.rule("ct.2")),
                       static_cast<Dbu>(technology.rule("ct.1")), "MCON");

  for (std::size_t i = 0; i < stack.metals.size(); ++i) {
    const MagicConductor& metal = stack.metals[i];
    const std::string marks = metal.gds + "_RES," + metal.gds + "_SHORT";
    out += " layer " + metal.type + " " + metal.gds + "," + metal.gds + "TXT," + metal.gds +
           "PIN\n and-not " + marks + "\n" + label_lines(metal.gds);
    out += " layer " + metal.resistor + " " + metal.gds + "\n and " + marks + "\n labels " + marks +
           "\n";
  }
  for (const MagicVia& via : stack.vias) {
    const std::string cut = gds_name(technology.layer(via.via->cut)), base = via.type + "base";
    const Dbu border = via.via->lower_enclosure.all;
    out += " templayer " + base + " " + cut + "\n";
    if (cut == "VIA3") out += " and-not CAPM\n";
    if (cut == "VIA4") out += " and-not CAP2M\n";
    out += " grow " + std::to_string(border) + "\n";
    out += contact_lines(via.type, base, via.via->spacing - 2 * border, via.via->size + 2 * border,
                         "");
  }
  out += fill(R"( layer mimcap MET3
 and CAPM
 labels CAPM
 layer mimcc VIA3
 and CAPM
 grow {via3.4}
 grow 40
 shrink 40
 labels CAPM
 layer mimcap2 MET4
 and CAP2M
 labels CAP2M
 layer mim2cc VIA4
 and CAP2M
 grow {via4.4}
 grow 210
 shrink 210
 labels CAP2M
)",
              technology);
  out += R"( templayer gentrans DIFF
 and-not PSDM
 and-not NSDM
 and POLY
 copyup baretrans
 templayer gendiff DIFF,TAP
 and-not PSDM
 and-not NSDM
 and-not POLY
 copyup barediff
)";
  out += copied_contact("ndc", "ndifcheck", licon_gap, licon);
  out += copied_contact("pdc", "pdifcheck", licon_gap, licon);
  out += copied_contact("pc", "polycheck", licon_gap, licon);
  out += copied_contact("nsc", "nsubcheck", licon_gap, licon);
  out += copied_contact("psc", "psubcheck", licon_gap, licon);
  out += R"( templayer barelicont LICON1
 and LI1
 and-not DIFF,TAP
 and-not POLY
 and-not nsubcheck
 and-not psubcheck
 copyup barelicont
 templayer barecont LICON1
 and-not LI1
 and-not nsubcheck
 and-not psubcheck
 copyup barecont
 templayer boundary PRBOUNDARY
 boundary
 layer comment TEXT
 labels TEXT text
)";
  return out + calma_lines(technology) + "end\n\n";
}

std::string magic_cif_output(const Technology& technology, const MagicStack& stack) {
  std::string out =
      "cifoutput\nstyle gdsii\n scalefactor 10 nanometers\n options calma-permissive-labels\n"
      " gridlimit " +
      std::to_string(technology.grid()) + "\n";
  const auto calma = [&](GdsLayer gds) {
    return " calma " + std::to_string(gds.layer) + " " + std::to_string(gds.datatype) + "\n";
  };
  // Drawing, text without and with a port, of one layer.
  const auto layer = [&](const std::string& name, const std::string& tiles,
                         const std::string& ops) {
    const Layer& drawn = named(technology, name);
    std::string text =
        " layer " + gds_name(drawn) + " " + tiles + "\n" + ops + calma(drawn.drawing);
    if (drawn.label.layer >= 0)
      text +=
          " layer " + gds_name(drawn) + "TXT\n labels " + tiles + " noport\n" + calma(drawn.label);
    if (drawn.pin.layer >= 0)
      text += " layer " + gds_name(drawn) + "PIN\n labels " + tiles + " port\n" + calma(drawn.pin);
    return text;
  };
  const auto squares = [&](const Via& via, Dbu border) {
    return " squares " + std::to_string(border) + " " + std::to_string(via.size) + " " +
           std::to_string(via.spacing) + "\n";
  };
  out += " templayer CELLBOUND\n boundary\n layer BOUND CELLBOUND\n" +
         calma(named(technology, "prBoundary").drawing);
  out += layer("dnwell", "dnwell", "");
  out += layer("nwell", "allnwell", " and-not pwell\n");
  out += layer("diff", "allnactivenontap,allpactivenontap,allactiveres", "");
  out += layer("tap", "allnactivetap,allpactivetap", "");
  if (technology.find_layer("areaid.diode")) out += layer("areaid.diode", "*ndiode,*pdiode", "");
  out += fill(R"( templayer basePSDM pdiffres
 grow 15
 or xhrpoly,uhrpoly,xpc
 grow {rpm.4}
 bloat-or allpactivetap * {psd.5b} allnactivenontap 0
 bloat-or allpactivenontap * {psd.5a} allnactivetap 0
 templayer baseNSDM ndiffres
 grow {nsd.5a}
 bloat-or allnactivetap * {nsd.5b} allpactivenontap 0
 bloat-or allnactivenontap * {nsd.5a} allpactivetap 0
 templayer extendPSDM basePSDM
 bridge {psd.2} {psd.1}
 and-not baseNSDM
 templayer extendNSDM baseNSDM
 bridge {nsd.2} {nsd.1}
 and-not basePSDM
)",
              technology);
  out += layer("psdm", "basePSDM,extendPSDM",
               fill(" grow 185\n shrink 185\n close {psd.11}\n", technology));
  out += layer("nsdm", "baseNSDM,extendNSDM",
               fill(" grow 185\n shrink 185\n close {nsd.11}\n", technology));
  out += layer(
      "lvtn", "pfetlvt,nfetlvt",
      fill(" grow {lvtn.4b}\n bridge {lvtn.2} {lvtn.1a}\n grow 185\n shrink 185\n", technology));
  out += layer(
      "hvtp", "pfethvt,varhvt",
      fill(" grow {hvtp.3}\n bridge {hvtp.2} {hvtp.1}\n grow 185\n shrink 185\n", technology));
  out += layer("rpm", "",
               fill(" bloat-all xhrpoly xpc\n grow {rpm.3}\n grow-min {rpm.1a}\n"
                    " grow 420\n shrink 420\n",
                    technology));
  out += layer("urpm", "",
               fill(" bloat-all uhrpoly xpc\n grow {rpm.3}\n grow-min {rpm.1a}\n"
                    " grow 420\n shrink 420\n",
                    technology));
  out += layer("hvi", "thickox", "");
  out += layer("poly", "allpoly", "");
  out += layer("poly.res", "mrp1,xhrpoly,uhrpoly", "");
  out += layer("poly.short", "rmp", "");
  out += layer("diff.res", "allactiveres", "");
  out += fill(" templayer npcbase pc\n grow {licon.15}\n or xhrpoly,uhrpoly,xpc\n", technology);
  out += layer("npc", "npcbase",
               fill(" bridge {npc.2} {npc.1}\n grow 130\n shrink 130\n", technology));
  const Via& licon = via(technology, technology.layer("poly"), technology.layer("li1"));
  out += " templayer CONTBASE allcont\n" + squares(licon, 0);
  // The head of a precision resistor has one long slot.
  out += fill(" templayer SLOT xpc\n slots 80 {licon.1b} {licon.2c} 80 {licon.1c} {licon.2b}\n",
              technology);
  out += layer("licon1", "CONTBASE,SLOT", "");
  out += layer("li1", "allli", "");
  out += layer("li1.res", "rli", "");
  const Via& mcon = via(technology, technology.layer("li1"), stack.metals.front().layer);
  out += layer("mcon", "mcon", squares(mcon, 0));
  for (const MagicConductor& metal : stack.metals) {
    const std::string& name = technology.layer(metal.layer).name;
    out += layer(name, metal.all, "");
    if (technology.find_layer(name + ".res")) out += layer(name + ".res", metal.resistor, "");
  }
  for (const MagicVia& via : stack.vias) {
    const std::string& cut = technology.layer(via.via->cut).name;
    const std::string plate = cut == "via3" ? "mimcc" : cut == "via4" ? "mim2cc" : "";
    const std::string border = squares(*via.via, via.via->lower_enclosure.all);
    if (plate.empty()) {
      out += layer(cut, via.type, border);
    } else {
      out += " templayer " + plate + "cuts " + plate + "\n" + border;
      out += " templayer " + via.type + "cuts " + via.type + "\n" + border;
      out += layer(cut, plate + "cuts," + via.type + "cuts", "");
    }
  }
  out += layer("capm", "*mimcap", "");
  out += layer("cap2m", "*mimcap2", "");
  out += " layer TEXT\n labels comment\n" + calma(named(technology, "text").drawing);
  return out;
}

}  // namespace ptah::tech
