#include "halving.hpp"

#include <algorithm>

namespace ptah::search {
namespace {

/// Assignments that are kept after rung 0.
constexpr std::size_t kMostArms = 81;

}  // namespace

Halving::Halving(const Options& options)
    : rungs_(static_cast<int>(options.integer("rungs"))),
      part_(static_cast<int>(options.integer("part"))) {}

OptionSchema Halving::options() {
  return {{"rungs",
           OptionType::kInt,
           5,
           "Shares of the budget; the first is for assignments as they come.",
           2,
           20,
           {}},
          {"part", OptionType::kInt, 3, "One of so many goes on.", 2, 10, {}}};
}

void Halving::cut(Arena& arena) {
  const auto keep = [&](std::size_t count) {
    return std::clamp<std::size_t>(count / static_cast<std::size_t>(part_), 1, kMostArms);
  };
  if (rung_ == 0) {
    std::stable_sort(first_.begin(), first_.end(),
                     [](const First& a, const First& b) { return a.cost < b.cost; });
    first_.resize(std::min(first_.size(), keep(first_.size())));
    for (const First& one : first_) arms_.emplace_back(one.counts, arena.nets(), one.cost);
    first_.clear();
  } else {
    std::stable_sort(arms_.begin(), arms_.end(), [](const WeightSearch& a, const WeightSearch& b) {
      return a.best() < b.best();
    });
    arms_.erase(arms_.begin() + static_cast<std::ptrdiff_t>(keep(arms_.size())), arms_.end());
  }
  ++rung_;
  turn_ = 0;
}

Result<std::optional<Trial>> Halving::ask(Arena& arena, Rng rng) {
  while (rung_ < rungs_ - 1 &&
         (arena.share() * rungs_ >= rung_ + 1 || (rung_ == 0 && arena.all_known())) &&
         !(rung_ == 0 && first_.empty()))
    cut(arena);
  if (rung_ > 0) return std::optional<Trial>(arms_[turn_].ask(rng));
  auto counts = arena.draw_unknown(rng);
  if (!counts) return std::optional<Trial>();  // None is feasible.
  return std::optional<Trial>({std::move(*counts), Baseline{}});
}

Status Halving::tell(Arena& /*arena*/, const Trial& trial, const Found& found) {
  if (rung_ > 0) {
    arms_[turn_].tell(found);
    turn_ = (turn_ + 1) % arms_.size();
    return ok();
  }
  const bool new_one = std::none_of(first_.begin(), first_.end(),
                                    [&](const First& one) { return one.counts == trial.counts; });
  if (found.feasible && new_one) first_.push_back({trial.counts, found.cost});
  return ok();
}

Json Halving::state() const {
  Json first = Json::array(), arms = Json::array();
  for (const First& one : first_) first.push_back({one.counts, one.cost});
  for (const WeightSearch& arm : arms_) arms.push_back(arm.state());
  return {{"rung", rung_}, {"turn", turn_}, {"first", first}, {"arms", arms}};
}

Status Halving::restore(const Json& state) {
  rung_ = state.at("rung");
  turn_ = state.at("turn");
  first_.clear();
  for (const Json& one : state.at("first"))
    first_.push_back({one.at(0).get<Counts>(), one.at(1).get<double>()});
  arms_.clear();
  for (const Json& arm : state.at("arms")) {
    arms_.emplace_back();
    PTAH_TRY(arms_.back().restore(arm));
  }
  if (rung_ > 0 && turn_ >= arms_.size())
    return make_error(ErrorCode::kParse, "There is no such arm.", "checkpoint");
  return ok();
}

}  // namespace ptah::search
