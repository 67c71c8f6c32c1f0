/// Placements as a request gives them.
#pragma once

#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/core/json.hpp"
#include "ptah/layout/layout.hpp"
#include "rpc/specs.hpp"

namespace ptah {

/// Every device once, anywhere on the grid. A slot is the outline: nothing is to be moved later.
Result<Placement> read_placement(const std::vector<rpc::DevicePlace>& places,
                                 const Circuit& circuit, const Tiles& tiles);

/// [{"a", "b", "missing_um"}]: pairs of devices that overlap (0), or lie closer than their shapes
/// allow by so much.
Json overlaps_of(const Circuit& circuit, const Tiles& tiles, const Placement& placement,
                 const Technology& technology);

}  // namespace ptah
