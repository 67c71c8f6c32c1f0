#include "cmaes_explorer.hpp"

#include <algorithm>

namespace ptah::search {
namespace {

constexpr std::size_t kInner = 4;

}  // namespace

CmaesExplorer::CmaesExplorer(const Options& options)
    : outside_(options.real("outside")),
      outer_({static_cast<int>(options.integer("population")), 3, 0}) {}

OptionSchema CmaesExplorer::options() {
  return {{"outside",
           OptionType::kReal,
           0.5,
           "Share of the budget that goes to choosing assignments.",
           0.01,
           0.99,
           {}},
          {"population",
           OptionType::kInt,
           16,
           "Of the genetic algorithm over assignments.",
           2,
           10000,
           {}}};
}

Result<std::optional<Trial>> CmaesExplorer::ask(Arena& arena, Rng rng) {
  const double share = arena.share();
  if (inner_.empty()) {
    const auto ranked = outer_.ranked();
    const bool found = !ranked.empty() && ranked.front().found.feasible;
    if (!found && arena.all_known()) return std::optional<Trial>();  // None is feasible.
    if (!found || (share < outside_ && !arena.all_known()))
      return std::optional<Trial>(outer_.ask(arena, rng));
    for (const Population::Member& member : ranked) {
      if (inner_.size() == kInner || !member.found.feasible) break;
      const bool taken = std::any_of(inner_.begin(), inner_.end(), [&](const WeightSearch& one) {
        return one.counts() == member.counts;
      });
      if (!taken) inner_.emplace_back(member.counts, arena.nets(), member.found.cost);
    }
  }
  // Thirds of what is left: four, two, one.
  const double inside = share < outside_ ? 0 : (share - outside_) / (1 - outside_);
  const std::size_t wanted = inside < 1.0 / 3 ? kInner : inside < 2.0 / 3 ? 2 : 1;
  if (inner_.size() > wanted) {
    std::stable_sort(
        inner_.begin(), inner_.end(),
        [](const WeightSearch& a, const WeightSearch& b) { return a.best() < b.best(); });
    inner_.erase(inner_.begin() + static_cast<std::ptrdiff_t>(wanted), inner_.end());
    turn_ = 0;
  }
  return std::optional<Trial>(inner_[turn_].ask(rng));
}

Status CmaesExplorer::tell(Arena& /*arena*/, const Trial& /*trial*/, const Found& found) {
  if (inner_.empty()) {
    outer_.tell(found);
  } else {
    inner_[turn_].tell(found);
    turn_ = (turn_ + 1) % inner_.size();
  }
  return ok();
}

Json CmaesExplorer::state() const {
  Json inner = Json::array();
  for (const WeightSearch& one : inner_) inner.push_back(one.state());
  return {{"outer", outer_.state()}, {"inner", std::move(inner)}, {"turn", turn_}};
}

Status CmaesExplorer::restore(const Json& state) {
  PTAH_TRY(outer_.restore(state.at("outer")));
  inner_.clear();
  for (const Json& one : state.at("inner")) {
    inner_.emplace_back();
    PTAH_TRY(inner_.back().restore(one));
  }
  turn_ = state.at("turn");
  if (!inner_.empty() && turn_ >= inner_.size())
    return make_error(ErrorCode::kParse, "There is no such search.", "checkpoint");
  return ok();
}

}  // namespace ptah::search
