/// Gradient-boosted trees for two classes: the strong cheap learner that a network has to beat.
/// Probes of datasets and the predictor `trees` grow them alike.
///
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
#include "ptah/core/error.hpp"

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
  struct Node {
    int feature = -1;  ///< -1: a leaf.
    float cut = 0;     ///< Right above it.
    int left = 0;      ///< Right is the next.
    float value = 0;   ///< Of a leaf, shrunk; in log odds.
  };
  /// The root first; children after their parent.
  using Tree = std::vector<Node>;

  /// Fits rows `train`, and keeps the trees up to the least log loss of rows `validation`; where
  /// that is empty, all. `targets` has a value for each row of `x`: the chance of class 1, from 0
  /// to 1.
  static Trees fit(const Matrix& x, std::span<const double> targets, const Rows& train,
                   const Rows& validation, const TreeParams& params, std::uint64_t seed,
                   const Stop& stop = {});
  /// Of certain classes.
  static Trees fit(const Matrix& x, const Classes& classes, const Rows& train,
                   const Rows& validation, const TreeParams& params, std::uint64_t seed,
                   const Stop& stop = {}) {
    const std::vector<double> targets(classes.begin(), classes.end());
    return fit(x, targets, train, validation, params, seed, stop);
  }
  /// Of trees as `trees()` gives them, from anybody. Fails with kParse where one asks for a feature
  /// that a row of `features` does not have, does not end, or holds what is no number.
  static Result<Trees> of(double prior, std::vector<Tree> trees, std::size_t features);

  /// Probability of class 1, one for each of `rows`.
  std::vector<double> predict(const Matrix& x, const Rows& rows) const;
  /// The logarithm of its odds, of one row.
  double odds(std::span<const double> row) const noexcept;
  std::size_t size() const noexcept { return trees_.size(); }
  double prior() const noexcept { return prior_; }
  const std::vector<Tree>& trees() const noexcept { return trees_; }

 private:
  static double value(const Tree& tree, const double* row) noexcept;

  double prior_ = 0;  ///< Log odds of the training rows.
  std::vector<Tree> trees_;
};

}  // namespace ptah::learning
