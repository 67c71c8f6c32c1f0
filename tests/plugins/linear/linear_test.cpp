#include <gmock/gmock.h>

#include <cmath>

#include "linear_model.hpp"
#include "ptah/core/random.hpp"

namespace ptah::linear {
namespace {

using ::testing::HasSubstr;

double uniform(Rng& rng) {
  return static_cast<double>(rng.below(1'000'001)) / 1e6;
}

Eigen::VectorXd point(Rng& rng, Eigen::Index size) {
  Eigen::VectorXd x(size);
  for (Eigen::Index i = 0; i < size; ++i) x[i] = 10.0 * uniform(rng) + static_cast<double>(i);
  return x;
}

/// About normal, of standard deviation 1.
double noise(Rng& rng) {
  double sum = 0;
  for (int i = 0; i < 12; ++i) sum += uniform(rng);
  return sum - 6;
}

const std::vector<std::string> kNames{"a", "b", "c", "constant"};

Moments line(Rng& rng, int count, double noisy) {
  Moments moments(4);
  for (int i = 0; i < count; ++i) {
    Eigen::VectorXd x = point(rng, 4);
    x[3] = 7;  // Tells nothing, and must not divide by zero.
    moments.add(x, 3.0 + 2.0 * x[0] - 0.5 * x[1] + noisy * noise(rng));
  }
  return moments;
}

TEST(Linear, FindsALineExactly) {
  Rng rng(1);
  const Model model = fit(line(rng, 50, 0), kNames, 1e-9);
  for (int i = 0; i < 20; ++i) {
    Eigen::VectorXd x = point(rng, 4);
    x[3] = 7;
    EXPECT_NEAR(model.predict(x).cost, 3.0 + 2.0 * x[0] - 0.5 * x[1], 1e-6);
  }
  EXPECT_NEAR(model.noise, 0, 1e-4);
}

TEST(Linear, ItsUncertaintyIsWhatItErrsBy) {
  Rng rng(2);
  Model model = fit(line(rng, 400, 0.3), kNames, 1e-3);
  int within = 0;
  constexpr int kCount = 2000;
  for (int i = 0; i < kCount; ++i) {
    Eigen::VectorXd x = point(rng, 4);
    x[3] = 7;
    const Prediction prediction = model.predict(x);
    ASSERT_TRUE(prediction.uncertainty);
    const double truth = 3.0 + 2.0 * x[0] - 0.5 * x[1] + 0.3 * noise(rng);
    within += std::abs(prediction.cost - truth) < *prediction.uncertainty;
  }
  EXPECT_NEAR(within / static_cast<double>(kCount), 0.683, 0.05);
  Eigen::VectorXd far = 100.0 * point(rng, 4);
  EXPECT_GT(*model.predict(far).uncertainty, 2 * model.noise) << "far from what it has seen";
}

TEST(Linear, MeanSquaredErrorIsThatOfItsPredictions) {
  Rng rng(3);
  const Model model = fit(line(rng, 60, 0.5), kNames, 0.1);
  Moments moments(4);
  double squares = 0;
  for (int i = 0; i < 100; ++i) {
    const Eigen::VectorXd x = point(rng, 4);
    const double y = 5 * uniform(rng);
    moments.add(x, y);
    squares += std::pow(model.predict(x).cost - y, 2);
  }
  EXPECT_NEAR(mean_squared_error(model, moments), squares / 100, 1e-6 * squares);
}

TEST(Linear, AStrongRidgePredictsTheMean) {
  Rng rng(4);
  const Moments moments = line(rng, 50, 0.1);
  const Model model = fit(moments, kNames, 1e12);
  EXPECT_NEAR(model.predict(point(rng, 4)).cost, moments.xy[0] / 50, 1e-3);
}

TEST(Linear, TextIsReadBackExactly) {
  Rng rng(5);
  const Model model = fit(line(rng, 50, 0.2), kNames, 0.1);
  const auto read = from_text(to_text(model));
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(to_text(read.value()), to_text(model));
  const Eigen::VectorXd x = point(rng, 4);
  EXPECT_EQ(read.value().predict(x).cost, model.predict(x).cost);
}

TEST(Linear, WhatIsNoModelIsRefused) {
  Rng rng(6);
  const Json good = Json::parse(to_text(fit(line(rng, 50, 0.2), kNames, 0.1)));
  const auto refused = [](const Json& json) {
    const auto read = from_text(json.dump());
    return read ? std::string("read") : read.error().message;
  };
  EXPECT_FALSE(from_text("{"));
  EXPECT_FALSE(from_text(""));
  EXPECT_FALSE(from_text("[]"));
  Json bad = good;
  bad["format"] = "another 1";
  EXPECT_THAT(refused(bad), HasSubstr("format"));
  for (const char* field : {"mean", "scale", "weights", "covariance", "features", "offset"}) {
    bad = good;
    bad.erase(field);
    EXPECT_THAT(refused(bad), HasSubstr(field));
    bad = good;
    bad[field] = "text";
    EXPECT_THAT(refused(bad), HasSubstr(field));
  }
  bad = good;
  bad["scale"][0] = 0;
  EXPECT_THAT(refused(bad), HasSubstr("scale"));
  bad = good;
  bad["covariance"][1] = Json::array({1});
  EXPECT_THAT(refused(bad), HasSubstr("covariance"));
  bad = good;
  bad["noise"] = -1;
  EXPECT_THAT(refused(bad), HasSubstr("noise"));
}

}  // namespace
}  // namespace ptah::linear
