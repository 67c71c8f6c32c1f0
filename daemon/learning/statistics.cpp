#include "learning/statistics.hpp"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <numeric>

#include "metrics/ranks.hpp"
#include "ptah/core/random.hpp"

namespace ptah::learning {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr double kSigmas95 = 1.959963984540054;

double pearson(std::span<const double> x, std::span<const double> y) {
  const auto n = static_cast<double>(x.size());
  const double mx = std::accumulate(x.begin(), x.end(), 0.0) / n;
  const double my = std::accumulate(y.begin(), y.end(), 0.0) / n;
  double xx = 0, yy = 0, xy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mx) * (x[i] - mx);
    yy += (y[i] - my) * (y[i] - my);
    xy += (x[i] - mx) * (y[i] - my);
  }
  return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : kNone;
}

/// Pairs within runs of equal neighbours.
template <class Equal>
double tied_pairs(std::size_t count, Equal equal) {
  double pairs = 0;
  for (std::size_t i = 0; i < count;) {
    std::size_t end = i + 1;
    while (end < count && equal(i, end)) ++end;
    const auto run = static_cast<double>(end - i);
    pairs += run * (run - 1) / 2;
    i = end;
  }
  return pairs;
}

/// Sorts, and counts the pairs that were in the wrong order.
double sort_counting(std::span<double> values, std::vector<double>& room) {
  if (values.size() < 2) return 0;
  const std::size_t half = values.size() / 2;
  double swaps =
      sort_counting(values.first(half), room) + sort_counting(values.subspan(half), room);
  room.clear();
  std::size_t left = 0, right = half;
  while (left < half || right < values.size()) {
    if (right == values.size() || (left < half && values[left] <= values[right])) {
      room.push_back(values[left++]);
    } else {
      swaps += static_cast<double>(half - left);
      room.push_back(values[right++]);
    }
  }
  std::copy(room.begin(), room.end(), values.begin());
  return swaps;
}

double tau_b(std::span<const double> first, std::span<const double> second) {
  const std::size_t n = first.size();
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return first[a] != first[b] ? first[a] < first[b] : second[a] < second[b];
  });
  const auto x = [&](std::size_t i) { return first[order[i]]; };
  const double tied_x = tied_pairs(n, [&](std::size_t a, std::size_t b) { return x(a) == x(b); });
  const double tied_both = tied_pairs(n, [&](std::size_t a, std::size_t b) {
    return x(a) == x(b) && second[order[a]] == second[order[b]];
  });
  std::vector<double> y(n), room;
  for (std::size_t i = 0; i < n; ++i) y[i] = second[order[i]];
  const double swaps = sort_counting(y, room);
  const double tied_y = tied_pairs(n, [&](std::size_t a, std::size_t b) { return y[a] == y[b]; });
  const double all = static_cast<double>(n) * (static_cast<double>(n) - 1) / 2;
  const double root = std::sqrt((all - tied_x) * (all - tied_y));
  return root > 0 ? (all - tied_x - tied_y + tied_both - 2 * swaps) / root : kNone;
}

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

double spearman(std::span<const double> first, std::span<const double> second) {
  return pearson(mid_ranks(first), mid_ranks(second));
}

Interval kendall(std::span<const double> first, std::span<const double> second) {
  const double tau = tau_b(first, second);
  if (std::isnan(tau)) return {kNone, kNone, kNone};
  if (first.size() < 5) return {tau, -1, 1};
  // Of full agreement z is infinite: as if one pair disagreed.
  const auto n = static_cast<double>(first.size());
  const double most = 1 - 4 / (n * (n - 1));
  const double z = std::atanh(std::clamp(tau, -most, most));
  const double half = kSigmas95 * std::sqrt(0.437 / (n - 4));
  return {tau, tau <= -most ? tau : std::tanh(z - half), tau >= most ? tau : std::tanh(z + half)};
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
