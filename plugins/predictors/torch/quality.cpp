#include "quality.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace ptah::nets {
namespace {

/// -log of the probability that the odds give to what is so.
double loss_of(double odds, bool bad) {
  const double z = bad ? -odds : odds;
  return std::max(z, 0.0) + std::log1p(std::exp(-std::abs(z)));
}

double mean_loss(const std::vector<double>& odds, const std::vector<bool>& bad,
                 double temperature) {
  double sum = 0;
  for (std::size_t i = 0; i < odds.size(); ++i) sum += loss_of(odds[i] / temperature, bad[i]);
  return sum / static_cast<double>(odds.size());
}

/// Mann and Whitney's statistic by ranks; equal odds share theirs.
double auroc_of(const std::vector<double>& odds, const std::vector<bool>& bad) {
  std::vector<std::size_t> order(odds.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return odds[a] < odds[b]; });
  double ranks = 0, positives = 0;
  for (std::size_t i = 0; i < order.size();) {
    std::size_t end = i;
    while (end < order.size() && odds[order[end]] == odds[order[i]]) ++end;
    const double rank = 0.5 * static_cast<double>(i + 1 + end);
    for (; i < end; ++i) {
      if (!bad[order[i]]) continue;
      ranks += rank;
      ++positives;
    }
  }
  const double negatives = static_cast<double>(odds.size()) - positives;
  if (positives == 0 || negatives == 0) return 0.5;
  return (ranks - positives * (positives + 1) / 2) / (positives * negatives);
}

double ece_of(const std::vector<double>& chances, const std::vector<bool>& bad) {
  constexpr std::size_t kBins = 15;
  std::array<double, kBins> sum{}, hits{};
  for (std::size_t i = 0; i < chances.size(); ++i) {
    const auto bin = std::min(kBins - 1, static_cast<std::size_t>(chances[i] * kBins));
    sum[bin] += chances[i];
    hits[bin] += bad[i] ? 1 : 0;
  }
  double error = 0;
  for (std::size_t bin = 0; bin < kBins; ++bin) error += std::abs(sum[bin] - hits[bin]);
  return error / static_cast<double>(chances.size());
}

}  // namespace

double sigmoid(double odds) noexcept {
  return odds >= 0 ? 1 / (1 + std::exp(-odds)) : std::exp(odds) / (1 + std::exp(odds));
}

Judgement judge(const std::vector<double>& given, const std::vector<bool>& bad,
                double temperature) {
  Judgement result;
  if (given.empty()) return result;
  std::vector<double> odds, chances;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const double clean = std::isnan(given[i]) ? (bad[i] ? -1e6 : 1e6) : given[i];
    odds.push_back(std::clamp(clean, -1e6, 1e6) / temperature);
    chances.push_back(sigmoid(odds.back()));
  }
  std::array<double, 2> count{}, right{};
  for (std::size_t i = 0; i < odds.size(); ++i) {
    const std::size_t k = bad[i] ? 1 : 0;
    ++count[k];
    right[k] += (odds[i] > 0) == bad[i] ? 1 : 0;
    const double miss = chances[i] - static_cast<double>(k);
    result.brier += miss * miss;
  }
  const auto n = static_cast<double>(odds.size());
  result.brier /= n;
  result.accuracy = (right[0] + right[1]) / n;
  result.majority = std::max(count[0], count[1]) / n;
  result.balanced_accuracy = 0;
  for (std::size_t k = 0; k < 2; ++k)
    result.balanced_accuracy += 0.5 * (count[k] > 0 ? right[k] / count[k] : 1);
  result.auroc = auroc_of(odds, bad);
  result.loss = mean_loss(odds, bad, 1);
  result.ece = ece_of(chances, bad);
  return result;
}

double best_temperature(const std::vector<double>& odds, const std::vector<bool>& bad) {
  if (odds.empty()) return 1;
  // The loss falls, then rises, along log(temperature): golden section.
  constexpr double kShare = 0.6180339887498949;
  double low = std::log(0.05), high = std::log(20.0);
  for (int i = 0; i < 60; ++i) {
    const double a = high - kShare * (high - low), b = low + kShare * (high - low);
    if (mean_loss(odds, bad, std::exp(a)) <= mean_loss(odds, bad, std::exp(b))) {
      high = b;
    } else {
      low = a;
    }
  }
  return std::exp(0.5 * (low + high));
}

}  // namespace ptah::nets
