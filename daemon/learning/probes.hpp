/// Plain classifiers that say what a label owes to what: to wire length alone, to neighbours, to
/// where devices stand. Rows of `x` are layouts; `classes` has a value for each of them.
#pragma once

#include <optional>

#include "metrics/classification.hpp"
#include "trees/trees.hpp"

namespace ptah::learning {

/// Logistic regression on standardised features: Newton's steps (iteratively reweighted least
/// squares; Hastie, Tibshirani & Friedman, "The Elements of Statistical Learning", 4.4.1), with
/// `ridge` on the weights and none on the offset.
class Logistic {
 public:
  static Logistic fit(const Matrix& x, std::span<const std::uint8_t> classes, const Rows& train,
                      double ridge = 1.0);
  std::vector<double> predict(const Matrix& x, const Rows& rows) const;

 private:
  Eigen::VectorXd mean_, inverse_;  ///< Of the training rows: mean, 1 / deviation.
  Eigen::VectorXd weights_;         ///< The offset first.
};

/// Share of class 1 among the `neighbours` nearest training rows, by Euclidean distance of features
/// as they are; of equal distances the first rows. Nothing where `stop` said so.
std::optional<std::vector<double>> nearest_neighbours(const Matrix& x,
                                                      std::span<const std::uint8_t> classes,
                                                      const Rows& train, const Rows& rows,
                                                      int neighbours, const Stop& stop = {});

}  // namespace ptah::learning
