/// Detailed routing of one net: A* from the tree wired so far to the nearest pin not yet on it,
/// again and again (Hart, Nilsson, Raphael 1968; the tree grows as in Dijkstra's form of Prim's
/// algorithm).
///
/// There are often many cheapest ways. A search finds all of them, led by the sharpest lower bound,
/// and then chooses the one that A* finds first which goes by distance alone and takes, of equal
/// estimates, the longer way behind, then the lower node. Nothing but cheapest ways has a say in
/// that: whatever else such a search looks at leaves the order of these as it is. So what is drawn
/// does not depend on how sharp the bound is, only how soon it is found. A search that goes on and
/// on takes the time to look at the whole grid from its targets, and goes on with what it sees.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "global.hpp"
#include "grid.hpp"
#include "outlook.hpp"
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
  std::int64_t outlooks = 0;  ///< Searches that looked at the whole grid.
};

class Search {
 public:
  /// A search for one pin looks at the whole grid after so many expansions: that takes as long as
  /// some thousands.
  static constexpr int kPatience = 1000;

  Search(const Grid& grid, const SearchCosts& costs, int patience = kPatience)
      : grid_(grid), costs_(costs), patience_(patience), outlook_(grid) {}

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
    int depth;  ///< So many steps on the way to it lead over its own device.
  };
  /// Neighbouring nodes of the tree: most parts lie too far away for a search to look into them.
  struct Part {
    std::size_t begin, end;  ///< In `tree_`.
    int layer_low, layer_high;
    NodeBox box;
    int bound = 0;  ///< As last worked out; goals only become fewer, so that it only rises.
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
  int bound(const GridNode& at);
  int bound(const Part& part) const noexcept;
  /// Never lower than `bound`: knows what the outlook says, too, where there is one.
  int foresee(const GridNode& at);
  /// What changes of layers and steps against layers' directions cost at least from the node on.
  int turns(const GridNode& at) const noexcept;
  /// Looks back over the whole grid from the targets, and puts the open list in the order that
  /// follows. What is closed has its cheapest cost, whatever bound led there.
  void look_ahead(const SearchRequest& request);
  int bound(const Goal& goal, int layer, int dx, int dy) const noexcept {
    const Way& way = ways_[layer * layers_ + goal.layer];
    return kStepCost * (dx + dy) + Grid::kOverDevice * std::min(dx + dy, goal.depth) +
           std::min(way.direct + way.along_x * dx + way.along_y * dy, way.turning);
  }
  /// Steps over a device without goals, or a plate, on the way out of it.
  struct Obstacle {
    NodeBox box;
    int surcharge;
    int to_leave(const GridNode& at) const noexcept {
      const int steps = std::min({at.x - box.x0, box.x1 - at.x, at.y - box.y0, box.y1 - at.y});
      return std::max(0, steps) * surcharge;
    }
  };
  /// What can matter to the bounds of the nodes of a block of the grid on a layer: goals that can
  /// be the nearest, and obstacles.
  struct Vicinity {
    std::uint32_t goals = 0, goals_end = 0;                 ///< In `near_`.
    std::uint32_t devices = 0, plates = 0, plates_end = 0;  ///< In `around_`.
    std::uint32_t stamp = 0;  ///< Found for the search that has left it.
  };
  Vicinity vicinity(int layer, int block_x, int block_y);
  /// A pin as a target: distances to it are to its box, bounds to the pieces of its metal.
  struct PinTarget {
    Target target;
    std::vector<Goal> goals;
    std::vector<NodeBox> own;  ///< Devices that hold goals, and goals that no device holds.
  };
  PinTarget target_of(const Pin& pin) const;
  /// What routing a net again and again reads of its pins.
  struct NetPins {
    std::vector<std::vector<Index>> access;  ///< Nodes, ascending.
    std::vector<PinTarget> targets;
    std::vector<Metal> plates;  ///< Bottom metal of capacitors.
  };
  /// Of this scene. Pins without nodes, which nothing can reach, end it early.
  const NetPins& pins_of(NetId net);
  void find_obstacles(const std::vector<PinTarget>& pins, const std::vector<bool>& connected);
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
    const std::uint16_t* history;  ///< Null as long as there is none.
    Pads above{}, below{};         ///< Of the cuts above and below the layer.
    bool horizontal;
  };
  void fetch_ahead(const LayerView& view, Index from, std::size_t cell, std::ptrdiff_t by,
                   bool other_row) const noexcept;
  /// The cheaper legal orientation of a pad (the layer's own where both are equal), or nothing.
  static std::optional<bool> orientation(const LayerView& view, const Pads& pads, std::size_t cell,
                                         NetId net) noexcept;
  void draw(const std::vector<Index>& path, const SearchRequest& request, Wiring& wiring);
  /// No further cut of the net comes too near to this one.
  void keep_cuts_away(int cut, std::size_t cell, const std::vector<Metal>& plates);

  const Grid& grid_;
  SearchCosts costs_;
  int patience_;
  std::vector<LayerView> views_;
  std::vector<NetPins> nets_;  ///< By net; empty where not asked for yet.
  std::size_t plane_ = 0;
  std::uint64_t per_column_ = 0;  ///< 2^40 / columns, rounded up: to divide by multiplying.
  Map<State> states_;
  Map<std::uint32_t> target_stamp_;
  std::uint32_t targets_stamp_ = 0;     ///< Of the nodes of pins that are still to be reached.
  Map<std::uint8_t> cut_near_;          ///< By cut and cell: a cut of this net is too near.
  std::vector<std::size_t> cut_marks_;  ///< To clear cut_near_.
  OpenList queue_;
  std::vector<Index> tree_;
  std::vector<Part> parts_;
  std::vector<Target> targets_;
  std::vector<Goal> goals_;
  std::vector<Way> ways_;  ///< By layer and layer.
  Outlook outlook_;
  bool priced_ = false;                   ///< The outlook has the prices of this net.
  bool looked_ = false;                   ///< The outlook is that of this search.
  std::vector<int> goal_layers_;          ///< Those of the outlook's goals.
  std::vector<int> across_x_, across_y_;  ///< From a column, from a row to the nearest, in steps.
  int layers_ = 0;
  Map<Vicinity> vicinities_;  ///< By layer and block.
  std::vector<Goal> near_;
  std::vector<Obstacle> around_;
  std::vector<Obstacle> devices_, plates_;          ///< Obstacles of the search ...
  std::vector<Obstacle> all_devices_, all_plates_;  ///< ... and of the scene.
  int blocks_ = 0;                                  ///< In a row.
  std::size_t a_layer_ = 0;                         ///< Blocks of a layer.
  std::uint32_t search_ = 0;
  SearchStats stats_;
};

}  // namespace ptah::maze
