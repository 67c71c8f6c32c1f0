/// Networks that look at pictures of placements (placement_images.hpp) and say how likely each is
/// among the worst quarter. Built from an Architecture; weights start uniform by He et al. (ICCV
/// 2015), biases at 0, all from one stream of Rng.
///
/// What the releases and the paper say and leave open stands with each class in networks.cpp.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "architecture.hpp"
#include "ptah/core/random.hpp"

namespace ptah::nets {

struct Parameter {
  std::string name;
  at::Tensor value;
  bool decays = false;  ///< Under the L2 term: weights do, biases and norms do not.
};

/// One thread at a time.
class Network {
 public:
  virtual ~Network() = default;
  /// `pictures`: N x 18 x grid x grid, as images::expand makes them. Returns N numbers, the
  /// logarithm of the odds of being bad.
  virtual at::Tensor forward(const at::Tensor& pictures, bool training) = 0;

  /// What is trained, in a fixed order.
  std::vector<Parameter>& parameters() noexcept { return parameters_; }
  /// What is not, but belongs to it: running means.
  std::vector<Parameter>& buffers() noexcept { return buffers_; }
  /// All in double, for comparisons.
  void make_double();

 protected:
  struct Norm {
    std::size_t gamma = 0, beta = 0, mean = 0, variance = 0;
  };
  /// Positions in the lists, so that values may be replaced.
  struct Layer {
    std::size_t weight = 0, bias = 0;
    std::vector<std::int64_t> padding;
    std::int64_t stride = 1, dilation = 1, groups = 1;
    bool normed = false;
    Norm norm;
  };
  struct Form {
    std::int64_t in = 0, out = 0;
    std::vector<std::int64_t> kernel;  ///< Empty: a dense layer.
    std::int64_t stride = 1, dilation = 1, groups = 1;
    bool norm = false;
  };
  /// Convolutions keep the size (but for the stride).
  Layer add(const std::string& name, const Form& form, Rng& rng);
  at::Tensor apply(const Layer& layer, const at::Tensor& x, bool training) const;
  at::Tensor dense(const Layer& layer, const at::Tensor& x) const;

 private:
  std::vector<Parameter> parameters_, buffers_;
};

/// `grid` decides the size of the CNNs' dense layers.
std::unique_ptr<Network> make_network(const Architecture& architecture, int grid, Rng rng);

}  // namespace ptah::nets
