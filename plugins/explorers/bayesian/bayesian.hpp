/// Bayesian optimisation over assignments: a Gaussian process of the cost, another of whether the
/// specs are met, and the next assignment where the expected improvement times the chance of being
/// feasible is largest (M. Gelbart, J. Snoek, R. Adams: Bayesian Optimization with Unknown
/// Constraints, UAI 2014). Every other point, once there is something feasible, is another
/// placement of one of the best assignments (wiring.hpp); all, when every assignment is known.
#pragma once

#include "gaussian_process.hpp"
#include "ptah/plugin/options.hpp"
#include "wiring.hpp"

namespace ptah::search {

class Bayesian final : public Strategy {
 public:
  explicit Bayesian(const Options& options);
  static OptionSchema options();

  Result<std::optional<Trial>> ask(Arena& arena, Rng rng) override;
  Status tell(Arena& arena, const Trial& trial, const Found& found) override;
  Json state() const override;
  Status restore(const Json& state) override;

 private:
  struct Known {
    Counts counts;
    Found found;
  };
  /// Nothing where all that was drawn is known.
  std::optional<Counts> most_promising(Arena& arena, Rng& rng) const;
  std::vector<std::size_t> by_cost() const;
  /// Its best assignments, and more of them the longer it takes.
  void tend_placings(Arena& arena);

  int first_, most_;
  double placings_;
  std::vector<Known> known_;  ///< Baselines, as they came.
  std::vector<WeightSearch> inner_;
  std::size_t turn_ = 0;
  bool inside_ = false;  ///< The point asked last is a placement.
};

}  // namespace ptah::search
