/// The inner agent: which move, by PPO (Schulman et al., arXiv 1707.06347), actor and critic on one
/// trunk.
///
/// Profile `paper`: advantages are errors of one step (reward + gamma * V(next) - V), computed anew
/// with the present network for each minibatch and normalised within it; each part of an action has
/// a clipped term of its own; the rest of an epoch that fills no minibatch is left out. Profile
/// `tuned`: generalised advantages (Schulman et al., ICLR 2016), computed and normalised once an
/// update, rewards divided by their running root mean square, and a mask of actions (Huang and
/// Ontanon, arXiv 2006.14171).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "environment.hpp"
#include "learner.hpp"
#include "options.hpp"

namespace ptah::rl {

struct Choice {
  std::vector<int> action;               ///< One a head.
  std::vector<float> log_probabilities;  ///< Of each.
};

/// What an update did, over the rollout that it learnt from.
struct Update {
  double loss = 0;     ///< Mean of the minibatches.
  double kl = 0;       ///< From the policy that acted to the one after, estimated.
  double entropy = 0;  ///< Of the policy after it, all heads together.
};

class InnerAgent {
 public:
  InnerAgent(const InnerParams& params, std::size_t state_size, std::vector<std::size_t> heads,
             Rng rng);

  Choice choose(const std::vector<float>& state, const Mask& mask);
  /// What came of the last choice. Steps of an episode follow each other, the last one `done`.
  void keep(const std::vector<float>& state, const Mask& mask, const Choice& choice, double reward,
            bool done);
  /// Enough for an update. [between episodes]
  bool ready() const noexcept { return steps_.size() >= static_cast<std::size_t>(params_.rollout); }
  void forget() noexcept { steps_.clear(); }

  /// Learns from the rollout and forgets it. `shuffled`: rewards are dealt to other steps first.
  Result<Update> learn(bool frozen, bool shuffled, const JobContext& job);
  std::int64_t updates() const noexcept { return updates_; }

  /// For each head the mean probability of each choice over some states.
  std::vector<std::vector<double>> mean_probabilities(const std::vector<std::vector<float>>& states,
                                                      const std::vector<Mask>& masks) const;

  const Learner::Shape& shape() const noexcept { return learner_.shape(); }
  std::size_t size() const { return learner_.size(); }
  /// What choosing takes and learning goes on from, without the rollout.
  void save_policy(nets::TensorFile& file) const;
  Status restore_policy(const safetensors::Contents& contents);
  void save(nets::TensorFile& file) const;
  Status restore(const safetensors::Contents& contents);

 private:
  struct Step {
    std::vector<float> state;
    Mask mask;
    Choice choice;
    double reward = 0;
    bool done = false;
  };
  struct Batch {
    at::Tensor states, masks, actions, log_probabilities, rewards, going_on;
  };
  /// Of a pass: for each head N x choices; the values, N.
  struct Seen {
    std::vector<at::Tensor> logs;
    at::Tensor values;
  };
  Seen look(const at::Tensor& states, const at::Tensor& masks) const;
  Batch gather() const;
  at::Tensor entropy(const Seen& seen) const;
  /// What minibatch `rows` costs. tuned: with the advantages and returns of the whole.
  at::Tensor loss(const Batch& all, const at::Tensor& rows, const at::Tensor& advantages,
                  const at::Tensor& returns) const;

  InnerParams params_;
  std::int64_t state_size_;
  std::vector<std::size_t> heads_;
  Rng rng_;
  Learner learner_;
  std::vector<Step> steps_;
  double square_ = 0;  ///< tuned: running mean of squared rewards, which they are divided by.
  std::int64_t remembered_ = 0;  ///< Updates that it is of.
  std::int64_t choices_ = 0, updates_ = 0;
};

}  // namespace ptah::rl
