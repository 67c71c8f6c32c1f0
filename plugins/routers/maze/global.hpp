/// Global routing: for every net a corridor of coarse cells, found by Dijkstra's algorithm on a
/// graph whose edges cost more the fuller they are. Detailed routing prefers the corridor.
#pragma once

#include <cstdint>
#include <vector>

#include "grid.hpp"

namespace ptah::maze {

/// Side of a coarse cell in grid nodes, 2 um: a few tracks wide, so that a corridor leaves detailed
/// routing a choice.
constexpr int kCellNodes = 20;

struct Corridors {
  int x0 = 0, y0 = 0;  ///< The first node.
  int nx = 0, ny = 0;  ///< Coarse cells.
  /// By net: 1 for every coarse cell of the corridor, empty for nets without wires.
  std::vector<std::vector<std::uint8_t>> nets;
  /// By net: estimated length of the wiring, nm.
  std::vector<std::int64_t> length;

  bool inside(NetId net, int x, int y) const noexcept {
    return nets[net][static_cast<unsigned>(y - y0) / kCellNodes * nx +
                     static_cast<unsigned>(x - x0) / kCellNodes] != 0;
  }
};

/// Routes `order` one after the other.
Corridors route_globally(const Grid& grid, const std::vector<NetId>& order);

}  // namespace ptah::maze
