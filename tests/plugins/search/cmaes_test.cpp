#include "cmaes.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace ptah::search {
namespace {

/// A bowl a thousand times steeper one way than another, turned, with its bottom at `bottom`.
double bowl(const std::vector<double>& x, double bottom) {
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double next = x[(i + 1) % x.size()];
    const double along = (x[i] - bottom) + 0.5 * (next - bottom);
    sum += std::pow(1000.0, static_cast<double>(i) / static_cast<double>(x.size() - 1)) * along *
           along;
  }
  return sum;
}

TEST(Cmaes, FindsTheBottomOfASkewedBowl) {
  Cmaes search(std::vector<double>(6, 0.0), 1, 1e-9);
  Rng rng(3);
  int asked = 0;
  while (search.best_cost() > 1e-6 || asked == 0) {
    const auto x = search.ask(rng);
    search.tell(bowl(x, 2));
    ASSERT_LT(++asked, 3000) << search.best_cost();
  }
}

TEST(Cmaes, GoesOnFromItsStateAtAnyMoment) {
  Cmaes whole(std::vector<double>(4, 0.0), 1, 0.05);
  std::vector<std::vector<double>> points;
  std::vector<Json> states;
  for (int i = 0; i < 120; ++i) {
    states.push_back(Json::parse(whole.state().dump()));
    Rng rng = Rng(5).fork(static_cast<std::uint64_t>(i));
    points.push_back(whole.ask(rng));
    whole.tell(i % 7 == 0 ? std::numeric_limits<double>::infinity() : bowl(points.back(), 1));
  }
  for (std::size_t start = 0; start < states.size(); start += 13) {
    Cmaes rest;
    ASSERT_TRUE(rest.restore(states[start]));
    for (std::size_t i = start; i < points.size(); ++i) {
      Rng rng = Rng(5).fork(i);
      ASSERT_EQ(rest.ask(rng), points[i]) << start << " to " << i;
      rest.tell(i % 7 == 0 ? std::numeric_limits<double>::infinity() : bowl(points[i], 1));
    }
  }
}

TEST(Cmaes, StartsAnewWhereNothingChanges) {
  Cmaes search(std::vector<double>(3, 0.0), 1, 0.5);
  Rng rng(1);
  double most = 0, least = 1e9;
  for (int i = 0; i < 2000; ++i) {
    search.ask(rng);
    search.tell(std::abs(normal(rng)));  // Only noise: the step neither shrinks away nor explodes.
    most = std::max(most, search.sigma());
    least = std::min(least, search.sigma());
  }
  EXPECT_LT(most, 1e3);
  EXPECT_GT(least, 1e-3);
  Cmaes hopeless(std::vector<double>(3, 0.0), 1, 0.5);
  for (int i = 0; i < 500; ++i) {
    for (const double value : hopeless.ask(rng)) ASSERT_TRUE(std::isfinite(value));
    hopeless.tell(std::numeric_limits<double>::infinity());
  }
}

TEST(Cmaes, DamagedStatesAreRefused) {
  Cmaes search(std::vector<double>(3, 0.0), 1, 0.5);
  Json state = search.state();
  state["basis"] = {1.0, 2.0};
  EXPECT_FALSE(search.restore(state));
}

TEST(Normal, HasMeanZeroAndVarianceOne) {
  Rng rng(9);
  double sum = 0, squares = 0;
  constexpr int kDraws = 40'000;
  for (int i = 0; i < kDraws; ++i) {
    const double x = normal(rng);
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / kDraws, 0, 0.02);
  EXPECT_NEAR(squares / kDraws, 1, 0.03);
}

}  // namespace
}  // namespace ptah::search
