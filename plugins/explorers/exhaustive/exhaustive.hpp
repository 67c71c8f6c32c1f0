/// Every assignment's baseline, in the order of their numbers: the truth that others are held to.
#pragma once

#include "ptah/plugin/options.hpp"
#include "strategy.hpp"

namespace ptah::search {

class Exhaustive final : public Strategy {
 public:
  explicit Exhaustive(const Options& /*options*/) {}
  static OptionSchema options() { return {}; }

  Result<std::optional<Trial>> ask(Arena& arena, Rng rng) override;
  Status tell(Arena& arena, const Trial& trial, const Found& found) override;
  Json state() const override { return {{"next", next_}}; }
  Status restore(const Json& state) override;

 private:
  std::int64_t next_ = 0;
};

}  // namespace ptah::search
