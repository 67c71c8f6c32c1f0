/// Sets of points with axis-parallel edges, as canonical lists of rectangles.
#pragma once

#include <span>
#include <vector>

#include "ptah/geom/geometry.hpp"

namespace ptah {

/// Canonical: disjoint rectangles of positive area, maximal in x, joined in y where the run of x is
/// the same; sorted by (y0, x0). Equal sets of points are equal lists.
using Region = std::vector<Rect>;

/// Of any rectangles, overlapping or not; those without area are passed over.
Region united(std::span<const Rect> rects);
Region united(std::span<const Rect> a, std::span<const Rect> b);
Region intersection(std::span<const Rect> a, std::span<const Rect> b);
/// `a` without `b`.
Region difference(std::span<const Rect> a, std::span<const Rect> b);
/// Grown by `d` on all sides, square corners (Minkowski sum with a square of side 2 d).
Region grown(std::span<const Rect> rects, Dbu d);
/// Eroded by `d` on all sides.
Region shrunk(std::span<const Rect> rects, Dbu d);

DbuArea area(const Region& region) noexcept;
Rect bounding_box(std::span<const Rect> rects) noexcept;

}  // namespace ptah
