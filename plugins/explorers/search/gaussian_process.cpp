#include "gaussian_process.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <numbers>

namespace ptah::search {
namespace {

constexpr std::array<double, 5> kLengths{0.5, 1, 2, 4, 8};
constexpr std::array<double, 3> kNoises{1e-4, 1e-2, 1e-1};

}  // namespace

double GaussianProcess::kernel(const Counts& a, const Counts& b, double length) const {
  // Half for being another count, half by how far the counts are apart.
  double square = 0;
  const double widest = std::max(1, choices_ - 1);
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double apart = std::abs(a[i] - b[i]) / widest;
    if (a[i] != b[i]) square += 0.5 + 0.5 * apart * apart;
  }
  const double r = std::sqrt(5 * square) / length;
  return (1 + r + r * r / 3) * std::exp(-r);
}

void GaussianProcess::fit(std::vector<Counts> points, const std::vector<double>& values,
                          int choices) {
  points_ = std::move(points);
  choices_ = choices;
  const auto n = static_cast<Eigen::Index>(points_.size());
  Eigen::VectorXd y = Eigen::Map<const Eigen::VectorXd>(values.data(), n);
  mean_ = y.mean();
  y.array() -= mean_;
  scale_ = std::max(1e-12, std::sqrt(y.squaredNorm() / static_cast<double>(n)));
  y /= scale_;
  double likeliest = -std::numeric_limits<double>::infinity();
  for (const double length : kLengths) {
    Eigen::MatrixXd plain(n, n);
    for (Eigen::Index i = 0; i < n; ++i) {
      for (Eigen::Index j = 0; j <= i; ++j) {
        plain(i, j) = plain(j, i) = kernel(points_[static_cast<std::size_t>(i)],
                                           points_[static_cast<std::size_t>(j)], length);
      }
    }
    for (const double noise : kNoises) {
      Eigen::MatrixXd covariance = plain;
      covariance.diagonal().array() += noise;
      Eigen::LLT<Eigen::MatrixXd> factor(covariance);
      if (factor.info() != Eigen::Success) continue;
      const Eigen::VectorXd weights = factor.solve(y);
      const Eigen::MatrixXd lower = factor.matrixL();
      const double likelihood = -0.5 * y.dot(weights) - lower.diagonal().array().log().sum();
      if (likelihood <= likeliest) continue;
      likeliest = likelihood;
      length_ = length;
      factor_ = std::move(factor);
      weights_ = weights;
    }
  }
}

GaussianProcess::Belief GaussianProcess::at(const Counts& counts) const {
  const auto n = static_cast<Eigen::Index>(points_.size());
  Eigen::VectorXd k(n);
  for (Eigen::Index i = 0; i < n; ++i)
    k(i) = kernel(counts, points_[static_cast<std::size_t>(i)], length_);
  const Eigen::VectorXd v = factor_.matrixL().solve(k);
  return {mean_ + scale_ * k.dot(weights_),
          scale_ * std::sqrt(std::max(1e-12, 1 - v.squaredNorm()))};
}

double normal_below(double x) {
  return 0.5 * std::erfc(-x / std::numbers::sqrt2);
}

double expected_improvement(const GaussianProcess::Belief& belief, double best) {
  const double gain = best - belief.mean;
  const double z = gain / belief.deviation;
  const double density = std::exp(-0.5 * z * z) / std::sqrt(2 * std::numbers::pi);
  return gain * normal_below(z) + belief.deviation * density;
}

}  // namespace ptah::search
