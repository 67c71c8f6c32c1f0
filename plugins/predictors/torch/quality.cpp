#include "quality.hpp"

#include <algorithm>
#include <cmath>

namespace ptah::nets {
namespace {

double known(double value, double otherwise) {
  return std::isnan(value) ? otherwise : value;
}

}  // namespace

Judgement judge(const std::vector<double>& given, const Classes& bad, double temperature) {
  Judgement result;
  if (given.empty()) return result;
  std::vector<double> odds, chances;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const double number = std::isnan(given[i]) ? (bad[i] != 0 ? -1e6 : 1e6) : given[i];
    odds.push_back(std::clamp(number, -1e6, 1e6) / temperature);
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

double best_temperature(const std::vector<double>& odds, const Classes& bad) {
  std::vector<double> chances;
  for (const double value : odds) chances.push_back(sigmoid(value));
  return learning::fit_temperature(chances, bad);
}

}  // namespace ptah::nets
