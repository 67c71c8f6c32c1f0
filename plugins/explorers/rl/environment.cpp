#include "environment.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace ptah::rl {
namespace {

constexpr std::array<Point, 4> kDirections{Point{1, 0}, {-1, 0}, {0, 1}, {0, -1}};
/// tuned: 0.1, 0.5 and 2 um.
constexpr std::array<Dbu, 3> kSteps{kPlacementGrid, 5 * kPlacementGrid, 20 * kPlacementGrid};
/// Large circuits have more pairs than a mask can ask about; neighbours in the netlist come first.
constexpr std::size_t kMostSwaps = 512;
/// Weights of nets lie between 4^-4 and 4^4.
constexpr int kMostExponent = 4;

std::size_t index(DeviceId device) {
  return static_cast<std::size_t>(device);
}

float ratio(double value, double of) {
  return of == 0 ? 0.0F : static_cast<float>(value / of);
}

}  // namespace

Environment::Environment(const EnvironmentParams& params, const Circuit& circuit, Rng rng)
    : params_(params),
      rng_(rng),
      devices_(circuit.devices.size()),
      nets_(circuit.nets.size()),
      exponents_(nets_, 0) {
  if (params_.paper) {
    heads_ = {devices_, kDirections.size()};
    state_size_ = 8 * devices_;
  } else {
    list_actions(circuit);
    heads_ = {actions_.size()};
    state_size_ = 14 * devices_ + 2 * nets_ + 3;
  }
}

void Environment::list_actions(const Circuit& circuit) {
  using Kind = Action::Kind;
  std::vector<bool> paired(devices_, false);
  for (const MatchedGroup& group : circuit.matched) {
    if (group.size() != 2) continue;  // Of larger groups each device moves alone.
    units_.push_back({group[0], group[1]});
    for (const DeviceId device : group) paired[index(device)] = true;
  }
  for (std::size_t device = 0; device < devices_; ++device)
    if (!paired[device]) units_.push_back({static_cast<DeviceId>(device)});
  for (std::size_t unit = 0; unit < units_.size(); ++unit) {
    for (const Dbu step : kSteps) {
      for (const Point way : kDirections)
        actions_.push_back({Kind::kShift, unit, 0, {way.x * step, way.y * step}, 0, 0});
    }
    for (const std::uint8_t mirrored : {1, 2})
      actions_.push_back({Kind::kFlip, unit, 0, {}, mirrored, 0});
  }
  std::size_t swaps = 0;
  for (std::size_t apart = 1; apart < devices_; ++apart) {
    for (std::size_t a = 0; a + apart < devices_ && swaps < kMostSwaps; ++a, ++swaps)
      actions_.push_back({Kind::kSwap, a, a + apart, {}, 0, 0});
  }
  for (std::size_t net = 0; net < nets_; ++net) {
    for (const int exponent : {1, -1}) actions_.push_back({Kind::kWeight, net, 0, {}, 0, exponent});
  }
  actions_.push_back({Kind::kAnew, 0, 0, {}, 0, 0});
}

std::vector<std::vector<ChoiceLabel>> Environment::labels(const Circuit& circuit) const {
  using Kind = Action::Kind;
  const auto name = [&](std::size_t device) { return circuit.devices[device].name; };
  std::vector<std::vector<ChoiceLabel>> labels(heads_.size());
  if (params_.paper) {
    for (std::size_t device = 0; device < devices_; ++device)
      labels[0].push_back({"", {{name(device), 1}}});
    for (const char* way : {"right", "left", "up", "down"}) labels[1].push_back({way, {}});
    return labels;
  }
  for (const Action& one : actions_) {
    ChoiceLabel label;
    switch (one.kind) {
      case Kind::kShift: {
        char text[32];
        std::snprintf(text, sizeof text, "shift by %g um",
                      to_um(std::max(std::abs(one.by.x), std::abs(one.by.y))));
        label.kind = text;
        break;
      }
      case Kind::kFlip:
        label.kind = "turn over";
        break;
      case Kind::kSwap:
        label = {"swap", {{name(one.which), 0.5}, {name(one.other), 0.5}}};
        break;
      case Kind::kWeight:
        label = {one.exponent > 0 ? "more weight for a net" : "less weight for a net",
                 {{"(by a net's weight)", 1}}};
        break;
      case Kind::kAnew:
        label = {"place anew", {{"(all)", 1}}};
        break;
    }
    if (one.kind == Kind::kShift || one.kind == Kind::kFlip) {
      const std::vector<DeviceId>& unit = units_[one.which];
      for (const DeviceId device : unit)
        label.moves.emplace_back(name(index(device)), 1 / static_cast<double>(unit.size()));
    }
    labels[0].push_back(std::move(label));
  }
  return labels;
}

Status Environment::enter(std::shared_ptr<LayoutSpace> space) {
  const Evaluation& baseline = space->baseline();
  const std::optional<double> scale = params_.paper ? baseline.pscore : baseline.cost;
  if (!scale) {
    return make_error(ErrorCode::kUnsupported,
                      params_.paper ? "The profile `paper` rewards a lower pscore; this flow does "
                                      "not simulate."
                                    : "The baseline has no cost by this objective.",
                      "explorer rl");
  }
  space_ = std::move(space);
  baseline_ = space_->snapshot();
  scale_ = std::max(std::abs(*scale), 1e-12);
  if (params_.paper) scale_ = *scale;
  seen_.clear();
  return ok();
}

void Environment::leave() {
  space_.reset();
  baseline_.reset();
  seen_.clear();
}

Status Environment::reset() {
  PTAH_TRY(space_->restore(baseline_));
  steps_ = 0;
  placed_ = 0;
  std::fill(exponents_.begin(), exponents_.end(), 0);
  cost_ = best_ = 1;
  // The stale one is what was seen last; the first episode has none.
  if (!params_.stale_first_state || seen_.empty()) look();
  return ok();
}

void Environment::look() {
  if (params_.zero_state)
    seen_.assign(state_size_, 0.0F);
  else
    seen_ = params_.paper ? paper_state() : tuned_state();
}

std::vector<float> Environment::paper_state() const {
  const Tiles& tiles = space_->tiles();
  const Placement& placement = space_->placement();
  const Rect all = placement_outline(tiles, placement);
  const Dbu least = std::min(all.x0, all.y0), most = std::max(all.x1, all.y1);
  const auto unit = [&](Dbu at) { return ratio(at - least, most - least); };
  std::vector<float> state;
  state.reserve(state_size_);
  for (std::size_t i = 0; i < devices_; ++i) {
    const Rect box = placed_outline(tiles[i], placement.tiles[i]);
    state.insert(state.end(), {unit(box.x0), unit(box.y0), unit(box.x1), unit(box.y1)});
    for (const DeviceKind kind :
         {DeviceKind::kNmos, DeviceKind::kPmos, DeviceKind::kCapacitor, DeviceKind::kResistor})
      state.push_back(space_->circuit().devices[i].kind == kind ? 1.0F : 0.0F);
  }
  return state;
}

/// Of each device: its centre, from the layout's and in its sizes; its size in the same; the bits
/// of its orientation; its type; how far its slot reaches to each side, up to the longest shift. Of
/// each net: its half perimeter in the layout's, and its weight. Then what the present layout and
/// the episode's best cost, relative to the baseline, and how much of the episode is over.
std::vector<float> Environment::tuned_state() const {
  const Tiles& tiles = space_->tiles();
  const Placement& placement = space_->placement();
  const Rect all = placement_outline(tiles, placement);
  const Point centre = all.center();
  std::vector<float> state;
  state.reserve(state_size_);
  for (std::size_t i = 0; i < devices_; ++i) {
    const PlacedTile& placed = placement.tiles[i];
    const Rect box = placed_outline(tiles[i], placed);
    const Point at = box.center();
    const auto orientation = static_cast<unsigned>(placed.orientation);
    state.insert(
        state.end(),
        {ratio(2.0 * (at.x - centre.x), all.width()), ratio(2.0 * (at.y - centre.y), all.height()),
         ratio(box.width(), all.width()), ratio(box.height(), all.height()),
         static_cast<float>(orientation & 1u), static_cast<float>(orientation >> 1)});
    for (const DeviceKind kind :
         {DeviceKind::kNmos, DeviceKind::kPmos, DeviceKind::kCapacitor, DeviceKind::kResistor})
      state.push_back(space_->circuit().devices[i].kind == kind ? 1.0F : 0.0F);
    for (const Dbu room : {placed.slot.x1 - box.x1, box.x0 - placed.slot.x0,
                           placed.slot.y1 - box.y1, box.y0 - placed.slot.y0})
      state.push_back(ratio(std::min(room, kSteps.back()), kSteps.back()));
  }
  const double half = static_cast<double>(all.width()) + all.height();
  const auto lengths = net_hpwl(space_->circuit(), tiles, placement);
  for (std::size_t net = 0; net < nets_; ++net) {
    state.push_back(ratio(static_cast<double>(lengths[net]), half));
    state.push_back(ratio(exponents_[net], kMostExponent));
  }
  for (const double cost : {cost_, best_})
    state.push_back(static_cast<float>(std::clamp(cost - 1, -1.0, 1.0)));
  state.push_back(ratio(steps_, params_.episode_steps));
  return state;
}

std::optional<Moves> Environment::moves_of(const std::vector<int>& action) const {
  if (params_.paper) {
    const Point way = kDirections[static_cast<std::size_t>(action[1])];
    return Moves{Shift{action[0], {way.x * kPlacementGrid, way.y * kPlacementGrid}}};
  }
  const Action& one = actions_[static_cast<std::size_t>(action[0])];
  switch (one.kind) {
    case Action::Kind::kShift: {
      const std::vector<DeviceId>& unit = units_[one.which];
      Moves moves{Shift{unit[0], one.by}};
      if (unit.size() == 2) moves.push_back(Shift{unit[1], {-one.by.x, one.by.y}});
      return moves;
    }
    case Action::Kind::kFlip: {
      Moves moves;
      for (const DeviceId device : units_[one.which]) {
        const Orientation now = space_->placement().tiles[index(device)].orientation;
        moves.push_back(
            Turn{device, static_cast<Orientation>(static_cast<std::uint8_t>(now) ^ one.mirrored)});
      }
      return moves;
    }
    case Action::Kind::kSwap:
      return Moves{Swap{static_cast<DeviceId>(one.which), static_cast<DeviceId>(one.other)}};
    case Action::Kind::kWeight:
      if (std::abs(exponents_[one.which] + one.exponent) > kMostExponent) return std::nullopt;
      break;
    case Action::Kind::kAnew:
      break;
  }
  const bool anew = one.kind == Action::Kind::kAnew;
  Replace replace{rng_.fork(placed_ + (anew ? 1 : 0)).next(), {}};
  for (std::size_t net = 0; net < nets_; ++net) {
    const int exponent = exponents_[net] + (!anew && net == one.which ? one.exponent : 0);
    if (exponent != 0) replace.weights[static_cast<NetId>(net)] = std::pow(4.0, exponent);
  }
  return Moves{replace};
}

Result<Mask> Environment::mask() const {
  Mask mask;
  if (params_.paper) return mask;
  mask.reserve(actions_.size());
  for (std::size_t i = 0; i < actions_.size(); ++i) {
    const auto moves = moves_of({static_cast<int>(i)});
    bool allowed = moves.has_value();
    if (moves) {
      PTAH_TRY(const auto refused, space_->refusal(*moves));
      allowed = !refused;
    }
    mask.push_back(allowed ? 1 : 0);
  }
  return mask;
}

Outcome Environment::judge_paper(Evaluation evaluation) {
  const bool failed = !evaluation.valid || !evaluation.feasible || !evaluation.pscore;
  Outcome outcome;
  outcome.reward = failed ? params_.failed_step : params_.alpha * (scale_ - *evaluation.pscore);
  outcome.done = failed || steps_ >= params_.episode_steps;
  outcome.evaluation = std::move(evaluation);
  return outcome;
}

Outcome Environment::judge_tuned(Evaluation evaluation) {
  Outcome outcome;
  outcome.done = steps_ >= params_.episode_steps;
  outcome.reward = params_.failed_step;
  if (evaluation.valid && evaluation.feasible && evaluation.cost) {
    cost_ = *evaluation.cost / scale_;
    outcome.reward = std::max(0.0, best_ - cost_);
    best_ = std::min(best_, cost_);
  }
  outcome.evaluation = std::move(evaluation);
  return outcome;
}

Result<Outcome> Environment::step(const std::vector<int>& action) {
  const std::optional<Moves> moves = moves_of(action);
  if (!moves) return make_error(ErrorCode::kInternal, "A masked action was drawn.", "explorer rl");
  const LayoutSpace::Snapshot before = space_->snapshot();
  PTAH_TRY(Evaluation found, space_->step(*moves, Fidelity::kScored));
  ++steps_;
  if (found.valid && !found.feasible) {
    PTAH_TRY(space_->restore(before));
  } else if (found.valid && !params_.paper) {
    const Action& one = actions_[static_cast<std::size_t>(action[0])];
    if (one.kind == Action::Kind::kWeight) exponents_[one.which] += one.exponent;
    if (one.kind == Action::Kind::kAnew) ++placed_;
  }
  Outcome outcome = params_.paper ? judge_paper(std::move(found)) : judge_tuned(std::move(found));
  look();
  return outcome;
}

Json Environment::save() const {
  return {{"seen", seen_},
          {"steps", steps_},
          {"costs", {cost_, best_}},
          {"exponents", exponents_},
          {"placed", placed_}};
}

Status Environment::restore(const Json& state, std::string_view layout) {
  try {
    seen_ = state.at("seen").get<std::vector<float>>();
    steps_ = state.at("steps");
    cost_ = state.at("costs").at(0);
    best_ = state.at("costs").at(1);
    exponents_ = state.at("exponents").get<std::vector<int>>();
    placed_ = state.at("placed");
  } catch (const Json::exception& exception) {
    return make_error(ErrorCode::kParse, exception.what(), "checkpoint");
  }
  if (exponents_.size() != nets_ || (!seen_.empty() && seen_.size() != state_size_))
    return make_error(ErrorCode::kParse, "The checkpoint is of another circuit.", "checkpoint");
  return layout.empty() ? ok() : space_->load(layout);
}

}  // namespace ptah::rl
