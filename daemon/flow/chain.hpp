/// A chain: all variants of one finger assignment, from tiles to judged layouts (OSIRIS, baseline
/// place and route, then variant generation).
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "flow/circuit_input.hpp"
#include "flow/flow_config.hpp"
#include "flow/objective.hpp"
#include "flow/tasks.hpp"
#include "ptah/netlist/fingers.hpp"
#include "ptah/stages/stages.hpp"
#include "rpc/specs.hpp"

namespace ptah {

/// The last committed variant of an interrupted chain.
struct ChainResume {
  int variant = 0;
  std::filesystem::path state;  ///< What its `state` file holds.
  /// The explorer's last one, which counts more than the variant's state; empty: it left none.
  std::filesystem::path checkpoint;
};

/// The version of a model that a run's predictor works with, or an exploration begins with.
struct ChosenModel {
  std::string name, hash;
  std::int64_t version = 0;
  ModelFiles files;
};

struct ChainSpec {
  CircuitInput input;
  std::string technology = "ptah130";
  FingerAssignment fingers;      ///< Of every free device; empty: as `assignment` says.
  std::int64_t assignment = 0;   ///< Index in the circuit's FingerSpace; names the layouts.
  std::uint64_t seed = 0;        ///< Of the whole job; chains fork from it by `assignment`.
  int variants = 0;              ///< The last variant; the baseline is 0.
  std::optional<Budget> budget;  ///< Of an exploration, which makes a variant of each new best.
  SignOff judges = SignOff::kAll;
  Objective objective = Objective::kPscore;
  std::vector<std::string> specs;  ///< What layouts have to satisfy; as `Spec::text`.
  bool pictures = false;           ///< A PNG and a Bode plot with each variant.
  FlowConfig flow;
  std::optional<ChosenModel> model;
  AssignmentPart part = AssignmentPart::kAll;  ///< Of an exploration: what it may open.
  std::uint64_t split_seed = 0;
  std::optional<ChosenModel> start;  ///< What its explorer begins with.
  std::string keep_model;            ///< What is learnt becomes this model; empty: it is not kept.
  std::optional<ChainResume> resume;
};

/// What all chains of a plan have in common: all but assignment, fingers and resume.
Json to_json(const ChainSpec& spec);
/// The spec of the task, from what is common and an item of the plan's `chains`.
Json chain_task(Json common, const Json& chain);
/// A stored chain names what it has in common with others by a file: {"common": path, ...}. The
/// chains of an older server hold all themselves.
Result<Json> complete_chain(const Json& spec);
/// Fails naming the field.
Result<ChainSpec> chain_spec_from_json(const Json& json);

/// Runs the chain, a `variant` event for each layout kept. Result: {"assignment", "variants",
/// "evaluated", "reverted": {reason class: count}, "judged", "disagreements": {about: count}}; of
/// an exploration "seconds", and where there are specs, "feasible" and "broken": {spec: count}.
/// More disagreements between checks and judges than the flow allows fail the chain at its end,
/// with kConflict; its variants stay. What an explorer has learnt, where that is wanted, is a
/// `model` event, of a cancelled exploration too. A baseline that no attempt gets past the judges
/// is an Error of kind kInfeasible that says what was found.
Result<Json> run_chain(const ChainSpec& spec, const std::filesystem::path& scratch,
                       PluginHost& host, TaskSink& sink);

}  // namespace ptah
