/// What the explorer `rl` can be told. Needs no LibTorch.
///
/// Two profiles: `paper` is what OSIRIS publishes (github.com/hardware-fab/osiris, osiris.py), text
/// and code compared in README.md; `tuned` is ours. A few options override a profile.
#pragma once

#include <cstdint>
#include <string>

#include "ptah/geom/geometry.hpp"
#include "ptah/plugin/options.hpp"

namespace ptah::rl {

/// What an outer iteration of profile `paper` is worth.
enum class OuterReward {
  kEpisode,  ///< The code: the best sum of an episode's rewards.
  kStep,     ///< The paper's equation: the best reward of one step.
};

/// Fully connected blocks: linear, layer norm, ReLU.
struct NetForm {
  int layers = 2;
  std::int64_t units = 128;
};

struct EnvironmentParams {
  bool paper = false;     ///< Its state, actions and rewards; otherwise ours.
  int episode_steps = 8;  ///< Most steps of an episode.
  bool stale_first_state = false;
  bool zero_state = false;
  double alpha = 5;           ///< paper: reward a volt of pscore.
  double failed_step = -0.1;  ///< Reward of what is not valid, or breaks the specs.
};

/// REINFORCE (Williams, Machine Learning 1992).
struct OuterParams {
  bool paper = false;  ///< Draws by transistor, raw rewards, no baseline.
  NetForm net;
  double learning_rate = 1e-2;
  int batch = 4;         ///< Assignments an iteration.
  double entropy = 0.1;  ///< Weight of the policy's entropy in what is learnt; 0: none.
  double floor = 0.1;    ///< Share of choices that are uniform, whatever was learnt.
  bool redraw_explored = true;
  OuterReward reward = OuterReward::kEpisode;
  double no_baseline = -3;  ///< Reward of an assignment without a feasible layout.
};

/// PPO (Schulman et al., arXiv 1707.06347).
struct InnerParams {
  bool paper = false;  ///< One-step advantages, recomputed and normalised a minibatch.
  NetForm net;
  double learning_rate = 3e-4;
  double gamma = 0.99;
  double lambda = 0.95;
  double clip = 0.2;
  double entropy = 0.01;
  bool entropy_added = true;
  double most_gradient = 0.5;  ///< Norm that gradients are cut to; 0: as they are.
  int rollout = 128;           ///< Steps, with the rest of the last episode, an update.
  int minibatch = 64;
  int epochs = 4;  ///< 0: as many as the rollout has minibatches of 16 steps.
};

struct Params {
  EnvironmentParams environment;
  OuterParams outer;
  InnerParams inner;
  bool paper = false;
  int episodes = 0;          ///< Of an outer iteration; 0: what `inner_share` gives.
  double inner_share = 0.5;  ///< Of all evaluations, those of moves.
  /// tuned: episodes are of the best of the iteration's assignments, not of the best of all.
  bool plays_latest = false;
  bool frozen = false, shuffle_reward = false;
  bool checkpoints = true;
  double checkpoint_seconds = 1;  ///< Between two, at least; 0: after every step.
};

OptionSchema options();
/// Of options that the schema has checked.
Params params_from(const Options& options);

}  // namespace ptah::rl
