#include "quality.hpp"

#include <algorithm>
#include <cmath>

namespace ptah::predictors {
namespace {

double known(double value, double otherwise) {
  return std::isnan(value) ? otherwise : value;
}

}  // namespace

Judgement judge(const std::vector<double>& given, const Classes& bad,
                const Calibration& calibration) {
  Judgement result;
  if (given.empty()) return result;
  std::vector<double> odds, chances;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const double number = std::isnan(given[i]) ? (bad[i] != 0 ? -1e6 : 1e6) : given[i];
    odds.push_back(calibration.odds(std::clamp(number, -1e6, 1e6)));
    chances.push_back(sigmoid(odds.back()));
  }
  const learning::Confusion counts = learning::confusion(odds, bad, 0);
  result.accuracy = counts.accuracy();
  result.balanced_accuracy = known(counts.balanced_accuracy(), counts.accuracy());
  result.auroc = known(learning::auroc(odds, bad), 0.5);
  result.loss = learning::log_loss(chances, bad);
  result.brier = learning::brier(chances, bad);
  result.ece = learning::calibration_error(chances, bad);
  result.majority = learning::majority(bad);
  return result;
}

Calibration calibrate(const std::vector<double>& odds, const Classes& bad, Target target) {
  if (target != Target::kWorst) return learning::fit_calibration(odds, bad);
  std::vector<double> chances;
  for (const double value : odds) chances.push_back(sigmoid(value));
  return {learning::fit_temperature(chances, bad), 0};
}

double target_loss(const std::vector<double>& odds, const TrainingData& data,
                   std::span<const Sample> samples, Target target) {
  double sum = 0;
  for (std::size_t i = 0; i < odds.size(); ++i) {
    const double x = std::clamp(odds[i], -1e6, 1e6);
    sum +=
        std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))) - data.target(samples[i], target) * x;
  }
  return sum / static_cast<double>(odds.size());
}

Json intervals(const Judgement& judged, const std::vector<double>& odds, const Classes& bad) {
  Json found = Json::object();
  const auto add = [&found](const char* metric, const learning::Interval& interval) {
    if (!std::isnan(interval.low)) found[metric] = {interval.low, interval.high};
  };
  add("validation_accuracy",
      learning::share_interval(judged.accuracy, static_cast<std::int64_t>(bad.size())));
  add("validation_auroc", learning::auroc_interval(odds, bad));
  return found;
}

}  // namespace ptah::predictors
