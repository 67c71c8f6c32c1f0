/// What every placement must satisfy, checked from its values alone.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>

#include "problem.hpp"
#include "synthetic.hpp"

namespace ptah::synthetic {

inline testing::AssertionResult is_legal(const Case& c, const Placement& placement, Dbu halo) {
  const auto clearance = c.clearance();
  const std::size_t n = c.tiles.size();
  if (placement.tiles.size() != n) return testing::AssertionFailure() << "wrong number of tiles";
  for (std::size_t i = 0; i < n; ++i) {
    const PlacedTile& placed = placement.tiles[i];
    if (placed.origin.x % kPlacementGrid != 0 || placed.origin.y % kPlacementGrid != 0) {
      return testing::AssertionFailure() << "tile " << i << " is off the grid";
    }
    if (placed.slot != placed_outline(c.tiles[i], placed).bloated(halo)) {
      return testing::AssertionFailure() << "the slot of tile " << i << " is not outline and halo";
    }
    for (std::size_t j = 0; j < i; ++j) {
      const Rect &a = placed.slot, &b = placement.tiles[j].slot;
      const Dbu dx = std::max(a.x0 - b.x1, b.x0 - a.x1);
      const Dbu dy = std::max(a.y0 - b.y1, b.y0 - a.y1);
      if (std::max(dx, dy) < clearance[i * n + j]) {
        return testing::AssertionFailure()
               << "slots of " << i << " and " << j << " are " << std::max(dx, dy) << " nm apart";
      }
    }
  }
  for (const MatchedGroup& group : c.circuit.matched) {
    for (const DeviceId id : group) {
      const PlacedTile &a = placement.tiles[static_cast<std::size_t>(id)],
                       &b = placement.tiles[static_cast<std::size_t>(group[0])];
      if (a.origin.y != b.origin.y || a.orientation != b.orientation) {
        return testing::AssertionFailure() << "group of device " << id << " does not match";
      }
    }
  }
  return testing::AssertionSuccess();
}

/// Twice the axis between two tiles.
inline Dbu twice_axis(const Case& c, const Placement& placement, const char* a, const char* b) {
  Dbu sum = 0;
  for (const char* name : {a, b}) {
    const auto i = static_cast<std::size_t>(c.find(name));
    const Rect outline = placed_outline(c.tiles[i], placement.tiles[i]);
    sum += outline.x0 + outline.x1;
  }
  return sum;
}

}  // namespace ptah::synthetic
