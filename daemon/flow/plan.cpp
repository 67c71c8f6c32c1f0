#include "flow/plan.hpp"

#include <algorithm>

#include "flow/chain.hpp"

namespace ptah {
namespace {

/// Variants of an exploration, which come one with each new best.
constexpr int kMostImprovements = 100'000;

/// A chain is a row, an event and a folder; a dataset of more assignments is several jobs.
constexpr std::int64_t kMostChains = 100'000;

/// The assignments that the request names, as indices into `space`.
Result<std::vector<std::int64_t>> chosen_assignments(const rpc::RunSpec& spec,
                                                     const FingerSpace& space) {
  const auto check_part = [&](std::int64_t index, const char* field) -> Status {
    if (space.offers(space.counts_at(index))) return ok();
    return make_error(
        ErrorCode::kInvalidArgument,
        "Assignment " + std::to_string(index) + " is not of the part that is explored.", field,
        "Begin at another one, or leave it to the seed.");
  };
  if (spec.fingers) {
    PTAH_TRY(auto index, space.index_of(assignment_of(*spec.fingers)));
    PTAH_TRY(check_part(index, "fingers"));
    return std::vector<std::int64_t>{index};
  }
  if (spec.indices) {
    std::vector<std::int64_t> indices = *spec.indices;
    for (const std::int64_t index : indices) {
      if (index < space.count()) {
        PTAH_TRY(check_part(index, "indices"));
        continue;
      }
      return make_error(ErrorCode::kInvalidArgument,
                        std::to_string(index) + " is not an assignment; they are 0 to " +
                            std::to_string(space.count() - 1) + ".",
                        "indices");
    }
    std::sort(indices.begin(), indices.end());
    indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
    return indices;
  }
  const std::int64_t count = std::min(spec.assignments.value_or(1), space.count());
  if (count > kMostChains) {
    return make_error(ErrorCode::kLimit,
                      "This asks for " + std::to_string(count) +
                          " assignments; a job has at most " + std::to_string(kMostChains) +
                          " chains.",
                      "assignments", "Ask for fewer, or run several jobs with seeds of their own.");
  }
  auto indices = space.sample(count, Rng(static_cast<std::uint64_t>(spec.seed)).fork(0xF1));
  if (indices.empty() && count > 0) {
    return make_error(ErrorCode::kInvalidArgument,
                      "The part that is to be explored has no assignment: there are " +
                          std::to_string(space.count()) + " in all.",
                      "part");
  }
  std::sort(indices.begin(), indices.end());
  return indices;
}

Json groups_json(const Circuit& circuit, const FingerSpace& space) {
  Json groups = Json::array();
  for (const auto& group : space.groups()) {
    Json names = Json::array();
    for (DeviceId device : group)
      names.push_back(circuit.devices[static_cast<std::size_t>(device)].name);
    groups.push_back(std::move(names));
  }
  return groups;
}

/// As LayoutAssessment::can_score has it.
bool simulates(const LoadedCircuit& loaded, const FlowConfig& flow) {
  return loaded.testbench && flow.stages.contains("extractor") && flow.stages.contains("simulator");
}

/// What layouts have to satisfy, by the request or else by the measures file.
Result<std::vector<std::string>> specs_of(const rpc::RunSpec& spec, const LoadedCircuit& loaded,
                                          const FlowConfig& flow) {
  std::vector<std::string> texts;
  if (!spec.specs) {
    // A run that measures nothing has nothing to hold against them.
    for (const Spec& one : loaded.specs) {
      if (simulates(loaded, flow)) texts.push_back(one.text);
    }
    return texts;
  }
  if (!spec.specs->empty() && !simulates(loaded, flow)) {
    return make_error(ErrorCode::kInvalidArgument, "Specs are about what a simulation measures.",
                      "specs",
                      loaded.testbench ? "The flow names no extractor or no simulator."
                                       : "The circuit has no testbench.");
  }
  for (const std::string& text : *spec.specs) {
    PTAH_TRY(const Spec one, parse_spec(text, loaded.measures));
    texts.push_back(one.text);
  }
  return texts;
}

/// An exploration by a cost that no layout would have.
Status check_objective(const rpc::RunSpec& spec, const LoadedCircuit& loaded,
                       const FlowConfig& flow) {
  const Objective objective = spec.objective;
  if (!spec.explore || objective == Objective::kArea || objective == Objective::kHpwl ||
      objective == Objective::kOutline)
    return ok();
  if (!simulates(loaded, flow)) {
    return make_error(ErrorCode::kInvalidArgument,
                      "The objective " + std::string(to_string(objective)) +
                          " needs a simulation; " +
                          (loaded.testbench ? "the flow names no extractor or no simulator."
                                            : "the circuit has no testbench."),
                      "objective",
                      loaded.testbench ? "Choose a flow that simulates, or objective outline, area "
                                         "or hpwl."
                                       : "Give a testbench, or choose objective outline, area or "
                                         "hpwl.");
  }
  if (objective == Objective::kDrift && loaded.measures.empty()) {
    return make_error(ErrorCode::kInvalidArgument,
                      "The objective drift is of measures; the circuit has none.", "objective",
                      "List them in a measures file (docs/measures.md).");
  }
  return ok();
}

Json dataset_texts(const std::string& circuit, const CircuitInput& input) {
  const std::string folder = "netlists/" + circuit + "/";
  Json files = Json::array({{{"path", folder + "template.sp"}, {"text", input.netlist.text}}});
  if (input.pairs) files.push_back({{"path", folder + "pairs.json"}, {"text", input.pairs->text}});
  if (input.testbench) {
    files.push_back({{"path", folder + "testbench.spice"}, {"text", input.testbench->text}});
  }
  return files;
}

}  // namespace

Result<Json> plan_run(const rpc::RunSpec& spec) {
  PTAH_TRY(auto input, read_circuit_input(spec));
  PTAH_TRY(auto technology, Technology::resolve(spec.tech));
  PTAH_TRY(auto loaded, load_circuit(input, technology));
  PTAH_TRY(auto flow, load_flow(spec.flow));
  if (spec.explore)
    flow.stages["explorer"] = StageChoice{spec.explore->explorer, spec.explore->options.value, {}};
  if (spec.variants > 0 && !flow.stages.contains("explorer")) {
    return make_error(ErrorCode::kInvalidArgument,
                      "The flow names no explorer, which makes the variants.", "flow " + flow.name,
                      "Add a stage `explorer` to the flow, or ask for the baseline alone: 0 "
                      "variants.");
  }
  flow.measures = spec.measuring.value_or(flow.measures);
  PTAH_TRY(auto space, FingerSpace::create(loaded.circuit, input.allowed_fingers));
  if (spec.explore)
    space.offer(spec.explore->part, static_cast<std::uint64_t>(spec.explore->split_seed));
  PTAH_TRY(auto indices, chosen_assignments(spec, space));

  ChainSpec common;
  common.input = input;
  common.technology = spec.tech;
  common.seed = static_cast<std::uint64_t>(spec.seed);
  common.variants = spec.explore ? kMostImprovements : static_cast<int>(spec.variants);
  if (spec.explore) {
    common.budget = Budget{spec.explore->evaluations, spec.explore->seconds};
    common.part = spec.explore->part;
    common.split_seed = static_cast<std::uint64_t>(spec.explore->split_seed);
    common.keep_model = spec.explore->keep_model.value_or("");
  }
  common.judges = spec.judges;
  common.objective = spec.objective;
  common.pictures = spec.pictures;
  common.flow = flow;
  PTAH_TRY(common.specs, specs_of(spec, loaded, flow));
  PTAH_TRY(check_objective(spec, loaded, flow));
  Json chains = Json::array();
  for (std::int64_t index : indices)
    chains.push_back({{"assignment", index}, {"fingers", space.counts_at(index)}});

  const Circuit& circuit = loaded.circuit;
  Json ports = Json::array();
  for (NetId port : circuit.ports)
    ports.push_back(circuit.nets[static_cast<std::size_t>(port)].name);
  Json devices = Json::array();
  for (const Device& device : circuit.devices) {
    devices.push_back({{"name", device.name},
                       {"kind", to_string(device.kind)},
                       {"model", device.model},
                       {"width_um", to_um(device.width)},
                       {"length_um", to_um(device.length)},
                       {"fingers", device.fingers},
                       {"m", device.multiplier}});
  }
  std::vector<std::string> notes = loaded.notes;
  if (!loaded.testbench) {
    notes.push_back(
        "No testbench: layouts are checked (DRC, LVS) but not simulated, and have no pscore.");
  }
  Json models = Json::array();
  if (const auto predictor = flow.stages.find("predictor");
      predictor != flow.stages.end() && !predictor->second.model.empty()) {
    models.push_back(predictor->second.model);
  }
  PTAH_TRY(auto sources, list_sources(input));
  return Json{{"circuit", circuit.name},
              {"title", input.title},
              {"tech", spec.tech},
              {"ports", std::move(ports)},
              {"devices", std::move(devices)},
              {"nets", circuit.nets.size()},
              {"groups", groups_json(circuit, space)},
              {"allowed_fingers", space.allowed()},
              {"count", space.count()},
              {"notes", notes},
              {"specs", common.specs},
              {"params", input.params},
              {"models", std::move(models)},
              {"sources", std::move(sources)},
              {"dataset", dataset_texts(circuit.name, input)},
              {"common", to_json(common)},
              {"chains", std::move(chains)}};
}

}  // namespace ptah
