#include "flow/assessor.hpp"

#include <algorithm>
#include <cmath>

#include "flow/objective.hpp"
#include "ptah/core/random.hpp"

namespace ptah {
namespace {

/// "drc: magic_drc: 3 errors; met1 spacing ... at (1.2, 3.4) um"
std::string reason_of(const Bound<Verifier>& verifier, const Verdict& verdict) {
  std::string reason = verdict.kind == Verdict::Kind::kDrc ? "drc: " : "lvs: ";
  reason += verifier.name + ": " + verdict.summary;
  for (std::size_t i = 0; i < verdict.violations.size() && i < 3; ++i) {
    const Violation& violation = verdict.violations[i];
    // A summary may end with the first; a text may begin with its rule.
    if (!verdict.summary.ends_with(violation.text)) {
      reason += "; ";
      if (!violation.text.starts_with(violation.rule)) reason += violation.rule + " ";
      reason += violation.text;
    }
    if (!violation.place.empty()) {
      reason += " at (" + std::to_string(to_um(violation.place.x0)) + ", " +
                std::to_string(to_um(violation.place.y0)) + ") um";
    }
  }
  return reason;
}

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

Result<Assessor> Assessor::create(const Subject& subject, PluginHost& host) {
  Assessor assessor(subject);
  const ChainSpec& spec = subject.spec;
  const FlowConfig& flow = spec.flow;
  const bool judged = spec.judges != SignOff::kNone;
  // Times of a flow without checks keep the plain names; beside checks, judges are "sign_off drc".
  const std::string prefix = flow.checks.empty() ? "" : "sign_off ";
  PTAH_TRY(assessor.checks_, bind_verifiers(host, flow.checks, ""));
  if (judged) {
    PTAH_TRY(assessor.judges_, bind_verifiers(host, flow.judges, prefix));
  }
  if (!subject.testbench || (!judged && flow.checks.empty())) return assessor;

  const auto bind_score = [&](Score& score, const std::string& name_prefix,
                              const std::map<std::string, StageChoice>& stages) -> Status {
    const auto extractor = stages.find("extractor"), simulator = stages.find("simulator");
    if (extractor == stages.end() || simulator == stages.end()) return ok();
    PTAH_TRY(score.extractor,
             bind_stage<Extractor>(host, name_prefix + "extractor", extractor->second.plugin,
                                   extractor->second.options));
    PTAH_TRY(score.simulator,
             bind_stage<Simulator>(host, name_prefix + "simulator", simulator->second.plugin,
                                   simulator->second.options));
    return ok();
  };
  PTAH_TRY(bind_score(assessor.score_, "", flow.stages));
  if (judged) {
    PTAH_TRY(bind_score(assessor.judged_score_, prefix, flow.sign_off.stages));
  }
  return assessor;
}

void Assessor::list_plugins(Json& plugins) const {
  for (const auto* verifiers : {&checks_, &judges_}) {
    for (const auto& verifier : *verifiers) {
      plugins[verifier.stage + " " + verifier.name] = verifier.plugin;
    }
  }
  for (const Score* score : {&score_, &judged_score_}) {
    if (score->extractor) plugins[score->extractor.stage] = score->extractor.plugin;
    if (score->simulator) plugins[score->simulator.stage] = score->simulator.plugin;
  }
}

Status Assessor::simulate_schematic(FlowJob& job, StageSeconds& seconds) {
  if (!score_.active()) return ok();
  return simulate_schematic(score_, job, seconds);
}

Status Assessor::simulate_schematic(Score& score, FlowJob& job, StageSeconds& seconds) {
  job.progress(0, "simulating the schematic");
  StageSeconds spent;
  PTAH_TRY(auto waveforms, run_stage(score.simulator, job, spent, [&](Simulator& stage) {
             return stage.simulate(schematic_netlist(subject_.circuit, subject_.technology),
                                   *subject_.testbench, subject_.technology, job);
           }));
  seconds["pre"] += spent[score.simulator.stage];
  score.pre = std::move(waveforms);
  return ok();
}

Status Assessor::verify(std::vector<Bound<Verifier>>& verifiers, Candidate& candidate,
                        FlowJob& job) {
  for (Bound<Verifier>& verifier : verifiers) {
    job.progress(0.5, verifier.name);
    if (verifier.instance->reads_file()) {
      PTAH_TRY(put_on_disk(candidate));
    }
    PTAH_TRY(auto verdict, run_stage(verifier, job, candidate.seconds, [&](Verifier& stage) {
               return stage.verify(file(candidate), subject_.circuit, subject_.technology, job);
             }));
    if (verdict.kind == Verdict::Kind::kDrc) {
      candidate.drc[verifier.name] = verdict.errors;
    } else {
      candidate.lvs[verifier.name] = verdict.summary;
    }
    if (!verdict.clean) {
      if (candidate.evaluation.valid) candidate.evaluation.reason = reason_of(verifier, verdict);
      candidate.evaluation.valid = false;
      return ok();
    }
  }
  return ok();
}

Result<Assessor::Scored> Assessor::run_score(Score& score, Candidate& candidate, FlowJob& job) {
  job.progress(0.8, "extraction and simulation");
  if (score.extractor.instance->reads_file()) {
    PTAH_TRY(put_on_disk(candidate));
  }
  PTAH_TRY(auto extracted,
           run_stage(score.extractor, job, candidate.seconds, [&](Extractor& stage) {
             return stage.extract(file(candidate), subject_.circuit, subject_.technology, job);
           }));
  auto waveforms = run_stage(score.simulator, job, candidate.seconds, [&](Simulator& stage) {
    return stage.simulate(extracted, *subject_.testbench, subject_.technology, job);
  });
  Scored scored;
  if (waveforms.has_error()) {
    if (waveforms.error().code != ErrorCode::kToolFailed) return std::move(waveforms).error();
    scored.failure = waveforms.error().text();
    return scored;
  }
  scored.netlist = std::move(extracted);
  scored.post = std::move(waveforms.value());
  const std::string& output = subject_.testbench->outputs.front();
  const auto* pre = score.pre.front().find(output);
  const auto* post = scored.post.front().find(output);
  if (pre == nullptr || post == nullptr) {
    return make_error(ErrorCode::kInvalidArgument, "The simulation has no vector `" + output + "`.",
                      "testbench", "Write a node of the testbench, such as v(out).");
  }
  if (scored.post.front().analysis != "ac") return scored;  // pscore is a measure of AC sweeps
  PTAH_TRY(scored.pscore, pscore(*pre, *post));
  return scored;
}

Status Assessor::check(Candidate& candidate, FlowJob& job) {
  candidate.evaluation.valid = true;
  candidate.evaluation.fidelity = Fidelity::kChecked;
  if (!checks_.empty()) return verify(checks_, candidate, job);
  // Without checks the judges decide in the loop, whatever is to be kept.
  PTAH_TRY(verify(judges_, candidate, job));
  candidate.judged = !judges_.empty();
  return ok();
}

Status Assessor::score(Candidate& candidate, FlowJob& job) {
  Evaluation& evaluation = candidate.evaluation;
  if (evaluation.valid) evaluation.fidelity = Fidelity::kScored;
  if (evaluation.valid && score_.active()) {
    PTAH_TRY(auto scored, run_score(score_, candidate, job));
    if (!scored.failure.empty()) {
      evaluation.valid = false;
      evaluation.reason = "simulation: " + scored.failure;
    }
    evaluation.pscore = scored.pscore;
    candidate.netlist = std::move(scored.netlist);
    candidate.post = std::move(scored.post);
  }
  if (!checks_.empty() && subject_.spec.judges == SignOff::kAll) {
    PTAH_TRY(judge(candidate, job));
  }
  evaluation.cost = cost_of(subject_.spec.objective, evaluation);
  return ok();
}

Result<std::vector<Measure>> Assessor::measure(const Measuring& measuring, Candidate& candidate,
                                               FlowJob& job) {
  return measuring.measure(*candidate.netlist, candidate.post, score_.simulator,
                           subject_.technology, job, candidate.seconds);
}

Result<std::vector<Measure>> Assessor::measure_schematic(const Measuring& measuring, FlowJob& job,
                                                         StageSeconds& seconds) {
  return measuring.measure(schematic_netlist(subject_.circuit, subject_.technology), score_.pre,
                           score_.simulator, subject_.technology, job, seconds);
}

Result<bool> Assessor::sign_off(Candidate& candidate, int variant, FlowJob& job) {
  const SignOff policy = subject_.spec.judges;
  const bool wanted =
      policy == SignOff::kKept || (policy == SignOff::kSample && in_sample(subject_.spec, variant));
  if (wanted && !candidate.judged) {
    PTAH_TRY(judge(candidate, job));
  }
  return candidate.evaluation.valid;
}

Status Assessor::judge(Candidate& candidate, FlowJob& job) {
  candidate.judged = true;
  PTAH_TRY(verify(judges_, candidate, job));
  compare_verdicts(candidate);
  if (!candidate.evaluation.valid || !judged_score_.active()) return ok();
  if (judged_score_.pre.empty()) {
    StageSeconds spent;
    PTAH_TRY(simulate_schematic(judged_score_, job, spent));
  }
  PTAH_TRY(auto scored, run_score(judged_score_, candidate, job));
  candidate.judged_pscore = scored.pscore;
  const auto& own = candidate.evaluation.pscore;
  const double tolerance = subject_.spec.flow.sign_off.pscore_tolerance;
  const bool agree =
      scored.failure.empty() && own.has_value() == scored.pscore.has_value() &&
      (!own || std::abs(*own - *scored.pscore) <= tolerance * std::abs(*scored.pscore));
  if (!agree) {
    candidate.disagreements.push_back(
        {"pscore",
         {{score_.extractor.name, own ? Json(*own) : Json()}},
         {{judged_score_.extractor.name, scored.failure.empty()
                                             ? (scored.pscore ? Json(*scored.pscore) : Json())
                                             : Json(scored.failure)}}});
  }
  return ok();
}

/// Only what both sides looked at can differ: either stops at its first complaint.
void Assessor::compare_verdicts(Candidate& candidate) const {
  const auto compare = [&](const char* about, Verdict::Kind kind, const auto& found,
                           const auto& clean) {
    struct Side {
      Json said = Json::object();
      bool content = true;
    } own, judges;
    const auto add = [&](Side& side, const std::vector<Bound<Verifier>>& verifiers) {
      for (const auto& verifier : verifiers) {
        const auto entry = found.find(verifier.name);
        if (verifier.instance->kind() != kind || entry == found.end()) continue;
        side.said[verifier.name] = entry->second;
        side.content = side.content && clean(entry->second);
      }
    };
    add(own, checks_);
    add(judges, judges_);
    if (own.said.empty() || judges.said.empty() || own.content == judges.content) return;
    candidate.disagreements.push_back({about, std::move(own.said), std::move(judges.said)});
  };
  compare("drc", Verdict::Kind::kDrc, candidate.drc, [](std::int64_t n) { return n == 0; });
  compare("lvs", Verdict::Kind::kLvs, candidate.lvs,
          [](const std::string& text) { return text == "match"; });
}

}  // namespace ptah
