/// The folded strip of a resistor.
#pragma once

#include <vector>

#include "ptah/geom/geometry.hpp"

namespace ptah::sky130 {

/// Legs along y, side by side from x = 0, joined alternately at the top and at the bottom; body
/// bottom at y = 0. One leg: its ends are at the bottom and at the top; an even number: both ends
/// are at the bottom, the last one `last_up` higher.
struct Meander {
  int legs = 1;
  Dbu width = 0;
  Dbu pitch = 0;
  Dbu height = 0;
  Dbu last_up = 0;

  Dbu x_of(int leg) const { return leg * pitch; }
  Dbu total_width() const { return x_of(legs - 1) + width; }
  /// The body as rectangles.
  std::vector<Rect> body() const;
};

/// Folds a body of `width` and `length` (area / width, as Magic measures a bent resistor: a corner
/// counts one square) to the smallest larger side of its box. `ends` is what the heads add to the
/// height, at the bottom and, for a single leg, at the top.
Meander fold(Dbu width, Dbu length, Dbu spacing, Dbu ends, Dbu grid);

}  // namespace ptah::sky130
