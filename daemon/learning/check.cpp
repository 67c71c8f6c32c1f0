#include "learning/check.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <numeric>

#include "learning/probes.hpp"
#include "ptah/core/random.hpp"

namespace ptah::learning {
namespace {

constexpr std::size_t kLeastTraining = 40;
constexpr std::int64_t kLeastOfClass = 5;
/// Below it a fifth of the rows says nothing of when to stop: then `kFixedRounds` trees.
constexpr std::size_t kLeastForStopping = 500;
constexpr int kFixedRounds = 100;
constexpr std::size_t kShuffledRows = 2000;
constexpr int kShuffledRounds = 50;
constexpr int kNeighbours = 25;

std::string text(double value, int digits = 2) {
  char buffer[48];
  std::snprintf(buffer, sizeof buffer, "%.*f", digits, value);
  return buffer;
}

Classes at(const Classes& classes, const Rows& rows) {
  Classes taken;
  taken.reserve(rows.size());
  for (const std::size_t row : rows) taken.push_back(classes[row]);
  return taken;
}

Json scored(const std::vector<double>& probabilities, const Classes& classes) {
  const Confusion found = confusion(probabilities, classes, 0.5);
  return {{"accuracy", number(found.accuracy())},
          {"balanced_accuracy", number(found.balanced_accuracy())},
          {"auroc", to_json(auroc_interval(probabilities, classes))},
          {"average_precision", number(average_precision(probabilities, classes))}};
}

/// Trees on `rows`: as many as a fifth of them, drawn by `rng` and held back, asks for.
Trees grow(const Matrix& x, const Classes& classes, const Rows& rows, Rng rng, const Stop& stop) {
  TreeParams params;
  params.rounds = kFixedRounds;
  if (rows.size() >= kLeastForStopping) {
    Rows kept = rows;
    rng.shuffle(std::span(kept));
    const auto fifth = static_cast<std::ptrdiff_t>(rows.size() / 5);
    const Rows held(kept.end() - fifth, kept.end());
    kept.resize(kept.size() - held.size());
    const Trees first = Trees::fit(x, classes, kept, held, {}, rng.next(), stop);
    params.rounds = static_cast<int>(first.size());
  }
  return Trees::fit(x, classes, rows, {}, params, rng.next(), stop);
}

struct Check {
  const CheckParams& params;
  JobContext& job;
  std::vector<Example> examples;  ///< Training part, then validation part.
  Classes classes;
  Rows train, validation;
  double threshold = 0;
  double error = 0;
  Json report;
  std::vector<std::string> reasons;

  Stop stop() const {
    return [this] { return job.cancelled(); };
  }
};

void judge_spread(Check& check) {
  std::vector<double> labels;
  for (const Example& example : check.examples) labels.push_back(example.label);
  const double p25 = quantile(labels, 0.25), p75 = quantile(labels, 0.75);
  const bool positive = *std::min_element(labels.begin(), labels.end()) >= 0 && p25 > 0;
  check.report["spread"] = {{"p25", p25},
                            {"p50", quantile(labels, 0.5)},
                            {"p75", p75},
                            {"ratio", positive ? Json(p75 / p25) : Json()}};
  const bool shares = *std::min_element(labels.begin(), labels.end()) >= 0;
  check.error = std::max(check.params.label_error,
                         shares ? check.params.relative_error * std::abs(check.threshold) : 0.0);
  const auto undecided = std::count_if(labels.begin(), labels.end(), [&](double label) {
    return std::abs(label - check.threshold) < check.error;
  });
  const double share = static_cast<double>(undecided) / static_cast<double>(labels.size());
  check.report["error"] = check.error;
  check.report["undecided"] = share;
  check.report["ceiling"] = 1 - share;
  if (positive && p75 / p25 <= kLeastSpread) {
    check.reasons.push_back("The labels hardly differ: their 75th percentile is " +
                            text(p75 / p25) + " times their 25th.");
  }
  if (1 - share < kLeastCeiling) {
    check.reasons.push_back("Of the labels " + text(100 * share, 1) +
                            " % are within their error of the threshold.");
  }
}

void judge_duplicates(Check& check) {
  struct Seen {
    double label = 0;
    bool trains = false;
  };
  std::map<std::uint64_t, Seen> seen;
  std::int64_t placements = 0, across = 0, differ = 0;
  for (std::size_t i = 0; i < check.examples.size(); ++i) {
    const bool trains = i < check.train.size();
    const auto [first, fresh] = seen.try_emplace(hash_of(check.examples[i].placement),
                                                 Seen{check.examples[i].label, trains});
    if (fresh) continue;
    ++placements;
    across += first->second.trains != trains ? 1 : 0;
    differ += std::abs(first->second.label - check.examples[i].label) > check.error ? 1 : 0;
  }
  check.report["duplicates"] = {
      {"placements", placements}, {"across_parts", across}, {"labels_differ", differ}};
  if (across > 0) {
    check.reasons.push_back(std::to_string(across) +
                            " placements of the validation part are in the training part as well.");
  }
  if (differ > 0) {
    check.reasons.push_back(std::to_string(differ) +
                            " placements have another label than an equal one.");
  }
}

/// With labels that say nothing, trees must find nothing. A fixed number of them: stopped early
/// they would agree on the prior, and prove nothing.
void judge_shuffled(Check& check, const Matrix& x) {
  TreeParams params;
  params.rounds = kShuffledRounds;
  std::vector<double> found;
  for (int i = 0; i < check.params.shuffles; ++i) {
    Rng rng = Rng(check.params.seed).fork(1000 + static_cast<std::uint64_t>(i));
    Classes shuffled = check.classes;
    rng.shuffle(std::span(shuffled));
    Rows rows = check.train;
    rng.shuffle(std::span(rows));
    rows.resize(std::min(rows.size(), kShuffledRows));
    const Trees trees = Trees::fit(x, shuffled, rows, {}, params, rng.next(), check.stop());
    const double area = auroc(trees.predict(x, check.validation), at(shuffled, check.validation));
    if (!std::isnan(area)) found.push_back(area);
  }
  const Interval mean = mean_interval(found);
  check.report["shuffled"] = to_json(mean);
  if (!(std::abs(mean.value - 0.5) <= kShuffledMargin || (mean.low <= 0.5 && mean.high >= 0.5))) {
    check.reasons.push_back("With shuffled labels the trees still reach an AUROC of " +
                            text(mean.value, 3) + ": the parts are not apart.");
  }
}

struct CurvePoint {
  std::size_t layouts = 0;
  double auroc = 0;
};

std::vector<CurvePoint> draw_curve(Check& check, const Matrix& x) {
  Rows order = check.train;
  Rng rng = Rng(check.params.seed).fork(2);
  rng.shuffle(std::span(order));
  const Classes truth = at(check.classes, check.validation);
  std::vector<CurvePoint> curve;
  for (std::size_t layouts = check.params.curve_from; layouts < order.size(); layouts *= 2) {
    const Rows rows(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(layouts));
    const Trees trees = grow(x, check.classes, rows, rng.fork(layouts), check.stop());
    curve.push_back({layouts, auroc(trees.predict(x, check.validation), truth)});
  }
  // All of the training part is what the probe had.
  const Json& whole = check.report["probes"]["trees"]["auroc"][0];
  curve.push_back({order.size(), whole.is_number() ? whole.get<double>() : 0.5});
  Json points = Json::array();
  for (const CurvePoint& point : curve)
    points.push_back({{"layouts", point.layouts}, {"auroc", number(point.auroc)}});
  check.report["curve"] = std::move(points);
  return curve;
}

void judge_probes(Check& check, const std::vector<CurvePoint>& curve) {
  const Json& probes = check.report["probes"];
  const auto area = [&](const char* probe, std::size_t part) {
    const Json& value = probes[probe]["auroc"][part];
    return value.is_number() ? value.get<double>() : 0.5;
  };
  CurvePoint known = curve.front();
  for (const CurvePoint& point : curve) {
    if (point.layouts <= kTreesAt) known = point;
  }
  double lowest = 0;
  for (const char* probe : {"hpwl", "nets", "neighbours", "trees"})
    lowest = std::max(lowest, area(probe, 1));
  if (lowest <= 0.5) {
    check.reasons.push_back("No probe is surely better than chance: the labels look like noise.");
  } else if (known.auroc < kLeastTrees) {
    const Classes truth = at(check.classes, check.validation);
    const auto positive = std::count(truth.begin(), truth.end(), 1);
    const auto negative = static_cast<std::int64_t>(truth.size()) - positive;
    const double error = auroc_standard_error(known.auroc, positive, negative);
    check.reasons.push_back(
        "Trees reach an AUROC of " + text(known.auroc, 3) + " with " +
        std::to_string(known.layouts) + " layouts, less than " + text(kLeastTrees) +
        (known.auroc + 2 * error >= kLeastTrees
             ? "; that is within its error of " + text(2 * error) + ": more layouts would decide."
             : "."));
  }
  if (curve.size() > 1 && curve.back().auroc <= curve.front().auroc)
    check.reasons.push_back("Trees do not learn more from more layouts.");
  if (area("hpwl", 0) + kWireLengthMargin >= area("trees", 0)) {
    check.reasons.push_back("Wire length and outline alone reach an AUROC of " +
                            text(area("hpwl", 0), 3) + ", trees " + text(area("trees", 0), 3) +
                            ": there is little else to learn.");
  }
}

Status check_sizes(const Check& check) {
  const Classes truth = at(check.classes, check.validation);
  const auto positive = std::count(truth.begin(), truth.end(), 1);
  const auto negative = static_cast<std::int64_t>(truth.size()) - positive;
  if (check.train.size() >= kLeastTraining && std::min(positive, negative) >= kLeastOfClass)
    return ok();
  return make_error(
      ErrorCode::kInvalidArgument,
      "The dataset is too small to say anything of: " + std::to_string(check.train.size()) +
          " layouts for training, and " + std::to_string(positive) + " above and " +
          std::to_string(negative) + " below the threshold for validation.",
      "dataset", "Some 300 layouts are enough; 2,000 give narrow intervals.");
}

}  // namespace

Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json();
}

Json to_json(const Interval& interval) {
  return Json::array({number(interval.value), number(interval.low), number(interval.high)});
}

Result<Json> run_probes(const ProbeInput& input, std::uint64_t seed, JobContext& job) {
  const Features& features = input.features;
  const Classes truth = at(input.classes, input.scored);
  const Classes known = at(input.classes, input.train);
  const Stop stop = [&job] { return job.cancelled(); };
  const bool mostly_one =
      2 * std::count(known.begin(), known.end(), 1) > static_cast<std::int64_t>(known.size());
  Json probes;
  probes["majority"] = scored(std::vector<double>(truth.size(), mostly_one ? 1.0 : 0.0), truth);
  probes["hpwl"] = scored(Logistic::fit(features.lengths, input.classes, input.train)
                              .predict(features.lengths, input.scored),
                          truth);
  probes["nets"] = scored(
      Logistic::fit(features.nets, input.classes, input.train).predict(features.nets, input.scored),
      truth);
  if (job.cancelled()) return cancelled_error();
  const auto shares = nearest_neighbours(features.centres, input.classes, input.train, input.scored,
                                         kNeighbours, stop);
  if (!shares) return cancelled_error();
  probes["neighbours"] = scored(*shares, truth);
  const Trees trees =
      input.stop.empty()
          ? grow(features.frame, input.classes, input.train, Rng(seed).fork(1), stop)
          : Trees::fit(features.frame, input.classes, input.train, input.stop, {}, seed, stop);
  if (job.cancelled()) return cancelled_error();
  probes["trees"] = scored(trees.predict(features.frame, input.scored), truth);
  return probes;
}

Result<Json> check_dataset(Dataset& dataset, const CheckParams& params, JobContext& job) {
  Check check{params, job, {}, {}, {}, {}, 0, 0, Json::object(), {}};
  PTAH_TRY(check.threshold, class_threshold(dataset));
  std::vector<std::size_t> indices = indices_of(dataset, Split::kTrain);
  const std::vector<std::size_t> validation = indices_of(dataset, Split::kValidation);
  check.train.resize(indices.size());
  check.validation.resize(validation.size());
  std::iota(check.train.begin(), check.train.end(), std::size_t{0});
  std::iota(check.validation.begin(), check.validation.end(), indices.size());
  indices.insert(indices.end(), validation.begin(), validation.end());
  PTAH_TRY(check.examples, read_examples(dataset, indices, job));
  check.classes = classes_of(check.examples, check.threshold);
  PTAH_TRY(check_sizes(check));

  check.report["count"] = dataset.size();
  check.report["parts"] = {{"train", check.train.size()},
                           {"validation", check.validation.size()},
                           {"test", dataset.size() - indices.size()}};
  check.report["clean"] =
      params.attempted && *params.attempted > 0
          ? Json(static_cast<double>(dataset.size()) / static_cast<double>(*params.attempted))
          : Json();
  check.report["threshold"] = check.threshold;
  check.report["majority"] = majority(at(check.classes, check.validation));
  judge_spread(check);
  judge_duplicates(check);
  job.progress(0.2, "fits probes");
  const Features features = features_of(check.examples);
  const ProbeInput input{features, check.classes, check.train, {}, check.validation};
  PTAH_TRY(check.report["probes"], run_probes(input, params.seed, job));
  job.progress(0.5, "draws the learning curve");
  const auto curve = draw_curve(check, features.frame);
  job.progress(0.8, "shuffles the labels");
  judge_shuffled(check, features.frame);
  if (job.cancelled()) return cancelled_error();
  judge_probes(check, curve);
  check.report["go"] = check.reasons.empty();
  check.report["reasons"] = check.reasons;
  return std::move(check.report);
}

}  // namespace ptah::learning
