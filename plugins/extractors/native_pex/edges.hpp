/// Boundaries of disjoint rectangles, line by line.
#pragma once

#include <vector>

#include "planes.hpp"

namespace ptah::native {

/// What is known along one line, for one axis. For vertical edges `at` is an x and lo, hi are ys.
struct EdgeItem {
  enum Kind : std::uint8_t {
    kStart,      ///< A rectangle begins here: a descending edge.
    kEnd,        ///< A rectangle ends here: an ascending edge.
    kHideStart,  ///< No descending edge here: its inside is a gate, or its outside a resistor.
    kHideEnd,    ///< No ascending edge here.
  };
  Dbu at = 0, lo = 0, hi = 0;
  NetIndex net = kNone;
  Kind kind = kStart;
};

/// Sorts `items` and appends the edges that remain to `edges`, by (at, lo).
void find_edges(std::vector<EdgeItem>& items, Material material, std::vector<Edge>& edges);

}  // namespace ptah::native
