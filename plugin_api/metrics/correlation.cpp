#include "metrics/correlation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "metrics/ranks.hpp"

namespace ptah::learning {
namespace {

constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();
constexpr double kSigmas = 1.959963984540054;  ///< Of 95 %.

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
  return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : kNoNumber;
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
  return root > 0 ? (all - tied_x - tied_y + tied_both - 2 * swaps) / root : kNoNumber;
}

}  // namespace

double spearman(std::span<const double> first, std::span<const double> second) {
  return pearson(mid_ranks(first), mid_ranks(second));
}

Interval kendall(std::span<const double> first, std::span<const double> second) {
  const double tau = tau_b(first, second);
  if (std::isnan(tau)) return {kNoNumber, kNoNumber, kNoNumber};
  if (first.size() < 5) return {tau, -1, 1};
  // Of full agreement z is infinite: as if one pair disagreed.
  const auto n = static_cast<double>(first.size());
  const double most = 1 - 4 / (n * (n - 1));
  const double z = std::atanh(std::clamp(tau, -most, most));
  const double half = kSigmas * std::sqrt(0.437 / (n - 4));
  return {tau, tau <= -most ? tau : std::tanh(z - half), tau >= most ? tau : std::tanh(z + half)};
}

}  // namespace ptah::learning
