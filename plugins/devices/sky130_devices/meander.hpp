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

/// What to fold.
struct FoldRequest {
  Dbu width = 0;
  Dbu length = 0;
  Dbu spacing = 0;                  ///< Between legs.
  bool corners_count_half = false;  ///< A corner counts half a square of length, else a whole one.
  Dbu ends =
      0;  ///< What a head adds to the height, at the bottom and, for a single leg, at the top.
  Dbu grid = 5;
};

/// Folds the body so that the larger side of its box is smallest.
Meander fold(const FoldRequest& request);

}  // namespace ptah::sky130
