#include "flow/check.hpp"

#include <algorithm>

#include "flow/circuit_input.hpp"
#include "flow/finger_counts.hpp"
#include "flow/flow_config.hpp"
#include "flow/layout_assessment.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/netlist/extracted.hpp"
#include "ptah/netlist/fingers.hpp"
#include "render/render.hpp"

namespace ptah {
namespace {

constexpr std::size_t kMaxCouplings = 1000;

Json parasitics_json(const ExtractedNetlist& netlist) {
  // With resistors a net has many nodes; people ask for nets.
  const std::map<std::string, std::string> net_of = nets_of_nodes(netlist);
  std::map<std::string, double> totals;
  std::map<std::pair<std::string, std::string>, double> pairs;
  for (const ExtractedCapacitor& capacitor : netlist.capacitors) {
    const std::string &a = net_of.at(capacitor.a), &b = net_of.at(capacitor.b);
    if (a == b) continue;
    totals[a] += capacitor.farad;
    totals[b] += capacitor.farad;
    pairs[{a, b}] += capacitor.farad;
  }
  std::vector<ExtractedCapacitor> couplings;
  for (const auto& [pair, farad] : pairs) couplings.push_back({pair.first, pair.second, farad});
  std::stable_sort(couplings.begin(), couplings.end(),
                   [](const auto& a, const auto& b) { return a.farad > b.farad; });
  Json nets = Json::array();
  for (const auto& [net, farad] : totals)
    nets.push_back({{"net", net}, {"total_fF", farad * 1e15}});
  Json listed = Json::array();
  for (const ExtractedCapacitor& capacitor : couplings) {
    if (listed.size() == kMaxCouplings) break;
    listed.push_back({{"a", capacitor.a}, {"b", capacitor.b}, {"fF", capacitor.farad * 1e15}});
  }
  return {{"devices", netlist.devices.size()},
          {"nets", std::move(nets)},
          {"resistors", netlist.resistors.size()},
          {"coupling", std::move(listed)}};
}

Result<Circuit> circuit_of(const rpc::CheckSpec& spec, const Technology& technology) {
  rpc::CircuitSource source = spec;
  if (!source.subcircuit) source.subcircuit = spec.top;
  PTAH_TRY(auto input, read_circuit_input(source));
  PTAH_TRY(auto loaded, load_circuit(input, technology));
  const FingerAssignment given = assignment_of(spec.fingers.value_or(rpc::FingerCounts{}));
  PTAH_TRY(const auto fingers, complete_fingers(given, loaded.circuit, input.allowed_fingers));
  return with_fingers(loaded.circuit, fingers);
}

/// The flow's extractor, with the request's options over its own.
Result<std::map<std::string, StageChoice>> extractor_of(const FlowConfig& flow,
                                                        const rpc::CheckSpec& spec) {
  const auto found = flow.stages.find("extractor");
  if (found == flow.stages.end()) {
    return make_error(ErrorCode::kInvalidArgument, "The flow has no extractor.",
                      "flow " + flow.name);
  }
  StageChoice extractor = found->second;
  if (!extractor.options.is_object()) extractor.options = Json::object();
  extractor.options.update(spec.extractor_options.value);
  return std::map<std::string, StageChoice>{{"extractor", std::move(extractor)}};
}

/// The netlist in the forms that the spec asks for, below `scratch`.
Result<Json> netlist_files(const rpc::CheckSpec& spec, const ExtractedNetlist& netlist,
                           const Technology& technology, const std::filesystem::path& scratch) {
  Json files = Json::array();
  const auto write = [&](const std::string& role, auto&& text_of) -> Status {
    PTAH_TRY(const std::string text, text_of(netlist, technology));
    const auto path = scratch / ("netlist." + role);
    PTAH_TRY(write_text_file(path, text, Durability::kCached));
    files.push_back({{"role", role}, {"path", path.string()}, {"dataset", "layout." + role}});
    return ok();
  };
  if (spec.spef) {
    PTAH_TRY(write("spef", write_spef));
  }
  if (spec.spice) {
    PTAH_TRY(write("spice", write_extracted_spice));
  }
  return files;
}

}  // namespace

Result<Json> check_layout(const rpc::CheckSpec& spec, const std::filesystem::path& scratch,
                          PluginHost& host, TaskSink& sink) {
  PTAH_TRY(auto technology, Technology::resolve(spec.tech));
  PTAH_TRY(auto flow, load_flow(spec.flow));
  PTAH_TRY(auto library, gds::read_file(spec.gds));
  PTAH_TRY(auto top, choose_top(library, spec.top.value_or(""), spec.gds));

  const bool pex = spec.pex || spec.spef || spec.spice;
  const bool none_given = !spec.drc && !spec.lvs && !pex;
  Extent extent;
  extent.lvs = spec.lvs || (none_given && spec.given());
  extent.drc = spec.drc || none_given;
  Circuit circuit;
  if (extent.lvs || pex) {
    PTAH_TRY(circuit, circuit_of(spec, technology));
  }
  std::vector<StageChoice> verifiers;
  if (extent.drc || extent.lvs) {
    verifiers = flow.checks;
    verifiers.insert(verifiers.end(), flow.judges.begin(), flow.judges.end());
  }
  std::map<std::string, StageChoice> extractor;
  if (pex) {
    PTAH_TRY(extractor, extractor_of(flow, spec));
  }
  const std::optional<Testbench> none;  // Nothing is simulated.
  LayoutAssessment assessment({circuit, none, technology});
  PTAH_TRY(assessment.bind(host, Side::kOwn, verifiers, extractor, ""));

  // Stages read the file themselves: not each wants the shapes that we could make of it.
  DrawnLayout layout{top, std::move(library), std::nullopt, spec.gds, true};
  FlowJob job(sink, 0, scratch);
  StageSeconds seconds;
  Json result{{"gds", spec.gds}, {"top", top}, {"drc", Json::object()}, {"lvs", Json::object()}};
  bool clean = true;
  PTAH_TRY(const auto findings, assessment.verify(Side::kOwn, layout, extent, job, seconds));
  for (const Finding& finding : findings) {
    const bool is_drc = finding.verdict.kind == Verdict::Kind::kDrc;
    clean = clean && finding.verdict.clean;
    result[is_drc ? "drc" : "lvs"][finding.verifier] = to_json(finding);
  }
  if (pex) {
    PTAH_TRY(auto netlist, assessment.extract(Side::kOwn, layout, job, seconds));
    result["pex"] = parasitics_json(netlist);
    PTAH_TRY(auto files, netlist_files(spec, netlist, technology, scratch));
    if (!files.empty()) result["files"] = std::move(files);
  }
  result["clean"] = clean;
  result["seconds"] = seconds;
  return result;
}

Result<Json> render_task(const rpc::RenderSpec& spec, const std::filesystem::path& scratch) {
  const std::string name = "layout." + std::string(to_string(spec.format));
  PTAH_TRY(auto technology, Technology::resolve(spec.tech));
  PTAH_TRY(auto library, gds::read_file(spec.gds));
  PTAH_TRY(auto top, choose_top(library, spec.top.value_or(""), spec.gds));
  const RenderOptions options{static_cast<int>(spec.width_px), spec.labels};
  const auto picture = scratch / name;
  PTAH_TRY(render_layout(library, top, technology, picture, options));
  return Json{{"top", top},
              {"files", {{{"role", "picture"}, {"path", picture.string()}, {"dataset", name}}}}};
}

}  // namespace ptah
