#include "metrics/classification.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "ptah/core/random.hpp"

namespace ptah::learning {
namespace {

using Scores = std::vector<double>;

struct Sample {
  Scores scores;
  Classes classes;
};

/// Class 1 with probability `score`, some scores equal.
Sample calibrated(std::uint64_t seed, std::size_t count) {
  Rng rng(seed);
  Sample sample;
  for (std::size_t i = 0; i < count; ++i) {
    sample.scores.push_back(std::round(rng.uniform() * 200) / 200);
    sample.classes.push_back(rng.uniform() < sample.scores.back() ? 1 : 0);
  }
  return sample;
}

TEST(Metrics, CountsWhatIsRightAndWrong) {
  const Confusion found =
      confusion(Scores{0.9, 0.8, 0.6, 0.5, 0.2, 0.1}, Classes{1, 0, 1, 1, 0, 0}, 0.5);
  EXPECT_EQ(found.true_positive, 2);
  EXPECT_EQ(found.false_positive, 1);
  EXPECT_EQ(found.false_negative, 1) << "a score at the cut is of class 0";
  EXPECT_EQ(found.true_negative, 2);
  EXPECT_DOUBLE_EQ(found.accuracy(), 4.0 / 6);
  EXPECT_DOUBLE_EQ(found.precision(), 2.0 / 3);
  EXPECT_DOUBLE_EQ(found.recall(), 2.0 / 3);
  EXPECT_DOUBLE_EQ(found.balanced_accuracy(), 2.0 / 3);
}

TEST(Metrics, TheMajorityIsAccurateAndNotBalanced) {
  const Classes classes{0, 0, 0, 1};
  const Confusion blind = confusion(Scores(4, 0.1), classes, 0.5);
  EXPECT_DOUBLE_EQ(blind.accuracy(), majority(classes));
  EXPECT_DOUBLE_EQ(blind.balanced_accuracy(), 0.5);
  EXPECT_DOUBLE_EQ(majority(Classes{1, 1, 0}), 2.0 / 3);
}

TEST(Metrics, AurocCountsPairsInOrder) {
  // Pairs (0.35, 0.1), (0.8, 0.1), (0.8, 0.4) are in order, (0.35, 0.4) is not.
  EXPECT_DOUBLE_EQ(auroc(Scores{0.1, 0.4, 0.35, 0.8}, Classes{0, 0, 1, 1}), 0.75);
  EXPECT_DOUBLE_EQ(auroc(Scores{1, 1, 1, 1}, Classes{0, 1, 0, 1}), 0.5);
  EXPECT_DOUBLE_EQ(auroc(Scores{1, 1, 2}, Classes{0, 1, 1}), 0.75) << "a tie is half a pair";
  EXPECT_TRUE(std::isnan(auroc(Scores{1, 2}, Classes{1, 1})));
}

TEST(Metrics, AurocIsTheShareOfPairs) {
  const Sample sample = calibrated(1, 300);
  double pairs = 0, ordered = 0;
  for (std::size_t i = 0; i < 300; ++i) {
    for (std::size_t j = 0; j < 300; ++j) {
      if (sample.classes[i] == 0 || sample.classes[j] == 1) continue;
      pairs += 1;
      ordered += sample.scores[i] > sample.scores[j]    ? 1
                 : sample.scores[i] == sample.scores[j] ? 0.5
                                                        : 0;
    }
  }
  EXPECT_NEAR(auroc(sample.scores, sample.classes), ordered / pairs, 1e-12);
}

TEST(Metrics, AurocSeesTheOrderAlone) {
  const Sample sample = calibrated(2, 500);
  Scores cubed, negated;
  for (const double score : sample.scores) {
    cubed.push_back(score * score * score);
    negated.push_back(-score);
  }
  const double area = auroc(sample.scores, sample.classes);
  EXPECT_DOUBLE_EQ(auroc(cubed, sample.classes), area);
  EXPECT_NEAR(auroc(negated, sample.classes), 1 - area, 1e-12);
}

TEST(Metrics, AurocErrsByItsStandardError) {
  // Scores of class 1 are uniform in [0.5, 1.5], of class 0 in [0, 1]: the area is 7 / 8.
  constexpr double kTruth = 0.875;
  int within = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    Rng rng(seed);
    Sample sample;
    for (int i = 0; i < 200; ++i) {
      sample.classes.push_back(i % 4 == 0 ? 1 : 0);
      sample.scores.push_back(rng.uniform() + (i % 4 == 0 ? 0.5 : 0));
    }
    const double area = auroc(sample.scores, sample.classes);
    within += std::abs(area - kTruth) < 1.96 * auroc_standard_error(area, 50, 150) ? 1 : 0;
  }
  EXPECT_GE(within, 0.90 * 400);
}

TEST(Metrics, AShareHasWilsonsInterval) {
  // Newcombe, Statistics in Medicine 1998, table I, method 3: 81 of 263, and 0 of 20.
  const Interval share = share_interval(81.0 / 263, 263);
  EXPECT_NEAR(share.low, 0.2553, 5e-5);
  EXPECT_NEAR(share.high, 0.3662, 5e-5);
  const Interval none = share_interval(0, 20);
  EXPECT_EQ(none.low, 0);
  EXPECT_NEAR(none.high, 0.1611, 5e-5);
}

TEST(Metrics, AveragePrecisionByHand) {
  // Recall 1/2 at precision 1, 1 at 2/3.
  EXPECT_DOUBLE_EQ(average_precision(Scores{0.1, 0.4, 0.35, 0.8}, Classes{0, 0, 1, 1}),
                   0.5 + 0.5 * 2 / 3);
  EXPECT_DOUBLE_EQ(average_precision(Scores{1, 1, 1, 1}, Classes{0, 1, 0, 0}), 0.25)
      << "of scores that say nothing it is the share of class 1";
  EXPECT_DOUBLE_EQ(average_precision(Scores{3, 2, 1}, Classes{1, 1, 0}), 1);
  EXPECT_TRUE(std::isnan(average_precision(Scores{1}, Classes{0})));
}

TEST(Metrics, BrierAndLogLossByHand) {
  const Scores probabilities{0.1, 0.9, 0.8, 0.3};
  const Classes classes{0, 1, 1, 0};
  EXPECT_NEAR(brier(probabilities, classes), 0.0375, 1e-12);
  EXPECT_NEAR(log_loss(probabilities, classes),
              -(std::log(0.9) + std::log(0.9) + std::log(0.8) + std::log(0.7)) / 4, 1e-12);
  EXPECT_TRUE(std::isfinite(log_loss(Scores{0, 1}, Classes{1, 0})));
}

TEST(Metrics, CalibrationErrorByHand) {
  Scores probabilities(10, 0.9);
  Classes classes{1, 1, 1, 1, 1, 1, 1, 1, 0, 0};
  EXPECT_NEAR(calibration_error(probabilities, classes), 0.1, 1e-12);
  probabilities.resize(20, 0.05);  // Ten more, in another bin, of which one is of class 1.
  classes.resize(20, 0);
  classes.back() = 1;
  EXPECT_NEAR(calibration_error(probabilities, classes), (0.1 + 0.05) / 2, 1e-12);
  EXPECT_NEAR(calibration_error(Scores{0, 1}, Classes{0, 1}), 0, 1e-12) << "both ends have a bin";
}

TEST(Metrics, WhatIsCalibratedHasLittleCalibrationError) {
  const Sample sample = calibrated(3, 20'000);
  EXPECT_LT(calibration_error(sample.scores, sample.classes), 0.02);
  EXPECT_NEAR(fit_temperature(sample.scores, sample.classes), 1, 0.05);
}

TEST(Metrics, TemperatureInClosedForm) {
  // All say 0.9 of the class that comes three times in four: logit(0.9) / logit(3/4) = 2.
  const Scores probabilities{0.9, 0.9, 0.9, 0.9, 0.1, 0.1, 0.1, 0.1};
  const Classes classes{1, 1, 1, 0, 0, 0, 0, 1};
  const double temperature = fit_temperature(probabilities, classes);
  EXPECT_NEAR(temperature, 2, 1e-6);
  const auto scaled = with_temperature(probabilities, temperature);
  EXPECT_NEAR(scaled.front(), 0.75, 1e-6);
  EXPECT_NEAR(calibration_error(scaled, classes), 0, 1e-6);
}

TEST(Metrics, TemperatureHasTheLeastLossAndKeepsTheOrder) {
  Sample sample = calibrated(4, 2000);
  sample.scores = with_temperature(sample.scores, 0.3);  // Too sure of itself.
  const double temperature = fit_temperature(sample.scores, sample.classes);
  EXPECT_NEAR(temperature, 1 / 0.3, 0.5);
  const auto loss = [&](double t) {
    return log_loss(with_temperature(sample.scores, t), sample.classes);
  };
  EXPECT_LT(loss(temperature), loss(1));
  EXPECT_LE(loss(temperature), loss(temperature * 1.01));
  EXPECT_LE(loss(temperature), loss(temperature / 1.01));
  const auto scaled = with_temperature(sample.scores, temperature);
  EXPECT_NEAR(auroc(scaled, sample.classes), auroc(sample.scores, sample.classes), 1e-6);
  EXPECT_EQ(confusion(scaled, sample.classes, 0.5).accuracy(),
            confusion(sample.scores, sample.classes, 0.5).accuracy());
}

TEST(Metrics, TemperatureOfOneClassIsOne) {
  EXPECT_EQ(fit_temperature(Scores{0.2, 0.8}, Classes{1, 1}), 1);
  EXPECT_EQ(fit_temperature(Scores{}, Classes{}), 1);
}

}  // namespace
}  // namespace ptah::learning
