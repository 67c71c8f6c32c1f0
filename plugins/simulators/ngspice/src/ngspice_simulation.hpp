/// Simulation by the ngspice program.
#pragma once

#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/core/job_context.hpp"
#include "ptah/sim/testbench.hpp"
#include "ptah/sim/waveform.hpp"
#include "ptah/stages/stages.hpp"
#include "ptah/tech/technology.hpp"

namespace ptah {

struct NgspiceLimits {
  double wall_s = 120;
  std::uint64_t memory_bytes = 2ull << 30;
};

/// One run of `ngspice -b` in a fresh private folder. Its exit status is not believed: every
/// analysis must have left a whole plot that covers its sweep. Fails with ngspice's own words.
Result<std::vector<Waveform>> simulate_with_ngspice(const ExtractedNetlist& netlist,
                                                    const Testbench& testbench,
                                                    const Technology& technology,
                                                    const NgspiceLimits& limits, JobContext& job);

}  // namespace ptah
