#include "annealing.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace ptah::search {
namespace {

/// Draws for a step that can be tried.
constexpr int kDraws = 40;
/// Evaluations of a round, where the options do not say how many rounds; at most so many; and
/// where only time is limited.
constexpr std::int64_t kRound = 500;
constexpr std::int64_t kMostRounds = 8;
constexpr int kTimedRounds = 4;
/// Of the hottest temperature, where the last round starts.
constexpr double kWarm = 0.3;
/// Of a shift, nm.
constexpr std::array<Dbu, 4> kSteps{100, 300, 1000, 2000};

sequence_pair::Params sampling() {
  sequence_pair::Params params;
  params.sampling = true;
  params.elites = 3;
  return params;
}

Json arrangement_json(const sequence_pair::State& state) {
  Json flips = Json::array();
  for (const auto& flip : state.flips) flips.push_back((flip.x ? 1 : 0) + (flip.y ? 2 : 0));
  return {state.pair.first, state.pair.second, std::move(flips)};
}

sequence_pair::State arrangement_from_json(const Json& json) {
  sequence_pair::State state;
  state.pair.first = json.at(0).get<std::vector<int>>();
  state.pair.second = json.at(1).get<std::vector<int>>();
  state.pair.index();
  for (const Json& flip : json.at(2)) {
    const int bits = flip;
    state.flips.push_back({(bits & 1) != 0, (bits & 2) != 0});
  }
  return state;
}

Json placement_json(const Placement& placement) {
  Json tiles = Json::array();
  for (const PlacedTile& tile : placement.tiles) {
    tiles.push_back({tile.origin.x, tile.origin.y, static_cast<int>(tile.orientation), tile.slot.x0,
                     tile.slot.y0, tile.slot.x1, tile.slot.y1});
  }
  return tiles;
}

Placement placement_from_json(const Json& json) {
  Placement placement;
  for (const Json& item : json) {
    PlacedTile tile;
    tile.origin = {item.at(0), item.at(1)};
    tile.orientation = static_cast<Orientation>(item.at(2).get<int>());
    tile.slot = {item.at(3), item.at(4), item.at(5), item.at(6)};
    placement.tiles.push_back(tile);
  }
  return placement;
}

Orientation turned(Orientation orientation, bool x) {
  using enum Orientation;
  switch (orientation) {
    case kR0:
      return x ? kMY : kMX;
    case kMX:
      return x ? kR180 : kR0;
    case kMY:
      return x ? kR0 : kR180;
    case kR180:
      return x ? kMX : kMY;
  }
  return orientation;
}

/// A step of tiles; matched groups as one: a shift in x is mirrored in a pair.
Moves draw_moves(const Circuit& circuit, const Placement& placement, Rng& rng) {
  const auto n = static_cast<std::uint64_t>(circuit.devices.size());
  const auto device = static_cast<DeviceId>(rng.below(n));
  const MatchedGroup* group = circuit.group_of(device);
  const MatchedGroup alone{device};
  const MatchedGroup& members = group == nullptr ? alone : *group;
  const std::uint64_t kind = rng.below(10);
  Moves moves;
  if (kind < 2 && n > 1) {
    auto other = static_cast<DeviceId>(rng.below(n - 1));
    if (other >= device) ++other;
    return {Swap{device, other}};
  }
  if (kind == 2) {
    const bool x = rng.below(2) == 1;
    for (const DeviceId member : members) {
      const auto& placed = placement.tiles[static_cast<std::size_t>(member)];
      moves.push_back(Turn{member, turned(placed.orientation, x)});
    }
    return moves;
  }
  const Dbu step = kSteps[rng.below(kSteps.size())] * (rng.below(2) == 1 ? 1 : -1);
  const bool horizontal = rng.below(2) == 1;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const Dbu by = horizontal && members.size() == 2 && i == 1 ? -step : step;
    moves.push_back(Shift{members[i], horizontal ? Point{by, 0} : Point{0, by}});
  }
  return moves;
}

}  // namespace

Annealing::Annealing(const Options& options)
    : over_moves_(options.text("over") == "moves"),
      starts_(static_cast<int>(options.integer("starts"))),
      rounds_(static_cast<int>(options.integer("rounds"))),
      fingers_(options.real("fingers")),
      hottest_(options.real("hottest")),
      coldest_(options.real("coldest")) {}

OptionSchema Annealing::options() {
  return {{"over",
           OptionType::kText,
           "sequence_pairs",
           "What arranges the tiles: sequence_pairs, packed anew each time, or moves of single "
           "tiles.",
           {},
           {},
           {"sequence_pairs", "moves"}},
          {"starts",
           OptionType::kInt,
           100,
           "Random assignments, at most a fifth of the round, whose best is where it starts.",
           1,
           1000000,
           {}},
          {"rounds",
           OptionType::kInt,
           0,
           "Rounds of annealing; 0: one for every 500 evaluations of the budget, at most 8.",
           0,
           1000,
           {}},
          {"fingers", OptionType::kReal, 0.15, "Share of steps that change a count.", 0, 1, {}},
          {"hottest",
           OptionType::kReal,
           0.1,
           "Temperature at the start: relative increase that is taken with probability 1/e.",
           1e-6,
           10,
           {}},
          {"coldest", OptionType::kReal, 0.002, "The same at the end.", 1e-9, 10, {}}};
}

Result<bool> Annealing::pack(Arena& arena, Place& place) {
  if (!problem_ || problem_counts_ != place.counts) {
    PTAH_TRY(const auto space, arena.space(place.counts));
    if (!space) return false;
    const auto clearance = sequence_pair::clearances(space->tiles(), arena.design().technology());
    PTAH_TRY(problem_,
             sequence_pair::make_problem(space->circuit(), space->tiles(), clearance, sampling()));
    problem_counts_ = place.counts;
  }
  sequence_pair::Evaluator evaluator(*problem_, true);
  const auto corners = evaluator.corners(place.arrangement);
  if (!corners) return false;
  place.placement = sequence_pair::to_placement(*problem_, place.arrangement, *corners);
  return true;
}

Result<std::optional<Annealing::Place>> Annealing::arrange(Arena& arena, const Counts& counts,
                                                           Rng rng) {
  Place place;
  place.counts = counts;
  PTAH_TRY(const auto space, arena.space(counts));
  if (!space) return std::optional<Place>();
  if (over_moves_) {
    PTAH_TRY(const Evaluation placed,
             space->step({Replace{rng.next() >> 1, {}}}, Fidelity::kPlaced));
    if (!placed.valid) return std::optional<Place>();
    place.placement = space->placement();
    return std::optional<Place>(std::move(place));
  }
  const auto clearance = sequence_pair::clearances(space->tiles(), arena.design().technology());
  PTAH_TRY(problem_,
           sequence_pair::make_problem(space->circuit(), space->tiles(), clearance, sampling()));
  problem_counts_ = counts;
  sequence_pair::AnnealStats ignored;
  for (auto& candidate : sequence_pair::anneal(*problem_, sampling(), rng, arena.job(), ignored)) {
    place.arrangement = std::move(candidate.state);
    PTAH_TRY(const bool packed, pack(arena, place));
    if (packed) return std::optional<Place>(std::move(place));
  }
  return std::optional<Place>();
}

Result<std::optional<Annealing::Place>> Annealing::propose_fingers(Arena& arena, Rng& rng) {
  Place place = present_;
  const std::size_t group = rng.below(place.counts.size());
  const auto other = static_cast<int>(rng.below(static_cast<std::uint64_t>(arena.choices() - 1)));
  place.counts[group] = other >= present_.counts[group] ? other + 1 : other;
  if (!arena.offered(place.counts)) return std::optional<Place>();
  if (over_moves_) return arrange(arena, place.counts, rng);
  PTAH_TRY(const bool packed, pack(arena, place));
  return packed ? std::optional<Place>(std::move(place)) : std::nullopt;
}

Result<std::optional<Annealing::Place>> Annealing::propose_moves(Arena& arena, Rng& rng) {
  PTAH_TRY(const auto space, arena.space(present_.counts));
  if (!space) return std::optional<Place>();
  PTAH_TRY(const Evaluation there, space->step({Arrange{present_.placement}}, Fidelity::kPlaced));
  if (!there.valid) return std::optional<Place>();
  const Moves moves = draw_moves(space->circuit(), space->placement(), rng);
  PTAH_TRY(const Evaluation moved, space->step(moves, Fidelity::kPlaced));
  if (!moved.valid) return std::optional<Place>();
  Place place = present_;
  place.placement = space->placement();
  return std::optional<Place>(std::move(place));
}

Result<std::optional<Annealing::Place>> Annealing::propose(Arena& arena, Rng& rng) {
  if (arena.choices() > 1 && !present_.counts.empty() && rng.uniform() < fingers_)
    return propose_fingers(arena, rng);
  if (over_moves_) return propose_moves(arena, rng);
  Place place = present_;
  if (!problem_ || problem_counts_ != place.counts) {
    PTAH_TRY(const bool packed, pack(arena, place));
    if (!packed) return std::optional<Place>();
  }
  sequence_pair::mutate(place.arrangement, *problem_, rng);
  PTAH_TRY(const bool packed, pack(arena, place));
  if (!packed || place.placement == present_.placement) return std::optional<Place>();
  return std::optional<Place>(std::move(place));
}

void Annealing::begin_round(Arena& arena) {
  if (rounds_ == 0) {
    const auto budget = arena.design().budget();
    rounds_ = budget && budget->evaluations ? static_cast<int>(std::clamp<std::int64_t>(
                                                  *budget->evaluations / kRound, 1, kMostRounds))
                                            : kTimedRounds;
  }
  const int round = std::min(static_cast<int>(arena.share() * rounds_), rounds_ - 1);
  if (round == round_) return;
  round_ = round;
  started_ = 0;
  phase_ = Phase::kStart;
  best_start_ = {};
  if (round < rounds_ - 1 || best_.cost == 0) return;
  phase_ = Phase::kAnneal;
  present_ = best_;
  began_ = arena.share();
}

Result<std::optional<Trial>> Annealing::ask(Arena& arena, Rng rng) {
  begin_round(arena);
  if (phase_ == Phase::kStart) {
    const bool enough = started_ >= starts_ || arena.share() * rounds_ - round_ >= 0.2;
    if (!enough || best_start_.cost == 0) {
      next_ = {};
      next_.counts = arena.random_counts(rng);
      return std::optional<Trial>({next_.counts, Baseline{}});
    }
    PTAH_TRY(auto arranged, arrange(arena, best_start_.counts, rng));
    if (!arranged) {  // Its baseline was placed by the flow's own placer, this one is not.
      best_start_ = {};
      next_.counts = arena.random_counts(rng);
      return std::optional<Trial>({next_.counts, Baseline{}});
    }
    next_ = std::move(*arranged);
    return std::optional<Trial>({next_.counts, next_.placement});
  }
  for (int draw = 0; draw < kDraws; ++draw) {
    if (arena.job().cancelled()) return cancelled_error();
    PTAH_TRY(auto proposed, propose(arena, rng));
    if (!proposed) continue;
    next_ = std::move(*proposed);
    coin_ = rng.next();
    return std::optional<Trial>({next_.counts, next_.placement});
  }
  return std::optional<Trial>();
}

Status Annealing::tell(Arena& arena, const Trial& trial, const Found& found) {
  if (phase_ == Phase::kStart) {
    ++started_;
    if (std::holds_alternative<Baseline>(trial.placing)) {
      if (found.feasible && (best_start_.cost == 0 || found.cost < best_start_.cost)) {
        best_start_ = next_;
        best_start_.cost = found.cost;
      }
      return ok();
    }
    if (!found.feasible) return ok();  // Another arrangement of it, then.
    present_ = next_;
    present_.cost = found.cost;
    if (best_.cost == 0 || found.cost < best_.cost) best_ = present_;
    phase_ = Phase::kAnneal;
    began_ = arena.share();
    return ok();
  }
  if (!found.feasible) return ok();
  const double end = (round_ + 1.0) / rounds_;
  const double done = began_ < end ? std::min(1.0, (arena.share() - began_) / (end - began_)) : 1;
  const double hottest = round_ > 0 && round_ == rounds_ - 1 ? kWarm * hottest_ : hottest_;
  const double temperature = hottest * std::pow(coldest_ / hottest, done);
  const double increase = found.cost / present_.cost - 1;
  const double luck = static_cast<double>(coin_ >> 11) * 0x1.0p-53;
  if (increase > 0 && luck >= std::exp(-increase / temperature)) return ok();
  present_ = next_;
  present_.cost = found.cost;
  if (best_.cost == 0 || found.cost < best_.cost) best_ = present_;
  return ok();
}

Json Annealing::to_json(const Place& place) {
  return {{"counts", place.counts},
          {"arrangement", arrangement_json(place.arrangement)},
          {"placement", placement_json(place.placement)},
          {"cost", place.cost}};
}

Annealing::Place Annealing::from_json(const Json& json) {
  return {json.at("counts").get<Counts>(), arrangement_from_json(json.at("arrangement")),
          placement_from_json(json.at("placement")), json.at("cost").get<double>()};
}

Json Annealing::state() const {
  return {{"annealing", phase_ == Phase::kAnneal},
          {"started", started_},
          {"began", began_},
          {"round", round_},
          {"best", to_json(best_)},
          {"best_start", to_json(best_start_)},
          {"present", to_json(present_)}};
}

Status Annealing::restore(const Json& state) {
  phase_ = state.at("annealing").get<bool>() ? Phase::kAnneal : Phase::kStart;
  started_ = state.at("started");
  began_ = state.at("began");
  round_ = state.at("round");
  best_ = from_json(state.at("best"));
  best_start_ = from_json(state.at("best_start"));
  present_ = from_json(state.at("present"));
  problem_.reset();
  return ok();
}

}  // namespace ptah::search
