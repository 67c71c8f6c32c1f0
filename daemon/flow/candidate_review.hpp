/// What a chain asks of its candidates: the flow's checks and score of every one, the judges on
/// those that the sign-off policy names, and a record of every difference between the two.
#pragma once

#include "flow/candidate.hpp"
#include "flow/chain.hpp"
#include "flow/layout_assessment.hpp"

namespace ptah {

class CandidateReview {
 public:
  /// `spec` and the subject outlive the review.
  static Result<CandidateReview> create(const ChainSpec& spec,
                                        const LayoutAssessment::Subject& subject, PluginHost& host);

  LayoutAssessment& assessment() noexcept { return assessment_; }
  const LayoutAssessment& assessment() const noexcept { return assessment_; }

  /// Once, before the first candidate, where candidates are scored.
  Status simulate_schematic(FlowJob& job, StageSeconds& seconds);

  /// Fill in the candidate's verdicts and evaluation: what the flow checks, then, of a valid one,
  /// its score. A layout that is not valid is no Error; one means that the run cannot go on.
  Status check(Candidate& candidate, FlowJob& job);
  Status score(Candidate& candidate, FlowJob& job);
  /// Before a valid candidate is kept as `variant`: the judges' word, where the policy asks for it.
  /// False: they reject it (`candidate.evaluation` says why).
  Result<bool> sign_off(Candidate& candidate, int variant, FlowJob& job);

 private:
  CandidateReview(const ChainSpec& spec, const LayoutAssessment::Subject& subject)
      : spec_(spec), assessment_(subject) {}
  /// Up to the first complaint, whose reason goes into the evaluation.
  Status verify(Side side, Candidate& candidate, FlowJob& job);
  Status judge(Candidate& candidate, FlowJob& job);
  void compare_verdicts(Candidate& candidate) const;
  Status compare_scores(Candidate& candidate, const Scored& judged,
                        const ExtractedNetlist& judges_netlist, FlowJob& job);
  /// Whether a difference of scores is one of operating points.
  Status compare_operating_points(Candidate& candidate, const ExtractedNetlist& judges_netlist,
                                  FlowJob& job);

  const ChainSpec& spec_;
  LayoutAssessment assessment_;
};

}  // namespace ptah
