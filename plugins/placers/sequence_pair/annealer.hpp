/// Simulated annealing over sequence pairs and orientations (Kirkpatrick, Gelatt, Vecchi 1983;
/// moves as in Murata et al. 1996 plus insertions), the cost being the exact wire-length packing of
/// evaluator.hpp.
#pragma once

#include <cstdint>
#include <vector>

#include "evaluator.hpp"
#include "ptah/core/job_context.hpp"
#include "ptah/core/random.hpp"

namespace ptah::sequence_pair {

struct Candidate {
  State state;
  Cost cost;
};

struct AnnealStats {
  std::int64_t evaluations = 0;
  std::int64_t accepted = 0;
};

/// Steps for a circuit of `tiles` when the caller does not say.
int default_iterations(int tiles);
/// The same for Params::sampling.
int sampling_iterations(int tiles);

/// Groups in random order, each cluster's tiles in one run: rows stacked within a cluster, clusters
/// beside or on top of each other. Of at least one tile; always has a packing, unless its orders
/// put a cluster's tiles between another's.
State first_state(const Problem& problem, Rng& rng);
/// One random step of the annealing: two tiles change places in one order or both, a tile goes to
/// another place, or a group is flipped. Symmetric-feasible again.
void mutate(State& state, const Problem& problem, Rng& rng);

/// The best different states met, best first, at most params.elites; of a circuit of some dozen
/// tiles the first is a local optimum under all single moves, unless `is_estimated`: then the
/// walk goes down once and nothing is refined. Empty only when the job was cancelled.
std::vector<Candidate> anneal(const Problem& problem, const Params& params, Rng rng,
                              JobContext& job, AnnealStats& stats);

}  // namespace ptah::sequence_pair
