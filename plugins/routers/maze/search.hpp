/// Detailed routing of one net: A* from the tree wired so far to the nearest pin not yet on it,
/// again and again (Hart, Nilsson, Raphael 1968; the tree grows as in Dijkstra's form of Prim's
/// algorithm).
///
/// There are often many cheapest ways. A search finds all of them, led by the sharpest lower bound,
/// and then chooses the one that A* finds first which goes by distance alone and takes, of equal
/// estimates, the longer way behind, then the lower node. Nothing but cheapest ways has a say in
/// that: whatever else such a search looks at leaves the order of these as it is. So what is drawn
/// does not depend on how sharp the bound is, only how soon it is found.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "global.hpp"
#include "grid.hpp"
#include "ptah/core/job_context.hpp"
#include "queue.hpp"

namespace ptah::maze {

struct CutAt {
  int cut = 0;
  Point at;
  friend constexpr auto operator<=>(const CutAt&, const CutAt&) = default;
};

/// What is drawn for a net.
struct Wiring {
  std::vector<Metal> metal;
  std::vector<CutAt> cuts;
  std::int64_t narrowed_nm = 0;  ///< Of a wide net: length that only fits at minimum width.
};

/// In tenths of a grid step.
struct SearchCosts {
  int wrong_way = 3;     ///< Added to a step against the layer's direction.
  int via = 50;          ///< A cut is worth this detour (5: 500 nm).
  int narrow = 6;        ///< Added to a step of a wide net that only fits at minimum width.
  int off_corridor = 6;  ///< Added to a step outside the corridor of global routing.
  int history = 4;       ///< Times the history of the node.
};

struct SearchRequest {
  NetId net = kNoNet;
  bool wide = false;
  int conflict = 60;  ///< Added to a step that comes too close to another net's wire.
  const Corridors* corridors = nullptr;
};

struct SearchStats {
  std::int64_t expansions = 0;
  std::int64_t searches = 0;
};

class Search {
 public:
  Search(const Grid& grid, const SearchCosts& costs) : grid_(grid), costs_(costs) {}

  /// To be called after every update of the grid. Resets the statistics.
  void prepare();

  /// Wires all pins of the net. Foreign wires may be crossed at a price; fixed metal never. Fails
  /// with kInfeasible naming net, pin and place when fixed metal leaves no way.
  Result<Wiring> route(const SearchRequest& request, JobContext& job);

  const SearchStats& stats() const noexcept { return stats_; }

 private:
  static constexpr int kStepCost = 10;
  using Index = std::uint32_t;  ///< layer * plane + cell
  /// Of a node, for the search that has left its stamp.
  struct State {
    std::uint32_t stamp = 0;
    int cost = 0;              ///< Of the cheapest way known, from the tree.
    int bound = 0;             ///< Of what is left to go from here.
    std::uint8_t parents = 0;  ///< The steps that the cheapest ways end with, one bit each.
    std::uint8_t from = 0;     ///< That of the way taken.
    bool closed = false;
    bool cheapest = false;  ///< On a cheapest way to a target.
  };
  struct Target {
    int layer_low, layer_high;
    NodeBox box;
  };
  /// A piece of a target's metal.
  struct Goal {
    int layer;
    NodeBox box;
  };
  /// Neighbouring nodes of the tree: most parts lie too far away for a search to look into them.
  struct Part {
    std::size_t begin, end;  ///< In `tree_`.
    int layer_low, layer_high;
    NodeBox box;
  };
  /// What a way between two layers costs at least beyond the length of its steps: `direct` and so
  /// much for each step along x or along y; or `turning`, whatever its steps.
  struct Way {
    int direct, along_x, along_y, turning;
  };

  GridNode node(Index index) const noexcept;
  Index index(int layer, std::size_t cell) const noexcept {
    return static_cast<Index>(layer * plane_ + cell);
  }
  std::vector<Index> nodes_of(const Pin& pin) const;
  void make_ways();
  void add_to_tree(const std::vector<Index>& nodes);
  /// Lower bounds of the cost from the node to the nearest target. `to_go` looks at distances
  /// alone; `bound` is never lower and knows that wires turn by changing layers.
  int to_go(const GridNode& at) const noexcept;
  int bound(const GridNode& at) noexcept;
  int bound(const Part& part) const noexcept;
  int bound(const Goal& goal, int layer, int dx, int dy) const noexcept {
    const Way& way = ways_[layer * layers_ + goal.layer];
    return kStepCost * (dx + dy) +
           std::min(way.direct + way.along_x * dx + way.along_y * dy, way.turning);
  }
  /// Goals that can be the nearest to some node of a block of the grid, as bits.
  std::uint64_t candidates(int block_x, int block_y) const noexcept;
  void reach(Index to, const GridNode& at, int cost, std::uint8_t from);
  void expand(Index at, const SearchRequest& request);
  Index beyond(Index at, std::uint8_t from) const noexcept;
  /// Finds all cheapest ways from the tree to a target; the targets at their ends go to `ends`.
  Status find_ways(const SearchRequest& request, std::vector<Index>& ends, JobContext& job);
  /// Chooses one of them; returns its end.
  Index choose(const std::vector<Index>& ends);
  using Pads = std::array<const Grid::Spot*, 2>;  ///< Vertical and horizontal.
  /// What the search reads of a layer at every step: the spots of its figures.
  struct LayerView {
    const Grid::Spot *wire, *wide;
    Pads above{}, below{};  ///< Of the cuts above and below the layer.
    bool horizontal;
  };
  /// The cheaper legal orientation of a pad (the layer's own where both are equal), or nothing.
  static std::optional<bool> orientation(const LayerView& view, const Pads& pads, std::size_t cell,
                                         NetId net) noexcept;
  void draw(const std::vector<Index>& path, const SearchRequest& request, Wiring& wiring);
  void keep_cuts_away(int cut, std::size_t cell);

  const Grid& grid_;
  SearchCosts costs_;
  std::vector<LayerView> views_;
  int frame_ = 0;
  std::size_t plane_ = 0;
  std::uint64_t per_column_ = 0;  ///< 2^40 / columns, rounded up: to divide by multiplying.
  std::vector<State> states_;
  std::vector<std::uint32_t> target_stamp_;
  std::vector<std::uint8_t> cut_near_;  ///< By cut and cell: a cut of this net is too near.
  std::vector<std::size_t> cut_marks_;  ///< To clear cut_near_.
  OpenList queue_;
  std::vector<Index> tree_;
  std::vector<Part> parts_;
  std::vector<Target> targets_;
  std::vector<Goal> goals_;
  std::vector<Way> ways_;  ///< By layer and layer.
  int layers_ = 0;
  /// By block; found for the search that has left its stamp.
  struct Candidates {
    std::uint64_t goals = 0;
    std::uint32_t stamp = 0;
  };
  std::vector<Candidates> candidates_;
  int blocks_ = 0;  ///< In a row.
  std::uint32_t search_ = 0;
  SearchStats stats_;
};

}  // namespace ptah::maze
