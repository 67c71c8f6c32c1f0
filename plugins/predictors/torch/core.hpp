/// The door to what needs LibTorch. Plugins do not link it: `cnn` and `nas` are thin, and open
/// libptah_torch.so when a model is trained or loaded, so that workers that do neither start and
/// weigh as before. It lies in `ptah/` beside libptah_sdk.so, built or installed (a plugin cannot
/// know its own folder: hosts load a private copy of it).
#pragma once

#include <cstdint>
#include <string>

#include "ptah/core/error.hpp"
#include "ptah/plugin/plugin.hpp"

namespace ptah::nets {

/// What the library exports as `ptah_torch`. Functions never throw; what they return is deleted by
/// whoever asked, and null with `error` filled where there is none.
struct TorchCore {
  char fingerprint[160];  ///< kToolchainFingerprint when it was built.
  Trainer* (*trainer)(const char* plugin, const Json& options, const std::string& core_hash,
                      Error& error) noexcept;
  Predictor* (*predictor)(const char* plugin, const Json& options, Error& error) noexcept;
};

struct OpenCore {
  const TorchCore* functions = nullptr;
  std::string hash;  ///< SHA-256 of the library's file.
};

/// Opened once and for the process's life: LibTorch cannot leave memory. Fails with kToolMissing
/// where it is not installed, with kPluginFailed where it is of another build. [any thread]
Result<OpenCore> open_torch_core();

}  // namespace ptah::nets
