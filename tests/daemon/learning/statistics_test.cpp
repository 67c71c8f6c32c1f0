#include "learning/statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "ptah/core/random.hpp"

namespace ptah::learning {
namespace {

using Values = std::vector<double>;

Values uniform_values(std::uint64_t seed, std::size_t count, int levels = 0) {
  Rng rng(seed);
  Values values;
  for (std::size_t i = 0; i < count; ++i)
    values.push_back(levels > 0 ? static_cast<double>(rng.below(static_cast<std::uint64_t>(levels)))
                                : rng.uniform());
  return values;
}

TEST(Statistics, QuantilesLieBetweenOrderStatistics) {
  EXPECT_DOUBLE_EQ(quantile(Values{4, 1, 3, 2}, 0.75), 3.25);
  EXPECT_DOUBLE_EQ(quantile(Values{4, 1, 3, 2}, 0), 1);
  EXPECT_DOUBLE_EQ(quantile(Values{4, 1, 3, 2}, 1), 4);
  EXPECT_DOUBLE_EQ(quantile(Values{7}, 0.3), 7);
  EXPECT_DOUBLE_EQ(quantile(Values{7}, 0.75), 7);
  EXPECT_DOUBLE_EQ(quantile(Values{1, 2, 3}, 1), 3);
  EXPECT_TRUE(std::isnan(quantile(Values{}, 0.5)));
}

TEST(Statistics, MeanIntervalByHand) {
  // Deviation sqrt(2.5), t of 4 degrees 2.776445.
  const Interval interval = mean_interval(Values{1, 2, 3, 4, 5});
  EXPECT_DOUBLE_EQ(interval.value, 3);
  EXPECT_NEAR(interval.low, 3 - 2.776445 * std::sqrt(0.5), 1e-5);
  EXPECT_NEAR(interval.high, 3 + 2.776445 * std::sqrt(0.5), 1e-5);
  EXPECT_EQ(mean_interval(Values{5}).high, std::numeric_limits<double>::infinity());
}

TEST(Statistics, MeanIntervalHoldsTheMeanNineteenTimesInTwenty) {
  int held = 0;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    Values five;
    for (std::uint64_t i = 0; i < 5; ++i) {
      const Values parts = uniform_values(seed * 5 + i, 12);
      five.push_back(std::accumulate(parts.begin(), parts.end(), 0.0));
    }
    const Interval interval = mean_interval(five);
    held += interval.low < 6 && 6 < interval.high ? 1 : 0;
  }
  EXPECT_NEAR(held / 2000.0, 0.95, 0.015);
}

TEST(Statistics, McNemarByHand) {
  Classes first(20, 1), second(20, 1);
  first[0] = 0;
  for (std::size_t i = 1; i < 10; ++i) second[i] = 0;
  const McNemar test = mcnemar(first, second);
  EXPECT_EQ(test.only_first, 9);
  EXPECT_EQ(test.only_second, 1);
  EXPECT_NEAR(test.p, 2 * (1 + 10) / 1024.0, 1e-12);
  EXPECT_NEAR(mcnemar(second, first).p, test.p, 1e-12);
  EXPECT_EQ(mcnemar(first, first).p, 1);
  EXPECT_EQ(mcnemar(Classes{1, 0}, Classes{0, 1}).p, 1) << "never above 1";
}

TEST(Statistics, EqualScoresDifferByNothing) {
  const Values scores = uniform_values(1, 200);
  Classes classes;
  for (std::size_t i = 0; i < 200; ++i) classes.push_back(i % 3 == 0 ? 1 : 0);
  const Interval interval = auroc_difference(scores, scores, classes, 1, 200);
  EXPECT_EQ(interval.value, 0);
  EXPECT_EQ(interval.low, 0);
  EXPECT_EQ(interval.high, 0);
}

TEST(Statistics, BootstrapAgreesWithTheFormula) {
  // Against scores that say nothing the difference is an AUROC less 1/2.
  Rng rng(2);
  Values scores, flat(600, 0.0);
  Classes classes;
  for (int i = 0; i < 600; ++i) {
    classes.push_back(i % 4 == 0 ? 1 : 0);
    scores.push_back(rng.uniform() + (i % 4 == 0 ? 0.4 : 0));
  }
  const Interval boot = auroc_difference(scores, flat, classes, 3);
  const Interval formula = auroc_interval(scores, classes);
  EXPECT_NEAR(boot.value, formula.value - 0.5, 1e-12);
  EXPECT_NEAR(boot.high - boot.low, formula.high - formula.low, 0.2 * (formula.high - formula.low));
  EXPECT_GT(boot.low, 0);
  const Interval again = auroc_difference(scores, flat, classes, 3);
  EXPECT_EQ(again.low, boot.low);
  EXPECT_NE(auroc_difference(scores, flat, classes, 4).low, boot.low);
}

TEST(Statistics, SpearmanByHand) {
  EXPECT_NEAR(spearman(Values{1, 2, 3, 4, 5}, Values{5, 6, 7, 8, 7}), 0.8207826816681233, 1e-12);
  EXPECT_NEAR(spearman(Values{1, 2, 3}, Values{1, 10, 100}), 1, 1e-12);
  EXPECT_NEAR(spearman(Values{1, 2, 3}, Values{3, 2, 1}), -1, 1e-12);
  EXPECT_TRUE(std::isnan(spearman(Values{1, 1, 1}, Values{3, 2, 1})));
}

TEST(Statistics, KendallByHand) {
  EXPECT_NEAR(kendall(Values{12, 2, 1, 12, 2}, Values{1, 4, 7, 1, 0}).value, -0.4714045207910316,
              1e-12);
  EXPECT_NEAR(kendall(Values{1, 2, 3, 4}, Values{1, 2, 4, 3}).value, 4.0 / 6, 1e-12);
}

TEST(Statistics, KendallIsTheShareOfPairs) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Values x = uniform_values(2 * seed, 60, 9), y = uniform_values(2 * seed + 1, 60, 7);
    double agree = 0, tied_x = 0, tied_y = 0, pairs = 0;
    for (std::size_t i = 0; i < 60; ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        const double product = (x[i] - x[j]) * (y[i] - y[j]);
        agree += product > 0 ? 1 : product < 0 ? -1 : 0;
        tied_x += x[i] == x[j] ? 1 : 0;
        tied_y += y[i] == y[j] ? 1 : 0;
        pairs += 1;
      }
    }
    EXPECT_NEAR(kendall(x, y).value, agree / std::sqrt((pairs - tied_x) * (pairs - tied_y)), 1e-12);
  }
}

TEST(Statistics, KendallHasAnInterval) {
  // 20 items with one third of a swap short of the order: z 0.6931 +- 0.3239 for tau 0.6.
  Values x(20), y(20);
  std::iota(x.begin(), x.end(), 0.0);
  y = x;
  std::reverse(y.begin(), y.begin() + 9);  // 36 of 190 pairs, and two more.
  std::swap(y[18], y[19]);
  std::swap(y[16], y[17]);
  const Interval tau = kendall(x, y);
  EXPECT_NEAR(tau.value, 1 - 2 * 38 / 190.0, 1e-12);
  EXPECT_NEAR(tau.low, std::tanh(std::log(2.0) - 1.96 * std::sqrt(0.437 / 16)), 1e-4);
  EXPECT_NEAR(tau.high, std::tanh(std::log(2.0) + 1.96 * std::sqrt(0.437 / 16)), 1e-4);
  const Interval full = kendall(x, x);
  EXPECT_NEAR(full.high, 1, 1e-12);
  EXPECT_GT(full.low, 0.9);
  EXPECT_LT(full.low, 1) << "twenty items prove no perfect order";
}

TEST(Statistics, KendallIntervalHoldsTheTruth) {
  // y = x + noise of the same distribution: P(concordant) of normals with correlation sqrt(1/2)
  // gives tau = 2 / pi asin(sqrt(1/2)) = 1/2.
  int held = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const auto normal = [&](std::uint64_t stream) {
      Values parts(20);
      for (std::size_t i = 0; i < 20; ++i) {
        const Values twelve = uniform_values(Rng(seed).fork(stream * 100 + i).next(), 12);
        parts[i] = std::accumulate(twelve.begin(), twelve.end(), -6.0);
      }
      return parts;
    };
    const Values x = normal(1), noise = normal(2);
    Values y(20);
    for (std::size_t i = 0; i < 20; ++i) y[i] = x[i] + noise[i];
    const Interval tau = kendall(x, y);
    held += tau.low <= 0.5 && 0.5 <= tau.high ? 1 : 0;
  }
  EXPECT_GE(held, 0.92 * 400);
}

TEST(Regret, IsNothingForWhoKnows) {
  const Values labels = uniform_values(5, 1000);
  const Regret known = regret(labels, labels, 1);
  EXPECT_EQ(known.mean, 0);
  EXPECT_EQ(known.found, 1);
}

TEST(Regret, OfABlindChoiceIsThatOfOrderStatistics) {
  // Of labels 0 ... 1999 the least of m drawn is 2001 / (m + 1) - 1 on average.
  Values labels(2000);
  std::iota(labels.begin(), labels.end(), 0.0);
  const Regret blind = regret(uniform_values(6, 2000), labels, 2, 10, 200, 4000);
  const double expected = 2001.0 / 11 - 2001.0 / 201;
  EXPECT_NEAR(blind.mean, expected, 5 * blind.standard_error + 20);
  EXPECT_NEAR(blind.chance, expected, 5 * blind.standard_error);
  EXPECT_NEAR(blind.found, 10.0 / 200, 0.02);
}

TEST(Regret, GrowsWithWhatThePredictorErrsBy) {
  const Values labels = uniform_values(7, 1500), noise = uniform_values(8, 1500);
  double before = 0;
  for (const double share : {0.1, 0.5, 2.0}) {
    Values costs;
    for (std::size_t i = 0; i < labels.size(); ++i) costs.push_back(labels[i] + share * noise[i]);
    const Regret present = regret(costs, labels, 3);
    EXPECT_GT(present.mean, before);
    EXPECT_LT(present.mean, present.chance);
    before = present.mean;
  }
}

TEST(Regret, TakesAllWhereTheyAreFew) {
  const Regret few = regret(Values{3, 2, 1}, Values{1, 2, 3}, 1, 1, 200);
  EXPECT_EQ(few.mean, 2);
  EXPECT_EQ(few.found, 0);
  EXPECT_TRUE(std::isnan(regret(Values{}, Values{}, 1).mean));
}

}  // namespace
}  // namespace ptah::learning
