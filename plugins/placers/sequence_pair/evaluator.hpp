/// What a sequence pair with orientations costs: an exact wire-length packing of rigid units, or in
/// sampling, where thousands of placements are wanted, one packed to the lower left.
///
/// Matched devices share y by being one unit there. In x a symmetric cluster is one rigid unit, its
/// pairs as close to the axis as the tiles between them allow; the final solve (exact_packing.hpp)
/// frees these spreads. Everything is in half nanometres, so that centres and mirror images are
/// integers.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sequence_pair.hpp"
#include "wire_packing.hpp"

namespace ptah::sequence_pair {

/// Weighted wire length of one dimension, and how far the box of all slots is over its limit.
struct DimensionCost {
  std::int64_t cost = 0;
  std::int64_t extent = 0;    ///< Of the box, half nm.
  std::int64_t overflow = 0;  ///< Half nm.
};

struct Cost {
  DimensionCost x, y;
  std::int64_t total = 0;
};

class Evaluator {
 public:
  /// `sampling`: the cost is that of a packing to the lower left, no less than the least, in a
  /// quarter of the time; and spreads of clusters are rounded up so that all tiles can be on the
  /// grid.
  explicit Evaluator(const Problem& problem, bool sampling = false);

  static constexpr std::int64_t kAnyCost = WirePacking::kInfinite;

  /// Nothing when no packing of rigid units follows the state's orders, or when the total would be
  /// more than `bound`.
  std::optional<Cost> evaluate(const State& state, std::int64_t bound = kAnyCost);
  /// As `evaluate`, keeping of `before` the dimension in which nothing changed: for steps that turn
  /// a group. `x_changed` says which one did.
  std::optional<Cost> evaluate_flip(const State& state, const Cost& before, bool x_changed,
                                    std::int64_t bound = kAnyCost);
  /// In sampling: the lower left corners of the slots in nm, the box of all at (0, 0). It is the
  /// exact wire-length packing, with every unit moved down to the grid: all distances are multiples
  /// of it, so that none is violated by that. Nothing where `evaluate` gives nothing.
  std::optional<std::vector<Point>> corners(const State& state);

 private:
  std::optional<DimensionCost> evaluate_x(const State& state, std::int64_t bound);
  std::optional<DimensionCost> evaluate_y(const State& state, std::int64_t bound);
  std::optional<Cost> combine(const DimensionCost& x, const DimensionCost& y,
                              std::int64_t bound) const;
  bool spread_clusters(const SequencePair& pair);
  bool spread(const AxisCluster& cluster, const SequencePair& pair);
  std::optional<std::int64_t> axis_on_grid(const AxisCluster& cluster) const;
  /// Fills ways_ for the members of a cluster.
  void find_ways(const std::vector<int>& members, const SequencePair& pair);
  bool add_distances(const SequencePair& pair, bool horizontal);
  bool add_all_distances(const SequencePair& pair, bool horizontal);
  std::int64_t left_packed_cost(const State& state, bool horizontal) const;
  void add_nets(const State& state, bool horizontal, bool limited);
  std::optional<DimensionCost> pack(const State& state, bool horizontal, std::int64_t bound);
  /// As `pack`, to the lower left and without a limit of the outline.
  std::optional<DimensionCost> pack_left(const State& state, bool horizontal, std::int64_t bound);
  std::int64_t extent(bool horizontal) const;
  std::int64_t offset(int tile, bool horizontal) const {
    return horizontal ? offset_[static_cast<std::size_t>(tile)] : 0;
  }
  bool precedes(int i, int j) const {
    return precedes_[static_cast<std::size_t>(i) * static_cast<std::size_t>(problem_.tiles) +
                     static_cast<std::size_t>(j)] != 0;
  }

  const Problem& problem_;
  WirePacking packing_;
  std::vector<AxisCluster> clusters_;  ///< With the pairs of the present state.
  std::vector<int> unit_x_, unit_y_;   ///< Of every tile.
  int units_x_ = 0;
  std::vector<std::int64_t> offset_;  ///< x of a tile within its unit.
  /// Longest ways from each member of a cluster (column) to the tiles between members (row), below
  /// zero where there is none; and the row of each member.
  std::vector<std::int32_t> ways_;
  std::vector<std::size_t> way_rows_;
  std::vector<int> between_;  ///< The tiles of the rows.
  /// In the dimension being packed: which tile wholly precedes which, and the distance of their
  /// lower edges that follows.
  std::vector<char> precedes_;
  std::vector<std::int64_t> step_;
  std::vector<char> first_, last_;  ///< Tiles that nothing precedes; that precede nothing.
  bool sampling_;
  bool estimating_;                 ///< No wire-length packing: to the lower left.
  std::vector<std::int64_t> axis_;  ///< In sampling: of each cluster, modulo two grid steps.
};

}  // namespace ptah::sequence_pair
