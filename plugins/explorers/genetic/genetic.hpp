/// A genetic algorithm over assignments and net weights (population.hpp).
#pragma once

#include "population.hpp"
#include "ptah/plugin/options.hpp"

namespace ptah::search {

class Genetic final : public Strategy {
 public:
  explicit Genetic(const Options& options);
  static OptionSchema options();

  Result<std::optional<Trial>> ask(Arena& arena, Rng rng) override {
    return std::optional<Trial>(population_.ask(arena, rng));
  }
  Status tell(Arena& /*arena*/, const Trial& /*trial*/, const Found& found) override {
    population_.tell(found);
    return ok();
  }
  Json state() const override { return population_.state(); }
  Status restore(const Json& state) override { return population_.restore(state); }

 private:
  Population population_;
};

}  // namespace ptah::search
