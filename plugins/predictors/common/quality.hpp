/// How well logarithms of odds tell bad placements: figures of the validation part.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "metrics/classification.hpp"
#include "model_card.hpp"
#include "ptah/core/json.hpp"
#include "training_data.hpp"

namespace ptah::predictors {

using learning::Calibration;
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

/// `odds` and `bad` are as long. Odds that are no number count as wrong as can be.
Judgement judge(const std::vector<double>& odds, const Classes& bad,
                const Calibration& calibration = {});

/// What makes odds of being bad of what was learnt for `target`: of least loss. For kWorst a
/// temperature alone.
Calibration calibrate(const std::vector<double>& odds, const Classes& bad, Target target);

/// Mean loss in nats against what is learnt, of odds of it.
double target_loss(const std::vector<double>& odds, const TrainingData& data,
                   std::span<const Sample> samples, Target target);

/// Logarithms of odds of the validation part, of all members together: as learnt, and calibrated.
struct Votes {
  std::vector<double> raw, calibrated;
};
/// Fills in what a card says of its data, and returns the metrics of a model whose calibration the
/// card has, with `more` of its own.
std::map<std::string, double> describe(ModelCard& card, const TrainingData& data,
                                       const Votes& votes, const Json& options, std::uint64_t seed,
                                       const std::map<std::string, double>& more);

}  // namespace ptah::predictors
