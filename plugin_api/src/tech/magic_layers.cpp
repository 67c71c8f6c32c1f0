// Planes, tile types, contacts, styles, paint rules and connectivity of the Magic technology file.
//
// Tile types follow the usual Magic view of a CMOS process: a transistor is a tile of its own
// ("nfet"), a contact covers its cut and the surround that both conductors must have ("v1" is the
// via with its smallest metal), and implants exist only as the kind of the tile under them.
#include "magic_template.hpp"

namespace ptah::tech {
namespace {

constexpr std::string_view kFrontPlanes = R"(planes
  dwell,dw
  well,w
  active,a
  locali,li1,li
)";

constexpr std::string_view kFrontTypes = R"(types
  dwell dnwell,dnw
  well nwell,nw
  well pwell,pw
  active nmos,ntransistor,nfet
  active pmos,ptransistor,pfet
  active nmoslvt,nfetlvt
  active pmoslvt,pfetlvt
  active pmoshvt,pfethvt
  active mvnmos,mvnfet
  active mvpmos,mvpfet
  active varactor,var
  active varactorhvt,varhvt
  active ndiff,ndiffusion,ndif
  active pdiff,pdiffusion,pdif
  active ndiffc,ndcontact,ndc
  active pdiffc,pdcontact,pdc
  active ndiode,ndi
  active pdiode,pdi
  active ndiodec,ndic
  active pdiodec,pdic
  active psubdiff,psubstratepdiff,ppdiff,ppd,psd,ptap
  active nsubdiff,nsubstratendiff,nndiff,nnd,nsd,ntap
  active psubdiffcont,psubstratepcontact,psc,ptapc
  active nsubdiffcont,nsubstratencontact,nsc,ntapc
  active poly,p,polysilicon
  active polycont,pc,pcontact,polycut,polyc
  active xpolycontact,xpolyc,xpc
  active npolyres,npres,mrp1
  active ppolyres,ppres,xhrpoly
  active xpolyres,xpres,xres,uhrpoly
  active ndiffres,rnd,rdn,rndiff
  active pdiffres,rpd,rdp,rpdiff
  active rmp
  locali locali,li1,li
  locali rlocali,rli1,rli
  locali viali,vial,mcon,m1c,v0
)";

constexpr std::string_view kAliases = R"(aliases
  allnwell         nwell
  allnfets         nfet,nfetlvt,mvnfet
  allpfets         pfet,pfetlvt,pfethvt,mvpfet
  allfets          allnfets,allpfets,varactor,varhvt
  allmos           allnfets,allpfets
  allfetsnolvt     nfet,pfet,pfethvt,mvnfet,mvpfet,varactor,varhvt
  allfetsthin      nfet,nfetlvt,pfet,pfetlvt,pfethvt
  allfetsthick     mvnfet,mvpfet
  allnactivenonfet *ndiff,*nsd,*ndiode
  allnactivenontap *ndiff,*ndiode,allnfets
  allnactivetap    *nsd,varactor,varhvt
  allnactive       allnactivenonfet,allnfets
  allpactivenonfet *pdiff,*psd,*pdiode
  allpactivenontap *pdiff,*pdiode,allpfets
  allpactivetap    *psd
  allpactive       allpactivenonfet,allpfets
  allactivenonfet  allnactivenonfet,allpactivenonfet
  allactive        allactivenonfet,allfets
  allactiveres     ndiffres,pdiffres
  allndiff         *ndiff,*nsd,*ndiode,ndiffres,allnfets
  allpdiff         *pdiff,*psd,*pdiode,pdiffres,allpfets
  alldiff          allndiff,allpdiff
  alldiffnonfet    *ndiff,*nsd,*ndiode,ndiffres,*pdiff,*psd,*pdiode,pdiffres
  allpolyres       mrp1,xhrpoly,uhrpoly,rmp
  allpolynonfet    *poly,allpolyres,xpc
  allpolynonres    *poly,allfets,xpc
  allpoly          allpolynonfet,allfets
  allndiffcont     ndc,nsc,ndic
  allpdiffcont     pdc,psc,pdic
  alldiffcont      allndiffcont,allpdiffcont
  allcont          alldiffcont,pc
  allres           allpolyres,allactiveres
  allli            *locali,rli
  psub             pwell
)";

constexpr std::string_view kFrontStyles = R"(styles
 styletype mos
  dnwell    cwell
  nwell     nwell
  pwell     pwell
  ndiff     ndiffusion
  pdiff     pdiffusion
  nsd       ndiff_in_nwell
  psd       pdiff_in_pwell
  nfet      ntransistor ntransistor_stripes
  pfet      ptransistor ptransistor_stripes
  nfetlvt   ntransistor ntransistor_stripes implant1
  pfetlvt   ptransistor ptransistor_stripes implant1
  pfethvt   ptransistor ptransistor_stripes implant2
  mvnfet    ntransistor ntransistor_stripes hvndiff_mask
  mvpfet    ptransistor ptransistor_stripes hvpdiff_mask
  var       polysilicon ndiff_in_nwell
  varhvt    polysilicon ndiff_in_nwell implant2
  ndc       ndiffusion metal1 contact_X'es
  pdc       pdiffusion metal1 contact_X'es
  nsc       ndiff_in_nwell metal1 contact_X'es
  psc       pdiff_in_pwell metal1 contact_X'es
  ndiode    ndiffusion nselect2
  pdiode    pdiffusion pselect2
  ndic      ndiffusion nselect2 metal1 contact_X'es
  pdic      pdiffusion pselect2 metal1 contact_X'es
  poly      polysilicon
  pc        polysilicon metal1 contact_X'es
  npolyres  polysilicon silicide_block nselect2
  ppolyres  polysilicon silicide_block pselect2
  uhrpoly   poly_resist
  xpc       polysilicon pselect2 metal1 contact_X'es
  rmp       polysilicon poly_resist_stripes
  ndiffres  ndiffusion ndop_stripes
  pdiffres  pdiffusion pdop_stripes
  locali    metal1
  rli       metal1 poly_resist_stripes
  mcon      metal1 metal2 via1arrow
  mimcap    metal3 mems
  mimcc     metal3 contact_X'es mems
  mimcap2   metal4 mems
  mim2cc    metal4 contact_X'es mems
  comment   comment
  thickox   hvndiff_mask
  error_p   error_waffle
  error_s   error_waffle
  error_ps  error_waffle
  magnet    substrate_field_implant
  rotate    via3alt
  fence     via5
)";

constexpr std::string_view kCompose = R"(compose
  compose   nfet  poly ndiff
  compose   pfet  poly pdiff
  compose   var   poly nsd
  decompose nfetlvt poly ndiff
  decompose pfetlvt poly pdiff
  decompose pfethvt poly pdiff
  decompose mvnfet  poly ndiff
  decompose mvpfet  poly pdiff
  decompose varhvt  poly nsd
  paint ndc   nwell pdc
  paint nfet  nwell pfet
  paint mvnfet nwell mvpfet
  paint ndiff nwell pdiff
  paint psd   nwell nsd
  paint psc   nwell nsc
  paint pdc   pwell ndc
  paint pfet  pwell nfet
  paint mvpfet pwell mvnfet
  paint pdiff pwell ndiff
  paint nsd   pwell psd
  paint nsc   pwell psc
end
)";

}  // namespace

std::string magic_layers(const Technology&, const MagicStack& stack) {
  std::string planes(kFrontPlanes), types(kFrontTypes), aliases(kAliases), styles(kFrontStyles);
  std::string contacts = R"(contact
  pc    poly   locali
  ndc   ndiff  locali
  pdc   pdiff  locali
  nsc   nsd    locali
  psc   psd    locali
  ndic  ndiode locali
  pdic  pdiode locali
  xpc   xpc    locali
  mcon  locali metal1
)";
  std::string connect = R"(connect
  *nwell,*nsd,dnwell      *nwell,*nsd,dnwell
  pwell,*psd              pwell,*psd
  *li                     *li
  *mimcap                 *mimcap
  *mimcap2                *mimcap2
  allnactivenonfet        allnactivenonfet
  allpactivenonfet        allpactivenonfet
  *poly,xpc,allfets       *poly,xpc,allfets
)";
  for (std::size_t i = 0; i < stack.metals.size(); ++i) {
    const MagicConductor& metal = stack.metals[i];
    const std::string n = std::to_string(i + 1);
    planes += "  " + metal.plane + "," + metal.type + "\n";
    if (n == "3") planes += "  cap1,c1\n";
    if (n == "4") planes += "  cap2,c2\n";
    types += "  " + metal.plane + " " + metal.plane + "," + metal.type + ",met" + n + "\n";
    types += "  " + metal.plane + " rmetal" + n + "," + metal.resistor + ",rmet" + n + "\n";
    aliases += "  " + metal.all + " *" + metal.type + "," + metal.resistor + "\n";
    // Magic's stock display style has "metal1" for the lowest wire, which here is local
    // interconnect.
    const std::string color = "metal" + std::to_string(i + 2);
    styles += "  " + metal.plane + " " + color + "\n";
    styles += "  " + metal.resistor + " " + color + " poly_resist_stripes\n";
    connect += "  *" + metal.type + " *" + metal.type + "\n";
  }
  for (const MagicVia& via : stack.vias) {
    const std::string n = via.type.substr(1);
    const int upper = std::stoi(n) + 1;
    const std::string contact =
        "m" + std::to_string(upper) + "contact,m" + std::to_string(upper) + "c";
    types += "  " + via.lower->plane + " via" + n + "," + via.type + "," + contact + "\n";
    styles += "  " + via.type + " metal" + std::to_string(upper) + " metal" +
              std::to_string(upper + 1) + " via" + std::to_string(upper) +
              (upper == 2   ? "arrow"
               : upper == 3 ? "alt"
                            : "") +
              "\n";
    contacts += "  " + via.type + " " + via.lower->plane + " " + via.upper->plane + "\n";
  }
  contacts += "  stackable\n  mimcc  mimcap  metal4\n  mim2cc mimcap2 metal5\nend\n\n";
  planes += "  block,b\n  comment,c\nend\n\n";
  types += R"(  cap1 mimcap,mim,capm
  cap1 mimcapcontact,mimcapc,mimcc,capmc
  cap2 mimcap2,mim2,capm2
  cap2 mimcap2contact,mimcap2c,mim2cc,capm2c
  block thickox
  comment comment
end

)";
  aliases += "end\n\n";
  styles += "end\n\n";
  connect += "end\n\n";
  return planes + types + contacts + aliases + styles + std::string(kCompose) + "\n" + connect;
}

}  // namespace ptah::tech
