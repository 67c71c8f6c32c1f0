/// Damage done on purpose, to schematics and to drawings.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ptah/core/random.hpp"
#include "ptah/layout/gds.hpp"
#include "ptah/netlist/circuit.hpp"
#include "recognition/connectivity.hpp"

namespace ptah::agreement {

/// Names of the classes of the table, in its order.
const std::vector<std::string>& schematic_mutations();
const std::vector<std::string>& harmless_mutations();
const std::vector<std::string>& layout_mutations();

/// The circuit with one such change, or nothing where it has no place for it.
std::optional<Circuit> mutate(const Circuit& circuit, const std::string& kind,
                              const Technology& technology, Rng& rng);
/// The drawing with one such change. `found` is the drawing's connectivity.
std::optional<gds::Flat> mutate(const gds::Flat& flat, const native::Connectivity& found,
                                const std::string& kind, const Technology& technology, Rng& rng);

/// One cell with everything in it.
gds::Library flat_library(const gds::Flat& flat, const std::string& top,
                          const Technology& technology);

}  // namespace ptah::agreement
