/// Placements of one circuit as a sampler of training data would draw them: random weights of nets,
/// symmetry kept, routed.
#pragma once

#include <functional>
#include <string>

#include "ptah/layout/gds.hpp"
#include "ptah/netlist/circuit.hpp"
#include "ptah/netlist/circuit_folder.hpp"

namespace ptah::agreement {

/// Of the folder, with one assignment of fingers, deterministic for a seed.
Result<Circuit> circuit_of(const CircuitFolder& folder, std::uint64_t seed,
                           const Technology& technology);

/// Calls `use` for `count` layouts of `circuit`; those that can not be placed or routed are passed
/// over.
Status each_placement(const Circuit& circuit, int count, std::uint64_t seed,
                      const Technology& technology,
                      const std::function<void(const gds::Flat&)>& use);

}  // namespace ptah::agreement
