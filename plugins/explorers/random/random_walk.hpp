/// Random exploration of a layout (OSIRIS: pick a component and a direction, shift it by 100 nm
/// inside its halo, re-route, validate; a failed step is reverted and repeated; iteration j is the
/// start of iteration j + 1).
///
/// Deviation: a move that leaves its slot is drawn again without an evaluation, since it cannot be
/// valid. Every draw comes from a stream of its own, named by the variant and the attempt, so that
/// a resumed walk goes on as an uninterrupted one. With several placements the run is divided into
/// as many parts: each but the first begins with the tiles placed anew, with random weights of the
/// nets, and moves on from there.
#pragma once

#include <cstdint>
#include <vector>

#include "ptah/core/random.hpp"
#include "ptah/stages/stages.hpp"

namespace ptah::random_walk {

struct Params {
  Dbu step = kPlacementGrid;  ///< A positive multiple of kPlacementGrid.
  int max_attempts = 200;     ///< Evaluated moves for one variant.
  int placements = 1;         ///< Divides the number of the run's variants, the baseline counted.
};

struct Stats {
  int accepted = 0;
  int reverted = 0;  ///< Evaluated and found invalid.
};

/// The move of one attempt: uniform over components and directions, drawn until it stays in its
/// slot. Nothing when `draws` draws all leave their slots.
std::optional<Shift> draw_move(const Tiles& tiles, const Placement& placement, Dbu step, Rng rng,
                               int draws);

/// Records variants space.next_variant()..space.last_variant() of the home. Fails with kLimit
/// naming the variant and the last reason when `max_attempts` moves came back invalid, with
/// kInfeasible when no tile can move at all, with kCancelled, and with whatever the space fails.
Status walk(DesignSpace& space, const Params& params, JobContext& job, Stats& stats);

}  // namespace ptah::random_walk
