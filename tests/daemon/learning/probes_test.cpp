#include "learning/probes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "ptah/core/random.hpp"

namespace ptah::learning {
namespace {

Rows rows(std::size_t begin, std::size_t end) {
  Rows made(end - begin);
  std::iota(made.begin(), made.end(), begin);
  return made;
}

Classes part(const Classes& classes, const Rows& of) {
  Classes taken;
  for (const std::size_t row : of) taken.push_back(classes[row]);
  return taken;
}

Matrix points(std::uint64_t seed, Eigen::Index count, Eigen::Index features) {
  Rng rng(seed);
  Matrix x(count, features);
  for (Eigen::Index i = 0; i < count; ++i) {
    for (Eigen::Index j = 0; j < features; ++j) x(i, j) = rng.uniform();
  }
  return x;
}

/// Two features decide together, neither alone: no line tells the classes apart.
Classes crossed(const Matrix& x) {
  Classes classes;
  for (Eigen::Index i = 0; i < x.rows(); ++i)
    classes.push_back((x(i, 3) > 0.5) != (x(i, 7) > 0.5) ? 1 : 0);
  return classes;
}

TEST(Trees, AStumpTakesNewtonsStep) {
  Matrix x(4, 1);
  x << 0, 1, 2, 3;
  TreeParams params;
  params.depth = 1;
  params.rounds = 1;
  params.shrinkage = 1;
  params.ridge = 0;
  params.least_hessian = 0;
  params.row_share = params.feature_share = 1;
  const Trees stump = Trees::fit(x, Classes{0, 0, 1, 1}, rows(0, 4), {}, params, 1);
  // Even odds: two gradients of 1/2 over two curvatures of 1/4.
  const double high = 1 / (1 + std::exp(-2.0));
  const auto found = stump.predict(x, rows(0, 4));
  EXPECT_NEAR(found[0], 1 - high, 1e-12);
  EXPECT_NEAR(found[1], 1 - high, 1e-12);
  EXPECT_NEAR(found[2], high, 1e-12);
  EXPECT_NEAR(found[3], high, 1e-12);
}

TEST(Trees, FindWhatTwoFeaturesDecideTogether) {
  const Matrix x = points(1, 3000, 20);
  const Classes classes = crossed(x);
  const Rows test = rows(2000, 3000);
  const Trees trees = Trees::fit(x, classes, rows(0, 1600), rows(1600, 2000), {}, 1);
  EXPECT_GT(auroc(trees.predict(x, test), part(classes, test)), 0.97);
  EXPECT_LT(auroc(Logistic::fit(x, classes, rows(0, 2000)).predict(x, test), part(classes, test)),
            0.6)
      << "a line cannot";
}

TEST(Trees, FindNothingInShuffledLabels) {
  const Matrix x = points(2, 3000, 20);
  double sum = 0;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    Classes classes = crossed(x);
    Rng rng(seed);
    rng.shuffle(std::span(classes));
    TreeParams params;
    params.rounds = 50;
    const Rows test = rows(2000, 3000);
    const Trees trees = Trees::fit(x, classes, rows(0, 2000), {}, params, seed);
    sum += auroc(trees.predict(x, test), part(classes, test));
  }
  EXPECT_NEAR(sum / 5, 0.5, 0.03);
}

TEST(Trees, AreTheSameForTheSameSeed) {
  const Matrix x = points(3, 600, 10);
  const Classes classes = crossed(x);
  const auto fit = [&](std::uint64_t seed) {
    return Trees::fit(x, classes, rows(0, 400), rows(400, 600), {}, seed).predict(x, rows(0, 600));
  };
  EXPECT_EQ(fit(1), fit(1));
  EXPECT_NE(fit(1), fit(2));
}

TEST(Trees, SeeTheOrderOfAFeatureAlone) {
  const Matrix x = points(4, 800, 10);
  const Classes classes = crossed(x);
  const Matrix other = (4.0 * x.array()).exp().matrix();
  const Rows train = rows(0, 800);
  const Trees a = Trees::fit(x, classes, train, {}, {}, 5);
  const Trees b = Trees::fit(other, classes, train, {}, {}, 5);
  EXPECT_EQ(a.predict(x, train), b.predict(other, train));
}

TEST(Trees, StopWhereTheyNoLongerLearn) {
  const Matrix x = points(5, 400, 10);
  Rng rng(6);
  Classes noise;
  for (int i = 0; i < 400; ++i) noise.push_back(rng.uniform() < 0.5 ? 1 : 0);
  EXPECT_LT(Trees::fit(x, noise, rows(0, 200), rows(200, 400), {}, 1).size(), 60u);
}

TEST(Trees, AnswerWithThePriorWhereThereIsNothingToLearn) {
  const Matrix flat = Matrix::Zero(40, 3);
  Classes classes(40, 0);
  std::fill(classes.begin(), classes.begin() + 10, 1);
  for (const double p :
       Trees::fit(flat, classes, rows(0, 40), {}, {}, 1).predict(flat, rows(0, 40)))
    EXPECT_NEAR(p, 0.25, 0.05);
  const Classes one(40, 0);
  for (const double p : Trees::fit(flat, one, rows(0, 40), {}, {}, 1).predict(flat, rows(0, 40)))
    EXPECT_LT(p, 0.05);
}

TEST(Trees, HaveEnoughBinsForFewValues) {
  // Classes alternate by whole numbers: each needs a bin of its own, and a tree deep enough.
  Matrix x(240, 1);
  Classes classes;
  for (Eigen::Index i = 0; i < 240; ++i) {
    x(i, 0) = static_cast<double>(i % 8);
    classes.push_back(i % 2 == 0 ? 1 : 0);
  }
  TreeParams params;
  params.row_share = params.feature_share = 1;
  const auto found = Trees::fit(x, classes, rows(0, 240), {}, params, 1).predict(x, rows(0, 240));
  EXPECT_EQ(confusion(found, classes, 0.5).accuracy(), 1);
}

TEST(Logistic, FindsTheSharesOfTwoGroups) {
  Matrix x(20, 1);
  Classes classes(20, 0);
  for (Eigen::Index i = 0; i < 20; ++i) x(i, 0) = i < 10 ? 5 : 9;
  std::fill(classes.begin(), classes.begin() + 3, 1);
  std::fill(classes.begin() + 10, classes.begin() + 18, 1);
  const auto found = Logistic::fit(x, classes, rows(0, 20), 1e-9).predict(x, rows(0, 20));
  EXPECT_NEAR(found.front(), 0.3, 1e-4);
  EXPECT_NEAR(found.back(), 0.8, 1e-4);
}

TEST(Logistic, FindsAPlantedLine) {
  const Matrix x = 100.0 * points(7, 4000, 6);
  Rng rng(8);
  Classes classes;
  std::vector<double> truth;
  for (Eigen::Index i = 0; i < x.rows(); ++i) {
    truth.push_back(1 / (1 + std::exp(-(0.05 * x(i, 0) - 0.03 * x(i, 4) - 1))));
    classes.push_back(rng.uniform() < truth.back() ? 1 : 0);
  }
  const auto found = Logistic::fit(x, classes, rows(0, 4000)).predict(x, rows(0, 4000));
  double squares = 0;
  for (std::size_t i = 0; i < found.size(); ++i) squares += std::pow(found[i] - truth[i], 2);
  EXPECT_LT(std::sqrt(squares / 4000), 0.03);
}

TEST(Logistic, StaysFiniteWithSeparableClassesAndConstants) {
  Matrix x(10, 2);
  Classes classes;
  for (Eigen::Index i = 0; i < 10; ++i) {
    x(i, 0) = static_cast<double>(i);
    x(i, 1) = 3;
    classes.push_back(i < 5 ? 0 : 1);
  }
  for (const double p : Logistic::fit(x, classes, rows(0, 10)).predict(x, rows(0, 10)))
    EXPECT_TRUE(p > 0 && p < 1) << p;
  for (const double p : Logistic::fit(x, Classes(10, 1), rows(0, 10)).predict(x, rows(0, 10)))
    EXPECT_GT(p, 0.9);
}

TEST(Neighbours, AreTheNearest) {
  const Matrix x = points(9, 700, 6);
  const Classes classes = [&] {
    Classes made;
    for (Eigen::Index i = 0; i < x.rows(); ++i) made.push_back(x(i, 0) + x(i, 1) > 1 ? 1 : 0);
    return made;
  }();
  const Rows train = rows(0, 400), test = rows(400, 700);
  const auto found = nearest_neighbours(x, classes, train, test, 7);
  ASSERT_TRUE(found);
  for (std::size_t i = 0; i < test.size(); ++i) {
    std::vector<std::pair<double, std::size_t>> all;
    for (const std::size_t j : train)
      all.emplace_back(
          (x.row(static_cast<Eigen::Index>(j)) - x.row(static_cast<Eigen::Index>(test[i])))
              .squaredNorm(),
          j);
    std::sort(all.begin(), all.end());
    double positive = 0;
    for (std::size_t j = 0; j < 7; ++j) positive += classes[all[j].second];
    EXPECT_DOUBLE_EQ((*found)[i], positive / 7);
  }
}

TEST(Neighbours, KnowThemselvesAndStopWhenTold) {
  const Matrix x = points(10, 50, 4);
  Classes classes(50, 0);
  classes[7] = classes[20] = 1;
  const auto found = nearest_neighbours(x, classes, rows(0, 50), rows(0, 50), 1);
  ASSERT_TRUE(found);
  for (std::size_t i = 0; i < 50; ++i) EXPECT_EQ((*found)[i], classes[i]);
  EXPECT_FALSE(nearest_neighbours(x, classes, rows(0, 50), rows(0, 50), 1, [] { return true; }));
}

}  // namespace
}  // namespace ptah::learning
