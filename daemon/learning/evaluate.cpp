#include "learning/evaluate.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "learning/check.hpp"
#include "learning/features.hpp"
#include "learning/statistics.hpp"

namespace ptah::learning {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kBatch = 256;

struct Predicted {
  std::vector<Prediction> predictions;
  double seconds = 0;
};

Status check_batch(const std::vector<Prediction>& batch, std::size_t wanted) {
  const bool good = std::all_of(batch.begin(), batch.end(), [](const Prediction& prediction) {
    return std::isfinite(prediction.cost) &&
           (!prediction.uncertainty ||
            (std::isfinite(*prediction.uncertainty) && *prediction.uncertainty >= 0));
  });
  if (good && batch.size() == wanted) return ok();
  return make_error(ErrorCode::kPluginFailed,
                    good ? "It made " + std::to_string(batch.size()) + " predictions of " +
                               std::to_string(wanted) + " placements."
                         : "A prediction is no number.",
                    "predictor");
}

/// Batches of examples of one design.
Result<Predicted> predict_all(const std::vector<Example>& examples, const Predict& predict,
                              const char* message, JobContext& job) {
  Predicted all;
  for (std::size_t begin = 0; begin < examples.size();) {
    if (job.cancelled()) return cancelled_error();
    job.progress(static_cast<double>(begin) / static_cast<double>(examples.size()), message);
    const auto& design = examples[begin].design;
    std::vector<Placement> placements;
    std::size_t end = begin;
    while (end < examples.size() && placements.size() < kBatch && examples[end].design == design)
      placements.push_back(examples[end++].placement);
    const auto from = Clock::now();
    PTAH_TRY(const auto batch, predict(*design, placements));
    all.seconds += std::chrono::duration<double>(Clock::now() - from).count();
    PTAH_TRY(check_batch(batch, placements.size()));
    all.predictions.insert(all.predictions.end(), batch.begin(), batch.end());
    begin = end;
  }
  return all;
}

std::vector<double> costs_of(const std::vector<Prediction>& predictions) {
  std::vector<double> costs;
  for (const Prediction& prediction : predictions) costs.push_back(prediction.cost);
  return costs;
}

std::vector<double> labels_of(const std::vector<Example>& examples) {
  std::vector<double> labels;
  for (const Example& example : examples) labels.push_back(example.label);
  return labels;
}

/// How a predictor's costs are read, learnt from the validation part.
struct Reading {
  CostMeaning meaning = CostMeaning::kProbability;
  double threshold = 0;
  double deviation = 1;  ///< Of labels from costs, where a prediction says no uncertainty.
  double temperature = 1;

  /// Before temperature scaling.
  std::vector<double> probabilities(const std::vector<Prediction>& predictions) const {
    std::vector<double> found;
    for (const Prediction& prediction : predictions) {
      if (meaning == CostMeaning::kProbability) {
        found.push_back(std::clamp(prediction.cost, 0.0, 1.0));
        continue;
      }
      const double sigma =
          prediction.uncertainty.value_or(0) > 0 ? *prediction.uncertainty : deviation;
      found.push_back(probability_above(threshold, prediction.cost, sigma));
    }
    return found;
  }
};

Reading learn_reading(const std::vector<Example>& examples, const Predicted& predicted,
                      double threshold, const std::optional<CostMeaning>& meaning) {
  const std::vector<double> costs = costs_of(predicted.predictions);
  const Classes classes = classes_of(examples, threshold);
  Reading reading;
  reading.threshold = threshold;
  double squares = 0;
  for (std::size_t i = 0; i < costs.size(); ++i) {
    const double off = examples[i].label - costs[i];
    squares += off * off;
  }
  reading.deviation = std::max(std::sqrt(squares / static_cast<double>(costs.size())),
                               std::numeric_limits<double>::min() * 1e6);
  if (meaning) {
    reading.meaning = *meaning;
  } else {
    const bool shares =
        std::all_of(costs.begin(), costs.end(), [](double cost) { return cost >= 0 && cost <= 1; });
    const double as_probability = confusion(costs, classes, 0.5).balanced_accuracy();
    const double as_label = confusion(costs, classes, threshold).balanced_accuracy();
    reading.meaning =
        shares && !(as_label > as_probability) ? CostMeaning::kProbability : CostMeaning::kLabel;
  }
  reading.temperature = fit_temperature(reading.probabilities(predicted.predictions), classes);
  return reading;
}

double share_far(const std::vector<Prediction>& predictions) {
  const auto far = std::count_if(predictions.begin(), predictions.end(),
                                 [](const Prediction& prediction) { return prediction.far; });
  return static_cast<double>(far) / static_cast<double>(predictions.size());
}

Json regret_report(const std::vector<Example>& examples, const std::vector<double>& costs,
                   const EvaluateParams& params) {
  const std::vector<double> labels = labels_of(examples);
  const Eigen::VectorXd sums = features_of(examples).lengths.col(0);
  const std::vector<double> lengths(sums.data(), sums.data() + sums.size());
  const Regret own = regret(costs, labels, params.seed, params.kept, params.drawn, params.repeats);
  const Regret wire =
      regret(lengths, labels, params.seed, params.kept, params.drawn, params.repeats);
  return {{"kept", params.kept},          {"drawn", std::min(params.drawn, labels.size())},
          {"mean", number(own.mean)},     {"standard_error", number(own.standard_error)},
          {"chance", number(own.chance)}, {"found", number(own.found)},
          {"hpwl", number(wire.mean)}};
}

void report_classes(const Answers& test, const std::vector<double>& before, Json& report) {
  const Confusion found = confusion(test.probabilities, test.classes, 0.5);
  report["count"] = test.classes.size();
  report["positive"] = std::count(test.classes.begin(), test.classes.end(), 1);
  report["majority"] = number(majority(test.classes));
  report["accuracy"] = number(found.accuracy());
  report["balanced_accuracy"] = number(found.balanced_accuracy());
  report["precision"] = number(found.precision());
  report["recall"] = number(found.recall());
  report["auroc"] = number(auroc(test.costs, test.classes));
  report["auroc_interval"] = to_json(auroc_interval(test.costs, test.classes));
  report["average_precision"] = number(average_precision(test.costs, test.classes));
  report["brier"] = number(brier(test.probabilities, test.classes));
  report["ece"] = number(calibration_error(test.probabilities, test.classes));
  report["brier_before"] = number(brier(before, test.classes));
  report["ece_before"] = number(calibration_error(before, test.classes));
  report["spearman"] = number(spearman(test.costs, test.labels));
  report["kendall"] = to_json(kendall(test.costs, test.labels));
}

/// The plain learners on all three parts.
Result<Json> probes_beside(Dataset& dataset, const std::vector<Example>& validation,
                           const std::vector<Example>& test, double threshold, std::uint64_t seed,
                           JobContext& job) {
  PTAH_TRY(std::vector<Example> examples,
           read_examples(dataset, indices_of(dataset, Split::kTrain), job));
  const auto rows = [](std::size_t begin, std::size_t count) {
    Rows made(count);
    std::iota(made.begin(), made.end(), begin);
    return made;
  };
  const Rows train = rows(0, examples.size());
  const Rows stop = rows(train.size(), validation.size());
  const Rows scored = rows(train.size() + stop.size(), test.size());
  examples.insert(examples.end(), validation.begin(), validation.end());
  examples.insert(examples.end(), test.begin(), test.end());
  const Features features = features_of(examples);
  const Classes classes = classes_of(examples, threshold);
  return run_probes({features, classes, train, stop, scored}, seed, job);
}

}  // namespace

Result<Evaluation> evaluate_model(Dataset& dataset, const Predict& predict,
                                  const EvaluateParams& params, JobContext& job) {
  PTAH_TRY(const double threshold, class_threshold(dataset));
  PTAH_TRY(const auto validation,
           read_examples(dataset, indices_of(dataset, Split::kValidation), job));
  PTAH_TRY(const auto test, read_examples(dataset, indices_of(dataset, Split::kTest), job));
  if (validation.empty() || test.empty()) {
    return make_error(
        ErrorCode::kInvalidArgument,
        "The dataset has no " + std::string(test.empty() ? "test" : "validation") + " part.",
        "dataset", "Take a larger one.");
  }
  PTAH_TRY(const Predicted held, predict_all(validation, predict, "predicts", job));
  const Reading reading = learn_reading(validation, held, threshold, params.meaning);
  PTAH_TRY(const Predicted predicted, predict_all(test, predict, "predicts the test part", job));

  Evaluation evaluation;
  Answers& answers = evaluation.test;
  answers.costs = costs_of(predicted.predictions);
  answers.labels = labels_of(test);
  answers.classes = classes_of(test, threshold);
  const std::vector<double> before = reading.probabilities(predicted.predictions);
  answers.probabilities = with_temperature(before, reading.temperature);
  for (std::size_t i = 0; i < test.size(); ++i)
    answers.right.push_back((answers.probabilities[i] > 0.5) == (answers.classes[i] != 0) ? 1 : 0);

  Json& report = evaluation.report;
  report["threshold"] = threshold;
  report["cost"] = reading.meaning == CostMeaning::kProbability ? "probability" : "label";
  report["temperature"] = reading.temperature;
  report_classes(answers, before, report);
  report["regret"] = regret_report(test, answers.costs, params);
  report["far"] = share_far(predicted.predictions);
  report["ms_per_placement"] = 1000 * predicted.seconds / static_cast<double>(test.size());
  if (params.probes) {
    PTAH_TRY(report["probes"],
             probes_beside(dataset, validation, test, threshold, params.seed, job));
  }
  return evaluation;
}

Result<Evaluation> evaluate_model(Dataset& dataset, Predictor& predictor,
                                  const EvaluateParams& params, JobContext& job) {
  const Predict predict = [&](const Design& design, const std::vector<Placement>& placements) {
    return predictor.predict(design.circuit, design.tiles, dataset.technology(), placements, job);
  };
  return evaluate_model(dataset, predict, params, job);
}

double probability_above(double threshold, double mean, double deviation) {
  return 0.5 * std::erfc((threshold - mean) / (deviation * std::sqrt(2.0)));
}

Result<Ranking> rank_part(Dataset& dataset, Split part, const Predict& predict,
                          const EvaluateParams& params, JobContext& job) {
  const std::vector<std::size_t> indices = indices_of(dataset, part);
  if (indices.empty())
    return make_error(ErrorCode::kInvalidArgument, "The dataset has no layout of that part.",
                      "part");
  PTAH_TRY(const auto examples, read_examples(dataset, indices, job));
  PTAH_TRY(const Predicted predicted, predict_all(examples, predict, "predicts", job));
  const std::vector<double> costs = costs_of(predicted.predictions);
  Ranking ranking;
  for (std::size_t i = 0; i < indices.size(); ++i)
    ranking.layouts.push_back({indices[i], predicted.predictions[i], examples[i].label});
  std::stable_sort(
      ranking.layouts.begin(), ranking.layouts.end(),
      [](const Ranked& a, const Ranked& b) { return a.prediction.cost < b.prediction.cost; });
  ranking.report = {{"count", indices.size()},
                    {"spearman", number(spearman(costs, labels_of(examples)))},
                    {"regret", regret_report(examples, costs, params)},
                    {"far", share_far(predicted.predictions)}};
  return ranking;
}

Json compare(const Answers& first, const Answers& second, std::uint64_t seed) {
  const McNemar test = mcnemar(first.right, second.right);
  return {{"count", first.classes.size()},
          {"auroc_difference",
           to_json(auroc_difference(first.costs, second.costs, first.classes, seed))},
          {"mcnemar",
           {{"only_first", test.only_first}, {"only_second", test.only_second}, {"p", test.p}}}};
}

Json summary(const std::vector<Json>& reports) {
  Json found{{"models", reports.size()}};
  if (reports.empty()) return found;
  for (const auto& [name, value] : reports.front().items()) {
    std::vector<double> values;
    for (const Json& report : reports) {
      const auto at = report.find(name);
      if (at != report.end() && at->is_number()) values.push_back(at->get<double>());
    }
    if (values.size() == reports.size()) found[name] = to_json(mean_interval(values));
  }
  return found;
}

}  // namespace ptah::learning
