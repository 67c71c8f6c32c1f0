#include "flow/candidate_review.hpp"

#include <algorithm>
#include <cmath>

#include "flow/objective.hpp"
#include "ptah/core/random.hpp"

namespace ptah {
namespace {

/// Wires move an output by millivolts; further apart are two solutions of the circuit, or one that
/// a simulator gave up.
constexpr double kSameSolution_V = 0.05;

/// Does the policy ask for the judges on `variant`? The baseline is always in a sample.
bool in_sample(const ChainSpec& spec, int variant) {
  if (variant == 0) return true;
  Rng rng = Rng(spec.seed)
                .fork(static_cast<std::uint64_t>(spec.assignment))
                .fork(0x5167)  // a stream of its own
                .fork(static_cast<std::uint64_t>(variant));
  return static_cast<double>(rng.below(1'000'000)) < spec.flow.sign_off.share * 1e6;
}

}  // namespace

Result<CandidateReview> CandidateReview::create(const ChainSpec& spec,
                                                const LayoutAssessment::Subject& subject,
                                                PluginHost& host) {
  CandidateReview review(spec, subject);
  const FlowConfig& flow = spec.flow;
  const std::map<std::string, StageChoice> none;
  const auto scoring = [&](const auto& stages) -> const auto& {
    return subject.testbench ? stages : none;
  };
  const bool judged = spec.judges != SignOff::kNone;
  if (!flow.checks.empty()) {
    PTAH_TRY(review.assessment_.bind(host, Side::kOwn, flow.checks, scoring(flow.stages), ""));
    if (judged) {
      PTAH_TRY(review.assessment_.bind(host, Side::kJudges, flow.judges,
                                       scoring(flow.sign_off.stages), "sign_off "));
    }
  } else if (judged) {
    // Without checks the judges decide in the loop, whatever is to be kept.
    PTAH_TRY(review.assessment_.bind(host, Side::kOwn, flow.judges, scoring(flow.stages), ""));
  }
  return review;
}

Status CandidateReview::simulate_schematic(FlowJob& job, StageSeconds& seconds) {
  return assessment_.can_score(Side::kOwn)
             ? assessment_.simulate_schematic(Side::kOwn, job, seconds)
             : ok();
}

Status CandidateReview::verify(Side side, Candidate& candidate, FlowJob& job) {
  Extent extent;
  extent.all = false;
  PTAH_TRY(const auto findings,
           assessment_.verify(side, candidate, extent, job, candidate.seconds));
  for (const Finding& finding : findings) {
    const Verdict& verdict = finding.verdict;
    if (verdict.kind == Verdict::Kind::kDrc) {
      candidate.drc[finding.verifier] = verdict.errors;
    } else {
      candidate.lvs[finding.verifier] = verdict.summary;
    }
    if (verdict.clean) continue;
    if (candidate.evaluation.valid) candidate.evaluation.reason = finding.reason();
    candidate.evaluation.valid = false;
  }
  return ok();
}

Status CandidateReview::check(Candidate& candidate, FlowJob& job) {
  candidate.evaluation.valid = true;
  candidate.evaluation.fidelity = Fidelity::kChecked;
  PTAH_TRY(verify(Side::kOwn, candidate, job));
  if (spec_.flow.checks.empty()) candidate.judged = !assessment_.verifiers(Side::kOwn).empty();
  return ok();
}

Status CandidateReview::score(Candidate& candidate, FlowJob& job) {
  Evaluation& evaluation = candidate.evaluation;
  if (evaluation.valid) evaluation.fidelity = Fidelity::kScored;
  if (evaluation.valid && assessment_.can_score(Side::kOwn)) {
    PTAH_TRY(candidate.netlist, assessment_.extract(Side::kOwn, candidate, job, candidate.seconds));
    PTAH_TRY(auto scored,
             assessment_.score(Side::kOwn, *candidate.netlist, job, candidate.seconds));
    if (scored.post.empty()) {
      evaluation.valid = false;
      evaluation.reason = scored.reason();
    }
    evaluation.pscore = scored.pscore;
    evaluation.pscore_relative = scored.pscore_relative;
    candidate.post = std::move(scored.post);
  }
  if (!spec_.flow.checks.empty() && spec_.judges == SignOff::kAll) {
    PTAH_TRY(judge(candidate, job));
  }
  evaluation.cost = cost_of(spec_.objective, evaluation);
  return ok();
}

Result<bool> CandidateReview::sign_off(Candidate& candidate, int variant, FlowJob& job) {
  const SignOff policy = spec_.judges;
  const bool wanted =
      policy == SignOff::kKept || (policy == SignOff::kSample && in_sample(spec_, variant));
  if (wanted && !candidate.judged) {
    PTAH_TRY(judge(candidate, job));
  }
  return candidate.evaluation.valid;
}

Status CandidateReview::judge(Candidate& candidate, FlowJob& job) {
  candidate.judged = true;
  PTAH_TRY(verify(Side::kJudges, candidate, job));
  compare_verdicts(candidate);
  if (!candidate.evaluation.valid || !assessment_.can_score(Side::kJudges)) return ok();
  PTAH_TRY(const auto netlist,
           assessment_.extract(Side::kJudges, candidate, job, candidate.seconds));
  PTAH_TRY(const Scored scored, assessment_.score(Side::kJudges, netlist, job, candidate.seconds));
  return compare_scores(candidate, scored, netlist, job);
}

Status CandidateReview::compare_scores(Candidate& candidate, const Scored& judged,
                                       const ExtractedNetlist& judges_netlist, FlowJob& job) {
  candidate.judged_pscore = judged.pscore;
  const auto& own = candidate.evaluation.pscore;
  const double tolerance = spec_.flow.sign_off.pscore_tolerance;
  const bool agree =
      !judged.post.empty() && own.has_value() == judged.pscore.has_value() &&
      (!own || std::abs(*own - *judged.pscore) <= tolerance * std::abs(*judged.pscore));
  if (agree) return ok();
  const auto said = [](const std::optional<double>& score) {
    return score ? Json(*score) : Json();
  };
  candidate.disagreements.push_back(
      {"pscore",
       {{assessment_.extractor(Side::kOwn).name, said(own)}},
       {{assessment_.extractor(Side::kJudges).name,
         judged.post.empty() ? Json(judged.failure) : said(judged.pscore)}}});
  return compare_operating_points(candidate, judges_netlist, job);
}

Status CandidateReview::compare_operating_points(Candidate& candidate,
                                                 const ExtractedNetlist& judges_netlist,
                                                 FlowJob& job) {
  if (!candidate.netlist) return ok();
  PTAH_TRY(const auto own,
           assessment_.operating_points(Side::kOwn, *candidate.netlist, job, candidate.seconds));
  PTAH_TRY(const auto judges,
           assessment_.operating_points(Side::kJudges, judges_netlist, job, candidate.seconds));
  const std::pair<const char*, const std::map<std::string, double>*> points[] = {
      {"schematic", &own.schematic},
      {"layout", &own.layout},
      {"judges_schematic", &judges.schematic},
      {"judges_layout", &judges.layout}};
  Json differ = Json::object();
  for (const auto& [output, volts] : own.schematic) {
    Json said = Json::object();
    double least = volts, most = volts;
    for (const auto& [whose, point] : points) {
      const auto found = point->find(output);
      said[whose] = found == point->end() ? Json() : Json(found->second);
      if (found == point->end()) continue;
      least = std::min(least, found->second);
      most = std::max(most, found->second);
    }
    if (most - least > kSameSolution_V) differ[output] = std::move(said);
  }
  if (differ.empty()) return ok();
  candidate.operating_point = std::move(differ);
  return ok();
}

/// Only what both sides looked at can differ: either stops at its first complaint.
void CandidateReview::compare_verdicts(Candidate& candidate) const {
  const auto compare = [&](const char* about, Verdict::Kind kind, const auto& found,
                           const auto& clean) {
    struct Said {
      Json by_plugin = Json::object();
      bool content = true;
    };
    const auto side = [&](Side of) {
      Said said;
      for (const auto& verifier : assessment_.verifiers(of)) {
        const auto entry = found.find(verifier.name);
        if (verifier.instance->kind() != kind || entry == found.end()) continue;
        said.by_plugin[verifier.name] = entry->second;
        said.content = said.content && clean(entry->second);
      }
      return said;
    };
    Said own = side(Side::kOwn), judges = side(Side::kJudges);
    if (own.by_plugin.empty() || judges.by_plugin.empty() || own.content == judges.content) return;
    candidate.disagreements.push_back(
        {about, std::move(own.by_plugin), std::move(judges.by_plugin)});
  };
  compare("drc", Verdict::Kind::kDrc, candidate.drc, [](std::int64_t n) { return n == 0; });
  compare("lvs", Verdict::Kind::kLvs, candidate.lvs,
          [](const std::string& text) { return text == "match"; });
}

}  // namespace ptah
