/// The exact packing of one sequence pair, by COIN-OR's integer programming solver.
///
/// Unknowns are the slots' corners in steps of kPlacementGrid. Sequence pair, clearances, equal y
/// of matched devices, shared axes and the outline are constraints; the weighted half-perimeter
/// wire length is the objective. Symmetry in a linear program over a sequence pair follows Koda,
/// Kodama and Fujiyoshi (Linear Programming-Based Cell Placement with Symmetry Constraints for
/// Analog IC Layout, IEEE TCAD 26(4), 2007); unlike theirs, orders that contradict the symmetry are
/// not repaired but refused.
#pragma once

#include <cstdint>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/core/job_context.hpp"
#include "sequence_pair.hpp"

namespace ptah::sequence_pair {

struct ExactPacking {
  std::vector<Point> corner;  ///< Lower left corner of each slot, nm; the box starts at (0, 0).
  double cost = 0;            ///< Weighted wire length, in kWeightUnit a nm.
  bool proven = true;         ///< Optimal; otherwise the node limit ended the search.
};

/// Fails with kInfeasible when no packing follows the orders (within the outline), kLimit when the
/// node limit came before the first packing, kCancelled.
Result<ExactPacking> pack_exactly(const Problem& problem, const State& state, int max_nodes,
                                  JobContext& job);

}  // namespace ptah::sequence_pair
