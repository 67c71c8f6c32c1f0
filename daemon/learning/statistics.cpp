#include "learning/statistics.hpp"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <numeric>

#include "ptah/core/random.hpp"

namespace ptah::learning {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

}  // namespace

Interval mean_interval(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  if (values.empty()) return {kNone, kNone, kNone};
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  if (values.size() == 1) {
    const double infinite = std::numeric_limits<double>::infinity();
    return {mean, -infinite, infinite};
  }
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const double t = boost::math::quantile(boost::math::students_t(n - 1), 0.975);
  const double half = t * std::sqrt(squares / (n - 1) / n);
  return {mean, mean - half, mean + half};
}

McNemar mcnemar(std::span<const std::uint8_t> first_right,
                std::span<const std::uint8_t> second_right) {
  McNemar test;
  for (std::size_t i = 0; i < first_right.size(); ++i) {
    if (first_right[i] == second_right[i]) continue;
    ++(first_right[i] != 0 ? test.only_first : test.only_second);
  }
  const std::int64_t differ = test.only_first + test.only_second;
  if (differ == 0) return test;
  const boost::math::binomial fair(static_cast<double>(differ), 0.5);
  const auto fewer = static_cast<double>(std::min(test.only_first, test.only_second));
  test.p = std::min(1.0, 2 * boost::math::cdf(fair, fewer));
  return test;
}

Interval auroc_difference(std::span<const double> first, std::span<const double> second,
                          std::span<const std::uint8_t> classes, std::uint64_t seed, int draws) {
  std::vector<std::size_t> of_class[2];
  for (std::size_t i = 0; i < classes.size(); ++i) of_class[classes[i] != 0].push_back(i);
  if (of_class[0].empty() || of_class[1].empty() || draws < 1) return {kNone, kNone, kNone};
  Rng rng(seed);
  std::vector<double> differences, a(classes.size()), b(classes.size());
  Classes drawn(of_class[0].size(), 0);
  drawn.resize(classes.size(), 1);
  for (int draw = 0; draw < draws; ++draw) {
    std::size_t at = 0;
    for (const auto& members : of_class) {
      for (std::size_t i = 0; i < members.size(); ++i, ++at) {
        const std::size_t from = members[rng.below(members.size())];
        a[at] = first[from];
        b[at] = second[from];
      }
    }
    differences.push_back(auroc(a, drawn) - auroc(b, drawn));
  }
  return {auroc(first, classes) - auroc(second, classes), quantile(differences, 0.025),
          quantile(differences, 0.975)};
}

Regret regret(std::span<const double> costs, std::span<const double> labels, std::uint64_t seed,
              std::size_t kept, std::size_t drawn, int repeats) {
  const std::size_t all = costs.size();
  if (all == 0 || kept == 0 || drawn == 0 || repeats < 1) return {kNone, kNone, kNone, kNone};
  if (drawn >= all) repeats = 1;
  drawn = std::min(drawn, all);
  kept = std::min(kept, drawn);
  Rng rng(seed);
  std::vector<std::size_t> order(all);
  std::iota(order.begin(), order.end(), std::size_t{0});
  Regret result;
  double squares = 0;
  for (int repeat = 0; repeat < repeats; ++repeat) {
    // The first `drawn` of a shuffle.
    for (std::size_t i = 0; i < drawn; ++i) std::swap(order[i], order[i + rng.below(all - i)]);
    const std::span<std::size_t> draw(order.data(), drawn);
    const auto least = [&](std::span<const std::size_t> of) {
      double best = labels[of[0]];
      for (const std::size_t i : of) best = std::min(best, labels[i]);
      return best;
    };
    const double best = least(draw);
    result.chance += least(draw.first(kept)) - best;
    std::stable_sort(draw.begin(), draw.end(),
                     [&](std::size_t a, std::size_t b) { return costs[a] < costs[b]; });
    const double loss = least(draw.first(kept)) - best;
    result.mean += loss;
    squares += loss * loss;
    result.found += loss == 0 ? 1 : 0;
  }
  const auto n = static_cast<double>(repeats);
  result.mean /= n;
  result.chance /= n;
  result.found /= n;
  result.standard_error =
      repeats > 1 ? std::sqrt(std::max(0.0, squares / n - result.mean * result.mean) / (n - 1))
                  : kNone;
  return result;
}

}  // namespace ptah::learning
