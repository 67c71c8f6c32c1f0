#include "random_assignments.hpp"

namespace ptah::search {
namespace {

/// Of a larger space so many are drawn without repetition.
constexpr std::int64_t kMostDrawn = 1 << 20;
constexpr std::uint64_t kOrder = 0x0DE7;
constexpr double kMostWeight = 8;

}  // namespace

Result<std::optional<Trial>> RandomAssignments::ask(Arena& arena, Rng rng) {
  if (order_.empty()) {
    const FingerSpace& all = arena.design().assignments();
    order_ = all.sample(std::min(all.count(), kMostDrawn), Rng(arena.job().seed()).fork(kOrder));
  }
  if (asked_ < order_.size())
    return std::optional<Trial>({arena.counts_at(order_[asked_]), Baseline{}});
  Counts counts = arena.random_counts(rng);
  const std::uint64_t seed = rng.next() >> 1;
  NetWeights weights = random_weights(arena.nets(), kMostWeight, rng);
  return std::optional<Trial>({std::move(counts), Replace{seed, std::move(weights)}});
}

Status RandomAssignments::restore(const Json& state) {
  asked_ = state.at("asked");
  return ok();
}

}  // namespace ptah::search
