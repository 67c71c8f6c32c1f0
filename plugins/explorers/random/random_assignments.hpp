/// Random assignments as they are placed, none twice; when all are known, random ones with random
/// net weights. What every other strategy has to beat.
#pragma once

#include "strategy.hpp"

namespace ptah::search {

class RandomAssignments final : public Strategy {
 public:
  Result<std::optional<Trial>> ask(Arena& arena, Rng rng) override;
  Status tell(Arena& /*arena*/, const Trial& /*trial*/, const Found& /*found*/) override {
    ++asked_;
    return ok();
  }
  Json state() const override { return {{"asked", asked_}}; }
  Status restore(const Json& state) override;

 private:
  std::vector<std::int64_t> order_;  ///< By the seed alone.
  std::size_t asked_ = 0;
};

}  // namespace ptah::search
