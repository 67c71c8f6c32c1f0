/// An exploration without a flow: what an assignment costs is told by the test, and how high its
/// tiles lie adds to it. Every layout that is evaluated is remembered, with what was spent.
#pragma once

#include <algorithm>
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

class FakeExploration final : public DesignSpace {
 public:
  struct Evaluated {
    FingerAssignment fingers;
    Placement placement;
    double cost = 0;
    friend bool operator==(const Evaluated&, const Evaluated&) = default;
  };
  struct Left {
    std::string bytes;
    std::size_t evaluated = 0;
  };
  /// Infinite: there is no such layout. Negative: that cost, but not feasible.
  using Cost = std::function<double(const FingerAssignment&)>;

  /// All MOS devices of `circuit` have free counts out of `allowed`.
  FakeExploration(Circuit circuit, Tiles tiles, std::vector<int> allowed, Cost cost,
                  std::int64_t budget)
      : circuit_(std::move(circuit)),
        tiles_(std::move(tiles)),
        assignments_(FingerSpace::create(circuit_, std::move(allowed)).value()),
        cost_(std::move(cost)),
        budget_(budget),
        home_(std::make_shared<Layouts>(*this, assignments_.at(0))) {}
  FakeExploration(const FakeExploration&) = delete;

  /// As after a kill: with the accounts of `left`.
  void go_on_from(const Left& from) {
    resumed_ = from.bytes;
    before_ = from.evaluated;
  }

  /// Only the rest of the assignments, the home among them.
  void offer_the_rest() {
    assignments_.offer(AssignmentPart::kRest, 0);
    home_ =
        std::make_shared<Layouts>(*this, assignments_.at(assignments_.sample(1, Rng(0)).front()));
  }

  const Circuit& circuit() const override { return circuit_; }
  const Technology& technology() const override { return Technology::ptah130(); }
  const FingerSpace& assignments() const override { return assignments_; }
  LayoutSpace& home() override { return *home_; }
  Result<std::shared_ptr<LayoutSpace>> open(const FingerAssignment& fingers) override {
    PTAH_TRY(const auto space, enter(fingers));
    PTAH_TRY(const Evaluation found, space->step({Replace{0, {}}}, Fidelity::kScored));
    if (!found.valid) return make_error(ErrorCode::kInfeasible, "There is no baseline.");
    static_cast<Layouts&>(*space).baseline_ = found;
    return space;
  }
  Result<std::shared_ptr<LayoutSpace>> enter(const FingerAssignment& fingers) override {
    if (exhausted(*this)) return spent_error();
    PTAH_TRY(const auto index, assignments_.index_of(fingers));
    if (!assignments_.offers(assignments_.counts_at(index)))
      return make_error(ErrorCode::kInfeasible, "It is not of the part that is explored.");
    ++entered;
    return std::shared_ptr<LayoutSpace>(std::make_shared<Layouts>(*this, assignments_.at(index)));
  }
  int next_variant() const override { return 1; }
  int last_variant() const override { return 100'000; }
  std::optional<Budget> budget() const override { return Budget{budget_, std::nullopt}; }
  Spent spent() const override {
    return {static_cast<std::int64_t>(before_ + evaluated.size()), 0};
  }
  Status checkpoint(std::string_view bytes) override {
    left.push_back({std::string(bytes), before_ + evaluated.size()});
    return ok();
  }
  const std::optional<std::string>& resumed() const override { return resumed_; }

  /// The least cost of a feasible one; infinite where there is none.
  double best() const {
    double best = std::numeric_limits<double>::infinity();
    for (const Evaluated& one : evaluated) {
      if (one.cost > 0) best = std::min(best, one.cost);
    }
    return best;
  }

  std::vector<Evaluated> evaluated;
  std::vector<Left> left;
  int entered = 0;

 private:
  static Error spent_error() { return make_error(ErrorCode::kLimit, "The budget is used up."); }

  class Layouts final : public LayoutSpace {
   public:
    Layouts(FakeExploration& all, FingerAssignment fingers)
        : all_(all), fingers_(std::move(fingers)) {}

    const Circuit& circuit() const override { return all_.circuit_; }
    const FingerAssignment& fingers() const override { return fingers_; }
    const Tiles& tiles() const override { return all_.tiles_; }
    const Placement& placement() const override { return placement_; }
    const Evaluation& present() const override { return present_; }
    const Evaluation& baseline() const override { return baseline_; }

    Result<std::optional<std::string>> refusal(const Moves& moves) const override {
      Placement placement = placement_;
      return make(moves, placement);
    }
    Result<Evaluation> step(const Moves& moves, Fidelity fidelity) override {
      if (moves.empty()) return present_;
      Placement placement = placement_;
      Evaluation found;
      found.fidelity = fidelity;
      PTAH_TRY(const auto refused, make(moves, placement));
      if (refused) {
        found.fidelity = Fidelity::kPlaced;
        found.reason = *refused;
        return found;
      }
      found.valid = true;
      if (fidelity > Fidelity::kPlaced) {
        if (exhausted(all_)) return spent_error();
        const double cost = all_.cost_(fingers_);
        const double whole = cost < 0 ? cost : cost * (1 + 0.1 * height(placement));
        all_.evaluated.push_back({fingers_, placement, whole});
        found.valid = cost < std::numeric_limits<double>::infinity();
        if (!found.valid) {
          found.reason = "router: no path";
          return found;
        }
        found.feasible = cost > 0;
        found.cost = found.pscore = std::abs(whole);
      }
      placement_ = std::move(placement);
      return present_ = found;
    }
    Snapshot snapshot() const override { return std::make_shared<Placement>(placement_); }
    Status restore(const Snapshot& snapshot) override {
      placement_ = *std::static_pointer_cast<const Placement>(snapshot);
      return ok();
    }
    std::string save() const override {
      std::ostringstream text;
      text.precision(17);
      for (const Evaluation* one : {&baseline_, &present_})
        text << one->valid << " " << one->feasible << " " << one->cost.value_or(-1) << " ";
      for (const PlacedTile& tile : placement_.tiles) {
        text << tile.origin.x << " " << tile.origin.y << " " << static_cast<int>(tile.orientation)
             << " ";
      }
      return text.str();
    }
    Status load(std::string_view bytes) override {
      std::istringstream text{std::string(bytes)};
      for (Evaluation* one : {&baseline_, &present_}) {
        double cost = 0;
        if (!(text >> one->valid >> one->feasible >> cost))
          return make_error(ErrorCode::kParse, "This was not saved here.");
        one->fidelity = Fidelity::kScored;
        one->cost = one->pscore = cost < 0 ? std::nullopt : std::optional(cost);
      }
      placement_.tiles.clear();
      int orientation = 0;
      for (PlacedTile tile; text >> tile.origin.x >> tile.origin.y >> orientation;) {
        tile.orientation = static_cast<Orientation>(orientation);
        placement_.tiles.push_back(tile);
        put(placement_, placement_.tiles.size() - 1, tile.origin);
      }
      return placement_.tiles.size() == all_.tiles_.size()
                 ? ok()
                 : Status(make_error(ErrorCode::kParse, "This was not saved here."));
    }
    Result<std::vector<Prediction>> predict(const std::vector<Placement>&) override {
      return make_error(ErrorCode::kUnsupported, "There is no predictor.");
    }
    Result<Evaluation> record() override { return present_; }

    Evaluation baseline_;

   private:
    /// Of all tiles on average, in units of 100 um.
    static double height(const Placement& placement) {
      double sum = 0;
      for (const PlacedTile& tile : placement.tiles) sum += std::abs(tile.origin.y);
      return sum / 100'000 / static_cast<double>(std::max<std::size_t>(1, placement.tiles.size()));
    }
    void put(Placement& placement, std::size_t tile, Point origin) const {
      PlacedTile& placed = placement.tiles[tile];
      placed.origin = origin;
      placed.slot = placed_outline(all_.tiles_[tile], placed).bloated(500);
    }
    Result<std::optional<std::string>> make(const Moves& moves, Placement& placement) const {
      using Refused = std::optional<std::string>;
      for (const Move& move : moves) {
        if (const auto* replace = std::get_if<Replace>(&move)) {
          Rng rng(replace->seed);
          for (const auto& [net, weight] : replace->weights)
            rng = rng.fork(static_cast<std::uint64_t>(weight * 1000));
          placement.tiles.resize(all_.tiles_.size());
          for (std::size_t i = 0; i < placement.tiles.size(); ++i) {
            const auto x = static_cast<Dbu>(rng.below(1000)), y = static_cast<Dbu>(rng.below(1000));
            placement.tiles[i].orientation = Orientation::kR0;
            put(placement, i, {x * kPlacementGrid, y * kPlacementGrid});
          }
          continue;
        }
        if (const auto* arrange = std::get_if<Arrange>(&move)) {
          placement = arrange->placement;
          if (placement.tiles.size() != all_.tiles_.size()) return Refused("placement: too few");
          continue;
        }
        if (placement.tiles.empty()) return Refused("move: nothing is placed yet");
        if (const auto* shift = std::get_if<Shift>(&move)) {
          const auto i = static_cast<std::size_t>(shift->device);
          PlacedTile& placed = placement.tiles.at(i);
          placed.origin = placed.origin + shift->by;
          if (!placed.slot.contains(placed_outline(all_.tiles_[i], placed)))
            return Refused("slot: the tile would leave its halo");
        } else if (const auto* swap = std::get_if<Swap>(&move)) {
          const auto a = static_cast<std::size_t>(swap->a), b = static_cast<std::size_t>(swap->b);
          const Point from = placement.tiles.at(a).origin, to = placement.tiles.at(b).origin;
          put(placement, a, to);
          put(placement, b, from);
        } else if (const auto* turn = std::get_if<Turn>(&move)) {
          placement.tiles.at(static_cast<std::size_t>(turn->device)).orientation =
              turn->orientation;
        }
      }
      return Refused();
    }

    FakeExploration& all_;
    FingerAssignment fingers_;
    Placement placement_;
    Evaluation present_;
  };

  Circuit circuit_;
  Tiles tiles_;
  FingerSpace assignments_;
  Cost cost_;
  std::int64_t budget_;
  std::size_t before_ = 0;
  std::optional<std::string> resumed_;
  std::shared_ptr<Layouts> home_;
};

}  // namespace ptah::test
