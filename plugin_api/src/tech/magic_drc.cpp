// Design rules of the Magic technology file: style drc(full).
//
// A tile of a contact or via includes the smallest surround, so its width, spacing and overlaps are
// the rules' values with that surround added or taken away. Rules on implants do not appear: Magic
// keeps no implants, it derives them when it writes GDS.
#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <tuple>

#include "magic_template.hpp"

namespace ptah::tech {
namespace {

constexpr std::string_view kWellsAndDiffusion = R"drc(
 width dnwell {dnwell.2} {why dnwell.2}
 spacing dnwell dnwell {dnwell.3} touching_ok {why dnwell.3}
 spacing allnwell dnwell {nwell.7} surround_ok {why nwell.7}
 cifmaxwidth nwell_missing 0 bend_illegal {why! nwell.6}
 cifmaxwidth pdiff_crosses_dnwell 0 bend_illegal "P-diffusion crosses the edge of a deep n-well (dnwell.5)"

 width allnwell {nwell.1} {why nwell.1}
 spacing allnwell allnwell {nwell.2a} touching_ok {why nwell.2a}
 cifmaxwidth nwell_missing_tap 0 bend_illegal {why! nwell.4}

 width *ndiff,*ndiode,allnfets,*nsd,ndiffres,*pdiff,*pdiode,allpfets,*psd,pdiffres {difftap.1} {why difftap.1}
 extend *psd *ndiff {difftap.4} "Length of a tap that abuts diffusion < %d (difftap.4)"
 extend *nsd *pdiff {difftap.4} "Length of a tap that abuts diffusion < %d (difftap.4)"
 edge4way (*pdiff)/a (*nsd)/a {difftap.5} ~(*pdiff)/a 0 0 "Length of a tap between two diffusions < %d (difftap.5)"
 edge4way (*ndiff)/a (*psd)/a {difftap.5} ~(*ndiff)/a 0 0 "Length of a tap between two diffusions < %d (difftap.5)"
 spacing alldiff,var,varhvt alldiff,var,varhvt {difftap.3} touching_ok {why difftap.3}
 spacing *ndiff,*ndiode,allnfets allnwell {difftap.9} touching_illegal {why difftap.9}
 spacing *psd allnwell {difftap.11} touching_illegal {why difftap.11}
 surround *nsd allnwell {difftap.10} absence_illegal {why difftap.10}
 surround *pdiff,*pdiode,allpfets allnwell {difftap.8} absence_illegal {why difftap.8}
 spacing allnfets allpactivenonfet {difftap.3} touching_illegal "N-channel transistor to p-diffusion < %d (difftap.3)"
 spacing allpfets allnactivenonfet {difftap.3} touching_illegal "P-channel transistor to n-diffusion < %d (difftap.3)"
 edge4way (*psd)/a ~(*ndiff,*psd)/a {psd.5b} ~(*ndiff)/a (*ndiff)/a {psd.5b} "N-diffusion to p-tap < %d across a butted junction (psd.5b)"
 edge4way (*ndiff)/a ~(*ndiff,*psd)/a {psd.5a} ~(*psd)/a (*psd)/a {psd.5a} "N-diffusion to p-tap < %d across a butted junction (psd.5a)"
 edge4way (*nsd)/a ~(*pdiff,*nsd)/a {nsd.5b} ~(*pdiff)/a (*pdiff)/a {nsd.5b} "P-diffusion to n-tap < %d across a butted junction (nsd.5b)"
 edge4way (*pdiff)/a ~(*pdiff,*nsd)/a {nsd.5a} ~(*nsd)/a (*nsd)/a {nsd.5a} "P-diffusion to n-tap < %d across a butted junction (nsd.5a)"
 angles allactive 90 "Only 90 degree angles on diffusion and tap (x.2)"
 cifmaxwidth tap_missing_licon 0 bend_illegal {why! licon.16}
 cifmaxwidth ptap_missing 0 bend_illegal {why! LU.2}
 cifmaxwidth ntap_missing 0 bend_illegal {why! LU.3}
)drc";

/// A technology without thick oxide devices has no rules for them; its shapes are an error.
constexpr std::string_view kNoThickOxide = R"drc(
 cifmaxwidth thick_oxide 0 bend_illegal "Thick oxide devices do not belong to this technology (hvi)"
)drc";
constexpr std::string_view kThickOxide = R"drc(
 width thickox {hvi.1} {why hvi.1}
 spacing thickox thickox {hvi.2a} touching_ok {why hvi.2a}
 cifspacing thick_oxide lv_nwell {hvi.5} touching_illegal {why hvi.5}
 cifspacing hv_nwell hv_nwell {nwell.8} touching_ok {why nwell.8}
 cifspacing hv_nwell lv_nwell {nwell.8} touching_illegal {why nwell.8}
 cifwidth hv_diff {difftap.14} {why difftap.14}
 cifspacing hv_diff hv_diff {difftap.15a} touching_ok {why difftap.15a}
 cifspacing hv_ndiff lone_ptap {difftap.15b} touching_illegal {why difftap.15b}
 cifmaxwidth hv_pdiff_past_well 0 bend_illegal {why! difftap.17}
 cifspacing all_ndiff hv_nwell {difftap.18} touching_illegal {why difftap.18}
 cifmaxwidth hv_ntap_past_well 0 bend_illegal {why! difftap.19}
 cifspacing all_ptap hv_nwell {difftap.20} touching_illegal {why difftap.20}
 cifmaxwidth hv_active_past_oxide 0 bend_illegal {why! difftap.22}
 cifmaxwidth lv_active_at_oxide 0 bend_illegal {why! difftap.23}
 cifspacing hv_ndiff all_nwell {difftap.24} touching_illegal {why difftap.24}
 cifspacing hv_ndiff lv_ndiff {hvntm.4} touching_illegal {why hvntm.4}
 cifmaxwidth rpm_hv_check 0 bend_illegal {why! rpm.9}
 edge4way *ndiff mvnfet {poly.13} mvnfet 0 0 {why poly.13}
 edge4way *pdiff mvpfet {poly.13} mvpfet 0 0 {why poly.13}
 cifmaxwidth thin_gate_thick_oxide 0 bend_illegal "Gate of thin oxide under thick oxide (hvi)"
 cifmaxwidth thick_gate_thin_oxide 0 bend_illegal "Gate of thick oxide outside of thick oxide (hvi)"
)drc";

constexpr std::string_view kPolyAndDevices = R"drc(
 width allpoly {poly.1a} {why poly.1a}
 spacing allpoly allpoly {poly.2} touching_ok {why poly.2}
 spacing allpolynonfet *ndiff,*ndiode,ndiffres,*pdiff,*pdiode,pdiffres {poly.4} corner_ok allfets {why poly.4}
 spacing allpolynonfet *nsd {poly.5} corner_ok var,varhvt {why poly.5}
 spacing allpolynonfet *psd {poly.5} touching_illegal {why poly.5}
 spacing npres *nsd {poly.9} touching_illegal {why poly.9}
 overhang *ndiff,rndiff allnfets {poly.7} {why poly.7}
 overhang *pdiff,rpdiff allpfets {poly.7} {why poly.7}
 overhang *poly allmos {poly.8} {why poly.8}
 rect_only allfets {why! poly.11}
 rect_only xhrpoly,uhrpoly "Bodies of poly resistors are rectangles (poly.11)"
 angles allpoly 90 "Only 90 degree angles on poly (x.2)"
 edge4way *poly allmos {difftap.2} allfets 0 0 {why difftap.2}
 width pfetlvt {poly.1b} {why poly.1b}
 edge4way *psd *ndiff {poly.6} ~(allnfets)/a *psd {poly.6} {why poly.6}
 edge4way *nsd *pdiff {poly.6} ~(allpfets)/a *nsd {poly.6} {why poly.6}
 overhang *nsd var,varhvt {var.4} {why var.4}
 width var,varhvt {var.1} {why var.1}
 extend var,varhvt *poly {var.2} {why var.2}
 cifmaxwidth var_poly_no_nwell 0 bend_illegal {why! varac.5}

 spacing pfethvt,varhvt pfet,pfetlvt,mvpfet {hvtp.3 + hvtp.4} touching_illegal {why hvtp.4}
 spacing pfethvt,varhvt varactor {hvtp.3 + hvtp.4} touching_illegal "High-Vt implant to a varactor < %d (hvtp.4 + varac.3)"
 spacing pfetlvt,nfetlvt allfetsnolvt {lvtn.4b + lvtn.3a} touching_illegal {why lvtn.3a}
 spacing pfetlvt,nfetlvt pfethvt {lvtn.4b + hvtp.3 + lvtn.9} touching_illegal {why lvtn.9}
 edge4way allfetsnolvt allactivenonfet {lvtn.4b + lvtn.3b} ~(pfetlvt,nfetlvt)/a allfetsnolvt {lvtn.4b + lvtn.3b} {why lvtn.3b}

 width mrp1 {poly.3} {why poly.3}
 spacing mrp1 *poly {poly.9} touching_ok {why poly.9}
 spacing mrp1,xhrpoly,uhrpoly,xpc allfets {poly.9} touching_illegal {why poly.9}
 spacing mrp1,xhrpoly,uhrpoly,xpc alldiff {poly.9} touching_illegal {why poly.9}
 spacing xhrpoly,uhrpoly,xpc *poly {poly.9} touching_illegal {why poly.9}
 width xhrpoly,uhrpoly {rpm.1b} {why rpm.1b}
 extend xpc/a xhrpoly,uhrpoly {rpm.head + 60} {why rpm.head}
 spacing xhrpoly,uhrpoly,xpc xhrpoly,uhrpoly,xpc {rpm.pitch} touching_illegal {why rpm.pitch}
 cifmaxwidth rpm_nsd_check 0 bend_illegal {why! rpm.ndiff}
 cifmaxwidth rpm_poly_check 0 bend_illegal {why! rpm.poly}
)drc";

constexpr std::string_view kContacts = R"drc(
 width ndc/li {licon.1} {why licon.1}
 width nsc/li {licon.1} {why licon.1}
 width pdc/li {licon.1} {why licon.1}
 width psc/li {licon.1} {why licon.1}
 width ndic/li {licon.1} {why licon.1}
 width pdic/li {licon.1} {why licon.1}
 width pc/li {licon.1} {why licon.1}
 width xpc/li {licon.1b + 160} {why licon.1b}
 spacing allpdiffcont allndiffcont {licon.2} touching_illegal {why licon.2}
 spacing allndiffcont allndiffcont {licon.2} touching_ok {why licon.2}
 spacing allpdiffcont allpdiffcont {licon.2} touching_ok {why licon.2}
 spacing pc pc {licon.2} touching_ok {why licon.2}
 spacing pc alldiff {licon.14} touching_illegal {why licon.14}
 spacing pc allpdiff {licon.9a} touching_illegal {why licon.9a}
 spacing ndc,pdc allmos {licon.11} touching_illegal {why licon.11}
 spacing nsc varactor,varhvt {licon.10} touching_illegal {why licon.10}
 surround ndc/a *ndiff,allnfets,rnd {licon.5a} absence_illegal {why licon.5a}
 surround pdc/a *pdiff,allpfets,rpd {licon.5a} absence_illegal {why licon.5a}
 surround ndc/a *ndiff,allnfets,rnd {licon.5c} directional {why licon.5c}
 surround pdc/a *pdiff,allpfets,rpd {licon.5c} directional {why licon.5c}
 surround ndic/a *ndiode {licon.5a} absence_illegal {why licon.5a}
 surround pdic/a *pdiode {licon.5a} absence_illegal {why licon.5a}
 surround ndic/a *ndiode {licon.5c} directional {why licon.5c}
 surround pdic/a *pdiode {licon.5c} directional {why licon.5c}
 spacing psc/a allnactivenontap {licon.5b} touching_illegal {why licon.5b}
 spacing nsc/a allpactivenontap {licon.5b} touching_illegal {why licon.5b}
 surround nsc/a *nsd {licon.7} directional {why licon.7}
 surround psc/a *psd {licon.7} directional {why licon.7}
 surround pc/a *poly,mrp1,xhrpoly,uhrpoly {licon.8} absence_illegal {why licon.8}
 surround pc/a *poly,mrp1,xhrpoly,uhrpoly {licon.8a} directional {why licon.8a}
 exact_overlap (allcont)/a

 width *li {li.1} {why li.1}
 width rli {li.7} {why li.7}
 spacing *locali,rli *locali,rli {li.3} touching_ok {why li.3}
 surround pc/li *li {li.5} directional {why li.5}
 surround ndc/li,nsc/li,pdc/li,psc/li *li,rli {li.5} directional {why li.5}
 area allli {li.6} {li.1} {why li.6}
 angles *locali,rli 90 "Only 90 degree angles on local interconnect (x.2)"
 width mcon/m1 {ct.1} {why ct.1}
 spacing mcon/m1 mcon/m1 {ct.2} touching_ok {why ct.2}
 exact_overlap mcon/li
 surround mcon/m1 *m1 {m1.4} absence_illegal {why m1.4}
 surround mcon/m1 *m1 {m1.5} directional {why m1.5}
)drc";

constexpr std::string_view kMim = R"drc(
 width *mimcap {capm.1} {why capm.1}
 spacing *mimcap *mimcap {capm.2a} touching_ok {why capm.2a}
 spacing *mimcap via3/m3 {capm.5 - via3.4} touching_illegal {why capm.5}
 surround *mimcc *mimcap {capm.4 - via3.4} absence_illegal {why capm.4}
 rect_only *mimcap {why! capm.7}
 surround *mimcap *metal3/m3 {capm.3} absence_illegal {why capm.3}
 spacing via2 *mimcap {capm.8 - via2.4} touching_illegal {why capm.8}
 spacing *mimcap *metal3/m3 {capm.11} surround_ok {why capm.11}
 cifspacing mim_bottom mim_bottom {capm.2b} touching_ok {why capm.2b}
 width mimcc/c1 {via3.1 + 2*via3.4} {why via3.1}
 spacing mimcc mimcc {via3.2 - 2*via3.4} touching_ok {why via3.2}
 surround mimcc/m4 *m4 {m4.3 - via3.4} absence_illegal {why m4.3}
 exact_overlap mimcc/c1

 width *mimcap2 {cap2m.1} {why cap2m.1}
 spacing *mimcap2 *mimcap2 {cap2m.2a} touching_ok {why cap2m.2a}
 spacing *mimcap2 via4/m4 {cap2m.5 - via4.4} touching_illegal {why cap2m.5}
 surround *mim2cc *mimcap2 {cap2m.4 - via4.4} absence_illegal {why cap2m.4}
 rect_only *mimcap2 {why! cap2m.7}
 surround *mimcap2 *metal4/m4 {cap2m.3} absence_illegal {why cap2m.3}
 spacing via3 *mimcap2 {cap2m.8 - via3.4} touching_illegal {why cap2m.8}
 spacing *mimcap2 *metal4/m4 {cap2m.11} surround_ok {why cap2m.11}
 cifmaxwidth mim2_contact_overlap 0 bend_illegal "Upper MIM plate crosses a contact of the lower one (cap2m.8)"
 cifspacing mim2_bottom mim2_bottom {cap2m.2b} touching_ok {why cap2m.2b}
 width mim2cc/c2 {via4.1 + 2*via4.4} {why via4.1}
 spacing mim2cc mim2cc {via4.2 - 2*via4.4} touching_ok {why via4.2}
 surround mim2cc/m5 *m5 {m5.3 - via4.4} absence_illegal {why m5.3}
 exact_overlap mim2cc/c2
)drc";

constexpr std::string_view kThickOxideLayers = R"( templayer hv_nwell nwell
 and thickox
 templayer lv_nwell nwell
 and-not thickox
 templayer all_nwell nwell
 templayer hv_diff allnactivenontap,allpactivenontap
 and thickox
 templayer all_ndiff allnactivenontap
 templayer hv_ndiff allnactivenontap
 and thickox
 templayer lv_ndiff allnactivenontap
 and-not thickox
 templayer all_ptap allpactivetap
 templayer butted_ptap
 bloat-all allnactivenontap *psd
 templayer lone_ptap allpactivetap
 and-not butted_ptap
 templayer hv_pdiff_past_well allpactivenontap
 and thickox
 grow {difftap.17}
 and-not nwell
 templayer hv_ntap_past_well allnactivetap
 and thickox
 grow {difftap.19}
 and-not nwell
 templayer hv_active_past_oxide allactive
 and thickox
 grow {difftap.22}
 and-not thickox
 templayer lv_active_at_oxide allactive
 and-not thickox
 grow {difftap.23}
 and thickox
 templayer rpm_hv_check rpm_generate
 grow {rpm.9 - rpm.3}
 and hv_ndiff
 templayer thin_gate_thick_oxide allfetsthin
 and thickox
 templayer thick_gate_thin_oxide allfetsthick
 and-not thickox
)";

/// Whether the technology has a transistor under thick oxide.
bool has_thick_oxide(const Technology& technology) {
  const auto hvi = technology.find_layer("hvi");
  return std::any_of(
      technology.devices().begin(), technology.devices().end(), [&](const DeviceModel& device) {
        return hvi && std::find(device.markers.begin(), device.markers.end(), *hvi) !=
                          device.markers.end();
      });
}

/// The id of the first rule of `kind` on these layers, or "" when there is none.
std::string rule_id(const Technology& technology, RuleKind kind, const std::string& first,
                    const std::string& second = {}) {
  for (const Rule& rule : technology.rules()) {
    if (rule.kind == kind && rule.when.empty() && rule.layers.front() == first &&
        (second.empty() || rule.layers.back() == second)) {
      return rule.id;
    }
  }
  return {};
}

std::string metal_rules(const Technology& technology, const MagicStack& stack) {
  std::string out;
  for (const MagicConductor& metal : stack.metals) {
    const std::string& layer = technology.layer(metal.layer).name;
    const auto id = [&](RuleKind kind) { return rule_id(technology, kind, layer); };
    const std::string width = id(RuleKind::kWidth), space = id(RuleKind::kSpacing);
    const std::string wide = id(RuleKind::kWideSpacing), area = id(RuleKind::kArea);
    const std::string hole = id(RuleKind::kHoleArea);
    const std::string& all = metal.all;
    out += " width " + all + " {" + width + "} {why " + width + "}\n";
    out += " spacing " + all + " " + all + " {" + space + "} touching_ok {why " + space + "}\n";
    if (!area.empty())
      out += " area " + all + " {" + area + "} {" + width + "} {why " + area + "}\n";
    out += " angles " + all + " 45 " +
           sentence("Only 45 and 90 degree angles on " + layer, " (x.3a)") + "\n";
    if (!wide.empty()) {
      Dbu wider = 0;
      for (const RoutingLayer& routing : technology.routing_layers()) {
        if (routing.layer == metal.layer) wider = routing.wide_width;
      }
      out += " widespacing " + all + " " + std::to_string(wider + technology.grid()) + " " + all +
             " {" + wide + "} touching_ok {why " + wide + "}\n";
      out += " cifspacing " + metal.type + "_large_halo " + metal.type + "_large_halo {" + wide +
             "} touching_ok {why " + wide + "}\n";
    }
    if (!hole.empty()) {
      out += " cifmaxwidth " + metal.type + "_hole_empty 0 bend_illegal {why! " + hole + "}\n";
    }
  }
  for (const MagicVia& via : stack.vias) {
    const std::string& cut = technology.layer(via.via->cut).name;
    const std::string& lower = technology.layer(via.lower->layer).name;
    const std::string& upper = technology.layer(via.upper->layer).name;
    const std::string size = rule_id(technology, RuleKind::kCutSize, cut);
    const std::string space = rule_id(technology, RuleKind::kSpacing, cut);
    const std::string border = rule_id(technology, RuleKind::kEnclosure, lower, cut);
    const std::string border_end =
        rule_id(technology, RuleKind::kEnclosureOneDirection, lower, cut);
    const std::string cap = rule_id(technology, RuleKind::kEnclosure, upper, cut);
    const std::string cap_end = rule_id(technology, RuleKind::kEnclosureOneDirection, upper, cut);
    const Dbu inside = via.via->lower_enclosure.all;
    const std::string on_lower = via.type + "/" + via.lower->type;
    const std::string on_upper = via.type + "/" + via.upper->type;
    out += " width " + on_lower + " {" + size + " + 2*" + border + "} {why " + size + "}\n";
    out += " spacing " + via.type + " " + via.type + " {" + space + " - 2*" + border +
           "} touching_ok {why " + space + "}\n";
    const auto surround = [&](const std::string& tile, const MagicConductor& metal,
                              const std::string& id, const char* mode) {
      if (id.empty() || technology.rule(id) <= inside) return;
      out += " surround " + tile + " *" + metal.type + "," + metal.resistor + " {" + id + " - " +
             std::to_string(inside) + "} " + mode + " {why " + id + "}\n";
    };
    surround(on_lower, *via.lower, border_end, "directional");
    surround(on_upper, *via.upper, cap, "absence_illegal");
    surround(on_upper, *via.upper, cap_end, "directional");
    out += " exact_overlap " + on_lower + "\n";
  }
  return out;
}

/// Grows a tap's reach in steps that can not jump a well or a gap between wells.
std::string reach(Dbu total, Dbu step, const std::string& stay) {
  constexpr Dbu kMostSteps = 1000;
  if (step <= 0 || total / step > kMostSteps) {
    throw std::out_of_range("no latch-up check reaches " + std::to_string(total) +
                            " nm in steps of " + std::to_string(step) + " nm");
  }
  std::string out;
  for (Dbu left = total; left > 0; left -= step) {
    out += " grow " + std::to_string(std::min(left, step)) + "\n" + stay;
  }
  return out;
}

}  // namespace

std::string magic_drc_layers(const Technology& technology, const MagicStack& stack) {
  std::string out = fill(R"(
style drc
 scalefactor 10 nanometers
 options calma-permissive-labels
 templayer dnwell_inside dnwell
 shrink {nwell.6}
 templayer nwell_missing dnwell
 grow {nwell.5}
 and-not dnwell_inside
 and-not nwell
 templayer pwell_in_dnwell dnwell
 and-not nwell
 templayer pdiff_crosses_dnwell dnwell
 grow 20
 and-not dnwell
 and allpdiff
 templayer var_poly_no_nwell
 bloat-all varactor,varhvt *poly
 grow {varac.5}
 and-not nwell
 templayer mim_bottom
 bloat-all *mimcap *metal3
 templayer mim2_bottom
 bloat-all *mimcap2 *metal4
 templayer mim2_contact_overlap
 bloat-all *mimcap2 mimcc
 shrink {via3.4}
 and-not *mimcap2
 templayer nwell_with_tap
 bloat-all nsc nwell
 templayer nwell_missing_tap nwell
 and-not nwell_with_tap
 templayer tap_with_licon
 bloat-all psc *psd
 bloat-all nsc *nsd
 templayer tap_missing_licon *nsd,*psd
 and-not tap_with_licon
 templayer thick_oxide thickox
 templayer rpm_generate
 bloat-all xhrpoly,uhrpoly xpc
 grow {rpm.3}
 grow-min {rpm.1a}
 grow 420
 shrink 420
 templayer rpm_nsd_check rpm_generate
 grow {rpm.ndiff - rpm.3}
 and allndiff
 templayer rpm_poly_check rpm_generate
 grow {rpm.poly - rpm.3}
 and-not xhrpoly,uhrpoly,xpc
 and allpoly
)",
                         technology);
  if (has_thick_oxide(technology)) out += fill(kThickOxideLayers, technology);
  // Latch-up: the distance counts from the centre of a tap's contact, within one well.
  const Dbu half_contact = static_cast<Dbu>(technology.rule("licon.1")) / 2;
  const Dbu well = static_cast<Dbu>(technology.rule("nwell.1"));
  const Dbu gap = static_cast<Dbu>(technology.rule("nwell.2a"));
  out += " templayer ptap_reach psc\n and-not dnwell\n" +
         reach(static_cast<Dbu>(technology.rule("LU.2")) - half_contact, well,
               " and-not nwell,dnwell\n");
  out += " templayer ptap_missing *ndiff,*ndiode\n and-not dnwell\n and-not ptap_reach\n";
  out += " templayer ntap_reach nsc\n" +
         reach(static_cast<Dbu>(technology.rule("LU.3")) - half_contact, gap, " and nwell\n");
  out += " templayer ntap_missing *pdiff,*pdiode\n and-not pwell_in_dnwell\n and-not ntap_reach\n";
  for (const MagicConductor& metal : stack.metals) {
    const std::string& layer = technology.layer(metal.layer).name;
    const std::string hole = rule_id(technology, RuleKind::kHoleArea, layer);
    const std::string wide = rule_id(technology, RuleKind::kWideSpacing, layer);
    if (!hole.empty()) {
      out += fill(" templayer " + metal.type + "_small_hole " + metal.all + "\n close {" + hole +
                      "}\n templayer " + metal.type + "_hole_empty " + metal.type +
                      "_small_hole\n and-not " + metal.all + "\n",
                  technology);
    }
    if (!wide.empty()) {
      Dbu half = 0;
      for (const RoutingLayer& routing : technology.routing_layers()) {
        if (routing.layer == metal.layer) half = routing.wide_width / 2;
      }
      const std::string huge = metal.type + "_huge";
      out += fill(" templayer " + huge + " " + metal.all + "\n shrink " + std::to_string(half) +
                      "\n grow " + std::to_string(half) + "\n templayer " + metal.type +
                      "_large_halo " + huge + "\n grow {" + wide + "}\n and-not " + huge +
                      "\n and " + metal.all + "\n",
                  technology);
    }
  }
  return out + "end\n\n";
}

std::string magic_drc(const Technology& technology, const MagicStack& stack) {
  std::string out = "drc\n style drc variants (full),(fast)\n scalefactor 10\n cifstyle drc\n";
  out += fill(kWellsAndDiffusion, technology);
  out += fill(has_thick_oxide(technology) ? kThickOxide : kNoThickOxide, technology);
  // A tap as small as this has an implant of the smallest area around it.
  for (const auto& [tile, implant, border] :
       {std::tuple{"*nsd", "nsd.10a", "nsd.5b"}, std::tuple{"*psd", "nsd.10a", "psd.5b"}}) {
    const double side = std::sqrt(static_cast<double>(technology.rule(implant))) -
                        2.0 * static_cast<double>(technology.rule(border));
    out += " area " + std::string(tile) + " " + std::to_string(std::llround(side * side)) + " " +
           std::to_string(technology.rule("difftap.1")) +
           " \"Tap area too small for its implant (" + implant + ")\"\n";
  }
  out += fill(kPolyAndDevices, technology);
  out += fill(kContacts, technology);
  // The slot in a head is wider than a square contact and covered with its li1 surround.
  const std::int64_t head = technology.rule("licon.1b") + 160;
  out += " area xpc/li " + std::to_string(head * technology.rule("licon.1c")) + " " +
         std::to_string(head) +
         " \"Head of a precision resistor shorter than its slot contact (licon.1c)\"\n";
  out += fill(metal_rules(technology, stack), technology);
  out += fill(kMim, technology);
  return out + "end\n\n";
}

}  // namespace ptah::tech
