#include "metrics/classification.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "metrics/ranks.hpp"

namespace ptah::learning {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr double kSigmas95 = 1.959963984540054;
constexpr double kLeast = 1e-12;

double ratio(std::int64_t part, std::int64_t whole) noexcept {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : kNone;
}

double logit(double probability) {
  const double p = std::clamp(probability, kLeast, 1 - kLeast);
  return std::log(p / (1 - p));
}

std::int64_t positives(std::span<const std::uint8_t> classes) {
  return std::count(classes.begin(), classes.end(), 1);
}

}  // namespace

double quantile(std::span<const double> values, double p) {
  if (values.empty()) return kNone;
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const double at = std::clamp(p, 0.0, 1.0) * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

double sigmoid(double x) noexcept {
  return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x));
}

double softplus(double x) noexcept {
  return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
}

double Confusion::accuracy() const noexcept {
  return ratio(true_positive + true_negative, count());
}
double Confusion::precision() const noexcept {
  return ratio(true_positive, true_positive + false_positive);
}
double Confusion::recall() const noexcept {
  return ratio(true_positive, true_positive + false_negative);
}
double Confusion::specificity() const noexcept {
  return ratio(true_negative, true_negative + false_positive);
}
double Confusion::balanced_accuracy() const noexcept {
  return (recall() + specificity()) / 2;
}

Confusion confusion(std::span<const double> scores, std::span<const std::uint8_t> classes,
                    double cut) {
  Confusion found;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (scores[i] > cut) {
      ++(classes[i] != 0 ? found.true_positive : found.false_positive);
    } else {
      ++(classes[i] != 0 ? found.false_negative : found.true_negative);
    }
  }
  return found;
}

double majority(std::span<const std::uint8_t> classes) {
  const std::int64_t positive = positives(classes);
  const auto all = static_cast<std::int64_t>(classes.size());
  return ratio(std::max(positive, all - positive), all);
}

double auroc(std::span<const double> scores, std::span<const std::uint8_t> classes) {
  const auto positive = static_cast<double>(positives(classes));
  const double negative = static_cast<double>(classes.size()) - positive;
  if (positive == 0 || negative == 0) return kNone;
  const std::vector<double> rank = mid_ranks(scores);
  double sum = 0;
  for (std::size_t i = 0; i < rank.size(); ++i) {
    if (classes[i] != 0) sum += rank[i];
  }
  return (sum - positive * (positive + 1) / 2) / (positive * negative);
}

double auroc_standard_error(double auroc, std::int64_t positive, std::int64_t negative) {
  if (positive <= 0 || negative <= 0) return kNone;
  const auto m = static_cast<double>(positive), n = static_cast<double>(negative);
  const double q1 = auroc / (2 - auroc), q2 = 2 * auroc * auroc / (1 + auroc);
  const double variance =
      auroc * (1 - auroc) + (m - 1) * (q1 - auroc * auroc) + (n - 1) * (q2 - auroc * auroc);
  return std::sqrt(std::max(0.0, variance) / (m * n));
}

Interval auroc_interval(std::span<const double> scores, std::span<const std::uint8_t> classes) {
  const double value = auroc(scores, classes);
  const auto positive = std::count(classes.begin(), classes.end(), 1);
  const auto all = static_cast<std::int64_t>(classes.size());
  const double half = kSigmas95 * auroc_standard_error(value, positive, all - positive);
  if (std::isnan(value)) return {kNone, kNone, kNone};
  return {value, std::max(0.0, value - half), std::min(1.0, value + half)};
}

Interval share_interval(double share, std::int64_t count) {
  const auto n = static_cast<double>(count);
  const double z = kSigmas95 * kSigmas95 / n;
  const double middle = (share + z / 2) / (1 + z);
  const double half = std::sqrt(z * (share * (1 - share) + z / 4)) / (1 + z);
  return {share, std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

double average_precision(std::span<const double> scores, std::span<const std::uint8_t> classes) {
  const auto positive = static_cast<double>(positives(classes));
  if (positive == 0) return kNone;
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  double sum = 0, found = 0;
  for (std::size_t i = 0; i < order.size();) {
    const double level = scores[order[i]];
    const double before = found;
    for (; i < order.size() && scores[order[i]] == level; ++i) found += classes[order[i]];
    sum += (found - before) / positive * found / static_cast<double>(i);
  }
  return sum;
}

double brier(std::span<const double> probabilities, std::span<const std::uint8_t> classes) {
  double sum = 0;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const double off = probabilities[i] - classes[i];
    sum += off * off;
  }
  return classes.empty() ? kNone : sum / static_cast<double>(classes.size());
}

double log_loss(std::span<const double> probabilities, std::span<const std::uint8_t> classes) {
  double sum = 0;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const double p = std::clamp(probabilities[i], kLeast, 1 - kLeast);
    sum -= classes[i] != 0 ? std::log(p) : std::log1p(-p);
  }
  return classes.empty() ? kNone : sum / static_cast<double>(classes.size());
}

double calibration_error(std::span<const double> probabilities,
                         std::span<const std::uint8_t> classes, int bins) {
  if (classes.empty()) return kNone;
  std::vector<double> off(static_cast<std::size_t>(bins), 0.0);
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const auto bin = static_cast<int>(probabilities[i] * bins);
    off[static_cast<std::size_t>(std::clamp(bin, 0, bins - 1))] += probabilities[i] - classes[i];
  }
  double sum = 0;
  for (const double value : off) sum += std::abs(value);
  return sum / static_cast<double>(classes.size());
}

double fit_temperature(std::span<const double> probabilities,
                       std::span<const std::uint8_t> classes) {
  const std::int64_t positive = positives(classes);
  if (positive == 0 || positive == static_cast<std::int64_t>(classes.size())) return 1;
  std::vector<double> logits;
  logits.reserve(probabilities.size());
  for (const double p : probabilities) logits.push_back(logit(p));
  // The derivative of the loss by beta = 1 / T grows with beta: bisection on a scale of logs.
  const auto slope = [&](double beta) {
    double sum = 0;
    for (std::size_t i = 0; i < logits.size(); ++i)
      sum += logits[i] * (sigmoid(beta * logits[i]) - classes[i]);
    return sum;
  };
  double low = std::log(1e-3), high = std::log(1e3);
  while (high - low > 1e-9) {
    const double middle = (low + high) / 2;
    (slope(std::exp(middle)) < 0 ? low : high) = middle;
  }
  return std::exp(-(low + high) / 2);
}

Calibration fit_calibration(std::span<const double> odds, std::span<const std::uint8_t> classes) {
  double positive = 0, mean = 0, square = 0;
  const auto count = static_cast<double>(odds.size());
  for (std::size_t i = 0; i < odds.size(); ++i) {
    positive += classes[i];
    mean += odds[i] / count;
  }
  for (const double value : odds) square += (value - mean) * (value - mean) / count;
  if (positive == 0 || positive == count || !(square > 0)) return {};
  const double high = (positive + 1) / (positive + 2), low = 1 / (count - positive + 2);
  const double deviation = std::sqrt(square);
  // Of standardised odds, on which one size of step fits all.
  double slope = 0, offset = std::log(positive / (count - positive));
  const auto loss = [&](double a, double b) {
    double sum = 0;
    for (std::size_t i = 0; i < odds.size(); ++i) {
      const double x = a * (odds[i] - mean) / deviation + b;
      sum += softplus(x) - (classes[i] != 0 ? high : low) * x;
    }
    return sum;
  };
  double present = loss(slope, offset);
  for (int step = 0; step < 100; ++step) {
    double da = 0, db = 0, aa = 1e-9, ab = 0, bb = 1e-9;
    for (std::size_t i = 0; i < odds.size(); ++i) {
      const double z = (odds[i] - mean) / deviation, p = sigmoid(slope * z + offset);
      const double off = p - (classes[i] != 0 ? high : low), weight = p * (1 - p);
      da += off * z;
      db += off;
      aa += weight * z * z;
      ab += weight * z;
      bb += weight;
    }
    const double determinant = aa * bb - ab * ab;
    double move_a = (bb * da - ab * db) / determinant, move_b = (aa * db - ab * da) / determinant;
    double next = loss(slope - move_a, offset - move_b);
    for (int halving = 0; halving < 30 && !(next <= present); ++halving) {
      move_a /= 2;
      move_b /= 2;
      next = loss(slope - move_a, offset - move_b);
    }
    if (!(next <= present)) break;
    slope -= move_a;
    offset -= move_b;
    const bool done = present - next <= 1e-12 * (1 + std::abs(present));
    present = next;
    if (done) break;
  }
  if (!(slope > 1e-6)) return {};
  return {deviation / slope, offset - slope * mean / deviation};
}

std::vector<double> with_temperature(std::span<const double> probabilities, double temperature) {
  std::vector<double> scaled;
  scaled.reserve(probabilities.size());
  for (const double p : probabilities) scaled.push_back(sigmoid(logit(p) / temperature));
  return scaled;
}

}  // namespace ptah::learning
