/// Files of tensors that run no code when they are read: safetensors
/// (github.com/huggingface/safetensors, "Format"). Eight bytes little-endian say how long a header
/// of JSON is, {"name": {"dtype", "shape", "data_offsets": [from, to]}, "__metadata__": {...}};
/// the data follows, without holes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ptah/core/error.hpp"

namespace ptah::safetensors {

enum class Dtype { kF64, kF32, kF16, kBf16, kI64, kI32, kI16, kI8, kU8, kBool };
/// "F32", "BF16", ...
std::string_view to_string(Dtype dtype) noexcept;
std::optional<Dtype> dtype_from_string(std::string_view text) noexcept;
std::size_t bytes_of(Dtype dtype) noexcept;

/// `bytes` looks at memory of somebody else: the file's, or whoever writes.
struct Tensor {
  Dtype dtype = Dtype::kF32;
  std::vector<std::uint64_t> shape;  ///< Empty: one value.
  std::string_view bytes;            ///< Row by row, little-endian; not aligned.
};

struct Contents {
  std::map<std::string, Tensor> tensors;
  std::map<std::string, std::string> metadata;
};

struct Limits {
  std::uint64_t header_bytes = 16u << 20;
  std::size_t tensors = 100'000;
  std::size_t dimensions = 8;
};

/// Looks at `file`, which must outlive what comes back (it may be a mapped file of any size). Fails
/// with kParse and what is wrong where it is no such file, with kLimit beyond a limit; `where`
/// stands for the file. Every range lies in the file, fits its shape, and overlaps no other.
Result<Contents> parse(std::string_view file, std::string_view where, const Limits& limits = {});

/// Equal contents, equal bytes. Data begins at multiples of 8, and is in order of falling size of
/// its values, then of name, so that all of it is aligned.
std::string write(const Contents& contents);

}  // namespace ptah::safetensors
