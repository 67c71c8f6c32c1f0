/// The inner search of one assignment: with which net weights its tiles are placed best.
#pragma once

#include "cmaes.hpp"
#include "strategy.hpp"

namespace ptah::search {

/// CMA-ES over log2 of the net weights, from equal weights; each point is placed with a seed of its
/// own, so that what the placer leaves to chance is searched as well.
class WeightSearch {
 public:
  WeightSearch() = default;
  /// `start` is what the assignment costs as it is placed without.
  WeightSearch(Counts counts, std::size_t nets, double start);

  Trial ask(Rng& rng);
  void tell(const Found& found);

  const Counts& counts() const noexcept { return counts_; }
  /// The least so far, the start included.
  double best() const noexcept { return best_; }

  Json state() const;
  Status restore(const Json& state);

 private:
  Counts counts_;
  Cmaes cmaes_;
  double best_ = std::numeric_limits<double>::infinity();
};

}  // namespace ptah::search
