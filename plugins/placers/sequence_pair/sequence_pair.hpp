/// The sequence pair of Murata, Fujiyoshi, Nakatake and Kajitani (VLSI Module Placement Based on
/// Rectangle-Packing by the Sequence-Pair, IEEE TCAD 15(12), 1996): two orders of the tiles that
/// say of any two which is left of, or below, the other.
#pragma once

#include <vector>

#include "problem.hpp"

namespace ptah::sequence_pair {

struct SequencePair {
  std::vector<int> first, second;        ///< Orders of the tiles, permutations of 0..n-1.
  std::vector<int> at_first, at_second;  ///< Their inverses.

  static SequencePair identity(int tiles);
  void index();

  /// i comes before j in both orders.
  bool left_of(int i, int j) const {
    return at_first[static_cast<std::size_t>(i)] < at_first[static_cast<std::size_t>(j)] &&
           at_second[static_cast<std::size_t>(i)] < at_second[static_cast<std::size_t>(j)];
  }
  /// i comes after j in the first order and before it in the second.
  bool below(int i, int j) const {
    return at_first[static_cast<std::size_t>(i)] > at_first[static_cast<std::size_t>(j)] &&
           at_second[static_cast<std::size_t>(i)] < at_second[static_cast<std::size_t>(j)];
  }
};

/// Which free orientation a group has: every member the same.
struct Flips {
  bool x = false, y = false;
  friend bool operator==(const Flips&, const Flips&) = default;
};

/// What the annealer walks through.
struct State {
  SequencePair pair;
  std::vector<Flips> flips;  ///< One a group.
};

/// The pairs and middle of a row of matched devices, in the order of `pair.first`.
AxisCluster row_cluster(const std::vector<int>& group, const SequencePair& pair);
/// All clusters of `problem`, rows with the pairs that `pair` gives them.
std::vector<AxisCluster> clusters_of(const Problem& problem, const SequencePair& pair);

/// Makes `pair` symmetric-feasible (Balasa and Lampaert, Symmetry within the Sequence-Pair
/// Representation in the Context of Placement for Analog Design, IEEE TCAD 19(7), 2000): for tiles
/// a, b of a cluster, a is before b in the first order exactly when the image of b is before the
/// image of a in the second. Only the places that a cluster's own tiles hold in the second order
/// are dealt anew. Members of any group come out side by side: none above another.
void make_symmetric_feasible(const Problem& problem, SequencePair& pair);

/// Tiles in slots whose lower left corners (nm) are `corners`, turned as `state` says.
Placement to_placement(const Problem& problem, const State& state,
                       const std::vector<Point>& corners);

}  // namespace ptah::sequence_pair
