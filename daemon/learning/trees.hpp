/// Gradient-boosted trees for two classes: the strong cheap learner that a network has to beat.
/// Second-order boosting of the log loss (Chen & Guestrin, XGBoost, KDD 2016, equations 5 and 7),
/// over histograms of 32 to 255 quantile bins a feature, the larger child's by subtraction (Ke et
/// al., LightGBM, NeurIPS 2017). Trees grow level by level. One thread; the same input, parameters
/// and seed give the same trees.
#pragma once

#include <Eigen/Dense>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "metrics/classification.hpp"

namespace ptah::learning {

/// A row a layout.
using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
/// Rows of a matrix.
using Rows = std::vector<std::size_t>;

/// Asked between the steps of a fit; true: stop, and give back what there is.
using Stop = std::function<bool()>;

struct TreeParams {
  int depth = 6;               ///< Splits from root to leaf.
  int rounds = 600;            ///< Trees at most.
  int patience = 40;           ///< Ends so many trees after the least validation loss.
  double shrinkage = 0.05;     ///< Of each tree's step.
  double ridge = 1.0;          ///< On a leaf's value (lambda).
  double least_hessian = 1.0;  ///< In a leaf: about four layouts of even odds.
  double row_share = 0.8;      ///< Of the rows that a tree sees, drawn without replacement.
  double feature_share = 1.0;  ///< Of the features that a tree may split by.
};

class Trees {
 public:
  /// Fits rows `train`, and keeps the trees up to the least log loss of rows `validation`; where
  /// that is empty, all. `classes` has a value for each row of `x`.
  static Trees fit(const Matrix& x, std::span<const std::uint8_t> classes, const Rows& train,
                   const Rows& validation, const TreeParams& params, std::uint64_t seed,
                   const Stop& stop = {});

  /// Probability of class 1, one for each of `rows`.
  std::vector<double> predict(const Matrix& x, const Rows& rows) const;
  std::size_t size() const noexcept { return trees_.size(); }

 private:
  struct Node {
    int feature = -1;  ///< -1: a leaf.
    double cut = 0;    ///< Right above it.
    int left = 0;      ///< Right is the next.
    double value = 0;  ///< Of a leaf, shrunk; in log odds.
  };
  using Tree = std::vector<Node>;
  friend class TreeGrower;

  static double value(const Tree& tree, const double* row) noexcept;

  double prior_ = 0;  ///< Log odds of the training rows.
  std::vector<Tree> trees_;
};

}  // namespace ptah::learning
