/// Where current enters the nets of supplies by rule, wherever their labels are.
#pragma once

#include <optional>
#include <vector>

#include "ptah/netlist/circuit.hpp"
#include "recognition/connectivity.hpp"

namespace ptah::native {

/// By net: the point of the net's metal nearest to the upper edge of the layout where p-channel
/// transistors of `circuit` have their bulk in this port, to the lower edge where n-channel ones
/// (or the substrate of resistors) have; nothing for other nets. Of points at one height the one
/// nearest to the middle of the layout counts, then the highest layer: supplies that cross a
/// mirrored layout enter on its axis.
std::vector<std::optional<FoundLabel>> edge_entries(const Connectivity& connectivity,
                                                    const Circuit& circuit,
                                                    const Technology& technology);

}  // namespace ptah::native
