#include "flow/measuring.hpp"

#include <utility>

namespace ptah {
namespace {

/// Why none of `specs` has a value.
std::vector<Measure> absent(const std::vector<MeasureSpec>& specs, const std::string& reason) {
  std::vector<Measure> measures = evaluate_measures(specs, {});  // for names and units
  for (Measure& measure : measures) {
    measure.value.reset();
    measure.reason = reason;
  }
  return measures;
}

}  // namespace

Measuring::Measuring(std::vector<MeasureSpec> specs, std::map<std::string, Testbench> benches,
                     MeasureScope scope) {
  for (MeasureSpec& spec : specs) {
    if (!spec.testbench.empty()) {
      if (scope == MeasureScope::kTestbench) continue;
      if (const auto bench = benches.find(spec.testbench); bench != benches.end()) {
        benches_.insert(benches.extract(bench));
      }
    }
    specs_.push_back(std::move(spec));
  }
}

Result<std::vector<Measure>> Measuring::measure(const ExtractedNetlist& netlist,
                                                const std::vector<Waveform>& own,
                                                Bound<Simulator>& simulator,
                                                const Technology& technology, FlowJob& job,
                                                StageSeconds& seconds) const {
  // Testbenches in order of their names, each simulated once; their measures back in the file's.
  std::map<std::string, std::vector<std::size_t>> of_bench;
  for (std::size_t i = 0; i < specs_.size(); ++i) of_bench[specs_[i].testbench].push_back(i);

  std::vector<Measure> measures(specs_.size());
  for (const auto& [name, indices] : of_bench) {
    std::vector<MeasureSpec> specs;
    for (const std::size_t i : indices) specs.push_back(specs_[i]);
    std::vector<Measure> found;
    if (name.empty()) {
      found = evaluate_measures(specs, own);
    } else if (const auto bench = benches_.find(name); bench == benches_.end()) {
      found = absent(specs, "The circuit has no testbench " + name + ".");
    } else {
      job.progress(0.9, "measures of " + name);
      StageSeconds spent;
      const auto waveforms = run_stage(simulator, job, spent, [&](Simulator& stage) {
        return stage.simulate(netlist, bench->second, technology, job);
      });
      seconds["measures"] += spent[simulator.stage];
      if (waveforms.has_value()) {
        found = evaluate_measures(specs, waveforms.value());
      } else if (waveforms.error().code == ErrorCode::kToolFailed) {
        found = absent(specs, name + ": " + waveforms.error().message);
      } else {
        return waveforms.error();
      }
    }
    for (std::size_t k = 0; k < indices.size(); ++k) measures[indices[k]] = std::move(found[k]);
  }
  return measures;
}

}  // namespace ptah
