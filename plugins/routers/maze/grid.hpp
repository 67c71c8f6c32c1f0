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
///
/// A grid outlives a layout. Its nodes form a frame somewhat larger than the window that wires of
/// the present scene may use; `update` repaints only what lies near metal that has changed, and
/// wires that are committed stay until they are removed. Everything that can be asked of nodes in
/// the window is a function of the scene, the committed wires and the history since `update`.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "huge_pages.hpp"
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
  int width() const noexcept { return x1 - x0 + 1; }
  int height() const noexcept { return y1 - y0 + 1; }
  friend bool operator==(const NodeBox&, const NodeBox&) = default;
};

class Grid {
 public:
  /// What a figure at a node meets.
  struct Spot {
    std::int16_t owner = kFree;
    std::uint16_t crowd = 0;  ///< How many committed wires come too close.
    /// False where fixed metal or the edge of the grid forbids the figure to `net` for ever.
    bool possible(NetId net) const noexcept { return owner == kFree || owner == net; }
  };

  /// `wide_width` is the width of supply wires (not below a layer's own minimum there).
  Grid(Dbu margin, Dbu wide_width) : margin_(margin), wide_width_(wide_width) {}

  /// Takes over a scene, which must outlive its use here. Where `same_tiles`, it holds the same
  /// tiles as the last one, in other places, and on an equal stack; otherwise everything starts
  /// anew. Forgets the history.
  void update(const Scene& scene, bool same_tiles);

  const Scene& scene() const noexcept { return *scene_; }
  int layers() const noexcept { return scene_->stack->size(); }
  /// Columns of the frame: the distance of two rows in a plane.
  int columns() const noexcept { return columns_; }
  /// The nodes that wires may use.
  const NodeBox& window() const noexcept { return window_; }
  /// Places in memory for the nodes of a layer, of which the frame may leave some at the end empty.
  /// They stay where they are from one frame to the next if these are of the same tiles and no
  /// larger.
  std::size_t plane() const noexcept { return plane_; }
  std::size_t nodes() const noexcept { return plane() * layers(); }
  /// Index within a layer's plane.
  std::size_t cell(int x, int y) const noexcept {
    return static_cast<std::size_t>(y) * columns_ + x;
  }
  Point at(int x, int y) const noexcept {
    return {origin_.x + x * kPlacementGrid, origin_.y + y * kPlacementGrid};
  }
  /// Nodes of the window strictly inside `rect`.
  NodeBox inside(const Rect& rect) const noexcept { return inside(rect, window_); }
  /// Nodes of the window inside or on the edge of `rect`.
  NodeBox covered(const Rect& rect) const noexcept { return covered(rect, window_); }

  Figure wire(int layer) const noexcept { return wire_[layer]; }
  Figure wide_wire(int layer) const noexcept { return wide_[layer]; }
  Figure lower_pad(int cut, bool horizontal) const noexcept { return lower_[cut][horizontal]; }
  Figure upper_pad(int cut, bool horizontal) const noexcept { return upper_[cut][horizontal]; }
  /// Half widths of wires.
  Dbu half_width(int layer, bool wide) const noexcept {
    return figures_[wide ? wide_[layer] : wire_[layer]].hx;
  }

  /// The spots of a figure, by cell.
  const Spot* spots(Figure figure) const noexcept { return spots_[figure].data(); }
  const Spot& spot(Figure figure, std::size_t cell) const noexcept { return spots_[figure][cell]; }
  /// How many layers fixed metal leaves open to wires of any net, summed over the nodes from (x, y)
  /// on to the right or upwards.
  int open_right(int x, int y, int nodes) const noexcept { return open(x, y, nodes, 1); }
  int open_up(int x, int y, int nodes) const noexcept { return open(x, y, nodes, columns_); }
  /// True where a cut may stand as far as fixed cuts and capacitor plates are concerned.
  bool cut_possible(int cut, std::size_t cell) const noexcept { return !cut_blocked_[cut][cell]; }

  /// Makes `metal` the committed wires of the net; nothing happens when it is already. Whoever
  /// routes a net removes that net's wires first, by committing none.
  void commit(NetId net, const std::vector<Metal>& metal);

  /// Tenths of a grid step: wires over devices and, more so, over capacitors couple into them.
  static constexpr int kOverDevice = 2;
  static constexpr int kOverPlate = 8;
  /// What a step onto the node costs beyond its length: running over devices and capacitors.
  int surcharge(std::size_t cell) const noexcept { return surcharge_[cell]; }
  const std::uint8_t* surcharges() const noexcept { return surcharge_.data(); }
  /// Past conflicts at the node (McMurchie and Ebeling's history term).
  const std::uint16_t* history(int layer) const noexcept { return history_[layer].data(); }
  /// Whether there has been any conflict.
  bool has_history() const noexcept { return !remembered_.empty(); }
  void remember(int layer, const Rect& place, int amount);

  /// Of all maps, to bound what is kept between layouts.
  std::size_t bytes() const noexcept;

 private:
  static constexpr std::int16_t kFree = -1;
  static constexpr std::int16_t kNobody = -2;
  struct FigureMap {
    int layer = 0;
    Dbu hx = 0, hy = 0;
  };

  int open(int x, int y, int count, int step) const noexcept {
    int total = 0;
    std::size_t at = cell(x, y);
    for (int k = 0; k < count; ++k, at += step) total += open_[at];
    return total;
  }
  NodeBox frame_box() const noexcept { return {0, 0, columns_ - 1, rows_ - 1}; }
  NodeBox inside(const Rect& rect, const NodeBox& clip) const noexcept;
  NodeBox covered(const Rect& rect, const NodeBox& clip) const noexcept;
  Figure figure(int layer, Dbu hx, Dbu hy);
  void make_figures();
  void make_frame(const Rect& area);
  void make_room(std::size_t plane);
  /// How far fixed metal keeps figures of foreign nets.
  Dbu keep_off(int layer, const Fixed& fixed) const noexcept;
  /// Paint the nodes of `clip` anew from the scene.
  void paint_owners(Figure figure, const NodeBox& clip);
  void block_owners(Figure figure, const NodeBox& clip);
  void paint_cuts(int cut, const NodeBox& clip);
  void paint_surcharge(const NodeBox& clip);
  void count_open(const NodeBox& clip);
  void repaint_changes();
  void change(const std::vector<Metal>& metal, int by);

  const Scene* scene_ = nullptr;
  Dbu margin_, wide_width_;
  Point origin_;
  int columns_ = 0, rows_ = 0;
  std::size_t plane_ = 0;
  NodeBox window_;
  std::vector<FigureMap> figures_;
  std::vector<Map<Spot>> spots_;  ///< By figure; memory is kept for other stacks.
  std::vector<Figure> wire_, wide_;
  std::vector<std::array<Figure, 2>> lower_, upper_;
  std::vector<Map<std::uint8_t>> cut_blocked_;
  Map<std::uint8_t> surcharge_;
  Map<std::uint8_t> open_;  ///< Layers open to wires of any net.
  std::vector<Map<std::uint16_t>> history_;
  std::vector<std::pair<int, NodeBox>> remembered_;
  std::vector<std::vector<Metal>> committed_;  ///< By net.
  /// What the maps show.
  std::vector<std::vector<Fixed>> painted_fixed_;
  std::vector<std::vector<Rect>> painted_cuts_;
  std::vector<Rect> painted_plates_, painted_tiles_;
};

}  // namespace ptah::maze
