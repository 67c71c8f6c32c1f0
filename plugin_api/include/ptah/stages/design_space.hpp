/// What strategies explore (OSIRIS, "design space exploration"): the outer choice of finger counts,
/// the inner choice of where tiles lie.
///
///   DesignSpace -- open(fingers) --> LayoutSpace -- step(moves, fidelity) --> Evaluation
///                                               \-- record() --> a variant, with files
///
/// Everything here is called by an explorer, inside `Explorer::explore`, on its thread, and is gone
/// when that returns. Lengths are dbu (nm).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ptah/core/checkpoints.hpp"
#include "ptah/core/error.hpp"
#include "ptah/layout/layout.hpp"
#include "ptah/netlist/circuit.hpp"
#include "ptah/netlist/fingers.hpp"
#include "ptah/stages/learning.hpp"
#include "ptah/tech/technology.hpp"

namespace ptah {

/// Weights of nets in a placer's wire length, 0 to 1000; a net that is absent weighs 1.
using NetWeights = std::map<NetId, double>;

/// Shifts a tile inside its slot.
struct Shift {
  DeviceId device = 0;
  Point by;  ///< Multiples of kPlacementGrid.
  friend bool operator==(const Shift&, const Shift&) = default;
};
/// Exchanges the places of two tiles: their centres, to the grid. Where one fits the other's slot
/// it gets it; otherwise its slot is its outline.
struct Swap {
  DeviceId a = 0, b = 0;
  friend bool operator==(const Swap&, const Swap&) = default;
};
struct Turn {
  DeviceId device = 0;
  Orientation orientation = Orientation::kR0;
  friend bool operator==(const Turn&, const Turn&) = default;
};
/// Asks the flow's placer anew.
struct Replace {
  std::uint64_t seed = 0;  ///< The explorer's choice; equal ones give equal placements.
  NetWeights weights;
  friend bool operator==(const Replace&, const Replace&) = default;
};
/// A whole placement, slots included.
struct Arrange {
  Placement placement;
  friend bool operator==(const Arrange&, const Arrange&) = default;
};
using Move = std::variant<Shift, Swap, Turn, Replace, Arrange>;
/// Made in this order, judged as one: a matched pair moves as a pair by two shifts of one step.
using Moves = std::vector<Move>;

/// How far a step is taken; each does what those before it do.
enum class Fidelity {
  kPlaced,   ///< Legality, wire length estimate and area, without routing: microseconds.
  kRouted,   ///< All nets have wires.
  kChecked,  ///< The flow's checks (DRC, LVS) accept it.
  kScored,   ///< Extracted and simulated, where the flow does that.
};

/// What is known of a layout.
struct Evaluation {
  bool valid = false;  ///< As far as `fidelity` says.
  /// Why not: what refused it, a colon and its words. "move", "grid", "slot", "placement",
  /// "placer", "router", "drc", "lvs", "simulation".
  std::string reason;
  Fidelity fidelity = Fidelity::kPlaced;  ///< What was asked for, or where it failed.
  std::optional<double> pscore;           ///< Volts, once scored.
  /// By the run's objective, less is better; nothing where that needs more than `fidelity`.
  std::optional<double> cost;
  /// It satisfies the run's specs; where there are none, or while it is not scored, true. What does
  /// not is valid, and can be recorded, but never the best: a strategy compares costs of feasible
  /// layouts alone.
  bool feasible = true;
  /// `pscore` over the same norm of the schematic's curve.
  std::optional<double> pscore_relative;
  double area_um2 = 0;     ///< Sum of the device boxes.
  double outline_um2 = 0;  ///< The box around them all.
  std::int64_t hpwl = 0;   ///< nm
};

/// The layouts of one finger assignment. It has a present layout, at first the baseline. Not
/// copied; the present layout of one space is nothing to another.
class LayoutSpace {
 public:
  virtual ~LayoutSpace() = default;
  /// Fingers assigned.
  virtual const Circuit& circuit() const = 0;
  virtual const FingerAssignment& fingers() const = 0;
  virtual const Tiles& tiles() const = 0;
  /// Of the present layout,
  virtual const Placement& placement() const = 0;
  /// and what is known of it.
  virtual const Evaluation& present() const = 0;
  virtual const Evaluation& baseline() const = 0;

  /// Makes `moves` on the present layout and evaluates the result as far as `fidelity`. What is
  /// valid becomes the present layout; otherwise that stays and the evaluation says why. No moves:
  /// more is found out about the present layout. A changed placement is routed as a change of the
  /// last routed one, so the wires can depend on the way there. An Error means that the exploration
  /// cannot go on.
  virtual Result<Evaluation> step(const Moves& moves, Fidelity fidelity) = 0;

  /// The present layout, to come back to: a shared pointer's cost. Of this space alone.
  using Snapshot = std::shared_ptr<const void>;
  virtual Snapshot snapshot() const = 0;
  virtual Status restore(const Snapshot& snapshot) = 0;
  /// The same as bytes, for a checkpoint: a space of the same fingers, opened anew, goes on from
  /// there with equal results. `load` fails on bytes that `save` of such a space did not give.
  virtual std::string save() const = 0;
  virtual Status load(std::string_view bytes) = 0;

  /// What the flow's predictor says of `placements`, in their order; kUnsupported without one.
  virtual Result<std::vector<Prediction>> predict(const std::vector<Placement>& placements) = 0;

  /// Makes a variant of the present layout, with files, once it is scored. Not valid: it fails a
  /// check that it had not seen, or the judges that sign off reject it; the present layout stays.
  /// Fails with kLimit after DesignSpace::last_variant(). What is recorded already, as an
  /// exploration does by itself with each new best, is not recorded twice.
  virtual Result<Evaluation> record() = 0;

  /// The mask of actions: what refuses `moves` on the present layout before anything is routed, as
  /// in Evaluation::reason; nothing where they can be tried. Changes nothing, microseconds. Always
  /// nothing for Replace.
  virtual Result<std::optional<std::string>> refusal(const Moves& moves) const = 0;
};

/// How far an exploration may go; at least one is given.
struct Budget {
  std::optional<std::int64_t> evaluations;
  std::optional<double> seconds;
};

/// What was used so far, interruptions included: every layout that was routed, or whose routing
/// failed, is an evaluation, baselines and infeasible ones included; and the time that passed.
struct Spent {
  std::int64_t evaluations = 0;
  double seconds = 0;
};
double used_share(const Budget& budget, const Spent& spent);

/// What one chain of a run explores. Its home is the assignment it was planned for. Where a
/// checkpoint was left, `next_variant()` is as it was then: what had been recorded since is
/// recorded again.
class DesignSpace : public Checkpoints {
 public:
  /// As given: finger counts may be free.
  virtual const Circuit& circuit() const = 0;
  virtual const Technology& technology() const = 0;
  /// Groups, allowed counts, how many assignments there are.
  virtual const FingerSpace& assignments() const = 0;

  /// The space of the planned assignment; its baseline is recorded as variant 0. After an
  /// interruption its present layout is the last variant recorded of it.
  virtual LayoutSpace& home() = 0;
  /// The space of any assignment, with a baseline that is placed, routed, checked and scored, and
  /// not recorded. Equal fingers give an equal baseline in every chain of a run. Fails with
  /// kInfeasible where no baseline is found, and for what `assignments()` does not offer. Each
  /// space that is held costs some ten MiB. Must not outlive `explore`.
  virtual Result<std::shared_ptr<LayoutSpace>> open(const FingerAssignment& fingers) = 0;

  /// Number of the next variant to record; 1 on a fresh start.
  virtual int next_variant() const = 0;
  /// The last one wanted. An explorer may stop before.
  virtual int last_variant() const = 0;

  /// As `open`, without a baseline: the first step is a Replace or an Arrange; until then the space
  /// has no placement. What an exploration of many assignments needs: nothing is evaluated.
  virtual Result<std::shared_ptr<LayoutSpace>> enter(const FingerAssignment& fingers) = 0;

  /// Of an exploration (`ptah explore`): it goes on until this is used up. It records by itself
  /// each layout that is feasible and costs less than all before, whichever step or baseline it
  /// came of; what the judges reject is not valid there. After the budget, a step that would route,
  /// `open` and `enter` fail with kLimit: an explorer that hands this Error on has ended well.
  /// Nothing: a run, whose explorer records up to `last_variant()`.
  virtual std::optional<Budget> budget() const = 0;
  virtual Spent spent() const = 0;
};

/// The share of an exploration's budget that is used, the larger one where both are limited; 1 and
/// more: all of it. 0 of a run.
double used_share(const DesignSpace& space);
inline bool exhausted(const DesignSpace& space) {
  return used_share(space) >= 1;
}

}  // namespace ptah
