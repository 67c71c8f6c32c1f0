/// A genetic algorithm outside, over assignments (population.hpp), and CMA-ES inside, over the net
/// weights of the best of them (wiring.hpp): four in turn, then two, then one.
#pragma once

#include "population.hpp"
#include "ptah/plugin/options.hpp"
#include "wiring.hpp"

namespace ptah::search {

class CmaesExplorer final : public Strategy {
 public:
  explicit CmaesExplorer(const Options& options);
  static OptionSchema options();

  Result<std::optional<Trial>> ask(Arena& arena, Rng rng) override;
  Status tell(Arena& arena, const Trial& trial, const Found& found) override;
  Json state() const override;
  Status restore(const Json& state) override;

 private:
  double outside_;
  Population outer_;
  std::vector<WeightSearch> inner_;
  std::size_t turn_ = 0;
};

}  // namespace ptah::search
