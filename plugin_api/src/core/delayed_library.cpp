#include "ptah/core/delayed_library.hpp"

#include <dlfcn.h>

#include <string_view>

#include "ptah/plugin/fingerprint.hpp"

namespace ptah {

Result<DelayedLibrary> open_delayed(const std::string& name, const char* symbol,
                                    const std::string& packages) {
  // A plugin could not say where it lies, for hosts load private copies; this library can.
  Dl_info info{};
  if (::dladdr(reinterpret_cast<const void*>(&open_delayed), &info) == 0 ||
      info.dli_fname == nullptr)
    return make_error(ErrorCode::kInternal, "The SDK's library has no place.");
  std::error_code failure;
  const auto sdk = std::filesystem::canonical(info.dli_fname, failure);
  DelayedLibrary library{nullptr, sdk.parent_path() / "ptah" / name};
  const std::string where = library.file.string();
  if (failure || !std::filesystem::exists(library.file, failure)) {
    return make_error(ErrorCode::kToolMissing, name + " is not installed.", where,
                      "Build Ptah with what it needs: " + packages + ".");
  }
  void* const opened = ::dlopen(where.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (opened == nullptr) {
    const char* const reason = ::dlerror();
    return make_error(ErrorCode::kToolMissing,
                      name + " does not load: " + (reason != nullptr ? reason : "no reason"), where,
                      "apt install " + packages);
  }
  library.exported = static_cast<const DelayedLibraryHead*>(::dlsym(opened, symbol));
  if (library.exported == nullptr ||
      std::string_view(library.exported->fingerprint) != kToolchainFingerprint) {
    return make_error(ErrorCode::kPluginFailed, "This library is of another build of Ptah.", where,
                      "Build plugins and library together.");
  }
  return library;
}

}  // namespace ptah
