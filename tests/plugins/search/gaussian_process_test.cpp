#include "gaussian_process.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace ptah::search {
namespace {

double truth(const Counts& counts) {
  double sum = 0;
  for (std::size_t i = 0; i < counts.size(); ++i)
    sum += (static_cast<double>(i) + 1) * std::abs(counts[i] - 1);
  return sum;
}

TEST(GaussianProcess, KnowsWhatItSawAndDoubtsTheRest) {
  Rng rng(2);
  std::vector<Counts> points;
  std::vector<double> values;
  for (int i = 0; i < 60; ++i) {
    Counts counts(4);
    for (int& count : counts) count = static_cast<int>(rng.below(3));
    points.push_back(counts);
    values.push_back(truth(counts));
  }
  GaussianProcess process;
  process.fit(points, values, 3);
  double squared = 0, spread = 0, mean = 0;
  int unseen = 0;
  for (int i = 0; i < 81; ++i) {
    const Counts counts{i % 3, i / 3 % 3, i / 9 % 3, i / 27};
    mean += truth(counts) / 81;
  }
  for (int i = 0; i < 81; ++i) {
    const Counts counts{i % 3, i / 3 % 3, i / 9 % 3, i / 27};
    const auto belief = process.at(counts);
    const bool seen = std::find(points.begin(), points.end(), counts) != points.end();
    if (seen) {
      EXPECT_NEAR(belief.mean, truth(counts), 0.5);
      continue;
    }
    ++unseen;
    squared += std::pow(belief.mean - truth(counts), 2);
    spread += std::pow(truth(counts) - mean, 2);
    EXPECT_GT(belief.deviation, process.at(points.front()).deviation);
  }
  ASSERT_GT(unseen, 10);
  EXPECT_LT(squared, 0.2 * spread) << "it says four fifths of what others are worth";
}

TEST(GaussianProcess, OnePointAndEqualValuesAreNoTrouble) {
  GaussianProcess one;
  one.fit({{0, 1}}, {5}, 2);
  EXPECT_NEAR(one.at({0, 1}).mean, 5, 1e-9);
  GaussianProcess flat;
  flat.fit({{0, 1}, {1, 1}, {1, 1}}, {2, 2, 2}, 2);
  EXPECT_NEAR(flat.at({0, 0}).mean, 2, 1e-9);
  EXPECT_TRUE(std::isfinite(flat.at({0, 0}).deviation));
}

TEST(ExpectedImprovement, GrowsWithWhatMayBeWonAndIsNeverNegative) {
  EXPECT_NEAR(expected_improvement({0, 1}, 0), 1 / std::sqrt(2 * std::acos(-1.0)), 1e-12);
  EXPECT_GT(expected_improvement({-1, 1}, 0), expected_improvement({0, 1}, 0));
  EXPECT_GT(expected_improvement({1, 2}, 0), expected_improvement({1, 1}, 0));
  EXPECT_GE(expected_improvement({50, 1}, 0), 0);
  EXPECT_NEAR(expected_improvement({-3, 1e-9}, 0), 3, 1e-6) << "where nothing is in doubt";
}

}  // namespace
}  // namespace ptah::search
