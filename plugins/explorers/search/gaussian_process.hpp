/// Regression by a Gaussian process over finger assignments.
///
/// C. E. Rasmussen, C. K. I. Williams: Gaussian Processes for Machine Learning (2006), algorithm
/// 2.1, with a Matern 5/2 kernel of the distance of one-hot vectors, to which orderly counts add
/// how far apart they are. Length and noise are those of a small grid that make the data likeliest.
#pragma once

#include <Eigen/Dense>
#include <vector>

#include "strategy.hpp"

namespace ptah::search {

class GaussianProcess {
 public:
  /// At least one point. `choices`: allowed counts.
  void fit(std::vector<Counts> points, const std::vector<double>& values, int choices);
  struct Belief {
    double mean = 0, deviation = 1;
  };
  Belief at(const Counts& counts) const;

 private:
  double kernel(const Counts& a, const Counts& b, double length) const;

  std::vector<Counts> points_;
  int choices_ = 2;
  double length_ = 1, mean_ = 0, scale_ = 1;
  Eigen::LLT<Eigen::MatrixXd> factor_;
  Eigen::VectorXd weights_;
};

/// What a point with this belief is expected to win over `best`, less being better.
double expected_improvement(const GaussianProcess::Belief& belief, double best);
/// Of the standard normal distribution.
double normal_below(double x);

}  // namespace ptah::search
