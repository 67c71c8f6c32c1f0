/// A design space without a flow: single shifts are judged by the test, and what was tried and
/// recorded is remembered.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ptah/stages/stages.hpp"

namespace ptah::test {

class FakeSpace final : public DesignSpace, public LayoutSpace {
 public:
  FakeSpace(Circuit circuit, Tiles tiles, Placement start, int next, int last)
      : circuit_(std::move(circuit)),
        tiles_(std::move(tiles)),
        placement_(std::move(start)),
        next_(next),
        last_(last),
        assignments_(FingerSpace::create(circuit_, {2, 4}).value()) {
    present_.valid = true;
    present_.fidelity = Fidelity::kScored;
    present_.pscore = present_.cost = 0.1;
  }

  const Circuit& circuit() const override { return circuit_; }
  const Technology& technology() const override { return Technology::ptah130(); }
  const FingerSpace& assignments() const override { return assignments_; }
  LayoutSpace& home() override { return *this; }
  Result<std::shared_ptr<LayoutSpace>> open(const FingerAssignment&) override {
    return make_error(ErrorCode::kInfeasible, "There is one assignment.");
  }
  int next_variant() const override { return next_; }
  int last_variant() const override { return last_; }
  Status checkpoint(std::string_view bytes) override {
    checkpoint_ = bytes;
    return ok();
  }
  const std::optional<std::string>& resumed() const override { return resumed_; }

  const FingerAssignment& fingers() const override { return fingers_; }
  const Tiles& tiles() const override { return tiles_; }
  const Placement& placement() const override { return placement_; }
  const Evaluation& present() const override { return present_; }
  const Evaluation& baseline() const override { return present_; }
  Result<Evaluation> step(const Moves& moves, Fidelity fidelity) override {
    if (moves.empty()) return present_;
    if (moves.size() != 1 || !std::holds_alternative<Shift>(moves[0]))
      return make_error(ErrorCode::kUnsupported, "Single shifts only.");
    const Shift shift = std::get<Shift>(moves[0]);
    evaluated.push_back(shift);
    if (fail_at == static_cast<int>(evaluated.size()))
      return make_error(ErrorCode::kToolFailed, "The judge is broken.");
    Placement moved = placement_;
    PlacedTile& placed = moved.tiles.at(static_cast<std::size_t>(shift.device));
    placed.origin = placed.origin + shift.by;
    Evaluation found = present_;
    found.fidelity = fidelity;
    found.valid = true;
    found.reason.clear();
    if (!placed.slot.contains(
            placed_outline(tiles_[static_cast<std::size_t>(shift.device)], placed)))
      found.reason = "slot: the tile would leave its halo";
    else if (is_valid && !is_valid(shift, static_cast<int>(evaluated.size())))
      found.reason = "router: no path for net n1";
    found.valid = found.reason.empty();
    if (!found.valid) return found;
    placement_ = std::move(moved);
    present_ = found;
    last_shift_ = shift;
    return found;
  }
  Snapshot snapshot() const override { return std::make_shared<Placement>(placement_); }
  Status restore(const Snapshot& snapshot) override {
    placement_ = *std::static_pointer_cast<const Placement>(snapshot);
    return ok();
  }
  std::string save() const override { return {}; }
  Status load(std::string_view) override { return ok(); }
  Result<std::vector<Prediction>> predict(const std::vector<Placement>&) override {
    return make_error(ErrorCode::kUnsupported, "There is no predictor.");
  }
  Result<Evaluation> record() override {
    if (next_ > last_) return make_error(ErrorCode::kLimit, "More than the run wants.");
    Evaluation found = present_;
    found.valid = !is_signed_off || is_signed_off(last_shift_);
    if (!found.valid) return found;
    accepted.push_back(last_shift_);
    placements.push_back(placement_);
    ++next_;
    return found;
  }

  std::function<bool(const Shift&, int)> is_valid;  ///< The second: how many were evaluated.
  std::function<bool(const Shift&)> is_signed_off;
  int fail_at = 0;  ///< This evaluation is an Error; 0: none.
  std::vector<Shift> evaluated, accepted;
  std::vector<Placement> placements;  ///< Recorded.

  Circuit circuit_;
  Tiles tiles_;
  Placement placement_;
  int next_ = 1, last_ = 0;
  std::string checkpoint_;
  std::optional<std::string> resumed_;

 private:
  FingerSpace assignments_;
  FingerAssignment fingers_;
  Evaluation present_;
  Shift last_shift_;
};

}  // namespace ptah::test
