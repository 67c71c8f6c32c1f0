/// Tensors of LibTorch to and from safetensors.
#pragma once

#include <ATen/core/Tensor.h>

#include <deque>
#include <map>
#include <string>

#include "model_card.hpp"
#include "safetensors.hpp"

namespace ptah::nets {

/// A file in the making; keeps what it is given.
class TensorFile {
 public:
  TensorFile() = default;
  TensorFile(const TensorFile&) = delete;
  TensorFile& operator=(const TensorFile&) = delete;
  /// Floats, row by row whatever the order in memory.
  void add(const std::string& name, const at::Tensor& tensor);
  void add(const std::string& name, safetensors::Dtype dtype, std::vector<std::uint64_t> shape,
           std::string bytes);
  void add(const predictors::Neighbourhood& near) {
    predictors::add_near(near, contents_, kept_.emplace_back());
  }
  std::string bytes() const;

  std::map<std::string, std::string> metadata;

 private:
  std::deque<std::string> kept_;  ///< Does not move what it holds.
  safetensors::Contents contents_;
};

/// Fails with kParse where `name` is absent or of another type or shape. Keeps the order in memory
/// of `to`.
Status copy_into(const safetensors::Contents& contents, const std::string& name, at::Tensor& to);

}  // namespace ptah::nets
