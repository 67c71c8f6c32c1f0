/// The covariance matrix adaptation evolution strategy, asked and told one point at a time.
///
/// N. Hansen: The CMA Evolution Strategy: A Tutorial, arXiv:1604.00772, with its default parameters
/// (table 1, without negative weights), and restarts with a doubled population (A. Auger, N.
/// Hansen, CEC 2005) when the step has become too small to matter. Not thread-safe; the same draws,
/// the same points on every machine with the same Eigen.
#pragma once

#include <Eigen/Dense>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/core/json.hpp"
#include "ptah/core/random.hpp"

namespace ptah::search {

class Cmaes {
 public:
  Cmaes() = default;
  /// Around `mean`, with steps of `sigma` in each coordinate at first. A step below `least` is a
  /// restart around the best so far.
  Cmaes(std::vector<double> mean, double sigma, double least);

  std::vector<double> ask(Rng& rng);
  /// What the point asked last costs; infinite: it is no good. Called once after each `ask`.
  void tell(double cost);

  int dimensions() const noexcept { return static_cast<int>(mean_.size()); }
  double best_cost() const noexcept { return best_cost_; }
  double sigma() const noexcept { return sigma_; }

  Json state() const;
  Status restore(const Json& state);

 private:
  void begin(int population);
  void update();

  Eigen::VectorXd mean_, path_c_, path_sigma_, scale_;
  Eigen::MatrixXd covariance_, basis_;
  double sigma_ = 1, first_sigma_ = 1, least_ = 0;
  int population_ = 0, generation_ = 0;
  std::vector<Eigen::VectorXd> asked_;
  std::vector<double> told_;
  Eigen::VectorXd best_;
  double best_cost_ = 0;
  bool has_best_ = false;
};

/// Standard normal by the polar method (Marsaglia), from our own generator.
double normal(Rng& rng);

}  // namespace ptah::search
