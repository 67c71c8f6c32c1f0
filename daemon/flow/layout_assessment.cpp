#include "flow/layout_assessment.hpp"

#include <algorithm>

namespace ptah {
namespace {

constexpr std::size_t kMaxViolations = 1000;  ///< Listed; `errors` counts all.
constexpr std::size_t kReasonViolations = 3;

}  // namespace

std::string Finding::reason() const {
  std::string reason = verdict.kind == Verdict::Kind::kDrc ? "drc: " : "lvs: ";
  reason += verifier + ": " + verdict.summary;
  for (std::size_t i = 0; i < verdict.violations.size() && i < kReasonViolations; ++i) {
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

Json to_json(const Finding& finding) {
  const Verdict& verdict = finding.verdict;
  Json violations = Json::array();
  for (const Violation& violation : verdict.violations) {
    if (violations.size() == kMaxViolations) break;
    Json item{{"rule", violation.rule}, {"text", violation.text}, {"layer", violation.layer}};
    if (!violation.place.empty()) item["box_um"] = box_um(violation.place);
    violations.push_back(std::move(item));
  }
  Json json{{"clean", verdict.clean},
            {"summary", verdict.summary},
            {"violations", std::move(violations)}};
  if (!finding.failed) {
    json["errors"] = verdict.errors;
  } else if (verdict.kind == Verdict::Kind::kDrc) {
    json["errors"] = Json();
  }
  return json;
}

std::string Scored::reason() const {
  if (post.empty()) return "simulation: " + failure;
  if (pscore) return "";
  return "pscore is a measure of AC sweeps; the testbench's first analysis is none.";
}

bool is_fatal(const Error& error) {
  return error.code == ErrorCode::kCancelled || error.code == ErrorCode::kPluginFailed ||
         error.code == ErrorCode::kToolMissing || error.code == ErrorCode::kInternal ||
         error.code == ErrorCode::kLimit || error.code == ErrorCode::kIo;
}

Status LayoutAssessment::bind(PluginHost& host, Side side,
                              const std::vector<StageChoice>& verifiers,
                              const std::map<std::string, StageChoice>& stages,
                              const std::string& prefix) {
  Stages& bound = of(side);
  PTAH_TRY(bound.verifiers, bind_verifiers(host, verifiers, prefix));
  if (const auto found = stages.find("extractor"); found != stages.end()) {
    PTAH_TRY(bound.extractor, bind_stage<Extractor>(host, prefix + "extractor",
                                                    found->second.plugin, found->second.options));
  }
  const auto found = stages.find("simulator");
  if (subject_.testbench && found != stages.end()) {
    PTAH_TRY(bound.simulator, bind_stage<Simulator>(host, prefix + "simulator",
                                                    found->second.plugin, found->second.options));
  }
  return ok();
}

Result<std::vector<Finding>> LayoutAssessment::verify(Side side, DrawnLayout& layout,
                                                      const Extent& extent, FlowJob& job,
                                                      StageSeconds& seconds) {
  std::vector<Finding> findings;
  for (Bound<Verifier>& verifier : of(side).verifiers) {
    const Verdict::Kind kind = verifier.instance->kind();
    if (kind == Verdict::Kind::kDrc ? !extent.drc : !extent.lvs) continue;
    job.progress(0.5, verifier.name);
    PTAH_TRY(const LayoutFile file, layout_file(layout, *verifier.instance));
    auto verdict = run_stage(verifier, job, seconds, [&](Verifier& stage) {
      return stage.verify(file, subject_.circuit, subject_.technology, job);
    });
    Finding finding{verifier.name, {}, verdict.has_error()};
    if (!finding.failed) {
      finding.verdict = std::move(verdict.value());
    } else if (extent.failures && !is_fatal(verdict.error())) {
      finding.verdict.summary = verdict.error().text();
    } else {
      return std::move(verdict).error();
    }
    finding.verdict.kind = kind;
    findings.push_back(std::move(finding));
    if (!extent.all && !findings.back().verdict.clean) break;
  }
  return findings;
}

Result<ExtractedNetlist> LayoutAssessment::extract(Side side, DrawnLayout& layout, FlowJob& job,
                                                   StageSeconds& seconds) {
  Bound<Extractor>& extractor = of(side).extractor;
  job.progress(0.7, "extraction");
  PTAH_TRY(const LayoutFile file, layout_file(layout, *extractor.instance));
  return run_stage(extractor, job, seconds, [&](Extractor& stage) {
    return stage.extract(file, subject_.circuit, subject_.technology, job);
  });
}

Result<std::vector<Waveform>> LayoutAssessment::simulate(Stages& stages,
                                                         const ExtractedNetlist& netlist,
                                                         const Testbench& testbench, FlowJob& job,
                                                         StageSeconds& seconds) {
  return run_stage(stages.simulator, job, seconds, [&](Simulator& stage) {
    return stage.simulate(netlist, testbench, subject_.technology, job);
  });
}

Result<LayoutAssessment::OperatingPoints> LayoutAssessment::operating_points(
    Side side, const ExtractedNetlist& netlist, FlowJob& job, StageSeconds& seconds) {
  Testbench bench = *subject_.testbench;
  bench.analyses = {".op"};
  const auto volts = [&](const ExtractedNetlist& of_what) -> Result<std::map<std::string, double>> {
    std::map<std::string, double> found;
    auto waveforms = simulate(of(side), of_what, bench, job, seconds);
    if (waveforms.has_error()) {
      if (is_fatal(waveforms.error())) return std::move(waveforms).error();
      return found;
    }
    const Waveform& point = waveforms.value().front();
    for (std::size_t i = 0; i < point.names.size(); ++i)
      if (!point.y[i].empty()) found[point.names[i]] = point.y[i].front().real();
    return found;
  };
  OperatingPoints points;
  PTAH_TRY(points.schematic, volts(schematic_netlist()));
  PTAH_TRY(points.layout, volts(netlist));
  return points;
}

Status LayoutAssessment::simulate_schematic(Side side, FlowJob& job, StageSeconds& seconds) {
  Stages& stages = of(side);
  if (!stages.pre.empty()) return ok();
  job.progress(0, "simulating the schematic");
  StageSeconds spent;
  PTAH_TRY(stages.pre, simulate(stages, schematic_netlist(), *subject_.testbench, job, spent));
  seconds["pre"] += spent[stages.simulator.stage];
  return ok();
}

Result<Scored> LayoutAssessment::score(Side side, const ExtractedNetlist& netlist, FlowJob& job,
                                       StageSeconds& seconds) {
  Stages& stages = of(side);
  PTAH_TRY(simulate_schematic(side, job, seconds));
  job.progress(0.8, "simulation");
  auto waveforms = simulate(stages, netlist, *subject_.testbench, job, seconds);
  Scored scored;
  if (waveforms.has_error()) {
    if (waveforms.error().code != ErrorCode::kToolFailed) return std::move(waveforms).error();
    scored.failure = waveforms.error().text();
    return scored;
  }
  scored.post = std::move(waveforms.value());
  PTAH_TRY(scored.pscore, pscore_of(stages, scored.post.front()));
  if (scored.pscore) {
    const auto& before = *stages.pre.front().find(subject_.testbench->outputs.front());
    PTAH_TRY(const double norm,
             ptah::pscore(before, std::vector<std::complex<double>>(before.size())));
    if (norm > 0) scored.pscore_relative = *scored.pscore / norm;
  }
  return scored;
}

Result<std::optional<double>> LayoutAssessment::pscore_of(const Stages& stages,
                                                          const Waveform& post) const {
  const std::string& output = subject_.testbench->outputs.front();
  const auto* before = stages.pre.front().find(output);
  const auto* after = post.find(output);
  if (before == nullptr || after == nullptr) {
    return make_error(ErrorCode::kInvalidArgument, "The simulation has no vector `" + output + "`.",
                      "testbench", "Write a node of the testbench, such as v(out).");
  }
  if (post.analysis != "ac") return std::optional<double>();
  PTAH_TRY(const double found, pscore(*before, *after));
  return std::optional(found);
}

Result<Floors> LayoutAssessment::floors(const Tiles& tiles, const Placement& placement,
                                        FlowJob& job, StageSeconds& seconds) {
  Floors floors;
  auto netlist =
      unrouted_netlist(subject_.circuit, tiles, subject_.technology, own_.extractor, job, seconds);
  if (netlist.has_error()) {
    if (is_fatal(netlist.error())) return std::move(netlist).error();
    return floors;
  }
  PTAH_TRY(const Scored unrouted, score(Side::kOwn, netlist.value(), job, seconds));
  floors.tiles = unrouted.pscore;
  add_shortest_wires(subject_.circuit, tiles, placement, subject_.technology, netlist.value());
  PTAH_TRY(const Scored wired, score(Side::kOwn, netlist.value(), job, seconds));
  floors.trees = wired.pscore;
  return floors;
}

Result<std::vector<Measure>> LayoutAssessment::measure(const Measuring& measuring,
                                                       const ExtractedNetlist& netlist,
                                                       const std::vector<Waveform>& post,
                                                       FlowJob& job, StageSeconds& seconds) {
  return measuring.measure(netlist, post, own_.simulator, subject_.technology, job, seconds);
}

Result<std::vector<Measure>> LayoutAssessment::measure_schematic(const Measuring& measuring,
                                                                 FlowJob& job,
                                                                 StageSeconds& seconds) {
  return measure(measuring, schematic_netlist(), own_.pre, job, seconds);
}

void LayoutAssessment::list_plugins(UsedPlugins& used) const {
  for (const Side side : {Side::kOwn, Side::kJudges}) {
    const Stages& stages = of(side);
    for (const auto& verifier : stages.verifiers) {
      used.add(verifier.stage + " " + verifier.name, verifier);
    }
    if (!can_score(side)) continue;
    used.add(stages.extractor.stage, stages.extractor);
    used.add(stages.simulator.stage, stages.simulator);
  }
}

}  // namespace ptah
