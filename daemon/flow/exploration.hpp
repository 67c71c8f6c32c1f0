/// What the layout spaces of one chain share: the circuit and the stages, the numbers that the
/// chain tells in the end, and the way out for variants.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "flow/bundle.hpp"
#include "flow/chain.hpp"
#include "flow/circuit_input.hpp"
#include "flow/measuring.hpp"
#include "flow/stage_runner.hpp"
#include "ptah/core/random.hpp"
#include "ptah/netlist/fingers.hpp"
#include "ptah/stages/stages.hpp"

namespace ptah {

/// Streams of an assignment's generator.
enum class Stream : std::uint64_t { kPlacer = 1, kRouter, kJudges, kExplorer, kReplace };

/// Passes on what a chain says, but never less progress than before: stages report their own part,
/// and an assignment that is opened late starts at its beginning.
class ForwardSink final : public TaskSink {
 public:
  explicit ForwardSink(TaskSink& sink) : sink_(sink) {}
  void emit(const Json& event) override;
  bool cancelled() const noexcept override { return sink_.cancelled(); }

 private:
  TaskSink& sink_;
  double fraction_ = 0;
};

/// What a chain counts, from its start, interruptions included.
struct ChainTotals {
  std::int64_t evaluated = 0, judged = 0;
  std::int64_t feasible = 0;                 ///< Scored, and all specs met.
  std::map<std::string, int> broken;         ///< By spec.
  std::map<std::string, int> reverted;       ///< By the class of the reason.
  std::map<std::string, int> disagreements;  ///< By what they are about.
};

class FlowLayoutSpace;

class Exploration {
 public:
  /// The spec, scratch folder, host and sink outlive it.
  static Result<std::unique_ptr<Exploration>> create(const ChainSpec& spec,
                                                     const std::filesystem::path& scratch,
                                                     PluginHost& host, TaskSink& sink);
  Exploration(const Exploration&) = delete;

  const ChainSpec& spec;
  const std::filesystem::path& scratch;
  PluginHost& host;
  ForwardSink sink;
  Technology technology;
  LoadedCircuit loaded;
  FingerSpace assignments;
  Measuring measuring;
  std::vector<Spec> specs;
  Measuring spec_measuring;  ///< What `specs` are about.
  Bound<DeviceGenerator> generator;
  Bound<Placer> placer;
  Bound<Router> router;
  Bound<Predictor>* predictor = nullptr;  ///< Where the flow has one; with its model.
  std::string explorer;                   ///< "random 1.0.0"; as records name it.
  std::string explorer_hash;              ///< SHA-256 of its plugin's file.
  Bundle bundle;
  const FlowLayoutSpace* home = nullptr;  ///< What the chain goes on from is this space's state.

  int next_variant = 0;
  ChainTotals totals;
  std::optional<double> best;  ///< Of an exploration: the least cost of a feasible variant.
  /// Layouts that were routed since the last variant and came to nothing, as its record tells them:
  /// the last 256, more are only counted.
  std::deque<Json> reverted;
  std::set<std::int64_t> described;         ///< Assignments whose common files are recorded.
  Json disagreement_files = Json::array();  ///< Of the next variant.
  int next_candidate = 0;

  /// Used by the chain so far, the time of processes before this one included.
  Spent spent() const;
  /// Fails with kLimit once an exploration's budget is used up. Before whatever is routed.
  Status afford() const;
  /// One more layout was routed, or could not be.
  void count_evaluation();
  /// Whether an exploration is to record this by itself.
  bool improves(const Evaluation& evaluation) const;

  /// "drc: 3 errors ..." is of class "drc". No moves: a placement of a baseline.
  void revert(const Moves& moves, const Circuit& circuit, const std::string& reason);
  /// A place for a context's progress: a part of the next variant's share of the bar.
  FlowJob job(Stream stream, const Rng& rng, const std::filesystem::path& folder,
              const std::string& name);

  /// The part of a chain's memory that is not a space's. Exact inverses.
  Json state() const;
  Status restore(const Json& state);

 private:
  Exploration(const ChainSpec& spec, const std::filesystem::path& scratch, PluginHost& host,
              TaskSink& sink, Technology technology, LoadedCircuit loaded, FingerSpace assignments);

  using Clock = std::chrono::steady_clock;
  double seconds_before_ = 0;  ///< Of other processes.
  Clock::time_point begin_ = Clock::now();
  Clock::time_point told_{};  ///< When progress was last told by evaluations.
};

/// {"pscore_V", "area_um2", "hpwl", ...}: of a valid layout.
Json to_json(const Evaluation& evaluation);
Evaluation evaluation_from_json(const Json& json);

}  // namespace ptah
