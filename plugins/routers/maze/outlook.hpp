/// What the whole grid tells of the way that is left to go: a lower bound that knows what steps
/// cost everywhere between a node and the goals, such as plates that a way must cross or avoid.
///
/// Over the window lies a lattice with a point at every fourth node. An edge of the lattice costs
/// what its steps cost at least anywhere in the two meshes that it borders. So the costs of the
/// cheapest ways along the lattice to the corners of all meshes with goals (Dijkstra 1959) change
/// along an edge by no more than its steps cost, and bilinear interpolation between them by no more
/// than each single step does: it is a consistent lower bound. Points are settled from the goals
/// outwards and only as far as someone asks (the resumable backward search of D. Silver,
/// Cooperative Pathfinding, AIIDE 2005, on a lattice in place of the nodes).
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "global.hpp"
#include "grid.hpp"

namespace ptah::maze {

class Outlook {
 public:
  explicit Outlook(const Grid& grid) : grid_(grid) {}

  /// To be called after every update of the grid.
  void prepare();

  /// In tenths of a grid step.
  struct Prices {
    int step = 0;
    int off_corridor = 0;  ///< Added to a step outside the net's corridor.
    NetId net = kNoNet;
    const Corridors* corridors = nullptr;  ///< Null: no step is outside.
  };
  /// Those of all looks from now on. They are above zero.
  void set_prices(const Prices& prices);
  /// Looks back from goals: not empty, and in the window.
  void look(const std::vector<NodeBox>& goals);

  /// What steps from the node of the window to the nearest goal of the last look cost at least, in
  /// tenths of a grid step: their lengths, surcharges, and ways out of the corridor.
  int to_go(int x, int y) {
    const int dx = x - x0_, dy = y - y0_;
    const int right = dx & (kMesh - 1), up = dy & (kMesh - 1);
    const int* below = &costs_[point(dx >> kShift, dy >> kShift)];
    const int* above = below + columns_;
    while (std::max({below[0], below[1], above[0], above[1]}) > settled_) settle();
    const int low = below[0] * (kMesh - right) + below[1] * right;
    const int high = above[0] * (kMesh - right) + above[1] * right;
    return (low * (kMesh - up) + high * up) >> kShift;
  }

 private:
  /// Nodes from one point of the lattice to the next, as a power of two.
  static constexpr int kShift = 2;
  static constexpr int kMesh = 1 << kShift;

  /// By column and row. Left of a row lies the end of the row before, where no mesh is: arrays
  /// begin with a row, and a place, below the window.
  std::size_t point(int i, int j) const noexcept {
    return (static_cast<std::size_t>(j) + 1) * columns_ + i + 1;
  }
  void find_surcharges();
  void add_off_corridor(const Prices& prices);
  void reach(std::size_t point, int cost);
  void settle();

  const Grid& grid_;
  int x0_ = 0, y0_ = 0;          ///< The first node of the window.
  int columns_ = 0, rows_ = 0;   ///< Of points, one more each than meshes.
  bool has_surcharges_ = false;  ///< Found for the present grid.
  /// By the lower left point of a mesh: the least of any node in it or on its edges.
  std::vector<std::uint8_t> surcharges_;
  std::vector<std::uint16_t> prices_;  ///< Of a step; kNoMesh where no mesh is.
  int highest_ = 0;                    ///< No price is higher.
  std::vector<int> costs_;             ///< By point, in prices of a step: of an edge's length.
  int settled_ = 0;                    ///< Costs up to this are final.
  std::vector<std::vector<std::uint32_t>> buckets_;  ///< Reached points by cost, in a ring.
};

}  // namespace ptah::maze
