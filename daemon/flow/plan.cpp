#include "flow/plan.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "flow/chain.hpp"
#include "flow/objective.hpp"

namespace ptah {
namespace {

/// A chain is a row, an event and a folder; a dataset of more assignments is several jobs.
constexpr std::int64_t kMostChains = 100'000;

constexpr std::array<std::string_view, 18> kFields{
    "circuit", "netlist", "pairs",       "testbench", "top",       "allowed_fingers",
    "fingers", "indices", "assignments", "variants",  "seed",      "tech",
    "judges",  "flow",    "pictures",    "measures",  "measuring", "objective"};

Error bad_field(const std::string& field, std::string message) {
  return make_error(ErrorCode::kInvalidArgument, std::move(message), field);
}

Status check_fields(const Json& spec) {
  if (!spec.is_object()) return bad_field("spec", "The request is an object.");
  for (const auto& [field, value] : spec.items()) {
    if (std::find(kFields.begin(), kFields.end(), field) == kFields.end()) {
      std::string known;
      for (std::string_view name : kFields)
        known += (known.empty() ? "" : ", ") + std::string(name);
      return bad_field(field, "There is no such field; fields are " + known + ".");
    }
  }
  return ok();
}

Result<std::int64_t> integer_field(const Json& spec, const std::string& field,
                                   std::int64_t otherwise, std::int64_t low, std::int64_t high) {
  if (!spec.contains(field) || spec[field].is_null()) return otherwise;
  if (!spec[field].is_number_integer() || spec[field] < low || spec[field] > high) {
    return bad_field(field, spec[field].dump() + " is not a whole number from " +
                                std::to_string(low) + " to " + std::to_string(high) + ".");
  }
  return spec[field].get<std::int64_t>();
}

Result<std::string> text_field(const Json& spec, const std::string& field, std::string otherwise) {
  if (!spec.contains(field) || spec[field].is_null()) return otherwise;
  if (!spec[field].is_string()) return bad_field(field, "The field is a text.");
  return spec[field].get<std::string>();
}

/// The assignments that the request names, as indices into `space`.
Result<std::vector<std::int64_t>> chosen_assignments(const Json& spec, const FingerSpace& space,
                                                     std::uint64_t seed) {
  const int given =
      spec.contains("fingers") + spec.contains("indices") + spec.contains("assignments");
  if (given > 1) {
    return bad_field("fingers", "Give one of `fingers`, `indices` and `assignments`.");
  }
  if (spec.contains("fingers")) {
    FingerAssignment assignment;
    if (!spec["fingers"].is_object()) {
      return bad_field("fingers", "The field maps device names to finger counts.");
    }
    for (const auto& [device, count] : spec["fingers"].items()) {
      if (!count.is_number_integer()) {
        return bad_field("fingers", "The count of " + device + " is not a whole number.");
      }
      assignment[device] = count;
    }
    PTAH_TRY(auto index, space.index_of(assignment));
    return std::vector<std::int64_t>{index};
  }
  if (spec.contains("indices")) {
    std::vector<std::int64_t> indices;
    if (!spec["indices"].is_array()) return bad_field("indices", "The field is a list.");
    for (const Json& index : spec["indices"]) {
      if (!index.is_number_integer() || index < 0 || index >= space.count()) {
        return bad_field("indices", index.dump() + " is not an assignment; they are 0 to " +
                                        std::to_string(space.count() - 1) + ".");
      }
      indices.push_back(index);
    }
    std::sort(indices.begin(), indices.end());
    indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
    return indices;
  }
  PTAH_TRY(auto count,
           integer_field(spec, "assignments", 1, 0, std::numeric_limits<std::int64_t>::max()));
  if (std::min(count, space.count()) > kMostChains) {
    return make_error(ErrorCode::kLimit,
                      "This asks for " + std::to_string(std::min(count, space.count())) +
                          " assignments; a job has at most " + std::to_string(kMostChains) +
                          " chains.",
                      "assignments", "Ask for fewer, or run several jobs with seeds of their own.");
  }
  auto indices = space.sample(count, Rng(seed).fork(0xF1));
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

Result<Json> plan_run(const Json& spec) {
  PTAH_TRY(check_fields(spec));
  PTAH_TRY(auto input, read_circuit_input(spec));
  PTAH_TRY(auto tech, text_field(spec, "tech", "ptah130"));
  PTAH_TRY(auto technology, Technology::resolve(tech));
  PTAH_TRY(auto loaded, load_circuit(input, technology));
  PTAH_TRY(auto seed, integer_field(spec, "seed", 0, 0, std::numeric_limits<std::int64_t>::max()));
  PTAH_TRY(auto variants, integer_field(spec, "variants", 0, 0, 100'000));
  PTAH_TRY(auto judges_text, text_field(spec, "judges", "all"));
  PTAH_TRY(auto judges, sign_off_from_string(judges_text));
  PTAH_TRY(auto objective_text, text_field(spec, "objective", "pscore"));
  PTAH_TRY(auto objective, objective_from_string(objective_text));
  PTAH_TRY(auto flow_name, text_field(spec, "flow", "osiris"));
  PTAH_TRY(auto flow, load_flow(flow_name));
  PTAH_TRY(auto measuring, text_field(spec, "measuring", std::string(to_string(flow.measures))));
  PTAH_TRY(flow.measures, measure_scope_from_string(measuring, "measuring"));
  if (spec.contains("pictures") && !spec["pictures"].is_boolean()) {
    return bad_field("pictures", "The field is true or false.");
  }
  PTAH_TRY(auto space, FingerSpace::create(loaded.circuit, input.allowed_fingers));
  PTAH_TRY(auto indices, chosen_assignments(spec, space, static_cast<std::uint64_t>(seed)));

  ChainSpec common;
  common.input = input;
  common.technology = tech;
  common.seed = static_cast<std::uint64_t>(seed);
  common.variants = static_cast<int>(variants);
  common.judges = judges;
  common.objective = objective;
  common.pictures = spec.value("pictures", false);
  common.flow = flow;
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
  return Json{{"circuit", circuit.name},
              {"title", input.title},
              {"tech", tech},
              {"ports", std::move(ports)},
              {"devices", std::move(devices)},
              {"nets", circuit.nets.size()},
              {"groups", groups_json(circuit, space)},
              {"allowed_fingers", space.allowed()},
              {"count", space.count()},
              {"notes", notes},
              {"dataset", dataset_texts(circuit.name, input)},
              {"common", to_json(common)},
              {"chains", std::move(chains)}};
}

}  // namespace ptah
