#include "flow/check.hpp"

#include <algorithm>

#include "flow/circuit_input.hpp"
#include "flow/flow_config.hpp"
#include "flow/stage_runner.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/layout/gds.hpp"
#include "ptah/netlist/extracted.hpp"
#include "ptah/netlist/fingers.hpp"
#include "render/render.hpp"

namespace ptah {
namespace {

constexpr std::size_t kMaxViolations = 1000;  ///< Reported; `errors` counts all.
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

/// The only top cell, or the one asked for.
Result<std::string> choose_top(const gds::Library& library, const std::string& asked,
                               const std::string& file) {
  if (!asked.empty()) {
    if (library.find(asked) != nullptr) return asked;
    return make_error(ErrorCode::kNotFound, "The layout has no cell `" + asked + "`.", file);
  }
  const auto tops = library.tops();
  if (tops.size() == 1) return tops.front();
  std::string names;
  for (const std::string& top : tops) names += (names.empty() ? "" : ", ") + top;
  return make_error(ErrorCode::kInvalidArgument,
                    tops.empty() ? "The layout has no top cell."
                                 : "The layout has several top cells: " + names + ".",
                    file, "Name one with `top`.");
}

Result<Circuit> circuit_of(const rpc::CheckSpec& spec, const Technology& technology) {
  rpc::CircuitSource source = spec;
  if (!source.subcircuit) source.subcircuit = spec.top;
  PTAH_TRY(auto input, read_circuit_input(source));
  PTAH_TRY(auto loaded, load_circuit(input, technology));
  FingerAssignment fingers = assignment_of(spec.fingers.value_or(rpc::FingerCounts{}));
  // A group's count may be given by one of its members.
  PTAH_TRY(auto space, FingerSpace::create(loaded.circuit, input.allowed_fingers));
  for (const auto& group : space.groups()) {
    const auto name = [&](DeviceId id) {
      return loaded.circuit.devices[static_cast<std::size_t>(id)].name;
    };
    int count = 0;
    for (DeviceId device : group) {
      if (fingers.contains(name(device))) count = fingers[name(device)];
    }
    for (DeviceId device : group) {
      if (count > 0 && !fingers.contains(name(device))) fingers[name(device)] = count;
    }
  }
  PTAH_TRY(auto circuit, with_fingers(loaded.circuit, fingers));
  for (const Device& device : circuit.devices) {
    if (device.is_mos() && device.fingers == 0) {
      return make_error(
          ErrorCode::kInvalidArgument, "The finger count of " + device.name + " is free.",
          "fingers",
          "Say which assignment this layout is, such as --fingers " + device.name + "=2.");
    }
  }
  return circuit;
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

Json verdict_json(const Verdict& verdict) {
  Json violations = Json::array();
  for (const Violation& violation : verdict.violations) {
    if (violations.size() == kMaxViolations) break;
    Json item{{"rule", violation.rule}, {"text", violation.text}, {"layer", violation.layer}};
    if (!violation.place.empty()) {
      item["box_um"] = {to_um(violation.place.x0), to_um(violation.place.y0),
                        to_um(violation.place.x1), to_um(violation.place.y1)};
    }
    violations.push_back(std::move(item));
  }
  return {{"errors", verdict.errors},
          {"clean", verdict.clean},
          {"summary", verdict.summary},
          {"violations", std::move(violations)}};
}

Result<Json> check_layout(const rpc::CheckSpec& spec, const std::filesystem::path& scratch,
                          PluginHost& host, TaskSink& sink) {
  PTAH_TRY(auto technology, Technology::resolve(spec.tech));
  PTAH_TRY(auto flow, load_flow(spec.flow));
  PTAH_TRY(auto library, gds::read_file(spec.gds));
  PTAH_TRY(auto top, choose_top(library, spec.top.value_or(""), spec.gds));

  const bool pex = spec.pex || spec.spef || spec.spice;
  const bool none_given = !spec.drc && !spec.lvs && !pex;
  const bool lvs = spec.lvs || (none_given && spec.given());
  const bool drc = spec.drc || none_given;
  Circuit circuit;
  if (lvs || pex) {
    PTAH_TRY(circuit, circuit_of(spec, technology));
  }

  FlowJob job(sink, 0, scratch);
  StageSeconds seconds;
  Json result{{"gds", spec.gds}, {"top", top}, {"drc", Json::object()}, {"lvs", Json::object()}};
  bool clean = true;
  std::vector<StageChoice> verifiers;
  if (drc || lvs) {
    verifiers = flow.checks;
    verifiers.insert(verifiers.end(), flow.judges.begin(), flow.judges.end());
  }
  for (const StageChoice& choice : verifiers) {
    PTAH_TRY(auto judge, bind_stage<Verifier>(host, "judge", choice.plugin, choice.options));
    const bool is_drc = judge.instance->kind() == Verdict::Kind::kDrc;
    judge.stage = is_drc ? "drc" : "lvs";
    if (is_drc ? !drc : !lvs) continue;
    job.progress(0.3, judge.name);
    PTAH_TRY(auto verdict, run_stage(judge, job, seconds, [&](Verifier& stage) {
               return stage.verify({spec.gds, top}, circuit, technology, job);
             }));
    clean = clean && verdict.clean;
    result[judge.stage][judge.name] = verdict_json(verdict);
  }
  if (pex) {
    const auto found = flow.stages.find("extractor");
    if (found == flow.stages.end()) {
      return make_error(ErrorCode::kInvalidArgument, "The flow has no extractor.",
                        "flow " + flow.name);
    }
    Json options = found->second.options;
    if (!options.is_object()) options = Json::object();
    options.update(spec.extractor_options.value);
    PTAH_TRY(auto extractor,
             bind_stage<Extractor>(host, "extractor", found->second.plugin, options));
    PTAH_TRY(auto netlist, run_stage(extractor, job, seconds, [&](Extractor& stage) {
               return stage.extract({spec.gds, top}, circuit, technology, job);
             }));
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
