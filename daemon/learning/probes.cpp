#include "learning/probes.hpp"

#include <algorithm>
#include <cmath>

namespace ptah::learning {
namespace {

constexpr int kMostSteps = 50;
constexpr double kSmallStep = 1e-9;

Eigen::MatrixXd rows_of(const Matrix& x, const Rows& rows) {
  Eigen::MatrixXd taken(static_cast<Eigen::Index>(rows.size()), x.cols());
  for (std::size_t i = 0; i < rows.size(); ++i)
    taken.row(static_cast<Eigen::Index>(i)) = x.row(static_cast<Eigen::Index>(rows[i]));
  return taken;
}

}  // namespace

Logistic Logistic::fit(const Matrix& x, std::span<const std::uint8_t> classes, const Rows& train,
                       double ridge) {
  const auto n = static_cast<Eigen::Index>(train.size());
  Logistic model;
  Eigen::MatrixXd z(n, x.cols() + 1);
  z << Eigen::VectorXd::Ones(n), rows_of(x, train);
  auto features = z.rightCols(x.cols());
  model.mean_ = features.colwise().mean().transpose();
  features.rowwise() -= model.mean_.transpose();
  const Eigen::VectorXd deviation =
      (features.colwise().squaredNorm().transpose() / static_cast<double>(n)).cwiseSqrt();
  // A constant tells nothing.
  model.inverse_ = (deviation.array() > 1e-12).select(deviation.cwiseInverse(), 0.0);
  features *= model.inverse_.asDiagonal();

  Eigen::VectorXd y(n);
  for (Eigen::Index i = 0; i < n; ++i) y[i] = classes[train[static_cast<std::size_t>(i)]];
  Eigen::VectorXd penalty = Eigen::VectorXd::Constant(z.cols(), ridge);
  penalty[0] = 1e-6;  // With one class alone the offset would grow without end.
  Eigen::VectorXd& weights = model.weights_;
  weights = Eigen::VectorXd::Zero(z.cols());
  const auto loss = [&](const Eigen::VectorXd& at) {
    const Eigen::VectorXd odds = z * at;
    double sum = 0.5 * at.cwiseAbs2().dot(penalty);
    for (Eigen::Index i = 0; i < n; ++i) sum += softplus(odds[i]) - y[i] * odds[i];
    return sum;
  };
  double present = loss(weights);
  for (int step = 0; step < kMostSteps; ++step) {
    const Eigen::ArrayXd p = 1.0 / (1.0 + (-(z * weights)).array().exp());
    const Eigen::VectorXd slope = z.transpose() * (p.matrix() - y) + penalty.cwiseProduct(weights);
    Eigen::MatrixXd curvature = z.transpose() * (p * (1.0 - p)).matrix().asDiagonal() * z;
    curvature.diagonal() += penalty;
    Eigen::VectorXd move = curvature.ldlt().solve(slope);
    double next = loss(weights - move);
    for (int halving = 0; halving < 30 && !(next <= present); ++halving) {
      move /= 2;
      next = loss(weights - move);
    }
    if (!(next <= present)) break;
    weights -= move;
    const bool done = present - next <= kSmallStep * (1 + std::abs(present));
    present = next;
    if (done) break;
  }
  return model;
}

std::vector<double> Logistic::predict(const Matrix& x, const Rows& rows) const {
  std::vector<double> probabilities;
  probabilities.reserve(rows.size());
  const Eigen::VectorXd slope = inverse_.cwiseProduct(weights_.tail(weights_.size() - 1));
  const double offset = weights_[0] - slope.dot(mean_);
  for (const std::size_t row : rows) {
    const double odds = offset + x.row(static_cast<Eigen::Index>(row)).dot(slope);
    probabilities.push_back(1.0 / (1.0 + std::exp(-odds)));
  }
  return probabilities;
}

std::optional<std::vector<double>> nearest_neighbours(const Matrix& x,
                                                      std::span<const std::uint8_t> classes,
                                                      const Rows& train, const Rows& rows,
                                                      int neighbours, const Stop& stop) {
  constexpr std::size_t kBlock = 64;
  const Eigen::MatrixXd known = rows_of(x, train);
  const Eigen::VectorXd known_squares = known.rowwise().squaredNorm();
  const auto k = static_cast<std::ptrdiff_t>(
      std::min(train.size(), static_cast<std::size_t>(std::max(1, neighbours))));
  std::vector<double> shares;
  std::vector<std::pair<double, std::size_t>> nearest(train.size());
  for (std::size_t begin = 0; begin < rows.size(); begin += kBlock) {
    if (stop && stop()) return std::nullopt;
    const Rows block(
        rows.begin() + static_cast<std::ptrdiff_t>(begin),
        rows.begin() + static_cast<std::ptrdiff_t>(std::min(begin + kBlock, rows.size())));
    // |a - b|^2 less |b|^2, which is the same for all of a row.
    Eigen::MatrixXd distance = -2.0 * known * rows_of(x, block).transpose();
    distance.colwise() += known_squares;
    for (std::size_t i = 0; i < block.size(); ++i) {
      for (std::size_t j = 0; j < train.size(); ++j)
        nearest[j] = {distance(static_cast<Eigen::Index>(j), static_cast<Eigen::Index>(i)), j};
      std::nth_element(nearest.begin(), nearest.begin() + (k - 1), nearest.end());
      double positive = 0;
      for (std::ptrdiff_t j = 0; j < k; ++j)
        positive += classes[train[nearest[static_cast<std::size_t>(j)].second]];
      shares.push_back(positive / static_cast<double>(k));
    }
  }
  return shares;
}

}  // namespace ptah::learning
