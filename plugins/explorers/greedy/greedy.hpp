/// Hill climbing over assignments with restarts: the first neighbour (one group's count) that is
/// better becomes the present one; where none is, its placement is searched for a while, and the
/// next climb begins at random.
#pragma once

#include "ptah/plugin/options.hpp"
#include "wiring.hpp"

namespace ptah::search {

class Greedy final : public Strategy {
 public:
  explicit Greedy(const Options& options);
  static OptionSchema options();

  Result<std::optional<Trial>> ask(Arena& arena, Rng rng) override;
  Status tell(Arena& arena, const Trial& trial, const Found& found) override;
  Json state() const override;
  Status restore(const Json& state) override;

 private:
  enum class Phase { kStart, kClimb, kPlace };

  int placings_;
  Phase phase_ = Phase::kStart;
  Counts present_;
  double cost_ = 0;
  std::vector<Counts> left_;  ///< Neighbours of `present_` that were not tried.
  bool listed_ = false;       ///< `left_` is of `present_`.
  WeightSearch placing_;
  int placed_ = 0;
};

}  // namespace ptah::search
