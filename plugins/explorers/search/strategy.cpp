#include "strategy.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <span>

namespace ptah::search {
namespace {

using Clock = std::chrono::steady_clock;

/// Spaces that are kept, some ten MiB each.
constexpr std::size_t kSpaces = 8;
/// Of the time between two checkpoints that making one may take.
constexpr int kCheckpointShare = 20;
constexpr std::chrono::milliseconds kBetweenCheckpoints{300};
/// Trials in a row that cost nothing, being known, after which a strategy is at its end.
constexpr int kNothingNew = 20'000;

/// Draws for an unknown assignment; then, of a space that is not larger, the next one is looked
/// for.
constexpr int kUnknownDraws = 50;
constexpr std::int64_t kMostSearched = 1 << 16;

/// Draws for an assignment that is offered.
constexpr int kOfferedDraws = 1000;

/// A finger assignment that cannot be made, rather than a fault.
bool is_of_the_trial(const Error& error) {
  return error.code == ErrorCode::kInfeasible || error.code == ErrorCode::kInvalidArgument;
}

Found found_of(const Evaluation& evaluation) {
  Found found;
  found.valid = evaluation.valid;
  found.feasible = evaluation.valid && evaluation.feasible && evaluation.cost.has_value();
  if (found.feasible) found.cost = *evaluation.cost;
  return found;
}

class Loop {
 public:
  Loop(DesignSpace& design, JobContext& job, Strategy& strategy)
      : design_(design), job_(job), strategy_(strategy), arena_(design, job) {}

  Status run() {
    PTAH_TRY(resume());
    // Before anything is spent: whoever is killed early starts with the same accounts.
    PTAH_TRY(leave());
    std::int64_t spent = design_.spent().evaluations;
    int nothing_new = 0;
    while (!exhausted(design_)) {
      if (job_.cancelled()) return cancelled_error();
      PTAH_TRY(const auto trial,
               strategy_.ask(arena_, Rng(job_.seed()).fork(static_cast<std::uint64_t>(step_))));
      if (!trial) break;
      PTAH_TRY(const Found found, arena_.evaluate(*trial));
      PTAH_TRY(strategy_.tell(arena_, *trial, found));
      ++step_;
      const std::int64_t now = design_.spent().evaluations;
      nothing_new = now > spent ? 0 : nothing_new + 1;
      spent = now;
      if (nothing_new == kNothingNew) {
        job_.log(LogLevel::kInfo, "The strategy asks for nothing new.");
        break;
      }
      const auto since = Clock::now() - left_;
      const bool late = since > kBetweenCheckpoints && since > kCheckpointShare * took_;
      // Often at first, when there is little to write: a short exploration has some, too.
      if (late || (step_ & (step_ - 1)) == 0) {
        PTAH_TRY(leave());
      }
    }
    return leave();
  }

 private:
  Status resume() {
    if (!design_.resumed()) return ok();
    const Json json = Json::parse(*design_.resumed(), nullptr, false);
    try {
      step_ = json.at("step");
      PTAH_TRY(arena_.restore(json.at("arena")));
      return strategy_.restore(json.at("strategy"));
    } catch (const Json::exception& exception) {
      return make_error(ErrorCode::kParse, exception.what(), "checkpoint");
    }
  }

  Status leave() {
    const auto begin = Clock::now();
    const Json json{{"step", step_}, {"arena", arena_.state()}, {"strategy", strategy_.state()}};
    PTAH_TRY(design_.checkpoint(json.dump()));
    left_ = Clock::now();
    took_ = left_ - begin;
    return ok();
  }

  DesignSpace& design_;
  JobContext& job_;
  Strategy& strategy_;
  Arena arena_;
  std::int64_t step_ = 0;
  Clock::time_point left_{};
  Clock::duration took_{};
};

}  // namespace

FingerAssignment Arena::assignment(const Counts& counts) const {
  const FingerSpace& space = design_.assignments();
  FingerAssignment fingers;
  for (std::size_t group = 0; group < counts.size(); ++group) {
    const int count = space.allowed()[static_cast<std::size_t>(counts[group])];
    for (const DeviceId device : space.groups()[group])
      fingers[design_.circuit().devices[static_cast<std::size_t>(device)].name] = count;
  }
  return fingers;
}

Counts Arena::counts_at(std::int64_t index) const {
  const auto& allowed = design_.assignments().allowed();
  Counts counts;
  for (const int count : design_.assignments().counts_at(index)) {
    const auto place = std::lower_bound(allowed.begin(), allowed.end(), count);
    counts.push_back(static_cast<int>(place - allowed.begin()));
  }
  return counts;
}

Counts Arena::random_counts(Rng& rng) const {
  Counts counts(groups());
  for (int draw = 0; draw < kOfferedDraws; ++draw) {
    for (int& count : counts)
      count = static_cast<int>(rng.below(static_cast<std::uint64_t>(choices())));
    if (offered(counts)) break;
  }
  return counts;
}

bool Arena::offered(const Counts& counts) const {
  const FingerSpace& space = design_.assignments();
  std::vector<int> fingers;
  for (const int count : counts)
    fingers.push_back(space.allowed()[static_cast<std::size_t>(count)]);
  return space.offers(fingers);
}

std::optional<Counts> Arena::draw_unknown(Rng& rng) const {
  for (int draw = 0; draw < kUnknownDraws; ++draw) {
    Counts counts = random_counts(rng);
    if (offered(counts) && known(counts) == nullptr) return counts;
  }
  const std::int64_t count = design_.assignments().count();
  if (all_known() || count > kMostSearched) return std::nullopt;
  const auto start = static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(count)));
  for (std::int64_t i = 0; i < count; ++i) {
    Counts counts = counts_at((start + i) % count);
    if (offered(counts) && known(counts) == nullptr) return counts;
  }
  return std::nullopt;
}

bool Arena::all_known() const {
  const std::int64_t offers = design_.assignments().offered();
  // What is not offered may be among those that were asked for.
  return static_cast<std::int64_t>(baselines_.size()) >= offers &&
         std::count_if(baselines_.begin(), baselines_.end(),
                       [&](const auto& one) { return offered(one.first); }) >= offers;
}

double Arena::share() const {
  return std::min(used_share(design_), 1.0);
}

Result<Arena::Kept*> Arena::kept(const Counts& counts) {
  const auto place = std::find_if(spaces_.begin(), spaces_.end(),
                                  [&](const Kept& one) { return one.counts == counts; });
  if (place != spaces_.end()) {
    spaces_.splice(spaces_.begin(), spaces_, place);
    return &spaces_.front();
  }
  if (spaces_.size() == kSpaces) spaces_.pop_back();
  auto entered = design_.enter(assignment(counts));
  if (entered.has_error()) {
    if (is_of_the_trial(entered.error())) return static_cast<Kept*>(nullptr);
    return std::move(entered).error();
  }
  LayoutSpace::Snapshot nothing = entered.value()->snapshot();
  spaces_.push_front({counts, std::move(entered).value(), std::move(nothing)});
  return &spaces_.front();
}

Result<std::shared_ptr<LayoutSpace>> Arena::space(const Counts& counts) {
  PTAH_TRY(Kept* const one, kept(counts));
  if (one == nullptr) return std::shared_ptr<LayoutSpace>();
  PTAH_TRY(one->space->restore(one->nothing));
  return one->space;
}

const Found* Arena::known(const Counts& counts) const {
  const auto place = baselines_.find(counts);
  return place == baselines_.end() ? nullptr : &place->second;
}

Result<Found> Arena::evaluate(const Trial& trial) {
  if (std::holds_alternative<Baseline>(trial.placing)) {
    if (const Found* before = known(trial.counts)) return *before;
    auto opened = design_.open(assignment(trial.counts));
    if (opened.has_error() && !is_of_the_trial(opened.error())) return std::move(opened).error();
    const Found found = opened ? found_of(opened.value()->baseline()) : Found{};
    baselines_.emplace(trial.counts, found);
    return found;
  }
  PTAH_TRY(const auto layouts, space(trial.counts));
  if (!layouts) return Found{};
  const auto* replace = std::get_if<Replace>(&trial.placing);
  const Move move =
      replace != nullptr ? Move(*replace) : Move(Arrange{std::get<Placement>(trial.placing)});
  PTAH_TRY(const Evaluation evaluation, layouts->step({move}, Fidelity::kScored));
  return found_of(evaluation);
}

Json to_json(const Found& found) {
  return found.feasible ? Json(found.cost) : Json(found.valid);
}

Found found_from_json(const Json& json) {
  if (json.is_number()) return {true, true, json.get<double>()};
  Found found;
  found.valid = json.get<bool>();
  return found;
}

Json Arena::state() const {
  Json list = Json::array();
  for (const auto& [counts, found] : baselines_) list.push_back({counts, to_json(found)});
  return list;
}

Status Arena::restore(const Json& state) {
  baselines_.clear();
  for (const Json& item : state)
    baselines_.emplace(item.at(0).get<Counts>(), found_from_json(item.at(1)));
  return ok();
}

Status explore(DesignSpace& design, JobContext& job, Strategy& strategy) {
  if (!design.budget()) {
    return make_error(ErrorCode::kUnsupported,
                      "This strategy looks for the best of all assignments: it needs a budget.",
                      "explorer", "Start it with `ptah explore`.");
  }
  return Loop(design, job, strategy).run();
}

std::vector<Counts> neighbours(const Counts& counts, int choices, Rng& rng) {
  std::vector<Counts> all;
  for (std::size_t group = 0; group < counts.size(); ++group) {
    for (int count = 0; count < choices; ++count) {
      if (count == counts[group]) continue;
      all.push_back(counts);
      all.back()[group] = count;
    }
  }
  rng.shuffle(std::span(all));
  return all;
}

NetWeights random_weights(std::size_t nets, double most, Rng& rng) {
  NetWeights weights;
  for (std::size_t net = 0; net < nets; ++net)
    weights[static_cast<NetId>(net)] = std::pow(most, 2 * rng.uniform() - 1);
  return weights;
}

NetWeights weights_of(const std::vector<double>& log2_weights) {
  NetWeights weights;
  for (std::size_t net = 0; net < log2_weights.size(); ++net)
    weights[static_cast<NetId>(net)] = std::exp2(std::clamp(log2_weights[net], -5.0, 5.0));
  return weights;
}

}  // namespace ptah::search
