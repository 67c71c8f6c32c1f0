/// Successive halving over assignments (K. Jamieson, A. Talwalkar: Non-stochastic Best Arm
/// Identification and Hyperparameter Optimization, AISTATS 2016): as many random assignments as a
/// rung's share of the budget allows, then of each rung the best third, which share the next one's
/// in turn; there each is placed with other net weights (wiring.hpp).
#pragma once

#include "ptah/plugin/options.hpp"
#include "wiring.hpp"

namespace ptah::search {

class Halving final : public Strategy {
 public:
  explicit Halving(const Options& options);
  static OptionSchema options();

  Result<std::optional<Trial>> ask(Arena& arena, Rng rng) override;
  Status tell(Arena& arena, const Trial& trial, const Found& found) override;
  Json state() const override;
  Status restore(const Json& state) override;

 private:
  /// Fewer of them, and the next rung.
  void cut(Arena& arena);

  int rungs_, part_;
  int rung_ = 0;
  std::size_t turn_ = 0;
  struct First {
    Counts counts;
    double cost;
  };
  std::vector<First> first_;        ///< Of rung 0: the feasible ones.
  std::vector<WeightSearch> arms_;  ///< Of the rungs after it.
};

}  // namespace ptah::search
