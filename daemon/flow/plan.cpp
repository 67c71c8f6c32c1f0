#include "flow/plan.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "flow/chain.hpp"
#include "flow/stage_runner.hpp"

namespace ptah {
namespace {

/// Variants of an exploration, which come one with each new best.
constexpr int kMostImprovements = 100'000;

/// A chain is a row, an event and a folder; a dataset of more assignments is several jobs.
constexpr std::int64_t kMostChains = 100'000;

/// The assignment that the request names; groups that it leaves out keep what is drawn by the seed.
Result<std::int64_t> index_of_named(const rpc::RunSpec& spec, const Circuit& circuit,
                                    const FingerSpace& space) {
  FingerAssignment named = assignment_of(*spec.fingers);
  const Rng drawn = Rng(static_cast<std::uint64_t>(spec.seed)).fork(0xF1);
  const FingerAssignment rest = space.at(space.sample(1, drawn).front());
  for (const auto& group : space.groups()) {
    const bool given = std::any_of(group.begin(), group.end(), [&](DeviceId device) {
      return named.contains(circuit.devices[static_cast<std::size_t>(device)].name);
    });
    if (given) continue;
    for (const DeviceId device : group) {
      const std::string& name = circuit.devices[static_cast<std::size_t>(device)].name;
      named[name] = rest.at(name);
    }
  }
  return space.index_of(named);
}

/// The assignments that the request names, as indices into `space`.
Result<std::vector<std::int64_t>> chosen_assignments(const rpc::RunSpec& spec,
                                                     const Circuit& circuit,
                                                     const FingerSpace& space) {
  const auto check_part = [&](std::int64_t index, const char* field) -> Status {
    if (space.offers(space.counts_at(index))) return ok();
    return make_error(
        ErrorCode::kInvalidArgument,
        "Assignment " + std::to_string(index) + " is not of the part that is explored.", field,
        "Begin at another one, or leave it to the seed.");
  };
  if (spec.fingers) {
    PTAH_TRY(auto index, index_of_named(spec, circuit, space));
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
                      : loaded.not_simulated.empty() ? "The circuit has no testbench."
                                                     : loaded.not_simulated);
  }
  for (const std::string& text : *spec.specs) {
    PTAH_TRY(const Spec one, parse_spec(text, loaded.measures));
    texts.push_back(one.text);
  }
  return texts;
}

bool is_simulated(Objective objective) {
  return objective != Objective::kArea && objective != Objective::kHpwl &&
         objective != Objective::kDeviceArea;
}

/// The request's, or wire length where devices without models leave nothing else.
Objective objective_of(const rpc::RunSpec& spec, const LoadedCircuit& loaded) {
  const bool none = !loaded.not_simulated.empty() && is_simulated(spec.objective);
  return none ? Objective::kHpwl : spec.objective;
}

/// An exploration by a cost that no layout would have.
Status check_objective(const rpc::RunSpec& spec, Objective objective, const LoadedCircuit& loaded,
                       const FlowConfig& flow) {
  if (!spec.explore || !is_simulated(objective)) return ok();
  if (!simulates(loaded, flow)) {
    return make_error(
        ErrorCode::kInvalidArgument,
        "The objective " + std::string(to_string(objective)) + " needs a simulation; " +
            (loaded.testbench ? "the flow names no extractor or no simulator."
                              : "the circuit has no testbench."),
        "objective",
        loaded.testbench ? "Choose a flow that simulates, or objective area, device_area "
                           "or hpwl."
                         : "Give a testbench, or choose objective area, device_area or "
                           "hpwl.");
  }
  if (objective == Objective::kDrift && loaded.measures.empty()) {
    return make_error(ErrorCode::kInvalidArgument,
                      "The objective drift is of measures; the circuit has none.", "objective",
                      "List them in a measures file (docs/measures.md).");
  }
  return ok();
}

/// Of each of `chains` side by side.
Budget share_of_budget(const rpc::ExploreSpec& explore, std::size_t chains) {
  Budget budget{explore.evaluations, explore.seconds};
  if (budget.evaluations) {
    budget.evaluations =
        std::max<std::int64_t>(1, *budget.evaluations / static_cast<std::int64_t>(chains));
  }
  return budget;
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

/// Sizes, and what they come to.
Json device_json(const Device& device, const Circuit& circuit, const Technology& technology) {
  Json nets = Json::array();
  for (const NetId net : device.block != nullptr ? port_nets(device) : device.nets)
    nets.push_back(circuit.nets[static_cast<std::size_t>(net)].name);
  if (device.block != nullptr) {
    const Block& block = *device.block;
    const Rect& box = block.tile.outline;
    return {{"name", device.name},
            {"kind", to_string(device.kind)},
            {"model", device.model},
            {"nets", std::move(nets)},
            {"ports", block.ports},
            {"cell", block.cell},
            {"file", block.file},
            {"box_um", box_um(box.moved(Point{} - block.origin))},
            {"w_um", to_um(box.width())},
            {"l_um", to_um(box.height())},
            {"m", 1}};
  }
  Json json{{"name", device.name},         {"kind", to_string(device.kind)},
            {"model", device.model},       {"nets", std::move(nets)},
            {"w_um", to_um(device.width)}, {"l_um", to_um(device.length)},
            {"m", device.multiplier}};
  const DeviceModel* model = technology.find_device(device.model);
  if (device.is_mos()) {
    const bool is_free = device.fingers == 0;
    json["nf"] = is_free ? Json() : Json(device.fingers);
    json["w_total_um"] =
        is_free ? Json() : Json(to_um(device.width) * device.fingers * device.multiplier);
  } else if (is_diode(device.kind)) {
    json["area_um2"] = to_um2(static_cast<DbuArea>(device.width) * device.length);
    json["perimeter_um"] = 2 * to_um(device.width + device.length);
  } else if (device.kind == DeviceKind::kCapacitor && model != nullptr) {
    if (model->area_cap_af_um2 > 0)
      json["farad"] = capacitance(*model, device.width, device.length);
  } else if (model != nullptr) {
    if (device.resistance_ohm) {
      json["l_um"] =
          to_um(model->length_for(*device.resistance_ohm, device.width, technology.grid()));
    }
    json["ohm"] = device.resistance_ohm.value_or(model->resistance(device.width, device.length));
  }
  return json;
}

Json names_of_groups(const Circuit& circuit, const std::vector<MatchedGroup>& groups) {
  Json list = Json::array();
  for (const MatchedGroup& group : groups) {
    Json names = Json::array();
    for (const DeviceId device : group)
      names.push_back(circuit.devices[static_cast<std::size_t>(device)].name);
    list.push_back(std::move(names));
  }
  return list;
}

/// Ports as the netlist writes them.
Json ports_json(const LoadedCircuit& loaded) {
  Json ports = Json::array();
  for (const NetId port : loaded.circuit.ports) {
    const std::string& name = loaded.circuit.nets[static_cast<std::size_t>(port)].name;
    const auto written = loaded.written.find(name);
    ports.push_back(written == loaded.written.end() ? name : written->second);
  }
  return ports;
}

/// A job keeps its plan in one row.
Json notes_json(std::vector<Note> notes) {
  constexpr std::size_t kMostNotes = 500;
  const std::size_t count = notes.size();
  if (count > kMostNotes) {
    notes.resize(kMostNotes);
    notes.push_back({"", std::to_string(count - kMostNotes) + " more notes.", "", ""});
  }
  return to_json(notes);
}

/// What has to change in an input file, whatever the reader calls it: one exit status.
Error of_input(Error error) {
  if (error.code == ErrorCode::kNotFound || error.code == ErrorCode::kLimit ||
      error.code == ErrorCode::kInfeasible) {
    error.code = ErrorCode::kUnsupported;
  }
  return error;
}

/// Which of a device's terminals are one net.
std::vector<std::ptrdiff_t> joined_terminals(const Device& device) {
  std::vector<std::ptrdiff_t> first;
  for (const NetId net : device.nets)
    first.push_back(std::find(device.nets.begin(), device.nets.end(), net) - device.nets.begin());
  return first;
}

/// Draws every kind and size of device of the circuit once, with `fingers`.
Status draw_devices(const Circuit& free, const FingerAssignment& fingers,
                    const Technology& technology, Bound<DeviceGenerator>& generator, FlowJob& job) {
  PTAH_TRY(const Circuit circuit, with_fingers(free, fingers));
  std::set<std::tuple<std::string, Dbu, Dbu, int, double, std::vector<std::ptrdiff_t>>> drawn;
  StageSeconds seconds;
  for (const Device& device : circuit.devices) {
    if (device.block != nullptr) continue;
    const bool fresh =
        drawn
            .emplace(device.model, device.width, device.length, device.total_fingers(),
                     device.resistance_ohm.value_or(0), joined_terminals(device))
            .second;
    if (!fresh) continue;
    const auto tile = draw_device(generator, device, technology, job, seconds);
    if (tile) continue;
    Error error = tile.error();
    if (error.where.empty() || error.where == device.name) error.where = device.where;
    return of_input(error);
  }
  return ok();
}

struct Planned {
  Json json;
  Technology technology;
  LoadedCircuit loaded;
  FlowConfig flow;
  std::vector<FingerAssignment> extremes;
};

Result<Planned> planned(const rpc::RunSpec& spec) {
  PTAH_TRY(auto input, read_circuit_input(spec));
  PTAH_TRY(auto technology, Technology::resolve(spec.tech));
  auto read = load_circuit(input, technology);
  if (!read) return of_input(read.error());
  LoadedCircuit& loaded = read.value();
  PTAH_TRY(auto flow, load_flow(spec.flow));
  if (spec.explore)
    flow.stages["explorer"] = StageChoice{spec.explore->explorer, spec.explore->options.value, {}};
  const std::int64_t variants = spec.placements * (spec.variants + 1) - 1;
  if (variants > 0 && !flow.stages.contains("explorer")) {
    return make_error(ErrorCode::kInvalidArgument,
                      "The flow names no explorer, which makes the variants.", "flow " + flow.name,
                      "Add a stage `explorer` to the flow, or ask for the baseline alone: 0 "
                      "variants.");
  }
  if (spec.placements > 1) flow.stages["explorer"].options["placements"] = spec.placements;
  flow.measures = spec.measuring.value_or(flow.measures);
  PTAH_TRY(auto space, FingerSpace::create(loaded.circuit, input.allowed_fingers));
  if (spec.explore)
    space.offer(spec.explore->part, static_cast<std::uint64_t>(spec.explore->split_seed));
  PTAH_TRY(auto indices, chosen_assignments(spec, loaded.circuit, space));

  ChainSpec common;
  common.input = input;
  common.technology = spec.tech;
  common.seed = static_cast<std::uint64_t>(spec.seed);
  common.variants = spec.explore ? kMostImprovements : static_cast<int>(variants);
  if (spec.explore) {
    common.budget = share_of_budget(*spec.explore, indices.size());
    common.part = spec.explore->part;
    common.split_seed = static_cast<std::uint64_t>(spec.explore->split_seed);
    common.keep_model = spec.explore->keep_model.value_or("");
  }
  common.judges = spec.judges;
  common.objective = objective_of(spec, loaded);
  common.pictures = spec.pictures;
  common.flow = flow;
  PTAH_TRY(common.specs, specs_of(spec, loaded, flow));
  PTAH_TRY(check_objective(spec, common.objective, loaded, flow));
  Json chains = Json::array();
  for (std::int64_t index : indices)
    chains.push_back({{"assignment", index}, {"fingers", space.counts_at(index)}});

  const Circuit& circuit = loaded.circuit;
  Json devices = Json::array();
  for (const Device& device : circuit.devices)
    devices.push_back(device_json(device, circuit, technology));
  std::vector<Note> notes = loaded.notes;
  if (!loaded.not_simulated.empty()) {
    notes.push_back({"",
                     loaded.not_simulated + " Layouts are checked, and ranked by " +
                         std::string(to_string(common.objective)) + ".",
                     "", ""});
  } else if (!loaded.testbench) {
    notes.push_back(
        {"", "No testbench: layouts are checked (DRC, LVS) but not simulated, and have no pscore.",
         "", ""});
  }
  Json models = Json::array();
  if (const auto predictor = flow.stages.find("predictor");
      predictor != flow.stages.end() && !predictor->second.model.empty()) {
    models.push_back(predictor->second.model);
  }
  PTAH_TRY(auto sources, list_sources(input));
  Json json{{"circuit", circuit.name},
            {"title", input.title},
            {"tech", technology.name()},
            {"ports", ports_json(loaded)},
            {"devices", std::move(devices)},
            {"nets", circuit.nets.size()},
            {"groups", names_of_groups(circuit, space.groups())},
            {"matched", names_of_groups(circuit, circuit.matched)},
            {"allowed_fingers", space.allowed()},
            {"count", space.count()},
            {"notes", notes_json(std::move(notes))},
            {"specs", common.specs},
            {"params", input.params},
            {"models", std::move(models)},
            {"sources", std::move(sources)},
            {"dataset", dataset_texts(circuit.name, input)},
            {"common", to_json(common)},
            {"chains", std::move(chains)}};
  // The counts that are asked for first, and the most that any device can have.
  std::vector<FingerAssignment> extremes{space.at(indices.empty() ? 0 : indices.front()),
                                         space.at(space.count() - 1)};
  return Planned{std::move(json), std::move(technology), std::move(read).value(), std::move(flow),
                 std::move(extremes)};
}

}  // namespace

Result<Json> plan_run(const rpc::RunSpec& spec) {
  PTAH_TRY(Planned plan, planned(spec));
  return std::move(plan.json);
}

Result<Json> plan_task(const rpc::RunSpec& spec, const std::filesystem::path& scratch,
                       PluginHost& host, TaskSink& sink) {
  PTAH_TRY(Planned plan, planned(spec));
  const StageChoice& choice = plan.flow.stages.at("device_generator");
  PTAH_TRY(auto generator,
           bind_stage<DeviceGenerator>(host, "device_generator", choice.plugin, choice.options));
  FlowJob job(sink, static_cast<std::uint64_t>(spec.seed), scratch);
  for (const FingerAssignment& fingers : plan.extremes) {
    PTAH_TRY(draw_devices(plan.loaded.circuit, fingers, plan.technology, generator, job));
  }
  return std::move(plan.json);
}

}  // namespace ptah
