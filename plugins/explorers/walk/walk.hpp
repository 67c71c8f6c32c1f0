/// The paper's random exploration over the whole design space (OSIRIS, random exploration): a
/// random assignment, its baseline, then so many random moves of it, each the start of the next,
/// and the next assignment.
///
/// A move is re-routed as a change of the layout before it, so that a checkpoint holds the present
/// layout's bytes, wires and all.
#pragma once

#include "ptah/stages/stages.hpp"

namespace ptah::walk {

struct Params {
  int moves = 100;            ///< Valid ones of each assignment.
  Dbu step = kPlacementGrid;  ///< A positive multiple of kPlacementGrid.
  int max_attempts = 200;     ///< Evaluated for one move before the assignment is left.
};

/// Until the budget is used up. Fails with kUnsupported in a run, which has none.
Status explore(DesignSpace& design, const Params& params, JobContext& job);

}  // namespace ptah::walk
