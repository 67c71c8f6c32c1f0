/// The inner agent's world: one layout space at a time, as states, actions and rewards. Needs no
/// LibTorch.
///
/// Profile `paper`: an action is a component and a direction (right, left, up, down), a step of
/// 100 nm; a state is for each component its two corners, normalised by one minimum and one maximum
/// of the layout, and its type as one of four. A reward is alpha * (baseline's pscore - pscore) in
/// volts; the published term of area is left out, since the summed area of components does not
/// change by moves. Where a run has specs, what breaks them counts as failed.
///
/// Profile `tuned`: an action is one of a list (`Action`), masked by what the space refuses. A
/// reward is by how much a layout beats the best of its episode so far, relative to the baseline:
/// an episode's rewards sum up to what it found, and a way through worse layouts costs nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "options.hpp"
#include "ptah/core/json.hpp"
#include "ptah/core/random.hpp"
#include "ptah/stages/stages.hpp"

namespace ptah::rl {

/// For each choice of the one head: 1 where it can be tried. Empty: everything can.
using Mask = std::vector<std::uint8_t>;

/// What a choice of a head does, for people.
struct ChoiceLabel {
  std::string kind;  ///< "shift by 0.1 um"; empty: the head does not decide that.
  /// Devices that it moves, with shares that sum up to 1; what is no device in brackets.
  std::vector<std::pair<std::string, double>> moves;
};

struct Outcome {
  Evaluation evaluation;
  double reward = 0;
  bool done = false;  ///< The episode is over.
};

class Environment {
 public:
  /// `circuit`: of the design space; what differs between assignments does not matter here.
  Environment(const EnvironmentParams& params, const Circuit& circuit, Rng rng);

  std::size_t state_size() const noexcept { return state_size_; }
  /// How many choices each part of an action has.
  const std::vector<std::size_t>& heads() const noexcept { return heads_; }
  /// What they are, head by head.
  std::vector<std::vector<ChoiceLabel>> labels(const Circuit& circuit) const;

  /// Episodes are of `space` from here on; its present layout is the baseline that they start with.
  Status enter(std::shared_ptr<LayoutSpace> space);
  void leave();
  LayoutSpace* space() const noexcept { return space_.get(); }

  /// Back to the baseline.
  Status reset();
  /// What the agent sees.
  const std::vector<float>& state() const noexcept { return seen_; }
  /// Of the present layout, before anything is tried. paper: empty.
  Result<Mask> mask() const;
  /// An Error means that the exploration cannot go on; what is not valid is an Outcome.
  Result<Outcome> step(const std::vector<int>& action);

  /// What `action` does to the present layout; nothing where it cannot be said.
  std::optional<Moves> moves_of(const std::vector<int>& action) const;

  /// Where it is within an episode. `restore` goes after `enter` with a space whose present layout
  /// is the baseline; the present layout is then loaded from `layout`.
  Json save() const;
  Status restore(const Json& state, std::string_view layout);

 private:
  struct Action {
    enum class Kind { kShift, kSwap, kFlip, kWeight, kAnew } kind = Kind::kShift;
    std::size_t which = 0;      ///< Unit; pair of devices; net.
    std::size_t other = 0;      ///< Of a swap.
    Point by;                   ///< Of a shift, of the unit's first device.
    std::uint8_t mirrored = 0;  ///< Of a flip: the bits of the orientation that change.
    int exponent = 0;           ///< Of a net's weight, of 4.
  };

  void list_actions(const Circuit& circuit);
  std::vector<float> paper_state() const;
  std::vector<float> tuned_state() const;
  void look();
  Outcome judge_paper(Evaluation evaluation);
  Outcome judge_tuned(Evaluation evaluation);

  EnvironmentParams params_;
  Rng rng_;
  std::vector<std::vector<DeviceId>> units_;  ///< Matched pairs and single devices.
  std::vector<Action> actions_;
  std::size_t devices_ = 0, nets_ = 0, state_size_ = 0;
  std::vector<std::size_t> heads_;

  std::shared_ptr<LayoutSpace> space_;
  LayoutSpace::Snapshot baseline_;
  double scale_ = 1;  ///< The baseline's pscore (paper) or cost.

  std::vector<float> seen_;
  int steps_ = 0;
  /// tuned: costs of the present layout, and of the episode's best, in the baseline's.
  double cost_ = 1, best_ = 1;
  std::vector<int> exponents_;  ///< Of the nets' weights, of 4.
  std::uint64_t placed_ = 0;    ///< Times that it was placed with another seed.
};

}  // namespace ptah::rl
