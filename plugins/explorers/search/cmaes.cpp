#include "cmaes.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace ptah::search {
namespace {

constexpr int kMostPopulation = 256;

std::vector<double> list(const Eigen::VectorXd& vector) {
  return {vector.data(), vector.data() + vector.size()};
}

Eigen::VectorXd vector(const std::vector<double>& list) {
  return Eigen::Map<const Eigen::VectorXd>(list.data(), static_cast<Eigen::Index>(list.size()));
}

int default_population(int dimensions) {
  return 4 + static_cast<int>(3 * std::log(std::max(1, dimensions)));
}

}  // namespace

double normal(Rng& rng) {
  for (;;) {
    const double u = 2 * rng.uniform() - 1, v = 2 * rng.uniform() - 1;
    const double s = u * u + v * v;
    if (s > 0 && s < 1) return u * std::sqrt(-2 * std::log(s) / s);
  }
}

Cmaes::Cmaes(std::vector<double> mean, double sigma, double least)
    : mean_(vector(mean)), sigma_(sigma), first_sigma_(sigma), least_(least), best_(mean_) {
  begin(default_population(dimensions()));
}

void Cmaes::begin(int population) {
  const auto n = mean_.size();
  population_ = population;
  generation_ = 0;
  sigma_ = first_sigma_;
  path_c_ = path_sigma_ = Eigen::VectorXd::Zero(n);
  scale_ = Eigen::VectorXd::Ones(n);
  covariance_ = basis_ = Eigen::MatrixXd::Identity(n, n);
  asked_.clear();
  told_.clear();
}

std::vector<double> Cmaes::ask(Rng& rng) {
  Eigen::VectorXd z(mean_.size());
  for (double& value : z) value = normal(rng);
  asked_.push_back(mean_ + sigma_ * (basis_ * (scale_.asDiagonal() * z)));
  return list(asked_.back());
}

void Cmaes::tell(double cost) {
  told_.push_back(cost);
  if (std::isfinite(cost) && (!has_best_ || cost < best_cost_)) {
    has_best_ = true;
    best_cost_ = cost;
    best_ = asked_.back();
  }
  if (static_cast<int>(told_.size()) == population_) update();
}

void Cmaes::update() {
  const auto n = static_cast<double>(mean_.size());
  std::vector<std::size_t> order(asked_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return told_[a] < told_[b]; });
  const std::size_t parents = std::max<std::size_t>(1, asked_.size() / 2);
  std::vector<double> weights(parents);
  for (std::size_t i = 0; i < parents; ++i)
    weights[i] = std::log((static_cast<double>(asked_.size()) + 1) / 2) -
                 std::log(static_cast<double>(i) + 1);
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  double squares = 0;
  for (double& weight : weights) {
    weight /= sum;
    squares += weight * weight;
  }
  const double effective = 1 / squares;
  const double c_sigma = (effective + 2) / (n + effective + 5);
  const double damping = 1 + 2 * std::max(0.0, std::sqrt((effective - 1) / (n + 1)) - 1) + c_sigma;
  const double c_c = (4 + effective / n) / (n + 4 + 2 * effective / n);
  const double c_1 = 2 / ((n + 1.3) * (n + 1.3) + effective);
  const double c_mu =
      std::min(1 - c_1, 2 * (effective - 2 + 1 / effective) / ((n + 2) * (n + 2) + effective));
  const double expected = std::sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));

  const Eigen::VectorXd before = mean_;
  Eigen::VectorXd step = Eigen::VectorXd::Zero(mean_.size());
  Eigen::MatrixXd rank_mu = Eigen::MatrixXd::Zero(mean_.size(), mean_.size());
  for (std::size_t i = 0; i < parents; ++i) {
    const Eigen::VectorXd y = (asked_[order[i]] - before) / sigma_;
    step += weights[i] * y;
    rank_mu += weights[i] * y * y.transpose();
  }
  mean_ += sigma_ * step;
  ++generation_;
  const Eigen::VectorXd whitened =
      basis_ * (scale_.cwiseInverse().asDiagonal() * (basis_.transpose() * step));
  path_sigma_ =
      (1 - c_sigma) * path_sigma_ + std::sqrt(c_sigma * (2 - c_sigma) * effective) * whitened;
  const double length = path_sigma_.norm();
  const bool steady = length / std::sqrt(1 - std::pow(1 - c_sigma, 2 * generation_)) <
                      (1.4 + 2 / (n + 1)) * expected;
  path_c_ = (1 - c_c) * path_c_;
  if (steady) path_c_ += std::sqrt(c_c * (2 - c_c) * effective) * step;
  covariance_ =
      (1 - c_1 - c_mu) * covariance_ +
      c_1 * (path_c_ * path_c_.transpose() + (steady ? 0 : c_c * (2 - c_c)) * covariance_) +
      c_mu * rank_mu;
  sigma_ *= std::exp(std::min(1.0, c_sigma / damping * (length / expected - 1)));
  asked_.clear();
  told_.clear();

  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(covariance_);
  basis_ = solver.eigenvectors();
  scale_ = solver.eigenvalues().cwiseMax(1e-20).cwiseSqrt();
  if (!mean_.allFinite() || !(sigma_ * scale_.maxCoeff() > least_)) {
    mean_ = best_;
    begin(std::min(2 * population_, kMostPopulation));
  }
}

Json Cmaes::state() const {
  Json asked = Json::array();
  for (const auto& point : asked_) asked.push_back(list(point));
  Json told = Json::array();  // JSON has no infinity.
  for (const double cost : told_) told.push_back(std::isfinite(cost) ? Json(cost) : Json());
  return {{"mean", list(mean_)},
          {"path_c", list(path_c_)},
          {"path_sigma", list(path_sigma_)},
          {"scale", list(scale_)},
          {"covariance", list(covariance_.reshaped())},
          {"basis", list(basis_.reshaped())},
          {"sigma", sigma_},
          {"first_sigma", first_sigma_},
          {"least", least_},
          {"population", population_},
          {"generation", generation_},
          {"asked", std::move(asked)},
          {"told", std::move(told)},
          {"best", list(best_)},
          {"best_cost", has_best_ ? Json(best_cost_) : Json()}};
}

Status Cmaes::restore(const Json& state) {
  const auto read = [&](const char* name) {
    return vector(state.at(name).get<std::vector<double>>());
  };
  mean_ = read("mean");
  path_c_ = read("path_c");
  path_sigma_ = read("path_sigma");
  scale_ = read("scale");
  best_ = read("best");
  const auto n = mean_.size();
  const Eigen::VectorXd covariance = read("covariance"), basis = read("basis");
  if (path_c_.size() != n || path_sigma_.size() != n || scale_.size() != n || best_.size() != n ||
      covariance.size() != n * n || basis.size() != n * n)
    return make_error(ErrorCode::kParse, "Its sizes do not fit.", "checkpoint");
  covariance_ = covariance.reshaped(n, n);
  basis_ = basis.reshaped(n, n);
  sigma_ = state.at("sigma");
  first_sigma_ = state.at("first_sigma");
  least_ = state.at("least");
  population_ = state.at("population");
  generation_ = state.at("generation");
  asked_.clear();
  for (const Json& point : state.at("asked"))
    asked_.push_back(vector(point.get<std::vector<double>>()));
  told_.clear();
  for (const Json& cost : state.at("told"))
    told_.push_back(cost.is_null() ? std::numeric_limits<double>::infinity() : cost.get<double>());
  has_best_ = !state.at("best_cost").is_null();
  if (has_best_) best_cost_ = state["best_cost"];
  return ok();
}

}  // namespace ptah::search
