/// Libraries of Ptah's own that link something heavy, such as LibTorch or HDF5. They are opened by
/// the first task that needs them, so that workers that need none start and weigh as if they were
/// not there.
#pragma once

#include <filesystem>
#include <string>

#include "ptah/core/error.hpp"

namespace ptah {

/// What such a library exports under one name: a struct that begins with this.
struct DelayedLibraryHead {
  char fingerprint[160];  ///< kToolchainFingerprint when it was built.
};

struct DelayedLibrary {
  const DelayedLibraryHead* exported = nullptr;
  std::filesystem::path file;
};

/// Opens `name` (libptah_x.so), which lies in `ptah/` beside libptah_sdk.so, built or installed,
/// and finds what it exports as `symbol`. It stays open for the process's life. Fails with
/// kToolMissing and `packages` (what to install) where it is not there or does not load, with
/// kPluginFailed where it is of another build. [any thread]
Result<DelayedLibrary> open_delayed(const std::string& name, const char* symbol,
                                    const std::string& packages);

}  // namespace ptah
