/// Which rectangles of two lists meet: the spatial join behind connectivity and device recognition.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ptah/geom/geometry.hpp"

namespace ptah::native {

struct RectPair {
  std::int32_t a = 0, b = 0;
  friend auto operator<=>(const RectPair&, const RectPair&) = default;
};

/// All (i, j) such that a[i] and b[j] have a point in common, edges and corners included; sorted.
/// Both lists are sorted by y0. A sweep upwards over strips in x: near-linear where no strip holds
/// many rectangles at one height.
std::vector<RectPair> touching_pairs(std::span<const Rect> a, std::span<const Rect> b);
/// As `touching_pairs` where the interiors meet.
std::vector<RectPair> overlapping_pairs(std::span<const Rect> a, std::span<const Rect> b);

/// Pairs (lower, upper) of a canonical region that share a piece of a horizontal edge, which is the
/// only way for two of its rectangles to be neighbours. Sorted by (lower, upper).
std::vector<RectPair> abutting_pairs(std::span<const Rect> region);

/// For each of `rects`, the area that lies in `region`, whose rectangles are disjoint. Both sorted
/// by y0.
std::vector<DbuArea> covered_areas(std::span<const Rect> rects, std::span<const Rect> region);

}  // namespace ptah::native
