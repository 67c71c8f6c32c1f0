/// Whether a dataset is worth a training: how far its labels spread, how many of them an error of
/// the measurement could turn, and what plain learners make of it. Trees that learn while wire
/// length does not are the sign that a network has something to find.
#pragma once

#include <cstdint>
#include <optional>

#include "learning/features.hpp"
#include "learning/statistics.hpp"
#include "metrics/classification.hpp"
#include "ptah/core/job_context.hpp"
#include "ptah/core/json.hpp"
#include "ptah/stages/learning.hpp"

namespace ptah::learning {

struct CheckParams {
  std::uint64_t seed = 1;
  /// What a label may be off by: the larger of this, in its unit, and of `relative_error` times the
  /// threshold. The latter only where no label is negative: of decibels a share means nothing.
  double label_error = 0;
  double relative_error = 0.05;
  /// Layouts that were tried, clean or not; nothing: not known.
  std::optional<std::size_t> attempted;
  std::size_t curve_from = 80;  ///< The trees' learning curve doubles from here.
  int shuffles = 5;             ///< Repetitions with shuffled labels.
};

/// Bounds of the verdict.
constexpr double kLeastSpread = 2.0;   ///< 75th over 25th percentile of the labels.
constexpr double kLeastCeiling = 0.9;  ///< Of the labels are surely on their side.
constexpr double kLeastTrees = 0.80;   ///< AUROC of trees at `kTreesAt` layouts.
constexpr std::size_t kTreesAt = 640;
constexpr double kWireLengthMargin = 0.02;  ///< Trees lead wire length by this AUROC.
constexpr double kShuffledMargin = 0.02;    ///< Of 0.5, or 0.5 within the interval.

/// Fits on the training part and scores on the validation part; the test part is not read. All but
/// `clean` (null where it is not known) are always there:
///   count, parts {train, validation, test}, clean, threshold, majority,
///   spread {p25, p50, p75, ratio}       of all labels outside the test part; ratio null with
///                                       labels that are not positive
///   ceiling, error, undecided           1 - undecided; share of labels within error of threshold
///   probes {majority, hpwl, nets, neighbours, trees}: accuracy, balanced_accuracy, auroc [value,
///                                       low, high], average_precision
///   shuffled [auroc, low, high]         trees on labels that say nothing
///   curve [{layouts, auroc}]            trees by layouts that they learn from
///   duplicates {placements, across_parts, labels_differ}
///   go, reasons                         why not, in sentences
/// Fails where the training part has fewer than 40 layouts or the validation part fewer than 5 of a
/// class. Seconds for 16,000 layouts.
Result<Json> check_dataset(Dataset& dataset, const CheckParams& params, JobContext& job);

/// What probes learn from and answer for.
struct ProbeInput {
  const Features& features;
  const Classes& classes;  ///< A value for each row of the features.
  Rows train, stop, scored;
};
/// Fits on rows `train` (the trees stop by rows `stop`, or where there are none by a fifth of
/// `train`), and scores on rows `scored`: `probes` of `check_dataset`. Fails where it is cancelled.
Result<Json> run_probes(const ProbeInput& input, std::uint64_t seed, JobContext& job);

/// null for what is not finite; an interval is [value, low, high].
Json to_json(const Interval& interval);
Json number(double value);

}  // namespace ptah::learning
