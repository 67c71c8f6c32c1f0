#include "learner.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace ptah::rl {
namespace {

constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kEpsilon = 1e-8;
/// Instead of minus infinity, which would make NaN of an entropy.
constexpr double kNever = -1e9;

at::Tensor uniform(std::vector<std::int64_t> shape, double most, Rng& rng) {
  at::Tensor tensor = at::empty(shape, at::kFloat);
  float* values = tensor.data_ptr<float>();
  for (std::int64_t i = 0; i < tensor.numel(); ++i)
    values[i] = static_cast<float>((2 * rng.uniform() - 1) * most);
  return tensor;
}

}  // namespace

Learner::Learner(const Shape& shape, double learning_rate, Rng rng)
    : shape_(shape), learning_rate_(learning_rate) {
  std::int64_t in = shape.inputs;
  const std::int64_t units = shape.form.units;
  for (int layer = 0; layer < shape_.form.layers; ++layer) {
    const std::string name = "block" + std::to_string(layer + 1);
    add(name + ".weight",
        uniform({units, in}, std::sqrt(6.0 / static_cast<double>(in + units)), rng));
    add(name + ".bias", at::zeros({units}));
    add(name + ".gamma", at::ones({units}));
    add(name + ".beta", at::zeros({units}));
    in = units;
  }
  const double most = shape.head_gain / std::sqrt(static_cast<double>(in));
  add("head.weight", uniform({shape.outputs, in}, most, rng));
  add("head.bias", uniform({shape.outputs}, most, rng));
}

void Learner::add(const std::string& name, at::Tensor value) {
  at::Tensor mean = at::zeros_like(value), square = at::zeros_like(value);
  parameters_.push_back({name, value.requires_grad_(true), std::move(mean), std::move(square)});
}

at::Tensor Learner::forward(const at::Tensor& inputs) const {
  at::Tensor x = inputs;
  std::size_t at = 0;
  for (int layer = 0; layer < shape_.form.layers; ++layer, at += 4) {
    x = at::linear(x, parameters_[at].value, parameters_[at + 1].value);
    x = at::relu(at::layer_norm(x, {x.size(-1)}, parameters_[at + 2].value,
                                parameters_[at + 3].value, 1e-5));
  }
  return at::linear(x, parameters_[at].value, parameters_[at + 1].value);
}

Status Learner::descend(const at::Tensor& loss, double most_gradient, const JobContext& job) {
  if (job.cancelled()) return cancelled_error();
  for (Parameter& parameter : parameters_) parameter.value.mutable_grad() = at::Tensor();
  loss.backward();
  const at::NoGradGuard no_grad;
  double scale = 1;
  if (most_gradient > 0) {
    double sum = 0;
    for (const Parameter& parameter : parameters_)
      sum += parameter.value.grad().pow(2).sum().item<double>();
    scale = std::min(1.0, most_gradient / (std::sqrt(sum) + 1e-6));
  }
  ++steps_;
  const auto count = static_cast<double>(steps_);
  const double rate = learning_rate_ / (1 - std::pow(kBeta1, count));
  const double root = std::sqrt(1 - std::pow(kBeta2, count));
  std::vector<at::Tensor> roots;
  for (Parameter& parameter : parameters_) {
    if (job.cancelled()) return cancelled_error();
    at::Tensor gradient = parameter.value.grad();
    if (scale < 1) gradient = gradient * scale;
    parameter.mean.mul_(kBeta1).add_(gradient, 1 - kBeta1);
    parameter.square.mul_(kBeta2).addcmul_(gradient, gradient, 1 - kBeta2);
    roots.push_back((parameter.square.sqrt() / root).add_(kEpsilon));
  }
  // All or none: what a cancelled exploration has learnt is kept.
  for (std::size_t i = 0; i < parameters_.size(); ++i)
    parameters_[i].value.addcdiv_(parameters_[i].mean, roots[i], -rate);
  return ok();
}

std::size_t Learner::size() const {
  std::size_t bytes = 0;
  for (const Parameter& parameter : parameters_)
    bytes += 3 * sizeof(float) * static_cast<std::size_t>(parameter.value.numel());
  return bytes;
}

void Learner::save_weights(nets::TensorFile& file, const std::string& prefix) const {
  for (const Parameter& parameter : parameters_)
    file.add(prefix + "w." + parameter.name, parameter.value);
}

Status Learner::restore_weights(const safetensors::Contents& contents, const std::string& prefix) {
  for (Parameter& parameter : parameters_) {
    PTAH_TRY(nets::copy_into(contents, prefix + "w." + parameter.name, parameter.value));
  }
  return ok();
}

void Learner::save(nets::TensorFile& file, const std::string& prefix) const {
  save_weights(file, prefix);
  for (const Parameter& parameter : parameters_) {
    file.add(prefix + "m." + parameter.name, parameter.mean);
    file.add(prefix + "v." + parameter.name, parameter.square);
  }
  file.metadata[prefix + "steps"] = std::to_string(steps_);
}

Status Learner::restore(const safetensors::Contents& contents, const std::string& prefix) {
  PTAH_TRY(restore_weights(contents, prefix));
  for (Parameter& parameter : parameters_) {
    PTAH_TRY(nets::copy_into(contents, prefix + "m." + parameter.name, parameter.mean));
    PTAH_TRY(nets::copy_into(contents, prefix + "v." + parameter.name, parameter.square));
  }
  const auto steps = contents.metadata.find(prefix + "steps");
  if (steps == contents.metadata.end())
    return make_error(ErrorCode::kParse, "It does not say how far it is.", "checkpoint");
  steps_ = std::strtoll(steps->second.c_str(), nullptr, 10);
  return ok();
}

at::Tensor row(const std::vector<float>& values) {
  at::Tensor tensor = at::empty({1, static_cast<std::int64_t>(values.size())}, at::kFloat);
  std::memcpy(tensor.data_ptr<float>(), values.data(), values.size() * sizeof(float));
  return tensor;
}

at::Tensor log_probabilities(const at::Tensor& logits, const at::Tensor& allowed) {
  return at::log_softmax(allowed.defined() ? logits.masked_fill(allowed.eq(0), kNever) : logits,
                         -1);
}

at::Tensor entropy_of(const at::Tensor& log_probabilities) {
  return -(log_probabilities.exp() * log_probabilities).sum(-1);
}

std::size_t draw(const float* log_probabilities, std::size_t count, Rng& rng) {
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i)
    sum += std::exp(static_cast<double>(log_probabilities[i]));
  const double at = rng.uniform() * sum;
  double passed = 0;
  std::size_t last = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double here = std::exp(static_cast<double>(log_probabilities[i]));
    if (here <= 0) continue;
    last = i;
    passed += here;
    if (at < passed) return i;
  }
  return last;
}

}  // namespace ptah::rl
