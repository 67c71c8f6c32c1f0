#include "outer.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace ptah::rl {
namespace {

constexpr std::uint64_t kOuterWeights = 1, kDraws = 2;
/// Draws until transistors agree: at a chance of one in 100,000, that they never do has one of
/// e^-10.
constexpr std::int64_t kMostDraws = 1'000'000;
/// Of an assignment that is new; then the policy insists on one that it knows.
constexpr std::int64_t kMostKnown = 1000;
/// Rewards that running means remember.
constexpr double kRemembered = 32;

std::vector<std::vector<DeviceId>> units_of(const FingerSpace& space, bool by_transistor) {
  if (!by_transistor) return space.groups();
  std::vector<std::vector<DeviceId>> units;
  for (const auto& group : space.groups())
    for (const DeviceId device : group) units.push_back({device});
  std::sort(units.begin(), units.end());
  return units;
}

Learner::Shape shape_of(const OuterParams& params, const FingerSpace& space, std::size_t units) {
  const auto count = static_cast<std::int64_t>(units);
  Learner::Shape shape;
  shape.inputs = params.paper ? count : 1;
  shape.outputs = count * static_cast<std::int64_t>(space.allowed().size());
  shape.form = params.net;
  if (shape.form.units == 0) shape.form.units = 64 * count;
  // Every count as likely at first.
  shape.head_gain = params.paper ? 1 : 0;
  return shape;
}

}  // namespace

OuterAgent::OuterAgent(const OuterParams& params, const Circuit& circuit, const FingerSpace& space,
                       const FingerAssignment& first, Rng rng)
    : params_(params),
      circuit_(circuit),
      space_(space),
      rng_(rng),
      units_(units_of(space, params.paper)),
      learner_(shape_of(params, space, units_.size()), params.learning_rate,
               rng.fork(kOuterWeights)) {
  for (const std::vector<DeviceId>& unit : units_) {
    std::size_t group = 0;
    while (std::find(space.groups()[group].begin(), space.groups()[group].end(), unit[0]) ==
           space.groups()[group].end())
      ++group;
    group_of_.push_back(group);
  }
  if (!params_.paper) {
    input_ = {1.0F};
    return;
  }
  for (const std::vector<DeviceId>& unit : units_) {
    const auto found = first.find(circuit_.devices[static_cast<std::size_t>(unit[0])].name);
    input_.push_back(
        static_cast<float>(found != first.end() ? found->second : space.allowed().front()));
  }
}

at::Tensor OuterAgent::forward() const {
  const auto counts = static_cast<std::int64_t>(space_.allowed().size());
  const at::Tensor logs = log_probabilities(
      learner_.forward(row(input_)).view({static_cast<std::int64_t>(units_.size()), counts}), {});
  if (params_.floor == 0) return logs;
  return (logs.exp() * (1 - params_.floor) + params_.floor / static_cast<double>(counts)).log();
}

FingerAssignment OuterAgent::assign(const std::vector<int>& choices) const {
  FingerAssignment fingers;
  for (std::size_t unit = 0; unit < units_.size(); ++unit) {
    for (const DeviceId device : units_[unit])
      fingers[circuit_.devices[static_cast<std::size_t>(device)].name] =
          space_.allowed()[static_cast<std::size_t>(choices[unit])];
  }
  return fingers;
}

bool OuterAgent::agree(const std::vector<int>& choices) const {
  std::vector<int> of(space_.group_count(), -1);
  for (std::size_t unit = 0; unit < choices.size(); ++unit) {
    int& count = of[group_of_[unit]];
    if (count >= 0 && count != choices[unit]) return false;
    count = choices[unit];
  }
  return true;
}

std::vector<int> OuterAgent::counts_of(const std::vector<int>& choices) const {
  std::vector<int> counts(space_.group_count());
  for (std::size_t unit = 0; unit < choices.size(); ++unit)
    counts[group_of_[unit]] = space_.allowed()[static_cast<std::size_t>(choices[unit])];
  return counts;
}

std::vector<int> OuterAgent::choices_of(const std::vector<int>& counts) const {
  const std::vector<int>& allowed = space_.allowed();
  std::vector<int> choices;
  for (const std::size_t group : group_of_) {
    const auto at = std::lower_bound(allowed.begin(), allowed.end(), counts[group]);
    choices.push_back(static_cast<int>(at - allowed.begin()));
  }
  return choices;
}

std::uint64_t OuterAgent::key_of(const std::vector<int>& choices) const {
  std::uint64_t key = 0;
  for (const int choice : choices) key = mix64(key ^ mix64(static_cast<std::uint64_t>(choice) + 1));
  return key;
}

void OuterAgent::see(const std::vector<int>& choices) {
  if (!params_.paper) return;
  for (std::size_t unit = 0; unit < choices.size(); ++unit)
    input_[unit] = static_cast<float>(space_.allowed()[static_cast<std::size_t>(choices[unit])]);
}

Result<Draw> OuterAgent::draw(const JobContext& job) {
  const c10::InferenceMode inference;
  const at::Tensor logs = forward().contiguous();
  if (!units_.empty()) entropy_ = entropy_of(logs).mean().item<double>();
  const std::size_t counts = space_.allowed().size();
  Rng lots = rng_.fork(kDraws).fork(static_cast<std::uint64_t>(draws_));
  Draw draw;
  std::int64_t known = 0, outside = 0;
  const bool all_known = knows_all();
  for (;; ++draw.redrawn) {
    if (draw.redrawn % 1024 == 1023 && job.cancelled()) return cancelled_error();
    if (draw.redrawn == kMostDraws) {
      return make_error(
          ErrorCode::kInfeasible,
          std::to_string(kMostDraws) + " draws by transistor gave matched groups no equal counts.",
          "explorer rl", "use its profile `tuned`, which draws by group");
    }
    draw.choices.clear();
    for (std::size_t unit = 0; unit < units_.size(); ++unit)
      draw.choices.push_back(
          static_cast<int>(rl::draw(logs.data_ptr<float>() + unit * counts, counts, lots)));
    if (!agree(draw.choices)) continue;
    if (!space_.offers(counts_of(draw.choices))) {
      if (++outside < kMostKnown) continue;
      // The policy insists on what it may not have.
      const auto offered = space_.sample(1, lots);
      if (!offered.empty()) draw.choices = choices_of(space_.counts_at(offered.front()));
      break;
    }
    if (!params_.redraw_explored || all_known || !explored_.contains(key_of(draw.choices))) break;
    if (++known == kMostKnown) break;
  }
  ++draws_;
  explored_.insert(key_of(draw.choices));
  drawn_.push_back(draw.choices);
  draw.fingers = assign(draw.choices);
  return draw;
}

std::vector<std::vector<double>> OuterAgent::probabilities() const {
  const c10::InferenceMode inference;
  std::vector<std::vector<double>> all;
  if (units_.empty()) return all;
  const at::Tensor plain = forward().exp().to(at::kDouble).contiguous();
  const auto counts = static_cast<std::size_t>(plain.size(1));
  for (std::size_t unit = 0; unit < units_.size(); ++unit) {
    const double* from = plain.data_ptr<double>() + unit * counts;
    all.emplace_back(from, from + counts);
  }
  return all;
}

Result<double> OuterAgent::learn(const std::vector<double>& rewards, bool frozen,
                                 const JobContext& job) {
  const auto count = static_cast<std::int64_t>(rewards.size());
  for (const double reward : rewards) {
    ++rewarded_;
    const double part = 1 / std::min(static_cast<double>(rewarded_), kRemembered);
    mean_ += (reward - mean_) * part;
    square_ += (reward * reward - square_) * part;
  }
  const double deviation = std::sqrt(std::max(0.0, square_ - mean_ * mean_));
  double divergence = 0;
  if (!frozen && !units_.empty()) {
    at::Tensor choices = at::empty({count, static_cast<std::int64_t>(units_.size())}, at::kLong);
    at::Tensor weights = at::empty({count}, at::kFloat);
    for (std::int64_t i = 0; i < count; ++i) {
      const std::vector<int>& drawn = drawn_[static_cast<std::size_t>(i)];
      std::copy(drawn.begin(), drawn.end(),
                choices.data_ptr<std::int64_t>() + i * static_cast<std::int64_t>(units_.size()));
      const double reward = rewards[static_cast<std::size_t>(i)];
      const double weight = params_.paper      ? reward
                            : deviation < 1e-9 ? 0
                                               : (reward - mean_) / deviation;
      weights.data_ptr<float>()[i] = static_cast<float>(weight);
    }
    const at::Tensor logs = forward();
    const at::Tensor taken = logs.unsqueeze(0)
                                 .expand({count, logs.size(0), logs.size(1)})
                                 .gather(2, choices.unsqueeze(2))
                                 .sum({1, 2});
    at::Tensor loss = -(taken * weights).mean();
    if (params_.entropy > 0) loss = loss - params_.entropy * entropy_of(logs).sum();
    PTAH_TRY(learner_.descend(loss, 0, job));
    const at::NoGradGuard no_grad;
    divergence = (logs.exp() * (logs - forward())).sum().item<double>();
  }
  see(drawn_.back());
  drawn_.clear();
  return divergence;
}

void OuterAgent::save_policy(nets::TensorFile& file) const {
  learner_.save_weights(file, "outer.");
  file.metadata["outer"] =
      Json{{"input", input_}, {"mean", mean_}, {"square", square_}, {"rewarded", rewarded_}}.dump();
}

Status OuterAgent::restore_policy(const safetensors::Contents& contents) {
  const auto bad = [] {
    return make_error(ErrorCode::kParse, "It does not say what its outer agent has seen.",
                      "weights");
  };
  const auto text = contents.metadata.find("outer");
  if (text == contents.metadata.end()) return bad();
  try {
    const Json state = Json::parse(text->second);
    auto input = state.at("input").get<std::vector<float>>();
    mean_ = state.at("mean");
    square_ = state.at("square");
    rewarded_ = state.at("rewarded");
    if (input.size() != input_.size() || rewarded_ < 0 || square_ < 0 ||
        !std::all_of(input.begin(), input.end(), [](float one) { return std::isfinite(one); }))
      return bad();
    input_ = std::move(input);
  } catch (const Json::exception&) {
    return bad();
  }
  return learner_.restore_weights(contents, "outer.");
}

void OuterAgent::save(nets::TensorFile& file) const {
  learner_.save(file, "outer.");
  file.metadata["outer"] = Json{{"input", input_}, {"drawn", drawn_},   {"draws", draws_},
                                {"mean", mean_},   {"square", square_}, {"rewarded", rewarded_}}
                               .dump();
  const std::vector<std::uint64_t> explored(explored_.begin(), explored_.end());
  file.add("outer.explored", safetensors::Dtype::kI64, {explored.size()},
           std::string(reinterpret_cast<const char*>(explored.data()),
                       explored.size() * sizeof(std::uint64_t)));
}

Status OuterAgent::restore(const safetensors::Contents& contents) {
  const auto bad = [](const std::string& what) {
    return make_error(ErrorCode::kParse, what, "checkpoint");
  };
  const auto text = contents.metadata.find("outer");
  const auto keys = contents.tensors.find("outer.explored");
  if (text == contents.metadata.end() || keys == contents.tensors.end() ||
      keys->second.dtype != safetensors::Dtype::kI64)
    return bad("It says nothing of fingers.");
  try {
    const Json state = Json::parse(text->second);
    auto input = state.at("input").get<std::vector<float>>();
    drawn_ = state.at("drawn").get<std::vector<std::vector<int>>>();
    draws_ = state.at("draws");
    mean_ = state.at("mean");
    square_ = state.at("square");
    rewarded_ = state.at("rewarded");
    if (input.size() != input_.size()) return bad("The checkpoint is of another circuit.");
    input_ = std::move(input);
  } catch (const Json::exception& exception) {
    return bad(exception.what());
  }
  for (const std::vector<int>& one : drawn_) {
    if (one.size() != units_.size() || std::any_of(one.begin(), one.end(), [&](int choice) {
          return choice < 0 || static_cast<std::size_t>(choice) >= space_.allowed().size();
        }))
      return bad("The checkpoint is of another circuit.");
  }
  std::vector<std::uint64_t> explored(keys->second.bytes.size() / sizeof(std::uint64_t));
  std::memcpy(explored.data(), keys->second.bytes.data(), explored.size() * sizeof(std::uint64_t));
  explored_ = {explored.begin(), explored.end()};
  return learner_.restore(contents, "outer.");
}

}  // namespace ptah::rl
