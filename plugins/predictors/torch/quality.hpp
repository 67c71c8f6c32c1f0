/// How well logarithms of odds tell bad placements: early figures, of the validation part.
#pragma once

#include <vector>

#include "metrics/classification.hpp"

namespace ptah::nets {

using learning::Classes;
using learning::sigmoid;

/// As metrics/classification.hpp has them; where a class is missing, what says least.
struct Judgement {
  double accuracy = 0;  ///< At odds of 1.
  double balanced_accuracy = 0;
  double auroc = 0.5;
  double loss = 0;  ///< Mean negative log likelihood, nats.
  double brier = 0;
  double ece = 0;
  double majority = 0;
};

/// `odds` and `bad` are as long; `temperature` divides the odds. Odds that are no number count as
/// wrong as can be.
Judgement judge(const std::vector<double>& odds, const Classes& bad, double temperature = 1);

/// The temperature of least loss.
double best_temperature(const std::vector<double>& odds, const Classes& bad);

}  // namespace ptah::nets
