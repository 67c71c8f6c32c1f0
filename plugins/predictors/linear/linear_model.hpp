/// A model that is linear in what a placement's nets measure: Bayesian linear regression with one
/// prior variance for all weights (Bishop, "Pattern Recognition and Machine Learning", 3.3). The
/// plain thing that a network has to beat.
#pragma once

#include <Eigen/Dense>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/stages/stages.hpp"

namespace ptah::linear {

/// What a placement is like: the half-perimeter of every net's pins and the width and height of the
/// whole, in um.
std::vector<std::string> feature_names(const Circuit& circuit);
Eigen::VectorXd features(const Circuit& circuit, const Tiles& tiles, const Placement& placement);

/// Sums over examples, from which all else follows. The order of `add` decides the last bits.
struct Moments {
  std::int64_t count = 0;
  Eigen::MatrixXd xx;  ///< Of features with a 1 before them.
  Eigen::VectorXd xy;
  double yy = 0;

  explicit Moments(Eigen::Index features = 0)
      : xx(Eigen::MatrixXd::Zero(features + 1, features + 1)),
        xy(Eigen::VectorXd::Zero(features + 1)) {}
  void add(const Eigen::VectorXd& x, double y);
  void add(const Moments& other);
};

struct Model {
  std::vector<std::string> features;
  Eigen::VectorXd mean, scale;  ///< Of the features; a scale is not 0.
  double offset = 0;
  Eigen::VectorXd weights;     ///< Of features less their mean, by their scale.
  Eigen::MatrixXd covariance;  ///< Of the weights, in units of the noise's variance.
  double noise = 0;            ///< Standard deviation of a label around the line.

  Prediction predict(const Eigen::VectorXd& x) const;
};

/// The weights that are most likely with prior variance noise^2 / `ridge`.
Model fit(const Moments& moments, std::vector<std::string> names, double ridge);
/// Mean squared error of `model` on the examples of `moments`.
double mean_squared_error(const Model& model, const Moments& moments);

std::string to_text(const Model& model);
/// Fails on what is no such model, or is too large.
Result<Model> from_text(std::string_view text);

}  // namespace ptah::linear
