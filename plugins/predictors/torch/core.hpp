/// The door to what needs LibTorch. Plugins do not link it: `cnn`, `nas` and `rl` are thin, and
/// open libptah_torch.so when a model is trained or loaded, or an exploration begins
/// (ptah/core/delayed_library.hpp).
#pragma once

#include <cstdint>
#include <string>

#include "ptah/core/delayed_library.hpp"
#include "ptah/core/error.hpp"
#include "ptah/plugin/plugin.hpp"

namespace ptah::nets {

/// What the library exports as `ptah_torch`. Functions never throw; what they return is deleted by
/// whoever asked, and null with `error` filled where there is none.
struct TorchCore {
  DelayedLibraryHead head;
  Trainer* (*trainer)(const char* plugin, const Json& options, const std::string& core_hash,
                      Error& error) noexcept;
  Predictor* (*predictor)(const char* plugin, const Json& options, Error& error) noexcept;
  Explorer* (*explorer)(const char* plugin, const Json& options, Error& error) noexcept;
};

struct OpenCore {
  const TorchCore* functions = nullptr;
  std::string hash;  ///< SHA-256 of the library's file.
};

/// Opened with the first call; fails as `open_delayed`. [any thread]
Result<OpenCore> open_torch_core();

}  // namespace ptah::nets
