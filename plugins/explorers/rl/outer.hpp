/// The outer agent: which finger counts, by REINFORCE.
///
/// Profile `paper`: every transistor with a free count draws for itself; a draw that gives a
/// matched group two counts is drawn again; the network sees the counts of the last assignment as
/// they are; what is learnt from is reward * log probability, without a baseline. The published
/// code feeds devices in the order of a file and reads actions in the order of names; here both are
/// in the order of the circuit.
///
/// Profile `tuned`: one draw a group. Rewards are normalised by their running mean and deviation,
/// and the entropy of the policy is added; now and then a group draws uniformly, so that a policy
/// that has settled still meets what is near. The network sees nothing: layouts of one assignment
/// do not depend on the one before.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "learner.hpp"
#include "options.hpp"
#include "ptah/core/json.hpp"
#include "ptah/netlist/fingers.hpp"

namespace ptah::rl {

struct Draw {
  std::vector<int> choices;  ///< An index of `allowed()` a unit: transistor or group.
  FingerAssignment fingers;
  std::int64_t redrawn = 0;  ///< Draws before it that were none.
};

class OuterAgent {
 public:
  /// `space`, of `circuit`, and `circuit` outlive it. `first`: what the paper's network sees before
  /// anything was drawn.
  OuterAgent(const OuterParams& params, const Circuit& circuit, const FingerSpace& space,
             const FingerAssignment& first, Rng rng);

  /// The next assignment. Fails with kInfeasible where transistors that draw for themselves never
  /// agree, with kCancelled.
  Result<Draw> draw(const JobContext& job);

  /// Every assignment was drawn.
  bool knows_all() const noexcept {
    return static_cast<std::int64_t>(explored_.size()) >= space_.offered();
  }

  /// Learns from the assignments drawn since the last call; `rewards` in their order. Returns the
  /// Kullback-Leibler divergence of the policy after from that before, all units together.
  Result<double> learn(const std::vector<double>& rewards, bool frozen, const JobContext& job);
  double entropy() const noexcept { return entropy_; }  ///< Mean of a unit, at the last draw.

  /// Devices that draw together.
  const std::vector<std::vector<DeviceId>>& units() const noexcept { return units_; }
  /// For each of them, of each count that is allowed.
  std::vector<std::vector<double>> probabilities() const;

  const Learner::Shape& shape() const noexcept { return learner_.shape(); }
  std::size_t size() const { return learner_.size(); }
  /// What drawing takes and learning goes on from, without what was explored.
  void save_policy(nets::TensorFile& file) const;
  Status restore_policy(const safetensors::Contents& contents);
  void save(nets::TensorFile& file) const;
  Status restore(const safetensors::Contents& contents);

 private:
  at::Tensor forward() const;  ///< Logarithms of probabilities, units x counts.
  FingerAssignment assign(const std::vector<int>& choices) const;
  bool agree(const std::vector<int>& choices) const;
  /// A count for each group, of choices that agree.
  std::vector<int> counts_of(const std::vector<int>& choices) const;
  std::vector<int> choices_of(const std::vector<int>& counts) const;
  std::uint64_t key_of(const std::vector<int>& choices) const;
  void see(const std::vector<int>& choices);

  OuterParams params_;
  const Circuit& circuit_;
  const FingerSpace& space_;
  Rng rng_;
  /// Groups of devices that draw together, and the number of the matched group of each.
  std::vector<std::vector<DeviceId>> units_;
  std::vector<std::size_t> group_of_;
  Learner learner_;

  std::vector<float> input_;
  std::vector<std::vector<int>> drawn_;  ///< Since the last `learn`.
  std::int64_t draws_ = 0;               ///< In all.
  std::set<std::uint64_t> explored_;
  double mean_ = 0, square_ = 0;  ///< Running, of rewards.
  std::int64_t rewarded_ = 0;
  double entropy_ = 0;
};

}  // namespace ptah::rl
