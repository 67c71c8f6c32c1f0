/// Routes and simulates only placements that look good beforehand: of so many that the placer draws
/// with random net weights, the best few by a predictor's word (or by wire length, or by chance, to
/// compare with) are scored and become variants; then the next so many are drawn.
///
/// A round is decided by the seed and its number. What was under way is a checkpoint, so that an
/// interrupted exploration draws its round again and goes on within it.
#pragma once

#include <cstdint>
#include <vector>

#include "ptah/core/random.hpp"
#include "ptah/stages/stages.hpp"

namespace ptah::guided {

enum class Ranking {
  kPredictor,  ///< Least cost first; placements that the model does not know (`far`) come last.
  kWires,      ///< Least half-perimeter wire length first.
  kChance,     ///< As they were drawn.
};

struct Params {
  int samples = 200;        ///< Placements drawn a round.
  int keep = 10;            ///< The best of them that are routed and simulated.
  double most_weight = 10;  ///< Net weights are log-uniform from 1 / most_weight to most_weight.
  Ranking ranking = Ranking::kPredictor;
  int hopeless = 10;  ///< Rounds in a row without a valid layout, after which it gives up.
};

struct Stats {
  std::int64_t drawn = 0;
  std::int64_t scored = 0;
  std::int64_t recorded = 0;
};

/// The order in which placements are tried: `costs` ascending, of equal ones the first.
std::vector<std::size_t> by_cost(const std::vector<double>& costs);

/// Records variants next_variant()..last_variant() of the home. Fails with kInfeasible after
/// `hopeless` rounds that gave no variant, with kCancelled, and with whatever the space fails:
/// kUnsupported by kPredictor where the flow names none.
Status explore(DesignSpace& space, const Params& params, JobContext& job, Stats& stats);

}  // namespace ptah::guided
