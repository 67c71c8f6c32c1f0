#include "inner.hpp"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

namespace ptah::rl {
namespace {

constexpr std::uint64_t kInnerWeights = 1, kChoices = 2, kStepOrder = 3, kRewardOrder = 4;
/// Updates that the running mean of squared rewards remembers, and the most that a reward becomes.
constexpr std::int64_t kMemory = 16;
constexpr double kMostReward = 10;
/// The published code counts epochs by minibatches of this size.
constexpr std::size_t kEpochUnit = 16;

Learner::Shape shape_of(const InnerParams& params, std::int64_t inputs,
                        const std::vector<std::size_t>& heads) {
  Learner::Shape shape;
  shape.inputs = inputs;
  shape.outputs =
      static_cast<std::int64_t>(std::accumulate(heads.begin(), heads.end(), std::size_t{1}));
  shape.form = params.net;
  // Of the paper's heads the first is the component.
  if (shape.form.units == 0) shape.form.units = 128 * static_cast<std::int64_t>(heads.front());
  shape.head_gain = params.paper ? 1 : 0.01;
  return shape;
}

at::Tensor floats(std::int64_t rows, std::int64_t columns) {
  return at::empty({rows, columns}, at::kFloat);
}

at::Tensor normalised(const at::Tensor& values) {
  return (values - values.mean()) / (values.std() + 1e-6);
}

}  // namespace

InnerAgent::InnerAgent(const InnerParams& params, std::size_t state_size,
                       std::vector<std::size_t> heads, Rng rng)
    : params_(params),
      state_size_(static_cast<std::int64_t>(state_size)),
      heads_(std::move(heads)),
      rng_(rng),
      learner_(shape_of(params, state_size_, heads_), params.learning_rate,
               rng.fork(kInnerWeights)) {}

InnerAgent::Seen InnerAgent::look(const at::Tensor& states, const at::Tensor& masks) const {
  const at::Tensor out = learner_.forward(states);
  Seen seen;
  std::int64_t from = 0;
  for (const std::size_t head : heads_) {
    const auto width = static_cast<std::int64_t>(head);
    seen.logs.push_back(log_probabilities(out.narrow(1, from, width), masks));
    from += width;
  }
  seen.values = out.select(1, from);
  return seen;
}

Choice InnerAgent::choose(const std::vector<float>& state, const Mask& mask) {
  const c10::InferenceMode inference;
  at::Tensor allowed;
  if (!mask.empty()) allowed = row(std::vector<float>(mask.begin(), mask.end()));
  const Seen seen = look(row(state), allowed);
  Rng lots = rng_.fork(kChoices).fork(static_cast<std::uint64_t>(choices_++));
  Choice choice;
  for (const at::Tensor& log : seen.logs) {
    const at::Tensor plain = log.contiguous();
    const float* values = plain.data_ptr<float>();
    const std::size_t one = draw(values, static_cast<std::size_t>(plain.numel()), lots);
    choice.action.push_back(static_cast<int>(one));
    choice.log_probabilities.push_back(values[one]);
  }
  return choice;
}

void InnerAgent::keep(const std::vector<float>& state, const Mask& mask, const Choice& choice,
                      double reward, bool done) {
  steps_.push_back({state, mask, choice, reward, done});
}

InnerAgent::Batch InnerAgent::gather() const {
  const auto count = static_cast<std::int64_t>(steps_.size());
  const auto heads = static_cast<std::int64_t>(heads_.size());
  Batch batch;
  batch.states = floats(count, state_size_);
  batch.log_probabilities = floats(count, heads);
  batch.rewards = at::empty({count}, at::kFloat);
  batch.going_on = at::empty({count}, at::kFloat);
  batch.actions = at::empty({count, heads}, at::kLong);
  if (!steps_.front().mask.empty())
    batch.masks = floats(count, static_cast<std::int64_t>(heads_.front()));
  for (std::int64_t i = 0; i < count; ++i) {
    const Step& step = steps_[static_cast<std::size_t>(i)];
    std::copy(step.state.begin(), step.state.end(),
              batch.states.data_ptr<float>() + i * state_size_);
    std::copy(step.choice.action.begin(), step.choice.action.end(),
              batch.actions.data_ptr<std::int64_t>() + i * heads);
    std::copy(step.choice.log_probabilities.begin(), step.choice.log_probabilities.end(),
              batch.log_probabilities.data_ptr<float>() + i * heads);
    if (batch.masks.defined())
      std::copy(step.mask.begin(), step.mask.end(),
                batch.masks.data_ptr<float>() + i * batch.masks.size(1));
    batch.rewards.data_ptr<float>()[i] = static_cast<float>(step.reward);
    batch.going_on.data_ptr<float>()[i] = step.done ? 0.0F : 1.0F;
  }
  return batch;
}

at::Tensor InnerAgent::entropy(const Seen& seen) const {
  at::Tensor sum = entropy_of(seen.logs.front()).mean();
  for (std::size_t head = 1; head < seen.logs.size(); ++head)
    sum = sum + entropy_of(seen.logs[head]).mean();
  return sum;
}

at::Tensor InnerAgent::loss(const Batch& all, const at::Tensor& rows, const at::Tensor& advantages,
                            const at::Tensor& returns) const {
  const auto of = [&](const at::Tensor& tensor) { return tensor.index_select(0, rows); };
  const Seen seen = look(of(all.states), all.masks.defined() ? of(all.masks) : at::Tensor());
  at::Tensor weight, target;
  if (params_.paper) {
    // The step after is of the same episode, or does not count.
    const at::Tensor after = (rows + 1).clamp_max(all.states.size(0) - 1);
    at::Tensor next;
    {
      const at::NoGradGuard no_grad;
      next = learner_.forward(all.states.index_select(0, after)).select(1, -1);
    }
    target = of(all.rewards) + params_.gamma * next * of(all.going_on);
    weight = normalised(target - seen.values.detach());
  } else {
    target = of(returns);
    weight = of(advantages);
  }
  at::Tensor loss = 0.5 * (seen.values - target).pow(2).mean();
  const at::Tensor actions = of(all.actions), before = of(all.log_probabilities);
  for (std::size_t head = 0; head < heads_.size(); ++head) {
    const auto at = static_cast<std::int64_t>(head);
    const at::Tensor now = seen.logs[head].gather(1, actions.narrow(1, at, 1)).squeeze(1);
    const at::Tensor change = (now - before.select(1, at)).exp();
    const at::Tensor clipped = change.clamp(1 - params_.clip, 1 + params_.clip);
    loss = loss - at::min(change * weight, clipped * weight).mean();
  }
  if (params_.entropy_added) loss = loss - params_.entropy * entropy(seen);
  return loss;
}

Result<Update> InnerAgent::learn(bool frozen, bool shuffled, const JobContext& job) {
  const std::size_t count = steps_.size();
  const Rng stream = rng_.fork(kStepOrder).fork(static_cast<std::uint64_t>(updates_));
  if (shuffled) {
    std::vector<double> rewards;
    for (const Step& step : steps_) rewards.push_back(step.reward);
    stream.fork(kRewardOrder).shuffle(std::span(rewards));
    for (std::size_t i = 0; i < count; ++i) steps_[i].reward = rewards[i];
  }
  if (!params_.paper) {
    double sum = 0;
    for (const Step& step : steps_) sum += step.reward * step.reward;
    square_ += (sum / static_cast<double>(count) - square_) /
               static_cast<double>(std::min(++remembered_, kMemory));
    for (Step& step : steps_)
      step.reward =
          std::clamp(step.reward / std::max(std::sqrt(square_), 1e-9), -kMostReward, kMostReward);
  }
  const Batch all = gather();
  at::Tensor advantages, returns;
  if (!params_.paper) {
    const c10::InferenceMode inference;
    const at::Tensor values = look(all.states, all.masks).values.contiguous();
    const float* value = values.data_ptr<float>();
    std::vector<float> found(count);
    double carried = 0;
    for (std::size_t i = count; i-- > 0;) {
      const bool done = steps_[i].done || i + 1 == count;
      const double next = done ? 0 : static_cast<double>(value[i + 1]);
      const double error = steps_[i].reward + params_.gamma * next - static_cast<double>(value[i]);
      carried = error + (done ? 0 : params_.gamma * params_.lambda * carried);
      found[i] = static_cast<float>(carried);
    }
    advantages = row(found).squeeze(0);
    returns = advantages + values;
    advantages = normalised(advantages);
  }
  const auto minibatch = std::min(static_cast<std::size_t>(params_.minibatch), count);
  const auto epochs = params_.epochs > 0 ? static_cast<std::size_t>(params_.epochs)
                                         : std::max<std::size_t>(1, count / kEpochUnit);
  Update update;
  if (!frozen) {
    // What was computed for inference alone cannot be learnt from.
    if (advantages.defined()) {
      advantages = advantages.clone();
      returns = returns.clone();
    }
    int losses = 0;
    for (std::size_t epoch = 0; epoch < epochs; ++epoch) {
      std::vector<std::int64_t> order(count);
      std::iota(order.begin(), order.end(), std::int64_t{0});
      stream.fork(100 + epoch).shuffle(std::span(order));
      for (std::size_t from = 0; from + minibatch <= count; from += minibatch) {
        if (job.cancelled()) return cancelled_error();
        at::Tensor rows = at::empty({static_cast<std::int64_t>(minibatch)}, at::kLong);
        std::memcpy(rows.data_ptr<std::int64_t>(), order.data() + from,
                    minibatch * sizeof(std::int64_t));
        const at::Tensor cost = loss(all, rows, advantages, returns);
        PTAH_TRY(learner_.descend(cost, params_.most_gradient, job));
        update.loss += cost.item<double>();
        ++losses;
      }
    }
    update.loss /= std::max(1, losses);
  }
  const c10::InferenceMode inference;
  const Seen seen = look(all.states, all.masks);
  at::Tensor change = at::zeros({static_cast<std::int64_t>(count)});
  for (std::size_t head = 0; head < heads_.size(); ++head) {
    const auto at = static_cast<std::int64_t>(head);
    change = change + seen.logs[head].gather(1, all.actions.narrow(1, at, 1)).squeeze(1) -
             all.log_probabilities.select(1, at);
  }
  // Schulman, "Approximating KL divergence" (joschu.net, 2020): never negative, little variance.
  update.kl = (change.exp() - 1 - change).mean().item<double>();
  update.entropy = entropy(seen).item<double>();
  ++updates_;
  forget();
  return update;
}

std::vector<std::vector<double>> InnerAgent::mean_probabilities(
    const std::vector<std::vector<float>>& states, const std::vector<Mask>& masks) const {
  const c10::InferenceMode inference;
  std::vector<std::vector<double>> all;
  for (const std::size_t head : heads_) all.emplace_back(head, 0.0);
  for (std::size_t i = 0; i < states.size(); ++i) {
    at::Tensor allowed;
    if (!masks[i].empty()) allowed = row(std::vector<float>(masks[i].begin(), masks[i].end()));
    const Seen seen = look(row(states[i]), allowed);
    for (std::size_t head = 0; head < heads_.size(); ++head) {
      const at::Tensor plain = seen.logs[head].exp().to(at::kDouble).contiguous();
      for (std::size_t choice = 0; choice < heads_[head]; ++choice)
        all[head][choice] += plain.data_ptr<double>()[choice] / static_cast<double>(states.size());
    }
  }
  return all;
}

void InnerAgent::save_policy(nets::TensorFile& file) const {
  learner_.save_weights(file, "inner.");
  file.metadata["inner"] = Json{{"square", square_}, {"remembered", remembered_}}.dump();
}

Status InnerAgent::restore_policy(const safetensors::Contents& contents) {
  const auto text = contents.metadata.find("inner");
  const Json state =
      text == contents.metadata.end() ? Json() : Json::parse(text->second, nullptr, false);
  const Json square = state.is_object() ? state.value("square", Json()) : Json();
  const Json remembered = state.is_object() ? state.value("remembered", Json()) : Json();
  if (!square.is_number() || square.get<double>() < 0 || !remembered.is_number_unsigned()) {
    return make_error(ErrorCode::kParse, "It does not say what its inner agent has seen.",
                      "weights");
  }
  square_ = square;
  remembered_ = std::min(remembered.get<std::int64_t>(), kMemory);
  return learner_.restore_weights(contents, "inner.");
}

void InnerAgent::save(nets::TensorFile& file) const {
  learner_.save(file, "inner.");
  Json steps = Json::array();
  std::string masks;
  for (const Step& step : steps_) {
    steps.push_back({step.choice.action, step.choice.log_probabilities, step.reward, step.done});
    masks.append(step.mask.begin(), step.mask.end());
  }
  file.metadata["inner"] = Json{
      {"steps", std::move(steps)},
      {"choices", choices_},
      {"updates", updates_},
      {"square", square_},
      {"remembered",
       remembered_}}.dump();
  if (steps_.empty()) return;
  file.add("inner.states", gather().states);
  if (!masks.empty())
    file.add("inner.masks", safetensors::Dtype::kU8, {steps_.size(), masks.size() / steps_.size()},
             masks);
}

Status InnerAgent::restore(const safetensors::Contents& contents) {
  const auto text = contents.metadata.find("inner");
  if (text == contents.metadata.end())
    return make_error(ErrorCode::kParse, "It says nothing of moves.", "checkpoint");
  steps_.clear();
  try {
    const Json state = Json::parse(text->second);
    choices_ = state.at("choices");
    updates_ = state.at("updates");
    square_ = state.at("square");
    remembered_ = state.at("remembered");
    for (const Json& one : state.at("steps")) {
      Step step;
      step.choice = {one.at(0).get<std::vector<int>>(), one.at(1).get<std::vector<float>>()};
      step.reward = one.at(2);
      step.done = one.at(3);
      bool fits = step.choice.action.size() == heads_.size() &&
                  step.choice.log_probabilities.size() == heads_.size();
      for (std::size_t i = 0; fits && i < heads_.size(); ++i)
        fits = step.choice.action[i] >= 0 &&
               static_cast<std::size_t>(step.choice.action[i]) < heads_[i];
      if (!fits)
        return make_error(ErrorCode::kParse, "The checkpoint is of another circuit.", "checkpoint");
      steps_.push_back(std::move(step));
    }
  } catch (const Json::exception& exception) {
    return make_error(ErrorCode::kParse, exception.what(), "checkpoint");
  }
  if (!steps_.empty()) {
    at::Tensor states = floats(static_cast<std::int64_t>(steps_.size()), state_size_);
    PTAH_TRY(nets::copy_into(contents, "inner.states", states));
    const auto masks = contents.tensors.find("inner.masks");
    const std::size_t width = params_.paper ? 0 : heads_.front();
    if (width > 0 &&
        (masks == contents.tensors.end() || masks->second.bytes.size() != width * steps_.size()))
      return make_error(ErrorCode::kParse, "The checkpoint is of another circuit.", "checkpoint");
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      const float* from = states.data_ptr<float>() + i * static_cast<std::size_t>(state_size_);
      steps_[i].state.assign(from, from + state_size_);
      if (width == 0) continue;
      const std::string_view bytes = masks->second.bytes.substr(i * width, width);
      steps_[i].mask.assign(bytes.begin(), bytes.end());
    }
  }
  return learner_.restore(contents, "inner.");
}

}  // namespace ptah::rl
