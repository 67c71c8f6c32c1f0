#include "fit.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <numbers>
#include <numeric>

#include "safetensors.hpp"
#include "tensors.hpp"

namespace ptah::nets {
namespace {

constexpr std::size_t kInferenceBatch = 32;
constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kEpsilon = 1e-8;
// Streams of a training's random numbers.
constexpr std::uint64_t kWeights = 1, kChoice = 2, kMirror = 3, kOrder = 1000;

}  // namespace

Result<Pictures> Pictures::create(const TrainingData& data, int grid) {
  Pictures pictures;
  pictures.grid_ = grid;
  for (const auto& design : data.designs) {
    PTAH_TRY(auto painter, images::Painter::create(design->circuit, design->tiles, grid));
    pictures.painters_.push_back(std::move(painter));
  }
  return pictures;
}

std::vector<std::uint8_t> Pictures::bytes(const Sample& sample) const {
  const images::Painter& painter = painters_[sample.design];
  std::vector<std::uint8_t> bytes(painter.bytes());
  painter.paint(sample.placement, bytes);
  return bytes;
}

at::Tensor Pictures::batch(std::span<const Sample* const> samples,
                           const std::vector<bool>& mirrored) const {
  std::vector<std::uint8_t> all;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    std::vector<std::uint8_t> one = bytes(*samples[i]);
    if (!mirrored.empty() && mirrored[i]) {
      for (auto row = one.begin(); row != one.end(); row += grid_) std::reverse(row, row + grid_);
    }
    all.insert(all.end(), one.begin(), one.end());
  }
  return to_batch(all, grid_);
}

at::Tensor to_batch(std::span<const std::uint8_t> bytes, int grid) {
  const auto plane = static_cast<std::size_t>(grid) * static_cast<std::size_t>(grid);
  const std::size_t picture = plane * images::kChannels, floats = plane * images::kInputs;
  const std::size_t count = bytes.size() / picture;
  at::Tensor batch = at::empty({static_cast<std::int64_t>(count), grid, grid, images::kInputs});
  float* to = batch.data_ptr<float>();
  for (std::size_t i = 0; i < count; ++i)
    images::expand(bytes.subspan(i * picture, picture), grid, {to + i * floats, floats});
  return batch.permute({0, 3, 1, 2});
}

Fit::Fit(const TrainingData& data, const Pictures& pictures, const Architecture& architecture,
         const FitOptions& options, std::uint64_t stream)
    : data_(data),
      pictures_(pictures),
      options_(options),
      rng_(stream),
      network_(make_network(architecture, options.grid, rng_.fork(kWeights))),
      chosen_(data.train.size()) {
  std::iota(chosen_.begin(), chosen_.end(), std::size_t{0});
  if (options.layouts > 0 && options.layouts < chosen_.size()) {
    rng_.fork(kChoice).shuffle(std::span(chosen_));
    chosen_.resize(options.layouts);
  }
  const auto batch = static_cast<std::size_t>(options.batch);
  per_epoch_ = static_cast<std::int64_t>((chosen_.size() + batch - 1) / batch);
  steps_ = per_epoch_ * options.epochs;
  for (const Parameter& parameter : network_->parameters()) {
    mean_.push_back(at::zeros_like(parameter.value));
    square_.push_back(at::zeros_like(parameter.value));
  }
}

void Fit::start_from(Network& other) {
  const at::NoGradGuard no_grad;
  for (auto list : {&Network::parameters, &Network::buffers}) {
    auto &to = (*network_.*list)(), &from = (other.*list)();
    for (std::size_t i = 0; i < to.size(); ++i) to[i].value.copy_(from[i].value);
  }
}

std::vector<const Sample*> Fit::samples_of(std::int64_t step) const {
  std::vector<std::size_t> order = chosen_;
  rng_.fork(kOrder + static_cast<std::uint64_t>(step / per_epoch_)).shuffle(std::span(order));
  const auto batch = static_cast<std::size_t>(options_.batch);
  const std::size_t from = static_cast<std::size_t>(step % per_epoch_) * batch;
  std::vector<const Sample*> samples;
  for (std::size_t i = from; i < std::min(order.size(), from + batch); ++i)
    samples.push_back(&data_.train[order[i]]);
  return samples;
}

std::vector<bool> Fit::mirrored(std::int64_t step, std::size_t count) const {
  if (!options_.mirror) return {};
  Rng lots = rng_.fork(kMirror).fork(static_cast<std::uint64_t>(step));
  std::vector<bool> mirrored(count);
  for (std::size_t i = 0; i < count; ++i) mirrored[i] = lots.below(2) == 1;
  return mirrored;
}

double Fit::step() {
  const std::vector<const Sample*> samples = samples_of(done_);
  at::Tensor targets = at::empty({static_cast<std::int64_t>(samples.size())});
  for (std::size_t i = 0; i < samples.size(); ++i)
    targets.data_ptr<float>()[i] = static_cast<float>(data_.target(*samples[i], options_.target));
  std::vector<Parameter>& parameters = network_->parameters();
  for (Parameter& parameter : parameters) parameter.value.mutable_grad() = at::Tensor();
  const at::Tensor odds =
      network_->forward(pictures_.batch(samples, mirrored(done_, samples.size())), true);
  const at::Tensor loss = at::binary_cross_entropy_with_logits(odds, targets);
  loss.backward();

  const auto count = static_cast<double>(done_ + 1);
  double rate = options_.learning_rate;
  if (options_.decay_steps > 0)
    rate *= std::pow(options_.decay, static_cast<double>(done_ / options_.decay_steps));
  if (options_.cosine)
    rate *= 0.5 + 0.5 * std::cos(std::numbers::pi * static_cast<double>(done_) /
                                 static_cast<double>(steps_));
  const double rate_now = rate / (1 - std::pow(kBeta1, count));
  const double root = std::sqrt(1 - std::pow(kBeta2, count));
  const at::NoGradGuard no_grad;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    at::Tensor& value = parameters[i].value;
    at::Tensor gradient = value.grad();
    if (!gradient.defined()) continue;
    if (parameters[i].decays && options_.l2 > 0) gradient = gradient.add(value, options_.l2);
    mean_[i].mul_(kBeta1).add_(gradient, 1 - kBeta1);
    square_[i].mul_(kBeta2).addcmul_(gradient, gradient, 1 - kBeta2);
    value.addcdiv_(mean_[i], (square_[i].sqrt() / root).add_(kEpsilon), -rate_now);
  }
  const double value = loss.item<double>();
  if (done_ % per_epoch_ == 0) loss_sum_ = 0;
  loss_sum_ += value;
  ++done_;
  return value;
}

double Fit::epoch_loss() const noexcept {
  if (done_ == 0) return 0;
  return loss_sum_ / static_cast<double>((done_ - 1) % per_epoch_ + 1);
}

std::string Fit::save() const {
  TensorFile file;
  for (std::size_t i = 0; i < mean_.size(); ++i) {
    const Parameter& parameter = network_->parameters()[i];
    file.add("w." + parameter.name, parameter.value);
    file.add("m." + parameter.name, mean_[i]);
    file.add("v." + parameter.name, square_[i]);
  }
  for (const Parameter& buffer : network_->buffers()) file.add("b." + buffer.name, buffer.value);
  file.metadata["done"] = std::to_string(done_);
  file.metadata["steps"] = std::to_string(steps_);
  // All bits of it.
  std::uint64_t bits = 0;
  std::memcpy(&bits, &loss_sum_, sizeof bits);
  file.metadata["loss_sum"] = std::to_string(bits);
  return file.bytes();
}

Status Fit::restore(std::string_view bytes) {
  const auto other = [] {
    return make_error(ErrorCode::kParse, "The checkpoint is of another training.", "checkpoint");
  };
  PTAH_TRY(const safetensors::Contents contents, safetensors::parse(bytes, "checkpoint"));
  const auto number = [&](const char* key) {
    const auto found = contents.metadata.find(key);
    return found == contents.metadata.end() ? 0 : std::strtoull(found->second.c_str(), nullptr, 10);
  };
  if (number("steps") != static_cast<std::uint64_t>(steps_)) return other();
  for (std::size_t i = 0; i < mean_.size(); ++i) {
    Parameter& parameter = network_->parameters()[i];
    PTAH_TRY(copy_into(contents, "w." + parameter.name, parameter.value));
    PTAH_TRY(copy_into(contents, "m." + parameter.name, mean_[i]));
    PTAH_TRY(copy_into(contents, "v." + parameter.name, square_[i]));
  }
  for (Parameter& buffer : network_->buffers()) {
    PTAH_TRY(copy_into(contents, "b." + buffer.name, buffer.value));
  }
  done_ = static_cast<std::int64_t>(std::min<std::uint64_t>(number("done"), number("steps")));
  const std::uint64_t bits = number("loss_sum");
  std::memcpy(&loss_sum_, &bits, sizeof bits);
  return ok();
}

std::vector<double> odds_of(Network& network, const Pictures& pictures,
                            std::span<const Sample> samples, const JobContext* job) {
  const c10::InferenceMode inference;
  std::vector<double> odds;
  odds.reserve(samples.size());
  for (std::size_t from = 0; from < samples.size(); from += kInferenceBatch) {
    if (job != nullptr && job->cancelled()) break;
    std::vector<const Sample*> some;
    for (std::size_t i = from; i < std::min(samples.size(), from + kInferenceBatch); ++i)
      some.push_back(&samples[i]);
    const at::Tensor out = network.forward(pictures.batch(some), false).contiguous();
    for (std::int64_t i = 0; i < out.numel(); ++i)
      odds.push_back(static_cast<double>(out.data_ptr<float>()[i]));
  }
  return odds;
}

}  // namespace ptah::nets
