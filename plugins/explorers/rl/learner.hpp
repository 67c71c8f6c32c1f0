/// A network and the Adam that trains it; distributions over actions.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "options.hpp"
#include "ptah/core/job_context.hpp"
#include "ptah/core/random.hpp"
#include "tensors.hpp"

namespace ptah::rl {

/// Blocks of a NetForm and one linear head. Weights of blocks start uniform by Glorot and Bengio
/// (AISTATS 2010) with biases 0, the head uniform in +- head_gain / sqrt(inputs), biases too: what
/// the published code has at head_gain 1. All from one stream of Rng; float; one thread at a time.
class Learner {
 public:
  struct Shape {
    std::int64_t inputs = 1, outputs = 1;
    NetForm form;
    double head_gain = 1;
  };
  Learner(const Shape& shape, double learning_rate, Rng rng);

  /// N x inputs to N x outputs.
  at::Tensor forward(const at::Tensor& inputs) const;
  /// One step of Adam (Kingma and Ba, ICLR 2015) down `loss`; the gradient's norm is cut to
  /// `most_gradient` unless that is 0. After kCancelled the weights are those of before.
  Status descend(const at::Tensor& loss, double most_gradient, const JobContext& job);

  const Shape& shape() const noexcept { return shape_; }
  /// Bytes of `save`, about.
  std::size_t size() const;
  void save(nets::TensorFile& file, const std::string& prefix) const;
  Status restore(const safetensors::Contents& contents, const std::string& prefix);
  /// The weights alone: all that acting takes.
  void save_weights(nets::TensorFile& file, const std::string& prefix) const;
  Status restore_weights(const safetensors::Contents& contents, const std::string& prefix);

 private:
  struct Parameter {
    std::string name;
    at::Tensor value, mean, square;
  };
  void add(const std::string& name, at::Tensor value);

  Shape shape_;
  double learning_rate_;
  std::int64_t steps_ = 0;
  std::vector<Parameter>
      parameters_;  ///< Of each block weight, bias, gamma, beta; of the head two.
};

/// A row of `width` floats.
at::Tensor row(const std::vector<float>& values);

/// Logarithms of probabilities along the last dimension. `allowed`: of the same shape, 0 where a
/// choice has none; undefined: all are allowed.
at::Tensor log_probabilities(const at::Tensor& logits, const at::Tensor& allowed);
/// Along the last dimension, of what `log_probabilities` gave.
at::Tensor entropy_of(const at::Tensor& log_probabilities);

/// Draws from `count` logarithms of probabilities; never one of probability 0.
std::size_t draw(const float* log_probabilities, std::size_t count, Rng& rng);

}  // namespace ptah::rl
