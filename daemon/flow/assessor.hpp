/// Decides whether a layout is valid and what it is worth: the flow's checks and score on every
/// candidate, the judges on those that the sign-off policy names, and a record of every difference
/// between the two.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "flow/candidate.hpp"
#include "flow/chain.hpp"
#include "flow/measuring.hpp"
#include "flow/stage_runner.hpp"

namespace ptah {

class Assessor {
 public:
  /// What is assessed; all outlive the assessor.
  struct Subject {
    const ChainSpec& spec;
    const Circuit& circuit;
    const std::optional<Testbench>& testbench;
    const Technology& technology;
  };

  static Result<Assessor> create(const Subject& subject, PluginHost& host);

  /// Once, before the first candidate: the waveform that layouts are compared with.
  Status simulate_schematic(FlowJob& job, StageSeconds& seconds);

  /// Fill in the candidate's verdicts and evaluation: what the flow checks, then, of a valid one,
  /// its score. A layout that is not valid is no Error; one means that the run cannot go on.
  Status check(Candidate& candidate, FlowJob& job);
  Status score(Candidate& candidate, FlowJob& job);
  /// Before a valid candidate is kept as `variant`: the judges' word, where the policy asks for it.
  /// False: they reject it (`candidate.evaluation` says why).
  Result<bool> sign_off(Candidate& candidate, int variant, FlowJob& job);

  /// The measures of a simulated candidate, and of the schematic.
  Result<std::vector<Measure>> measure(const Measuring& measuring, Candidate& candidate,
                                       FlowJob& job);
  Result<std::vector<Measure>> measure_schematic(const Measuring& measuring, FlowJob& job,
                                                 StageSeconds& seconds);

  /// The schematic's waveform of the testbench's first analysis; nullptr without a score.
  const Waveform* schematic() const noexcept {
    return score_.pre.empty() ? nullptr : &score_.pre.front();
  }
  /// {"drc native_drc": "native_drc 1.0.0", ...}
  void list_plugins(Json& plugins) const;

 private:
  /// Extraction and simulation by one pair of plugins.
  struct Score {
    Bound<Extractor> extractor;
    Bound<Simulator> simulator;
    std::vector<Waveform> pre;  ///< The schematic's, by analysis; the first is scored.
    bool active() const noexcept { return extractor && simulator; }
  };
  struct Scored {
    std::optional<double> pscore;
    ExtractedNetlist netlist;
    std::vector<Waveform> post;
    std::string failure;  ///< The simulator's words; empty: it converged.
  };

  explicit Assessor(const Subject& subject) : subject_(subject) {}
  Status simulate_schematic(Score& score, FlowJob& job, StageSeconds& seconds);
  /// Runs `verifiers` until one is not satisfied; that one's reason goes into the evaluation.
  Status verify(std::vector<Bound<Verifier>>& verifiers, Candidate& candidate, FlowJob& job);
  Result<Scored> run_score(Score& score, Candidate& candidate, FlowJob& job);
  Status judge(Candidate& candidate, FlowJob& job);
  void compare_verdicts(Candidate& candidate) const;
  LayoutFile file(const Candidate& candidate) const {
    return {candidate.gds, candidate.top, &candidate.flat};
  }

  Subject subject_;
  std::vector<Bound<Verifier>> checks_;  ///< Run on every candidate.
  std::vector<Bound<Verifier>> judges_;  ///< Sign off.
  Score score_, judged_score_;
};

}  // namespace ptah
