#include "greedy.hpp"

namespace ptah::search {

Greedy::Greedy(const Options& options) : placings_(static_cast<int>(options.integer("placings"))) {}

OptionSchema Greedy::options() {
  return {{"placings",
           OptionType::kInt,
           60,
           "Placements tried of each local optimum, with net weights by CMA-ES.",
           0,
           1000000,
           {}}};
}

Result<std::optional<Trial>> Greedy::ask(Arena& arena, Rng rng) {
  if (phase_ == Phase::kClimb && !listed_) {
    left_ = neighbours(present_, arena.choices(), rng);
    listed_ = true;
  }
  if (phase_ == Phase::kClimb && left_.empty()) {
    phase_ = placings_ > 0 ? Phase::kPlace : Phase::kStart;
    placing_ = WeightSearch(present_, arena.nets(), cost_);
    placed_ = 0;
  }
  if (phase_ == Phase::kPlace && placed_ == placings_) phase_ = Phase::kStart;
  switch (phase_) {
    case Phase::kStart:
      break;
    case Phase::kClimb:
      return std::optional<Trial>({left_.back(), Baseline{}});
    case Phase::kPlace:
      return std::optional<Trial>(placing_.ask(rng));
  }
  return std::optional<Trial>({arena.random_counts(rng), Baseline{}});
}

Status Greedy::tell(Arena& /*arena*/, const Trial& trial, const Found& found) {
  if (phase_ == Phase::kPlace) {
    placing_.tell(found);
    ++placed_;
    return ok();
  }
  if (phase_ == Phase::kClimb) left_.pop_back();
  if (!found.feasible || (phase_ == Phase::kClimb && found.cost >= cost_)) return ok();
  phase_ = Phase::kClimb;
  present_ = trial.counts;
  cost_ = found.cost;
  listed_ = false;
  return ok();
}

Json Greedy::state() const {
  return {{"phase", static_cast<int>(phase_)},
          {"present", present_},
          {"cost", cost_},
          {"left", left_},
          {"listed", listed_},
          {"placing", phase_ == Phase::kPlace ? placing_.state() : Json()},
          {"placed", placed_}};
}

Status Greedy::restore(const Json& state) {
  phase_ = static_cast<Phase>(state.at("phase").get<int>());
  present_ = state.at("present").get<Counts>();
  cost_ = state.at("cost");
  left_ = state.at("left").get<std::vector<Counts>>();
  listed_ = state.at("listed");
  placed_ = state.at("placed");
  return state.at("placing").is_null() ? ok() : placing_.restore(state["placing"]);
}

}  // namespace ptah::search
