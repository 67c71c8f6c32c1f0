/// Graph propagation: weights on the edges and operations of the guide-DAGs, from which networks
/// are drawn, and which move with what was drawn did.
///
/// Edge stage: from v0 on, each vertex that is selected takes each of its outgoing edges with the
/// probability that a softmax over their weights gives it; an edge selects its target. Operation
/// stage: each selected vertex draws one of four by a softmax. Then every weight that was used,
/// w <- w * exp(alpha * (eta - beta)), beta the mean of all eta so far, this one in it.
///
/// The paper leaves open: weights start at 1, because the update multiplies; they stay within
/// [0.01, 12], so that no choice is ever gone or certain beyond e^12. `eta` must be of one
/// fidelity throughout.
#pragma once

#include <array>
#include <vector>

#include "architecture.hpp"
#include "ptah/core/random.hpp"

namespace ptah::nets {

class Propagation {
 public:
  explicit Propagation(double alpha = 20);

  std::array<Dag, kDags> draw(Rng& rng) const;
  void learn(const std::array<Dag, kDags>& dags, double eta);

  /// Mean over the edges (operations) of the entropy of taking one, in bits; edges without a choice
  /// are left out.
  double edge_entropy() const;
  double operation_entropy() const;
  std::size_t learnt() const noexcept { return count_; }

  Json save() const;
  Status restore(const Json& json);

 private:
  struct Weights {
    std::array<std::array<double, kVertices>, kVertices> edges;  ///< [from][to], from < to.
    std::array<std::array<double, kOperations>, kVertices> operations;
  };
  std::array<double, kVertices> edge_chances(const Weights& weights, int from) const;

  double alpha_;
  std::array<Weights, kDags> weights_;
  double sum_ = 0;
  std::size_t count_ = 0;
};

}  // namespace ptah::nets
