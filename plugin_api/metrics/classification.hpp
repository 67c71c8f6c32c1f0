/// How well scores tell two classes apart: what trainers say of the validation part and what
/// evaluations say of the test part, by the same formulas. A score is a number that grows with the
/// chance of class 1; where it says `probability` it lies in [0, 1]. Spans of a call have one
/// length. What is undefined, as an AUROC where only one class occurs, is NaN.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace ptah::learning {

/// The p-quantile, 0 <= p <= 1, linear between order statistics (Hyndman & Fan, American
/// Statistician 1996, type 7).
double quantile(std::span<const double> values, double p);

/// 1: a layout of the worst quartile (the positive class); 0: of the others.
using Classes = std::vector<std::uint8_t>;

/// The probability of which `x` is the logarithm of the odds.
double sigmoid(double x) noexcept;
/// log(1 + exp(x)) without overflow: of odds x, the log loss of a chance t of class 1 is
/// softplus(x) - t * x.
double softplus(double x) noexcept;

struct Confusion {
  std::int64_t true_positive = 0, false_positive = 0, true_negative = 0, false_negative = 0;

  std::int64_t count() const noexcept {
    return true_positive + false_positive + true_negative + false_negative;
  }
  double accuracy() const noexcept;
  double precision() const noexcept;
  double recall() const noexcept;             ///< Of class 1.
  double specificity() const noexcept;        ///< The same of class 0.
  double balanced_accuracy() const noexcept;  ///< Mean of the two.
};

/// Class 1 is what is above `cut`.
Confusion confusion(std::span<const double> scores, std::span<const std::uint8_t> classes,
                    double cut);
/// Share of the commoner class: what is right without looking.
double majority(std::span<const std::uint8_t> classes);

/// The chance that one of class 1 scores more than one of class 0, ties half: Mann-Whitney's U over
/// the pairs (Hanley & McNeil, Radiology 1982).
double auroc(std::span<const double> scores, std::span<const std::uint8_t> classes);
/// Standard error of an AUROC of that value: Hanley & McNeil 1982, equation 1 with their
/// exponential model.
double auroc_standard_error(double auroc, std::int64_t positive, std::int64_t negative);

/// 95 %.
struct Interval {
  double value = 0, low = 0, high = 0;
};
/// An AUROC with its interval, by `auroc_standard_error`; kept in [0, 1].
Interval auroc_interval(std::span<const double> scores, std::span<const std::uint8_t> classes);
/// A share of `count` > 0 that was counted, with its interval (Wilson, JASA 1927), which holds for
/// few and for shares near 0 and 1, too.
Interval share_interval(double share, std::int64_t count);
/// Sum over the distinct scores, from above, of precision times gain in recall: no interpolation,
/// which would flatter (Davis & Goadrich, ICML 2006).
double average_precision(std::span<const double> scores, std::span<const std::uint8_t> classes);

/// Mean squared difference of probability and class (Brier, Monthly Weather Review 1950).
double brier(std::span<const double> probabilities, std::span<const std::uint8_t> classes);
/// Mean of -log of what the class that came had; probabilities no nearer to 0 and 1 than 1e-12.
double log_loss(std::span<const double> probabilities, std::span<const std::uint8_t> classes);
/// Mean of |share of class 1 - mean probability| over bins of equal width, by their counts (Naeini
/// et al., AAAI 2015; 15 bins as Guo et al., ICML 2017).
double calibration_error(std::span<const double> probabilities,
                         std::span<const std::uint8_t> classes, int bins = 15);

/// The T > 0 for which sigmoid(logit(p) / T) has the least log loss (Guo et al., 2017): convex in
/// 1 / T, which is found to 1e-9 between 1e-3 and 1e3. 1 where a class is missing.
double fit_temperature(std::span<const double> probabilities,
                       std::span<const std::uint8_t> classes);
/// What makes a probability of a logarithm of odds that was learnt for something else, as for a
/// rank: sigmoid(odds / temperature + offset).
struct Calibration {
  double temperature = 1;
  double offset = 0;
  double odds(double of) const noexcept { return of / temperature + offset; }
  double probability(double of) const noexcept { return sigmoid(odds(of)); }
};
/// That of least log loss, by Newton's steps, with class targets a little within 0 and 1 (Platt,
/// "Probabilistic Outputs for Support Vector Machines", 1999): both are finite for classes that the
/// odds tell apart without a mistake. No change where a class is missing or larger odds do not mean
/// class 1.
Calibration fit_calibration(std::span<const double> odds, std::span<const std::uint8_t> classes);

std::vector<double> with_temperature(std::span<const double> probabilities, double temperature);

}  // namespace ptah::learning
