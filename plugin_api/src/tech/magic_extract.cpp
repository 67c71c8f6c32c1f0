// Extraction section of the Magic technology file: devices, resistances, capacitances.
//
// Lengths leave in um (lambda 1E6 undoes the `scale=1u` that the device models set), so a netlist
// holds "w=1.05e+06u" for 1.05 um.
#include <cstdio>

#include "magic_template.hpp"

namespace ptah::tech {
namespace {

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.10g", value);
  return text;
}

std::string um(Dbu value) {
  return number(to_um(value));
}

/// The tiles of a conductor and the plane they lie on, bottom up.
struct Wire {
  std::string layer, tiles, plane;
};

std::vector<Wire> wires(const Technology& technology, const MagicStack& stack) {
  std::vector<Wire> list{{"poly", "*poly", "active"}, {"li1", "allli", "locali"}};
  for (const MagicConductor& metal : stack.metals) {
    list.push_back({technology.layer(metal.layer).name, metal.all, metal.plane});
  }
  return list;
}

double value(const Parasitics::Table& table, const std::string& row, const std::string& column) {
  const auto line = table.find(row);
  if (line == table.end()) return 0;
  const auto cell = line->second.find(column);
  return cell == line->second.end() ? 0 : cell->second;
}

std::string capacitances(const Technology& technology, const MagicStack& stack) {
  const Parasitics& parasitics = technology.parasitics();
  std::string out;
  const double well = value(parasitics.area_af_um2, "nwell", "sub");
  if (well > 0) {
    out += " defaultareacap dnwell dwell " + number(well) + "\n";
    out += " defaultoverlap pwell well dnwell dwell " + number(well) + "\n";
    out += " defaultareacap nwell well dnwell dwell " + number(well) + "\n";
  }
  const std::vector<Wire> stack_wires = wires(technology, stack);
  for (std::size_t i = 0; i < stack_wires.size(); ++i) {
    const Wire& wire = stack_wires[i];
    const std::string name = " " + wire.tiles + " " + wire.plane + " ";
    const double area = value(parasitics.area_af_um2, wire.layer, "sub");
    const double fringe = value(parasitics.fringe_down_af_um, wire.layer, "sub");
    if (const auto law = parasitics.sidewall.find(wire.layer); law != parasitics.sidewall.end()) {
      out += " defaultsidewall" + name + number(law->second.magic_k_af) + "\n";
    }
    out += " defaultareacap" + name + number(area) + "\n";
    out += " defaultperimeter" + name + number(fringe) + "\n";
    out += " defaultsideoverlap" + name + "nwell,pwell well " + number(fringe) + "\n";
    if (i == 0) continue;  // what lies under poly belongs to the transistor models
    out += " defaultoverlap" + name + "nwell,pwell well " + number(area) + "\n";
    out += " defaultoverlap" + name + "allactivenonfet active " + number(area) + "\n";
    out += " defaultsideoverlap" + name + "allactivenonfet active " + number(fringe) + "\n";
    for (std::size_t k = 0; k < i; ++k) {
      const Wire& below = stack_wires[k];
      // From above, gates are poly.
      const std::string under = (k == 0 ? "allpolynonres" : below.tiles) + " " + below.plane + " ";
      out += " defaultoverlap" + name + under +
             number(value(parasitics.area_af_um2, wire.layer, below.layer)) + "\n";
      out += " defaultsideoverlap" + name + under +
             number(value(parasitics.fringe_down_af_um, wire.layer, below.layer)) + "\n";
      out += " defaultsideoverlap " + below.tiles + " " + below.plane + name +
             number(value(parasitics.fringe_up_af_um, below.layer, wire.layer)) + "\n";
    }
  }
  return out;
}

std::string resistances(const Technology& technology, const MagicStack& stack) {
  const Parasitics& parasitics = technology.parasitics();
  std::string out;
  // Magic counts in milliohm; the fraction is the share of a corner square.
  const auto sheet = [&](const std::string& tiles, std::string_view of, const char* corner = "") {
    const auto found = parasitics.sheet_ohm.find(of);
    if (found == parasitics.sheet_ohm.end()) return;
    out += " resist " + tiles + " " + number(found->second.typical * 1000) + corner + "\n";
  };
  const auto contact = [&](const std::string& tiles, std::string_view of) {
    const auto found = parasitics.contact_ohm.find(of);
    if (found == parasitics.contact_ohm.end()) return;
    out += " contact " + tiles + " " + number(found->second.typical * 1000) + "\n";
  };
  sheet("(pwell)/well", "pwell");
  sheet("(dnwell)/dwell", "dnwell");
  sheet("(nwell)/well", "nwell");
  sheet("(*ndiff,*nsd,*ndiode)/active", "ndiff");
  sheet("(*pdiff,*psd,*pdiode)/active", "pdiff");
  sheet("ndiffres/active", "ndiff", " 0.5");
  sheet("pdiffres/active", "pdiff", " 0.5");
  sheet("mrp1/active", "poly", " 0.5");
  sheet("xhrpoly/active", "high_poly", " 0.5");
  sheet("uhrpoly/active", "xhigh_poly", " 0.5");
  sheet("(allpolynonres)/active", "poly");
  sheet("rmp/active", "poly");
  sheet("(allli)/locali", "li1");
  for (const MagicConductor& metal : stack.metals) {
    sheet("(" + metal.all + ")/" + metal.plane, technology.layer(metal.layer).name);
  }
  contact("ndc,nsc,ndic", "ndiff");
  contact("pdc,psc,pdic", "pdiff");
  contact("pc", "poly");
  contact("mcon", "mcon");
  for (const MagicVia& via : stack.vias) {
    const std::string& cut = technology.layer(via.via->cut).name;
    contact(via.type, cut);
    if (cut == "via3") contact("mimcc", cut);
    if (cut == "via4") contact("mim2cc", cut);
  }
  out += " resist comment None\n resist thickox None\n";
  return out;
}

std::string heights(const Technology& technology, const MagicStack& stack) {
  std::string out;
  const auto line = [&](const std::string& tiles, Dbu height, Dbu thickness) {
    out += " height " + tiles + " " + um(height) + " " + um(thickness) + "\n";
  };
  const auto of = [&](const std::string& tiles, std::string_view name) {
    const Layer& layer = named(technology, name);
    line(tiles, layer.height, layer.thickness);
  };
  const auto between = [&](const std::string& tiles, const Layer& lower, const Layer& upper) {
    const Dbu top = lower.height + lower.thickness;
    line(tiles, top, upper.height - top);
  };
  out += " height dnwell -0.1 0.1\n height nwell,pwell 0 " + um(named(technology, "diff").height) +
         "\n";
  of("alldiff", "diff");
  of("allpoly", "poly");
  const Layer& li1 = named(technology, "li1");
  between("alldiffcont", named(technology, "diff"), li1);
  between("pc", named(technology, "poly"), li1);
  of("allli", "li1");
  between("mcon", li1, technology.layer(stack.metals.front().layer));
  for (const MagicConductor& metal : stack.metals) {
    of(metal.all, technology.layer(metal.layer).name);
  }
  for (const MagicVia& via : stack.vias) {
    between(via.type, technology.layer(via.lower->layer), technology.layer(via.upper->layer));
  }
  return out;
}

/// The wire or the head that a resistor's ends are made of.
std::string resistor_ends(const std::string& type) {
  if (type == "npres") return "*poly";
  if (type == "rli") return "*li";
  return "*m" + type.substr(type.size() - 1);  // rmet1 .. rmet5
}

std::string devices(const Technology& technology) {
  std::string out;
  for (const DeviceModel& device : technology.devices()) {
    const std::string& type = device.magic_type;
    if (type.empty()) continue;
    const std::string start = device.name + " " + type + " ";
    switch (device.kind) {
      case DeviceKind::kNmos:
        out +=
            " device msubcircuit " + start +
            "*ndiff,ndiffres *ndiff,ndiffres pwell,space/w error l=l w=w a1=as p1=ps a2=ad p2=pd\n";
        break;
      case DeviceKind::kPmos:
        out += " device msubcircuit " + start +
               "*pdiff,pdiffres *pdiff,pdiffres nwell error l=l w=w a1=as p1=ps a2=ad p2=pd\n";
        break;
      case DeviceKind::kCapacitor:
        if (device.generator_class == "varactor") {
          out += " device subcircuit " + start + "*nndiff nwell error l=l w=w\n";
          break;
        }
        out += " device csubcircuit " + device.name + " *" + type +
               (type == "mimcap" ? " *m3" : " *m4") + " w=w l=l\n";
        break;
      case DeviceKind::kResistor:
        if (device.terminals == 3) {
          out += " device rsubcircuit " + start + "xpc pwell,space/w error l=l w=w\n";
        } else {
          out += " device resistor " + start + resistor_ends(type) + "\n";
          if (type == "npres") out += " device resistor " + device.name + " rmp *poly\n";
        }
        break;
      case DeviceKind::kNdiode:
        out += " device ndiode " + device.name + " *" + type + " pwell,space/w a=area p=pj\n";
        break;
      case DeviceKind::kPdiode:
        out += " device pdiode " + device.name + " *" + type + " nwell a=area p=pj\n";
        break;
      case DeviceKind::kBlock:
        break;
    }
  }
  return out;
}

std::string antennas(const Technology& technology, const MagicStack& stack) {
  std::string out = " model partial\n";
  const auto line = [&](const std::string& tiles, std::string_view layer, const char* what) {
    for (const Rule& rule : technology.rules()) {
      if (rule.kind == RuleKind::kAntenna && rule.layers.front() == layer) {
        out += " antenna " + tiles + " " + what + " " + std::to_string(rule.value) + " none\n";
      }
    }
  };
  line("poly", "poly", "sidewall");
  line("allcont", "licon1", "surface");
  line("li", "li1", "sidewall");
  line("mcon", "mcon", "surface");
  for (const MagicConductor& metal : stack.metals) {
    line(metal.type, technology.layer(metal.layer).name, "sidewall");
  }
  for (const MagicVia& via : stack.vias) {
    line(via.type, technology.layer(via.via->cut).name, "surface");
  }
  return out + " tiedown alldiffnonfet\n";
}

}  // namespace

std::string magic_extract(const Technology& technology, const MagicStack& stack) {
  std::string out =
      "extract\n style ngspice\n cscale 1\n lambda 1E6\n units microns\n step 7\n sidehalo " +
      number(technology.parasitics().magic_halo_um) + "\n";
  const std::vector<std::string> front{"dwell", "well", "active", "locali"};
  int order = 0;
  for (const std::string& plane : front) {
    out += " planeorder " + plane + " " + std::to_string(order++) + "\n";
  }
  for (const MagicConductor& metal : stack.metals) {
    out += " planeorder " + metal.plane + " " + std::to_string(order++) + "\n";
  }
  // Plates come last, so that they never count as lying between two wires.
  for (const char* plane : {"block", "comment", "cap1", "cap2"}) {
    out += std::string(" planeorder ") + plane + " " + std::to_string(order++) + "\n";
  }
  out += heights(technology, stack);
  out += antennas(technology, stack);
  out += " substrate *ppdiff,space/w,pwell well $SUB -dnwell\n";
  out += resistances(technology, stack);
  out += capacitances(technology, stack);
  out += devices(technology);
  return out + "end\n\n";
}

}  // namespace ptah::tech
