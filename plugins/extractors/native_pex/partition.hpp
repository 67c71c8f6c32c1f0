/// Wires as the rectangles that current flows along.
#pragma once

#include <vector>

#include "recognition/connectivity.hpp"

namespace ptah::native {

/// A canonical region (region.hpp) cuts a plate with a narrow wire on its side into three rows, the
/// middle one as narrow as the wire. Here rows are cut where a wide neighbour begins and ends, and
/// what then lies on each other over the same width is one rectangle. `wires` are those of one
/// layer, sorted by (y0, x0), and so is the result.
void cut_into_plates(std::vector<NetRect>& wires);

}  // namespace ptah::native
