/// Places tiles by sequence pairs: simulated annealing on wire length, then exact packings of the
/// best pairs found. An ordinary library; the plugin (plugin.cpp) adapts it.
#pragma once

#include "annealer.hpp"
#include "exact_packing.hpp"
#include "ptah/stages/stages.hpp"

namespace ptah::sequence_pair {

struct Stats {
  AnnealStats anneal;
  int exact_solves = 0;
  bool proven = true;      ///< The chosen packing is optimal for its sequence pair.
  double anneal_cost = 0;  ///< Weighted nm, before the exact solve ...
  double exact_cost = 0;   ///< ... and after it; 0 where there was none.
};

/// `clearance` as for `make_problem`. Matched groups share y and orientation; clusters of pairs an
/// axis. Slots are outlines grown by the halo, at least a clearance apart; the box of all slots
/// starts at (0, 0). With Params::sampling, and of more than kExactTiles, nothing is packed
/// exactly: the annealer's packing on the grid is taken, as legal and as symmetric, some per cent
/// longer and many times faster. Fails with kInfeasible when nothing found fits the outline. Same
/// arguments and job.seed(), same placement.
Result<Placement> place(const Circuit& circuit, const Tiles& tiles,
                        const std::vector<Dbu>& clearance, const Params& params, JobContext& job,
                        Stats& stats);

/// `tile_clearance` of every two tiles, row by row.
std::vector<Dbu> clearances(const Tiles& tiles, const Technology& technology);

/// The same, worked out anew only when tiles or technology are others than the last time: whoever
/// places the same tiles thousands of times spends less on a placement than on its clearances.
class KeptClearances {
 public:
  const std::vector<Dbu>& of(const Tiles& tiles, const Technology& technology);

 private:
  Technology::Identity technology_;
  Tiles tiles_;
  std::vector<Dbu> matrix_;
};

}  // namespace ptah::sequence_pair
