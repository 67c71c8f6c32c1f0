#include "quality.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "ptah/core/random.hpp"

namespace ptah::predictors {
namespace {

/// Classes are bad as often as `slope` times the odds plus `offset` say.
struct Line {
  double slope, offset;
};
std::pair<std::vector<double>, Classes> drawn(const Line& line) {
  Rng rng(2);
  std::vector<double> odds;
  Classes bad;
  for (int i = 0; i < 20'000; ++i) {
    odds.push_back((6 * rng.uniform() - 3) / std::min(1.0, line.slope));
    bad.push_back(rng.uniform() < sigmoid(line.slope * odds.back() + line.offset) ? 1 : 0);
  }
  return {odds, bad};
}

TEST(Quality, IsThatOfFourOddsByHand) {
  const Judgement judged = judge({2, -1, 1, -3}, {1, 1, 0, 0});
  EXPECT_DOUBLE_EQ(judged.accuracy, 0.5);
  EXPECT_DOUBLE_EQ(judged.balanced_accuracy, 0.5);
  // Of four pairs of a bad and a good one, three are in order.
  EXPECT_DOUBLE_EQ(judged.auroc, 0.75);
  EXPECT_DOUBLE_EQ(judged.majority, 0.5);
  const auto loss = [](double z) { return std::log1p(std::exp(z)); };
  EXPECT_NEAR(judged.loss, (loss(-2) + loss(1) + loss(1) + loss(-3)) / 4, 1e-12);
}

TEST(Quality, AurocIsTheShareOfPairsInOrder) {
  Rng rng(1);
  std::vector<double> odds;
  Classes bad;
  for (int i = 0; i < 200; ++i) {
    odds.push_back(static_cast<double>(rng.below(20)));  // with ties
    bad.push_back(rng.below(4) == 0 ? 1 : 0);
  }
  double pairs = 0, in_order = 0;
  for (std::size_t i = 0; i < odds.size(); ++i) {
    for (std::size_t k = 0; k < odds.size(); ++k) {
      if (bad[i] == 0 || bad[k] != 0) continue;
      ++pairs;
      in_order += odds[i] > odds[k] ? 1 : odds[i] == odds[k] ? 0.5 : 0;
    }
  }
  EXPECT_NEAR(judge(odds, bad).auroc, in_order / pairs, 1e-12);
}

TEST(Quality, ATemperatureMendsOddsThatAreTooSure) {
  const auto [odds, bad] = drawn({0.2, 0});
  const Calibration calibration = calibrate(odds, bad, Target::kWorst);
  EXPECT_NEAR(calibration.temperature, 5, 0.3);
  EXPECT_EQ(calibration.offset, 0);
  EXPECT_LT(judge(odds, bad, calibration).ece, 0.02);
  EXPECT_GT(judge(odds, bad).ece, 0.05);
  EXPECT_DOUBLE_EQ(judge(odds, bad, calibration).auroc, judge(odds, bad).auroc);
}

TEST(Quality, OddsOfARankBecomeOddsOfBeingBad) {
  const auto [odds, bad] = drawn({2, -3});
  const Calibration calibration = calibrate(odds, bad, Target::kRank);
  EXPECT_NEAR(calibration.temperature, 0.5, 0.03);
  EXPECT_NEAR(calibration.offset, -3, 0.15);
  EXPECT_LT(judge(odds, bad, calibration).ece, 0.02);
  EXPECT_GT(judge(odds, bad, calibrate(odds, bad, Target::kWorst)).ece, 0.1)
      << "a temperature alone does not do it";
}

TEST(Quality, CalibrationIsFiniteWhateverTheOdds) {
  const Calibration apart = calibrate({-2, -1, 1, 2}, {0, 0, 1, 1}, Target::kRank);
  EXPECT_TRUE(std::isfinite(apart.temperature) && std::isfinite(apart.offset));
  EXPECT_GT(apart.probability(1), 0.5);
  for (const auto& [odds, bad] : std::vector<std::pair<std::vector<double>, Classes>>{
           {{1, 2, 3}, {1, 1, 1}}, {{1, 1, 1}, {0, 1, 0}}, {{1, 2, 3, 4}, {1, 1, 0, 0}}}) {
    const Calibration none = calibrate(odds, bad, Target::kRank);
    EXPECT_EQ(none.temperature, 1);
    EXPECT_EQ(none.offset, 0);
  }
}

TEST(Quality, CalibrationIsOneThatAModelMayHave) {
  const std::vector<double> odds{9e6, -8e6, 7e6, -5e6, 3e6, 2e6, -4e6, 6e6};
  const Classes bad{1, 1, 0, 0, 1, 0, 0, 1};
  for (const Target target : {Target::kWorst, Target::kRank, Target::kBoth}) {
    const Calibration found = calibrate(odds, bad, target);
    EXPECT_GE(found.temperature, 1e-3);
    EXPECT_LE(found.temperature, 1e3);
    EXPECT_LE(std::abs(found.offset), 1e3);
  }
}

TEST(Quality, WhatIsNoNumberIsWrong) {
  const Judgement judged = judge({NAN, INFINITY}, {1, 0});
  EXPECT_EQ(judged.accuracy, 0);
  EXPECT_TRUE(std::isfinite(judged.loss));
}

}  // namespace
}  // namespace ptah::predictors
