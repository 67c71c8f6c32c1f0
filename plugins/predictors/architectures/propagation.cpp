#include "propagation.hpp"

#include <algorithm>
#include <cmath>
#include <span>

namespace ptah::nets {
namespace {

constexpr double kLeast = 0.01, kMost = 12;

/// Softmax in place.
void soften(std::span<double> values) {
  const double most = *std::max_element(values.begin(), values.end());
  double sum = 0;
  for (double& value : values) sum += value = std::exp(value - most);
  for (double& value : values) value /= sum;
}

double bits(double p) {
  return p <= 0 ? 0 : -p * std::log2(p);
}

}  // namespace

Propagation::Propagation(double alpha) : alpha_(alpha) {
  for (Weights& weights : weights_) {
    for (auto& row : weights.edges) row.fill(1);
    for (auto& row : weights.operations) row.fill(1);
  }
}

std::array<double, kVertices> Propagation::edge_chances(const Weights& weights, int from) const {
  std::array<double, kVertices> chances = weights.edges[static_cast<std::size_t>(from)];
  const auto first = static_cast<std::size_t>(from) + 1;
  std::fill_n(chances.begin(), first, 0.0);
  if (first < kVertices) soften(std::span(chances).subspan(first));
  return chances;
}

std::array<Dag, kDags> Propagation::draw(Rng& rng) const {
  std::array<Dag, kDags> dags;
  for (std::size_t g = 0; g < kDags; ++g) {
    std::array<bool, kVertices> selected{true};
    for (int from = 0; from < kVertices; ++from) {
      if (!selected[static_cast<std::size_t>(from)]) continue;
      const auto chances = edge_chances(weights_[g], from);
      for (int to = from + 1; to < kVertices; ++to) {
        if (rng.uniform() >= chances[static_cast<std::size_t>(to)]) continue;
        dags[g].edges.emplace_back(from, to);
        selected[static_cast<std::size_t>(to)] = true;
      }
    }
    for (std::size_t vertex = 1; vertex < kVertices; ++vertex) {
      if (!selected[vertex]) continue;
      auto chances = weights_[g].operations[vertex];
      soften(chances);
      double at = rng.uniform();
      std::size_t operation = 0;
      while (operation + 1 < kOperations && at >= chances[operation]) at -= chances[operation++];
      dags[g].operations[vertex] = static_cast<Operation>(operation);
    }
  }
  return dags;
}

void Propagation::learn(const std::array<Dag, kDags>& dags, double eta) {
  sum_ += eta;
  ++count_;
  const double factor = std::exp(alpha_ * (eta - sum_ / static_cast<double>(count_)));
  const auto move = [&](double& weight) { weight = std::clamp(weight * factor, kLeast, kMost); };
  for (std::size_t g = 0; g < kDags; ++g) {
    for (const auto& [from, to] : dags[g].edges)
      move(weights_[g].edges[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)]);
    for (std::size_t vertex = 1; vertex < kVertices; ++vertex) {
      if (dags[g].has(static_cast<int>(vertex))) {
        move(weights_[g].operations[vertex][static_cast<std::size_t>(dags[g].operations[vertex])]);
      }
    }
  }
}

double Propagation::edge_entropy() const {
  double sum = 0;
  int count = 0;
  for (const Weights& weights : weights_) {
    for (int from = 0; from < kVertices - 2; ++from) {
      const auto chances = edge_chances(weights, from);
      for (int to = from + 1; to < kVertices; ++to, ++count) {
        const double p = chances[static_cast<std::size_t>(to)];
        sum += bits(p) + bits(1 - p);
      }
    }
  }
  return sum / count;
}

double Propagation::operation_entropy() const {
  double sum = 0;
  for (const Weights& weights : weights_) {
    for (std::size_t vertex = 1; vertex < kVertices; ++vertex) {
      auto chances = weights.operations[vertex];
      soften(chances);
      for (const double p : chances) sum += bits(p);
    }
  }
  return sum / (kDags * (kVertices - 1));
}

Json Propagation::save() const {
  Json dags = Json::array();
  for (const Weights& weights : weights_)
    dags.push_back({{"edges", weights.edges}, {"operations", weights.operations}});
  return {{"alpha", alpha_}, {"sum", sum_}, {"count", count_}, {"weights", std::move(dags)}};
}

Status Propagation::restore(const Json& json) {
  try {
    Propagation read(json.at("alpha").get<double>());
    json.at("sum").get_to(read.sum_);
    json.at("count").get_to(read.count_);
    for (std::size_t g = 0; g < kDags; ++g) {
      json.at("weights").at(g).at("edges").get_to(read.weights_[g].edges);
      json.at("weights").at(g).at("operations").get_to(read.weights_[g].operations);
    }
    *this = read;
    return ok();
  } catch (const Json::exception&) {
    return make_error(ErrorCode::kParse, "These are no weights of a search.", "checkpoint");
  }
}

}  // namespace ptah::nets
