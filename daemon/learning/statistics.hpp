/// What may be concluded from few numbers: intervals, paired tests, and what a choice by a
/// predictor costs. Spans of a call have one length; what is undefined is NaN.
#pragma once

#include <cstdint>
#include <span>

#include "metrics/classification.hpp"
#include "metrics/correlation.hpp"

namespace ptah::learning {

/// Mean over repetitions such as seeds with its 95 % interval by Student's t. Of one value the
/// interval is infinite.
Interval mean_interval(std::span<const double> values);

struct McNemar {
  std::int64_t only_first = 0, only_second = 0;  ///< Right where the other is wrong.
  double p = 1;                                  ///< Two-sided, exact: binomial with 1/2.
};
/// Whether two classifiers of the same layouts err equally often (McNemar, Psychometrika 1947; as a
/// test of learners Dietterich, Neural Computation 1998). 1 in a span: it was right there.
McNemar mcnemar(std::span<const std::uint8_t> first_right,
                std::span<const std::uint8_t> second_right);

/// AUROC of `first` less that of `second` on the same layouts, with the 2.5 and 97.5 % quantiles of
/// `draws` bootstrap samples within each class (Efron & Tibshirani, "An Introduction to the
/// Bootstrap", 1993).
Interval auroc_difference(std::span<const double> first, std::span<const double> second,
                          std::span<const std::uint8_t> classes, std::uint64_t seed,
                          int draws = 1000);

/// What it costs to route only the `kept` layouts of `drawn` that a predictor likes best.
struct Regret {
  double mean = 0;            ///< Least label of the kept less the least of all, in its unit.
  double standard_error = 0;  ///< Of the mean, over the draws.
  double chance = 0;          ///< Mean regret of `kept` layouts taken blindly.
  double found = 0;           ///< Share of draws whose best was among the kept.
};
/// Draws `drawn` layouts without replacement, `repeats` times; ties of costs by the order drawn.
/// With fewer layouts than `drawn`, all are one draw.
Regret regret(std::span<const double> costs, std::span<const double> labels, std::uint64_t seed,
              std::size_t kept = 10, std::size_t drawn = 200, int repeats = 1000);

}  // namespace ptah::learning
