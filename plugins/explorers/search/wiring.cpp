#include "wiring.hpp"

#include <algorithm>
#include <cmath>

namespace ptah::search {
namespace {

/// Of log2 of a weight: nets differ by about a factor of three at first; below a twentieth of a
/// power of two the placer hardly sees a difference.
constexpr double kFirst = 1.5, kLeast = 0.05;

}  // namespace

WeightSearch::WeightSearch(Counts counts, std::size_t nets, double start)
    : counts_(std::move(counts)),
      cmaes_(std::vector<double>(std::max<std::size_t>(1, nets)), kFirst, kLeast),
      best_(start) {}

Trial WeightSearch::ask(Rng& rng) {
  const std::uint64_t seed = rng.next() >> 1;
  return {counts_, Replace{seed, weights_of(cmaes_.ask(rng))}};
}

void WeightSearch::tell(const Found& found) {
  cmaes_.tell(found.cost);
  best_ = std::min(best_, found.cost);
}

Json WeightSearch::state() const {
  return {{"counts", counts_},
          {"cmaes", cmaes_.state()},
          {"best", std::isfinite(best_) ? Json(best_) : Json()}};
}

Status WeightSearch::restore(const Json& state) {
  counts_ = state.at("counts").get<Counts>();
  best_ = std::numeric_limits<double>::infinity();
  if (!state.at("best").is_null()) best_ = state["best"];
  return cmaes_.restore(state.at("cmaes"));
}

}  // namespace ptah::search
