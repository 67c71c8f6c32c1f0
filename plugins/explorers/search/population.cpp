#include "population.hpp"

#include <algorithm>

#include "cmaes.hpp"

namespace ptah::search {
namespace {

/// Children drawn for one that is not known yet.
constexpr int kDraws = 50;
/// A child's weights differ in this share of the nets, by so much (log2).
constexpr double kChanged = 0.4, kChange = 0.8;
/// New weights at first (log2).
constexpr double kSpread = 1.5;

bool better(const Population::Member& a, const Population::Member& b) {
  return a.found.cost < b.found.cost;
}

Json to_json(const Population::Member& member) {
  return {member.counts, member.weights, search::to_json(member.found)};
}

Population::Member member_from_json(const Json& json) {
  return {json.at(0).get<Counts>(), json.at(1).get<std::vector<double>>(),
          found_from_json(json.at(2))};
}

}  // namespace

const Population::Member& Population::select(Rng& rng) const {
  const Member* best = nullptr;
  for (int i = 0; i < params_.tournament; ++i) {
    const Member& drawn = members_[rng.below(members_.size())];
    if (best == nullptr || better(drawn, *best)) best = &drawn;
  }
  return *best;
}

Population::Member Population::child(Arena& arena, Rng& rng) const {
  const Member& a = select(rng);
  const Member& b = select(rng);
  Member made{a.counts, a.weights, {}};
  const double mutation = 1.0 / static_cast<double>(std::max<std::size_t>(1, made.counts.size()));
  for (std::size_t group = 0; group < made.counts.size(); ++group) {
    if (rng.below(2) == 1) made.counts[group] = b.counts[group];
    if (rng.uniform() < mutation)
      made.counts[group] = static_cast<int>(rng.below(static_cast<std::uint64_t>(arena.choices())));
  }
  if (rng.uniform() >= params_.placings) {
    made.weights.clear();
  } else if (made.weights.empty()) {
    made.weights.resize(arena.nets());
    for (double& weight : made.weights) weight = kSpread * normal(rng);
  } else {
    for (double& weight : made.weights) {
      if (rng.uniform() < kChanged) weight += kChange * normal(rng);
    }
  }
  return made;
}

Trial Population::trial_of(const Member& member, Rng& rng) {
  if (member.weights.empty()) return {member.counts, Baseline{}};
  return {member.counts, Replace{rng.next() >> 1, weights_of(member.weights)}};
}

Trial Population::ask(Arena& arena, Rng& rng) {
  if (static_cast<int>(members_.size()) < params_.size) {
    auto unknown = arena.draw_unknown(rng);
    asked_ = {unknown ? std::move(*unknown) : arena.random_counts(rng), {}, {}};
    return trial_of(asked_, rng);
  }
  for (int draw = 0; draw < kDraws; ++draw) {
    asked_ = child(arena, rng);
    if (!asked_.weights.empty() || arena.known(asked_.counts) == nullptr) break;
  }
  return trial_of(asked_, rng);
}

void Population::tell(const Found& found) {
  asked_.found = found;
  members_.push_back(asked_);
  if (static_cast<int>(members_.size()) <= params_.size) return;
  members_.erase(std::max_element(members_.begin(), members_.end(), better));
}

std::vector<Population::Member> Population::ranked() const {
  std::vector<Member> members = members_;
  std::stable_sort(members.begin(), members.end(), better);
  return members;
}

Json Population::state() const {
  Json members = Json::array();
  for (const Member& member : members_) members.push_back(to_json(member));
  return {{"members", std::move(members)}, {"asked", to_json(asked_)}};
}

Status Population::restore(const Json& state) {
  members_.clear();
  for (const Json& member : state.at("members")) members_.push_back(member_from_json(member));
  asked_ = member_from_json(state.at("asked"));
  return ok();
}

}  // namespace ptah::search
