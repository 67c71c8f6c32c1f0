#include "tensors.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cstring>

namespace ptah::nets {

void TensorFile::add(const std::string& name, const at::Tensor& tensor) {
  const at::Tensor plain = tensor.detach().to(at::kFloat).contiguous();
  std::vector<std::uint64_t> shape;
  for (const std::int64_t size : plain.sizes()) shape.push_back(static_cast<std::uint64_t>(size));
  add(name, safetensors::Dtype::kF32, std::move(shape),
      std::string(reinterpret_cast<const char*>(plain.data_ptr<float>()),
                  static_cast<std::size_t>(plain.numel()) * sizeof(float)));
}

void TensorFile::add(const std::string& name, safetensors::Dtype dtype,
                     std::vector<std::uint64_t> shape, std::string bytes) {
  kept_.push_back(std::move(bytes));
  contents_.tensors[name] = {dtype, std::move(shape), kept_.back()};
}

std::string TensorFile::bytes() const {
  safetensors::Contents contents = contents_;
  contents.metadata = metadata;
  return safetensors::write(contents);
}

Status copy_into(const safetensors::Contents& contents, const std::string& name, at::Tensor& to) {
  const auto found = contents.tensors.find(name);
  const auto bad = [&](const std::string& what) {
    return make_error(ErrorCode::kParse, "The tensor `" + name + "` " + what + ".", "weights");
  };
  if (found == contents.tensors.end()) return bad("is absent");
  const safetensors::Tensor& tensor = found->second;
  const auto sizes = to.sizes();
  bool fits = tensor.dtype == safetensors::Dtype::kF32 && tensor.shape.size() == sizes.size();
  for (std::size_t i = 0; fits && i < sizes.size(); ++i)
    fits = tensor.shape[i] == static_cast<std::uint64_t>(sizes[i]);
  if (!fits) return bad("has another type or shape than the network's");
  at::Tensor plain = at::empty(sizes, at::kFloat);
  std::memcpy(plain.data_ptr<float>(), tensor.bytes.data(), tensor.bytes.size());
  if (!at::isfinite(plain).all().item<bool>()) return bad("holds what is no number");
  const at::NoGradGuard no_grad;
  to.copy_(plain);
  return ok();
}

}  // namespace ptah::nets
