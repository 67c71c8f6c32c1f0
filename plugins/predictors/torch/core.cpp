#include "core.hpp"

#include <dlfcn.h>

#include <filesystem>
#include <mutex>

#include "ptah/core/run_tool.hpp"
#include "ptah/core/sha256.hpp"

namespace ptah::nets {
namespace {

constexpr std::size_t kMostBytes = 512u << 20;

Result<std::filesystem::path> core_file() {
  // Any function of the SDK says where the SDK lies.
  Dl_info info{};
  if (::dladdr(reinterpret_cast<const void*>(&sha256_hex), &info) == 0 || info.dli_fname == nullptr)
    return make_error(ErrorCode::kInternal, "The SDK's library has no place.");
  std::error_code failure;
  const auto sdk = std::filesystem::canonical(info.dli_fname, failure);
  const auto file = sdk.parent_path() / "ptah" / "libptah_torch.so";
  if (failure || !std::filesystem::exists(file, failure)) {
    return make_error(ErrorCode::kToolMissing,
                      "Networks need libptah_torch.so, which is not installed.", file.string(),
                      "Build Ptah with LibTorch (libtorch-dev).");
  }
  return file;
}

Result<OpenCore> open() {
  PTAH_TRY(const auto file, core_file());
  OpenCore core;
  {
    PTAH_TRY(const std::string bytes, read_text_file(file, kMostBytes));
    core.hash = sha256_hex(bytes);
  }
  void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* reason = ::dlerror();
    return make_error(ErrorCode::kToolMissing,
                      std::string("LibTorch does not load: ") + (reason ? reason : "no reason"),
                      file.string(), "apt install libtorch1.13 libopenblas0-openmp");
  }
  core.functions = static_cast<const TorchCore*>(::dlsym(library, "ptah_torch"));
  if (core.functions == nullptr ||
      std::string_view(core.functions->fingerprint) != kToolchainFingerprint) {
    return make_error(ErrorCode::kPluginFailed, "This library is of another build of Ptah.",
                      file.string(), "Build plugins and library together.");
  }
  return core;
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
