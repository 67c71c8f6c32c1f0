#include "quality.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "ptah/core/random.hpp"

namespace ptah::nets {
namespace {

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
  Rng rng(2);
  std::vector<double> odds;
  Classes bad;
  for (int i = 0; i < 20'000; ++i) {
    const double z = 6 * rng.uniform() - 3;
    bad.push_back(rng.uniform() < sigmoid(z) ? 1 : 0);
    odds.push_back(5 * z);
  }
  const double temperature = best_temperature(odds, bad);
  EXPECT_NEAR(temperature, 5, 0.3);
  EXPECT_LT(judge(odds, bad, temperature).ece, 0.02);
  EXPECT_GT(judge(odds, bad).ece, 0.05);
  EXPECT_DOUBLE_EQ(judge(odds, bad, temperature).auroc, judge(odds, bad).auroc);
}

TEST(Quality, WhatIsNoNumberIsWrong) {
  const Judgement judged = judge({NAN, INFINITY}, {1, 0});
  EXPECT_EQ(judged.accuracy, 0);
  EXPECT_TRUE(std::isfinite(judged.loss));
}

}  // namespace
}  // namespace ptah::nets
