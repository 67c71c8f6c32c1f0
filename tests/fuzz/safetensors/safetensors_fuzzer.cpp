/// Any bytes as a file of tensors: an error in words, or tensors whose bytes lie in the file and
/// fit their shapes, and that are written and read again the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "safetensors.hpp"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ptah::safetensors;
  const std::string_view file(reinterpret_cast<const char*>(data), size);
  const auto read = parse(file, "fuzz.safetensors");
  if (!read) {
    require(!read.error().message.empty());
    return 0;
  }
  std::uint64_t sum = 0;
  for (const auto& [name, tensor] : read.value().tensors) {
    std::uint64_t bytes = bytes_of(tensor.dtype);
    for (const std::uint64_t extent : tensor.shape) bytes *= extent;
    require(tensor.bytes.size() == bytes);
    require(bytes == 0 || (tensor.bytes.data() >= file.data() &&
                           tensor.bytes.data() + bytes <= file.data() + file.size()));
    for (const char byte : tensor.bytes) sum += static_cast<unsigned char>(byte);
  }
  require(sum <= 255 * size);
  const std::string again = write(read.value());
  const auto copy = parse(again, "again.safetensors");
  require(copy.has_value() && copy.value().tensors.size() == read.value().tensors.size());
  require(write(copy.value()) == again);
  return 0;
}
