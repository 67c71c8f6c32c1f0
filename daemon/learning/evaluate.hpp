/// How good a model is on layouts that nobody trained with. Looks at the test part: whoever calls
/// it counts that.
#pragma once

#include <functional>
#include <optional>

#include "metrics/classification.hpp"
#include "ptah/core/job_context.hpp"
#include "ptah/core/json.hpp"
#include "ptah/stages/learning.hpp"

namespace ptah::learning {

/// A predictor with its model: one prediction a placement.
using Predict = std::function<Result<std::vector<Prediction>>(
    const Design& design, const std::vector<Placement>& placements)>;

/// What a predictor's cost is.
enum class CostMeaning {
  kProbability,  ///< Of class 1, the worst quartile.
  kLabel,        ///< An estimate of the label, whose uncertainty makes a probability of it.
};

struct EvaluateParams {
  std::uint64_t seed = 1;
  /// Nothing: whichever of the two splits the validation part with the better balanced accuracy.
  std::optional<CostMeaning> meaning;
  bool probes = true;  ///< Fits the plain learners beside.
  std::size_t kept = 10, drawn = 200;
  int repeats = 1000;  ///< Draws of the regret.
};

/// On the test part, in its order.
struct Answers {
  std::vector<double> costs, labels, probabilities;  ///< Probabilities after temperature scaling.
  Classes classes;
  std::vector<std::uint8_t> right;  ///< 1 where the class is right.
};
struct Evaluation {
  Json report;
  Answers test;
};

/// The threshold is that of `class_threshold`. How costs become probabilities, and the temperature,
/// come from the validation part; all else in the report is of the test part:
///   count, positive, threshold, cost "probability"|"label", temperature
///   accuracy, balanced_accuracy, precision, recall, auroc, auroc_interval [value, low, high],
///   average_precision, majority
///   brier, ece                          after temperature scaling
///   brier_before, ece_before
///   spearman, kendall [value, low, high]   of cost and label
///   regret {kept, drawn, mean, standard_error, chance, found, hpwl}   hpwl: the same by wire
///   length far                                 share that the predictor calls unlike what it
///   learnt from ms_per_placement                    batches of 256, without reading the layouts
///   probes                              as of `check_dataset`, on the test part
/// null is what the test part does not define. Fails where the test or the validation part is
/// empty, where a prediction is no number, and with what the predictor says.
Result<Evaluation> evaluate_model(Dataset& dataset, const Predict& predict,
                                  const EvaluateParams& params, JobContext& job);
Result<Evaluation> evaluate_model(Dataset& dataset, Predictor& predictor,
                                  const EvaluateParams& params, JobContext& job);

/// The chance that a normal variable of this mean and deviation lies above the threshold.
double probability_above(double threshold, double mean, double deviation);

/// A layout as a predictor ranks it.
struct Ranked {
  std::size_t index = 0;  ///< In the dataset.
  Prediction prediction;
  double label = 0;
};
struct Ranking {
  std::vector<Ranked> layouts;  ///< All of the part, the least cost first.
  Json report;                  ///< count, spearman, regret, far: as of `evaluate_model`.
};
/// How a predictor ranks a part. Fails where the part is empty, and otherwise as `evaluate_model`.
Result<Ranking> rank_part(Dataset& dataset, Split part, const Predict& predict,
                          const EvaluateParams& params, JobContext& job);

/// Two models on the same test part: {count, auroc_difference [value, low, high], mcnemar
/// {only_first, only_second, p}}.
Json compare(const Answers& first, const Answers& second, std::uint64_t seed);
/// Models that differ in their seed alone: {models, accuracy [mean, low, high], ...} for each
/// number that all reports have.
Json summary(const std::vector<Json>& reports);

}  // namespace ptah::learning
