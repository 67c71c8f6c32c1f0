/// A design space without a flow: single moves are judged by the test, and what was tried and
/// recorded is remembered. Its placer strews tiles about; its predictor likes those that lie low.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "ptah/core/random.hpp"
#include "ptah/stages/stages.hpp"

namespace ptah::test {

/// Tiles of 2 x 3 um in a row, 5 um apart, with a halo.
inline void put_row(int count, Dbu halo, Circuit& circuit, Tiles& tiles, Placement& placement) {
  for (int i = 0; i < count; ++i) {
    Device device;
    device.name = "M" + std::to_string(i);
    circuit.devices.push_back(device);
    Tile tile;
    tile.outline = {0, 0, 2000, 3000};
    tiles.push_back(tile);
    PlacedTile placed;
    placed.origin = {i * 5000, 0};
    placed.slot = placed_outline(tile, placed).bloated(halo);
    placement.tiles.push_back(placed);
  }
}

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
  Result<std::shared_ptr<LayoutSpace>> enter(const FingerAssignment& fingers) override {
    return open(fingers);
  }
  std::optional<Budget> budget() const override { return std::nullopt; }
  Spent spent() const override { return {}; }
  Result<std::optional<std::string>> refusal(const Moves&) const override {
    return std::optional<std::string>();
  }
  int next_variant() const override { return next_; }
  int last_variant() const override { return last_; }
  Status checkpoint(std::string_view bytes) override {
    checkpoint_ = bytes;
    checkpoints[next_] = bytes;
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
    if (moves.size() == 1 && std::holds_alternative<Replace>(moves[0]))
      return arrange(strewn(std::get<Replace>(moves[0]).seed), fidelity);
    if (moves.size() == 1 && std::holds_alternative<Arrange>(moves[0]))
      return arrange(std::get<Arrange>(moves[0]).placement, fidelity);
    if (moves.size() != 1 || !std::holds_alternative<Shift>(moves[0]))
      return make_error(ErrorCode::kUnsupported, "Single shifts and whole placements only.");
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
  std::string save() const override {
    std::ostringstream text;
    for (const PlacedTile& tile : placement_.tiles)
      text << tile.origin.x << " " << tile.origin.y << " ";
    return text.str();
  }
  Status load(std::string_view bytes) override {
    std::istringstream text{std::string(bytes)};
    for (std::size_t i = 0; i < placement_.tiles.size(); ++i) {
      Point origin;
      if (!(text >> origin.x >> origin.y))
        return make_error(ErrorCode::kParse, "This was not saved here.");
      put(placement_, i, origin);
    }
    return ok();
  }
  Result<std::vector<Prediction>> predict(const std::vector<Placement>& asked) override {
    if (!has_predictor) return make_error(ErrorCode::kUnsupported, "There is no predictor.");
    std::vector<Prediction> predictions;
    for (const Placement& one : asked) {
      Prediction prediction;
      prediction.cost = height(one);
      prediction.far = is_far && is_far(one);
      predictions.push_back(prediction);
    }
    return predictions;
  }
  static double height(const Placement& placement) {
    double sum = 0;
    for (const PlacedTile& tile : placement.tiles) sum += tile.origin.y;
    return sum;
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

  bool has_predictor = true;
  std::function<bool(const Placement&)> is_far;
  std::map<int, std::string> checkpoints;           ///< The last one before each variant.
  std::vector<Placement> drawn, scored;             ///< By whole placements.
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
  void put(Placement& placement, std::size_t tile, Point origin) const {
    PlacedTile& placed = placement.tiles[tile];
    placed.origin = origin;
    placed.slot = placed_outline(tiles_[tile], placed).bloated(500);
  }
  Placement strewn(std::uint64_t seed) const {
    Rng rng(seed);
    Placement placement = placement_;
    for (std::size_t i = 0; i < placement.tiles.size(); ++i) {
      const auto x = static_cast<Dbu>(rng.below(1000)), y = static_cast<Dbu>(rng.below(1000));
      put(placement, i, {x * kPlacementGrid, y * kPlacementGrid});
    }
    return placement;
  }
  Evaluation arrange(const Placement& placement, Fidelity fidelity) {
    Evaluation found = present_;
    found.fidelity = fidelity;
    found.hpwl = static_cast<std::int64_t>(height(placement));
    found.valid = !tiles_.empty();
    found.reason = found.valid ? "" : "placer: there is nothing to place";
    if (!found.valid) return found;
    placement_ = placement;
    (fidelity == Fidelity::kPlaced ? drawn : scored).push_back(placement);
    present_ = found;
    return found;
  }

  FingerSpace assignments_;
  FingerAssignment fingers_;
  Evaluation present_;
  Shift last_shift_;
};

}  // namespace ptah::test
