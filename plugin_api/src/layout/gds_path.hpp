/// Outlines of GDSII paths.
#pragma once

#include <optional>
#include <vector>

#include "ptah/geom/geometry.hpp"

namespace ptah::gds::detail {

struct PathEnds {
  double half_width = 0;      ///< nm
  double begin = 0, end = 0;  ///< How far the path runs past its first and last point, nm.
};

/// The polygons that a path with these points covers, mitred at its corners. A turn of more than 90
/// degrees starts a new polygon with a square end. Empty without width; nullopt out of range.
std::optional<std::vector<std::vector<Point>>> path_outlines(const std::vector<Point>& points,
                                                             const PathEnds& ends);

}  // namespace ptah::gds::detail
