/// How well logarithms of odds tell bad placements: early figures, of the validation part.
#pragma once

#include <vector>

namespace ptah::nets {

struct Judgement {
  double accuracy = 0;           ///< At odds of 1.
  double balanced_accuracy = 0;  ///< Mean over the two classes.
  double auroc = 0.5;            ///< Ties count half.
  double loss = 0;               ///< Mean negative log likelihood, nats.
  double brier = 0;
  double ece = 0;       ///< Expected calibration error, 15 bins of equal width.
  double majority = 0;  ///< Accuracy of always naming the more frequent class.
};

/// `odds` and `bad` are as long; `temperature` divides the odds. Odds that are no number count as
/// wrong as can be.
Judgement judge(const std::vector<double>& odds, const std::vector<bool>& bad,
                double temperature = 1);

/// The temperature of least loss, within [0.05, 20] (Guo et al., ICML 2017).
double best_temperature(const std::vector<double>& odds, const std::vector<bool>& bad);

double sigmoid(double odds) noexcept;

}  // namespace ptah::nets
