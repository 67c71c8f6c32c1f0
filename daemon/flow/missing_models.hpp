/// Devices that can be drawn, but that nothing describes to a simulator.
#pragma once

#include <set>
#include <string>

#include "ptah/netlist/circuit.hpp"
#include "ptah/tech/technology.hpp"

namespace ptah {

/// Those of `names` that neither the technology's models nor its PDK's have. Models that cannot be
/// read are for the simulation to complain of: then none is missing.
std::set<std::string> missing_models(const std::set<std::string>& names,
                                     const Technology& technology);

/// A sentence that names the circuit's devices without a model, fixed blocks' contents included,
/// and what to do; empty where all have one. Resistors are not asked for: one may be simulated by
/// its value, or as the fixed width that it has.
std::string why_not_simulated(const Circuit& circuit, const Technology& technology);

}  // namespace ptah
