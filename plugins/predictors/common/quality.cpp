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
  Calibration found;
  if (target != Target::kWorst) {
    found = learning::fit_calibration(odds, bad);
  } else {
    std::vector<double> chances;
    for (const double value : odds) chances.push_back(sigmoid(value));
    found.temperature = learning::fit_temperature(chances, bad);
  }
  // Odds of a network that has learnt nothing of the circuit can be in the thousands: within what
  // model_card.cpp takes.
  found.temperature = std::clamp(found.temperature, 1e-3, 1e3);
  found.offset = std::clamp(found.offset, -1e3, 1e3);
  return found;
}

double target_loss(const std::vector<double>& odds, const TrainingData& data,
                   std::span<const Sample> samples, Target target) {
  double sum = 0;
  for (std::size_t i = 0; i < odds.size(); ++i) {
    const double x = std::clamp(odds[i], -1e6, 1e6);
    sum += learning::softplus(x) - data.target(samples[i], target) * x;
  }
  return sum / static_cast<double>(odds.size());
}

namespace {

/// 95 % by how many layouts the validation part has: [low, high] of each metric that has one.
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

}  // namespace

std::map<std::string, double> describe(ModelCard& card, const TrainingData& data,
                                       const Votes& votes, const Json& options, std::uint64_t seed,
                                       const std::map<std::string, double>& more) {
  const Classes bad = bad_of(data, data.validation);
  const Judgement raw = judge(votes.raw, bad), judged = judge(votes.calibrated, bad);
  std::map<std::string, double> metrics = more;
  metrics.insert({{"validation_accuracy", judged.accuracy},
                  {"validation_balanced_accuracy", judged.balanced_accuracy},
                  {"validation_auroc", judged.auroc},
                  {"validation_loss", judged.loss},
                  {"validation_brier", judged.brier},
                  {"validation_ece", judged.ece},
                  {"validation_ece_uncalibrated", raw.ece},
                  {"validation_majority", judged.majority},
                  {"temperature", card.calibration.temperature}});
  card.threshold = data.threshold;
  card.circuits = data.circuits;
  card.near = neighbourhood(data);
  card.about = {{"circuit", data.designs.front()->circuit.name},
                {"options", options},
                {"seed", seed},
                {"training_layouts", data.train.size()},
                {"validation_layouts", data.validation.size()},
                {"dataset_sha256", data.hash},
                {"metrics", metrics},
                {"intervals", intervals(judged, votes.calibrated, bad)}};
  return metrics;
}

}  // namespace ptah::predictors
