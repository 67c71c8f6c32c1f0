/// The routing grid: for every layer and every figure that routing draws around a node (a wire's
/// square, a via's pad) it knows which nodes are legal for which net, exactly.
///
/// A figure of half sides (hx, hy) at a node is legal next to a foreign rectangle when the figure
/// grown by the spacing does not overlap it; that is the same as the node lying outside the
/// rectangle grown by (hx + spacing, hy + spacing). So each figure has its own map of the nodes
/// that fixed metal forbids (and to whom), and its own count of the wires that come too close.
/// Distances are Chebyshev distances: corner to corner as strict as side to side, which is how
/// Magic measures and stricter than the process asks. The grid step is less than any figure plus
/// its spacing, so what is legal at two neighbouring nodes is legal on the way between them.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "scene.hpp"

namespace ptah::maze {

/// Index of a figure in the grid.
using Figure = int;

struct GridNode {
  int layer = 0;
  int x = 0;
  int y = 0;
  friend bool operator==(const GridNode&, const GridNode&) = default;
};

/// Inclusive ranges of columns and rows.
struct NodeBox {
  int x0 = 0, y0 = 0, x1 = -1, y1 = -1;
  bool empty() const noexcept { return x1 < x0 || y1 < y0; }
};

class Grid {
 public:
  /// `wide_width` is the width of supply wires (not below a layer's own minimum there).
  Grid(const Scene& scene, Dbu margin, Dbu wide_width);

  const Scene& scene() const noexcept { return *scene_; }
  int nx() const noexcept { return nx_; }
  int ny() const noexcept { return ny_; }
  int layers() const noexcept { return scene_->stack->size(); }
  std::size_t plane() const noexcept { return static_cast<std::size_t>(nx_) * ny_; }
  std::size_t nodes() const noexcept { return plane() * layers(); }
  /// Index within a layer's plane.
  std::size_t cell(int x, int y) const noexcept { return static_cast<std::size_t>(y) * nx_ + x; }
  Point at(int x, int y) const noexcept {
    return {origin_.x + x * kPlacementGrid, origin_.y + y * kPlacementGrid};
  }
  /// Nodes strictly inside `rect`.
  NodeBox inside(const Rect& rect) const noexcept;
  /// Nodes inside or on the edge of `rect`.
  NodeBox covered(const Rect& rect) const noexcept;

  Figure wire(int layer) const noexcept { return wire_[layer]; }
  Figure wide_wire(int layer) const noexcept { return wide_[layer]; }
  Figure lower_pad(int cut, bool horizontal) const noexcept { return lower_[cut][horizontal]; }
  Figure upper_pad(int cut, bool horizontal) const noexcept { return upper_[cut][horizontal]; }
  /// Half widths of wires.
  Dbu half_width(int layer, bool wide) const noexcept {
    return figures_[wide ? wide_[layer] : wire_[layer]].hx;
  }

  /// False where fixed metal or the edge of the grid forbids the figure to `net` for ever.
  bool possible(Figure figure, std::size_t cell, NetId net) const noexcept {
    const std::int16_t owner = figures_[figure].owner[cell];
    return owner == kFree || owner == net;
  }
  /// How many wires of the nets that are committed come too close.
  int crowd(Figure figure, std::size_t cell) const noexcept { return figures_[figure].crowd[cell]; }
  /// True where a cut may stand as far as fixed cuts and capacitor plates are concerned.
  bool cut_possible(int cut, std::size_t cell) const noexcept { return !cut_blocked_[cut][cell]; }

  /// Adds or removes committed wires; whoever routes a net removes that net's wires first.
  void commit(const std::vector<Metal>& metal) { change(metal, 1); }
  void remove(const std::vector<Metal>& metal) { change(metal, -1); }

  /// What a step onto the node costs beyond its length: running over devices and capacitors.
  int surcharge(int layer, std::size_t cell) const noexcept { return surcharge_[layer][cell]; }
  /// Past conflicts at the node (McMurchie and Ebeling's history term).
  int history(int layer, std::size_t cell) const noexcept { return history_[layer][cell]; }
  void remember(int layer, const Rect& place, int amount);

 private:
  static constexpr std::int16_t kFree = -1;
  static constexpr std::int16_t kNobody = -2;
  struct FigureMap {
    int layer = 0;
    Dbu hx = 0, hy = 0;
    std::vector<std::int16_t> owner;
    std::vector<std::uint16_t> crowd;
  };

  Figure figure(int layer, Dbu hx, Dbu hy);
  void block(FigureMap& map, const Rect& rect, Dbu distance, NetId net);
  void change(const std::vector<Metal>& metal, int by);

  const Scene* scene_;
  Point origin_;
  int nx_ = 0, ny_ = 0;
  std::vector<FigureMap> figures_;
  std::vector<Figure> wire_, wide_;
  std::vector<std::array<Figure, 2>> lower_, upper_;
  std::vector<std::vector<std::uint8_t>> cut_blocked_;
  std::vector<std::vector<std::uint8_t>> surcharge_;
  std::vector<std::vector<std::uint16_t>> history_;
};

}  // namespace ptah::maze
