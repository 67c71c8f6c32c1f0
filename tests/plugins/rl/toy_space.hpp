/// A design space without a flow, of many assignments: what layouts cost is a formula of finger
/// counts and places, told by the test. It counts evaluations and ends its budget as a host does,
/// and writes down what was asked of it.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ptah/core/json.hpp"
#include "ptah/core/random.hpp"
#include "ptah/stages/stages.hpp"

namespace ptah::test {

/// A matched pair and two single transistors, each with a free finger count: three groups.
inline Circuit toy_circuit() {
  Circuit circuit;
  circuit.name = "toy";
  for (const char* net : {"a", "b", "c"}) circuit.nets.push_back({net});
  for (int i = 0; i < 4; ++i) {
    Device device;
    device.name = "M" + std::to_string(i);
    device.kind = i < 2 ? DeviceKind::kNmos : DeviceKind::kPmos;
    device.nets = {i % 3, (i + 1) % 3, 2, 2};
    device.fingers = 0;
    circuit.devices.push_back(device);
  }
  circuit.matched = {{0, 1}};
  return circuit;
}

class ToySpace final : public DesignSpace {
 public:
  using Cost = std::function<double(const FingerAssignment&, const Placement&)>;

  explicit ToySpace(std::int64_t evaluations, std::vector<int> allowed = {2, 4, 6, 8},
                    Circuit circuit = toy_circuit())
      : circuit_(std::move(circuit)),
        assignments_(FingerSpace::create(circuit_, std::move(allowed)).value()) {
    budget_.evaluations = evaluations;
    for (std::size_t i = 0; i < circuit_.devices.size(); ++i) {
      Tile tile;
      tile.kind = circuit_.devices[i].kind;
      tile.outline = {0, 0, 2000, 3000};
      Dbu y = 400;
      for (const char* terminal : {"D", "G", "S", "B"}) {
        tile.pins.push_back({terminal, {{0, {600, y, 1400, y + 200}}}});
        y += 600;
      }
      tiles_.push_back(tile);
      PlacedTile placed;
      placed.origin = {static_cast<Dbu>(i) * 8000, 0};
      placed.slot = placed_outline(tile, placed).bloated(halo);
      start_.tiles.push_back(placed);
    }
    home_ = std::make_unique<Layouts>(*this, assignments_.at(0));
    home_->make(start_);
  }

  const Circuit& circuit() const override { return circuit_; }
  const Technology& technology() const override { return Technology::ptah130(); }
  const FingerSpace& assignments() const override { return assignments_; }
  LayoutSpace& home() override { return *home_; }
  Result<std::shared_ptr<LayoutSpace>> open(const FingerAssignment& fingers) override {
    PTAH_TRY(afford());
    count();
    log.push_back("open " + to_string(fingers));
    if (is_infeasible && is_infeasible(fingers))
      return make_error(ErrorCode::kInfeasible, "No baseline.");
    auto layouts = std::make_shared<Layouts>(*this, fingers);
    layouts->make(start_);
    return std::shared_ptr<LayoutSpace>(std::move(layouts));
  }
  Result<std::shared_ptr<LayoutSpace>> enter(const FingerAssignment& fingers) override {
    PTAH_TRY(afford());
    return std::shared_ptr<LayoutSpace>(std::make_shared<Layouts>(*this, fingers));
  }
  std::optional<Budget> budget() const override { return budget_; }
  Spent spent() const override { return {spent_, 0}; }
  int next_variant() const override { return 1; }
  int last_variant() const override { return 1000; }

  struct Left {
    std::int64_t spent = 0;
    std::size_t logged = 0;
    std::string bytes;
  };
  Status checkpoint(std::string_view bytes) override {
    left.push_back({spent_, log.size(), std::string(bytes)});
    return ok();
  }
  const std::optional<std::string>& resumed() const override { return resumed_; }
  void offer(AssignmentPart part, std::uint64_t seed) { assignments_.offer(part, seed); }
  void resume(const Left& from) {
    resumed_ = from.bytes;
    spent_ = from.spent;
  }

  static constexpr Dbu halo = 1000;
  /// Each finger away from 6, 4, 2 (of the groups in order) costs; so does height.
  Cost cost = [](const FingerAssignment& fingers, const Placement& placement) {
    double sum = 1;
    for (const auto& [device, best] : std::map<std::string, int>{{"M0", 6}, {"M2", 4}, {"M3", 2}})
      if (fingers.contains(device)) sum += 0.2 * std::abs(fingers.at(device) - best);
    for (const PlacedTile& tile : placement.tiles) sum += tile.origin.y * 1e-5;
    return sum;
  };
  std::function<bool(const FingerAssignment&)> is_infeasible;
  /// Of layouts that were routed: why they fail, or nothing.
  std::function<std::string(const Moves&)> fails;
  std::function<bool(const Placement&)> is_feasible;

  std::vector<std::string> log;  ///< What was evaluated or refused, in order.
  std::vector<double> costs;     ///< Of what was evaluated.
  int refused = 0;               ///< Steps that the mask would have shown.
  std::vector<Left> left;        ///< Checkpoints.

 private:
  class Layouts final : public LayoutSpace {
   public:
    Layouts(ToySpace& space, FingerAssignment fingers)
        : space_(space), fingers_(std::move(fingers)) {}
    void make(const Placement& placement) {
      placement_ = placement;
      baseline_ = present_ = evaluate(placement);
      space_.costs.push_back(*present_.cost);
    }

    const Circuit& circuit() const override { return space_.circuit_; }
    const FingerAssignment& fingers() const override { return fingers_; }
    const Tiles& tiles() const override { return space_.tiles_; }
    const Placement& placement() const override { return placement_; }
    const Evaluation& present() const override { return present_; }
    const Evaluation& baseline() const override { return baseline_; }

    Result<Evaluation> step(const Moves& moves, Fidelity) override {
      Placement moved = placement_;
      Evaluation found;
      if (auto reason = make_moves(moves, moved)) {
        ++space_.refused;
        found.reason = *reason;
        space_.log.push_back("refused " + text(moves));
        return found;
      }
      PTAH_TRY(space_.afford());
      space_.count();
      space_.log.push_back(text(moves));
      found = evaluate(moved);
      space_.costs.push_back(*found.cost);
      if (space_.fails) found.reason = space_.fails(moves);
      found.valid = found.reason.empty();
      if (!found.valid) return found;
      placement_ = std::move(moved);
      present_ = found;
      return found;
    }
    Result<std::optional<std::string>> refusal(const Moves& moves) const override {
      Placement moved = placement_;
      return make_moves(moves, moved);
    }
    Snapshot snapshot() const override {
      return std::make_shared<std::pair<Placement, Evaluation>>(placement_, present_);
    }
    Status restore(const Snapshot& snapshot) override {
      std::tie(placement_, present_) =
          *std::static_pointer_cast<const std::pair<Placement, Evaluation>>(snapshot);
      return ok();
    }
    std::string save() const override {
      Json places = Json::array();
      for (const PlacedTile& tile : placement_.tiles)
        places.push_back({tile.origin.x, tile.origin.y, static_cast<int>(tile.orientation),
                          tile.slot.x0, tile.slot.y0, tile.slot.x1, tile.slot.y1});
      return Json{{"tiles", places}, {"baseline", *baseline_.cost}}.dump();
    }
    Status load(std::string_view bytes) override {
      const Json json = Json::parse(bytes);
      placement_.tiles.clear();
      for (const Json& one : json.at("tiles")) {
        PlacedTile tile;
        tile.origin = {one[0].get<Dbu>(), one[1].get<Dbu>()};
        tile.orientation = static_cast<Orientation>(one[2].get<int>());
        tile.slot = {one[3].get<Dbu>(), one[4].get<Dbu>(), one[5].get<Dbu>(), one[6].get<Dbu>()};
        placement_.tiles.push_back(tile);
      }
      baseline_ = present_ = evaluate(placement_);
      baseline_.cost = baseline_.pscore = json.at("baseline").get<double>();
      return ok();
    }
    Result<std::vector<Prediction>> predict(const std::vector<Placement>&) override {
      return make_error(ErrorCode::kUnsupported, "There is no predictor.");
    }
    Result<Evaluation> record() override {
      return make_error(ErrorCode::kInternal, "An exploration records by itself.");
    }

   private:
    static std::string text(const Moves& moves) {
      std::string all;
      for (const Move& move : moves) {
        if (const auto* shift = std::get_if<Shift>(&move))
          all += "shift " + std::to_string(shift->device) + " " + std::to_string(shift->by.x) +
                 " " + std::to_string(shift->by.y) + ";";
        if (const auto* swap = std::get_if<Swap>(&move))
          all += "swap " + std::to_string(swap->a) + " " + std::to_string(swap->b) + ";";
        if (const auto* turn = std::get_if<Turn>(&move))
          all += "turn " + std::to_string(turn->device) + " " +
                 std::to_string(static_cast<int>(turn->orientation)) + ";";
        if (const auto* replace = std::get_if<Replace>(&move)) {
          all += "replace " + std::to_string(replace->seed);
          for (const auto& [net, weight] : replace->weights)
            all += " " + std::to_string(net) + ":" + std::to_string(weight);
        }
      }
      return all;
    }

    std::optional<std::string> make_moves(const Moves& moves, Placement& placement) const {
      for (const Move& move : moves) {
        if (const auto* shift = std::get_if<Shift>(&move)) {
          PlacedTile& tile = placement.tiles.at(static_cast<std::size_t>(shift->device));
          tile.origin = tile.origin + shift->by;
        } else if (const auto* swap = std::get_if<Swap>(&move)) {
          std::swap(placement.tiles.at(static_cast<std::size_t>(swap->a)),
                    placement.tiles.at(static_cast<std::size_t>(swap->b)));
        } else if (const auto* turn = std::get_if<Turn>(&move)) {
          placement.tiles.at(static_cast<std::size_t>(turn->device)).orientation =
              turn->orientation;
        } else if (const auto* replace = std::get_if<Replace>(&move)) {
          Rng rng(replace->seed);
          for (const auto& [net, weight] : replace->weights)
            rng = rng.fork(static_cast<std::uint64_t>(net))
                      .fork(static_cast<std::uint64_t>(weight * 1000));
          placement = space_.start_;
          for (PlacedTile& tile : placement.tiles) {
            tile.origin.y = static_cast<Dbu>(rng.below(20)) * kPlacementGrid;
            tile.slot = placed_outline(space_.tiles_[0], tile).bloated(halo);
          }
        }
      }
      for (std::size_t i = 0; i < placement.tiles.size(); ++i) {
        const PlacedTile& tile = placement.tiles[i];
        if (!tile.slot.contains(placed_outline(space_.tiles_[i], tile)))
          return "slot: the tile would leave its halo";
      }
      return std::nullopt;
    }

    Evaluation evaluate(const Placement& placement) const {
      Evaluation found;
      found.valid = true;
      found.fidelity = Fidelity::kScored;
      found.pscore = found.cost = space_.cost(fingers_, placement);
      found.feasible = !space_.is_feasible || space_.is_feasible(placement);
      return found;
    }

    ToySpace& space_;
    FingerAssignment fingers_;
    Placement placement_;
    Evaluation baseline_, present_;
  };

  Status afford() const {
    if (spent_ < *budget_.evaluations) return ok();
    return make_error(ErrorCode::kLimit, "The budget is used up.");
  }
  void count() { ++spent_; }

  Circuit circuit_;
  FingerSpace assignments_;
  Tiles tiles_;
  Placement start_;
  Budget budget_;
  std::int64_t spent_ = 0;
  std::unique_ptr<Layouts> home_;
  std::optional<std::string> resumed_;
};

}  // namespace ptah::test
