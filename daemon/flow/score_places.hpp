/// Placements as a request gives them.
#pragma once

#include <string_view>

#include "ptah/core/error.hpp"
#include "ptah/core/json.hpp"
#include "ptah/layout/layout.hpp"

namespace ptah {

/// "R0", "MY", "MX", "R180".
std::string_view to_string(Orientation orientation) noexcept;

/// [{"device", "x_um", "y_um", "orientation"}]: every device once, anywhere on the grid. A slot is
/// the outline: nothing is to be moved later.
Result<Placement> read_placement(const Json& list, const Circuit& circuit, const Tiles& tiles);

/// [{"a", "b", "missing_um"}]: pairs of devices that overlap (0), or lie closer than their shapes
/// allow by so much.
Json overlaps_of(const Circuit& circuit, const Tiles& tiles, const Placement& placement,
                 const Technology& technology);

}  // namespace ptah
