#include "bayesian.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

namespace ptah::search {
namespace {

/// Assignments among which the next is chosen: random ones, and neighbours of the best few.
constexpr int kRandom = 256;
constexpr std::size_t kBest = 5;
/// Inner searches at a time.
constexpr std::size_t kInner = 3;

}  // namespace

Bayesian::Bayesian(const Options& options)
    : first_(static_cast<int>(options.integer("first"))),
      most_(static_cast<int>(options.integer("most_points"))),
      placings_(options.real("placings")) {}

OptionSchema Bayesian::options() {
  return {{"first", OptionType::kInt, 24, "Random assignments at the start.", 2, 100000, {}},
          {"most_points",
           OptionType::kInt,
           250,
           "Known assignments that the processes look at: half the best, half the latest. Time "
           "grows with the cube.",
           10,
           5000,
           {}},
          {"placings",
           OptionType::kReal,
           0.5,
           "Share of points that are other placements of the best assignments.",
           0,
           1,
           {}}};
}

std::vector<std::size_t> Bayesian::by_cost() const {
  std::vector<std::size_t> order(known_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return known_[a].found.cost < known_[b].found.cost;
  });
  return order;
}

std::optional<Counts> Bayesian::most_promising(Arena& arena, Rng& rng) const {
  const std::vector<std::size_t> order = by_cost();
  std::set<Counts> drawn;
  for (int i = 0; i < kRandom; ++i) drawn.insert(arena.random_counts(rng));
  for (std::size_t i = 0; i < std::min(kBest, order.size()); ++i) {
    for (Counts& near : neighbours(known_[order[i]].counts, arena.choices(), rng))
      drawn.insert(std::move(near));
  }
  std::erase_if(drawn, [&](const Counts& counts) {
    return arena.known(counts) != nullptr || !arena.offered(counts);
  });
  if (drawn.empty()) return arena.draw_unknown(rng);

  // The best half, then the latest.
  std::set<std::size_t> chosen;
  const auto most = static_cast<std::size_t>(most_);
  for (std::size_t i = 0; i < order.size() && chosen.size() < most / 2; ++i)
    chosen.insert(order[i]);
  for (std::size_t i = known_.size(); i-- > 0 && chosen.size() < most;) chosen.insert(i);
  std::vector<Counts> points, feasible_points;
  std::vector<double> costs, feasible;
  for (const std::size_t i : chosen) {
    points.push_back(known_[i].counts);
    feasible.push_back(known_[i].found.feasible ? 1 : -1);
    if (!known_[i].found.feasible || known_[i].found.cost <= 0) continue;
    feasible_points.push_back(known_[i].counts);
    costs.push_back(std::log(known_[i].found.cost));  // Costs spread over decades.
  }
  GaussianProcess cost, chance;
  const bool all_feasible = costs.size() == points.size();
  if (!all_feasible) chance.fit(points, feasible, arena.choices());
  if (!costs.empty()) cost.fit(feasible_points, costs, arena.choices());
  const double best = costs.empty() ? 0 : *std::min_element(costs.begin(), costs.end());
  const Counts* winner = nullptr;
  double most_gain = -1;
  for (const Counts& counts : drawn) {
    if (arena.job().cancelled()) break;
    double gain = costs.empty() ? 1 : expected_improvement(cost.at(counts), best);
    if (!all_feasible) {
      const auto belief = chance.at(counts);
      gain *= normal_below(belief.mean / belief.deviation);
    }
    if (gain <= most_gain) continue;
    most_gain = gain;
    winner = &counts;
  }
  return winner == nullptr ? *drawn.begin() : *winner;
}

void Bayesian::tend_placings(Arena& arena) {
  for (const std::size_t i : by_cost()) {
    if (inner_.size() == kInner || !known_[i].found.feasible) break;
    const bool taken = std::any_of(inner_.begin(), inner_.end(), [&](const WeightSearch& one) {
      return one.counts() == known_[i].counts;
    });
    if (!taken) inner_.emplace_back(known_[i].counts, arena.nets(), known_[i].found.cost);
  }
  // A better assignment takes the place of the worst search.
  const std::vector<std::size_t> order = by_cost();
  if (inner_.empty() || order.empty() || !known_[order.front()].found.feasible) return;
  const Known& best = known_[order.front()];
  const auto worst = std::max_element(
      inner_.begin(), inner_.end(),
      [](const WeightSearch& a, const WeightSearch& b) { return a.best() < b.best(); });
  const bool there = std::any_of(inner_.begin(), inner_.end(), [&](const WeightSearch& one) {
    return one.counts() == best.counts;
  });
  if (!there && best.found.cost < worst->best())
    *worst = WeightSearch(best.counts, arena.nets(), best.found.cost);
}

Result<std::optional<Trial>> Bayesian::ask(Arena& arena, Rng rng) {
  inside_ = false;
  if (static_cast<int>(known_.size()) < first_) {
    if (auto counts = arena.draw_unknown(rng))
      return std::optional<Trial>({std::move(*counts), Baseline{}});
  }
  tend_placings(arena);
  if (!inner_.empty() && (arena.all_known() || rng.uniform() < placings_)) {
    inside_ = true;
    // The best twice as often as each of the others.
    const auto best = std::min_element(
        inner_.begin(), inner_.end(),
        [](const WeightSearch& a, const WeightSearch& b) { return a.best() < b.best(); });
    turn_ = rng.below(2) == 0 ? static_cast<std::size_t>(best - inner_.begin())
                              : rng.below(inner_.size());
    return std::optional<Trial>(inner_[turn_].ask(rng));
  }
  if (auto counts = most_promising(arena, rng))
    return std::optional<Trial>({std::move(*counts), Baseline{}});
  return std::optional<Trial>();  // All are known, and none is feasible.
}

Status Bayesian::tell(Arena& /*arena*/, const Trial& trial, const Found& found) {
  if (inside_) {
    inner_[turn_].tell(found);
  } else {
    known_.push_back({trial.counts, found});
  }
  return ok();
}

Json Bayesian::state() const {
  Json known = Json::array(), inner = Json::array();
  for (const Known& one : known_) known.push_back({one.counts, to_json(one.found)});
  for (const WeightSearch& one : inner_) inner.push_back(one.state());
  return {{"known", std::move(known)},
          {"inner", std::move(inner)},
          {"turn", turn_},
          {"inside", inside_}};
}

Status Bayesian::restore(const Json& state) {
  known_.clear();
  for (const Json& one : state.at("known"))
    known_.push_back({one.at(0).get<Counts>(), found_from_json(one.at(1))});
  inner_.clear();
  for (const Json& one : state.at("inner")) {
    inner_.emplace_back();
    PTAH_TRY(inner_.back().restore(one));
  }
  turn_ = state.at("turn");
  inside_ = state.at("inside");
  return ok();
}

}  // namespace ptah::search
