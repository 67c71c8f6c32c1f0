#include "core.hpp"

#include <mutex>

#include "ptah/core/run_tool.hpp"
#include "ptah/core/sha256.hpp"

namespace ptah::nets {
namespace {

constexpr std::size_t kMostBytes = 512u << 20;

Result<OpenCore> open() {
  PTAH_TRY(const auto library,
           open_delayed("libptah_torch.so", "ptah_torch", "libtorch-dev libopenblas0-openmp"));
  PTAH_TRY(const std::string bytes, read_text_file(library.file, kMostBytes));
  return OpenCore{reinterpret_cast<const TorchCore*>(library.exported), sha256_hex(bytes)};
}

}  // namespace

Result<OpenCore> open_torch_core() {
  static std::mutex mutex;
  static OpenCore core;
  const std::scoped_lock lock(mutex);
  if (core.functions == nullptr) {
    PTAH_TRY(core, open());
  }
  return core;
}

}  // namespace ptah::nets
