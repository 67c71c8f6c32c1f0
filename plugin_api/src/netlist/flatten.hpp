/// From a deck with hierarchy and expressions to a flat circuit.
#pragma once

#include "netlist/deck.hpp"

namespace ptah::spice {

/// Fails with the cycle when subcircuits call each other in a circle, with the candidates when the
/// top is not clear, and with the device and file:line at anything that cannot be drawn.
Result<SpiceCircuit> flatten(const Deck& deck, const Technology& technology,
                             const SpiceOptions& options);

}  // namespace ptah::spice
