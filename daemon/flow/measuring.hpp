/// The measures that a flow makes of a netlist, a schematic's or an extracted one: those of the
/// testbench that was simulated for the score, and where the flow asks for all, those of the
/// circuit's other testbenches, one simulation each.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "flow/flow_config.hpp"
#include "flow/stage_runner.hpp"
#include "ptah/sim/measures.hpp"
#include "ptah/stages/stages.hpp"

namespace ptah {

class Measuring {
 public:
  Measuring() = default;
  /// `benches`: the other testbenches, by the name that `specs` use.
  Measuring(std::vector<MeasureSpec> specs, std::map<std::string, Testbench> benches,
            MeasureScope scope);

  bool empty() const noexcept { return specs_.empty(); }

  /// In the order of measures.yaml. `own`: waveforms of the circuit's own testbench. A testbench
  /// on which the simulation of `netlist` fails leaves its measures absent, with the simulator's
  /// words; what else goes wrong, cancellation too, is an Error. Time goes to
  /// `seconds["measures"]`.
  Result<std::vector<Measure>> measure(const ExtractedNetlist& netlist,
                                       const std::vector<Waveform>& own,
                                       Bound<Simulator>& simulator, const Technology& technology,
                                       FlowJob& job, StageSeconds& seconds) const;

 private:
  std::vector<MeasureSpec> specs_;
  std::map<std::string, Testbench> benches_;  ///< By name; those of `specs_` that exist.
};

}  // namespace ptah
