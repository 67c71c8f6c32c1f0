#include <exception>

#include "core.hpp"
#include "predictor.hpp"
#include "rl/explorer.hpp"
#include "trainer.hpp"

namespace {

template <typename Make>
auto made(const Make& make, ptah::Error& error) noexcept -> decltype(make().release()) {
  try {
    return make().release();
  } catch (const std::exception& exception) {
    error = ptah::make_error(ptah::ErrorCode::kPluginFailed, exception.what());
  } catch (...) {
    error = ptah::make_error(ptah::ErrorCode::kPluginFailed, "LibTorch threw something unknown.");
  }
  return nullptr;
}

ptah::Trainer* trainer(const char* plugin, const ptah::Json& options, const std::string& core_hash,
                       ptah::Error& error) noexcept {
  return made([&] { return ptah::nets::make_trainer(plugin, options, core_hash); }, error);
}

ptah::Predictor* predictor(const char* plugin, const ptah::Json& options,
                           ptah::Error& error) noexcept {
  return made([&] { return ptah::nets::make_predictor(plugin, options.at("threads").get<int>()); },
              error);
}

/// `rl` is the only one.
ptah::Explorer* explorer(const char* /*plugin*/, const ptah::Json& options,
                         ptah::Error& error) noexcept {
  return made([&] { return ptah::rl::make_explorer(options); }, error);
}

constexpr ptah::nets::TorchCore core() {
  ptah::nets::TorchCore core{{}, &trainer, &predictor, &explorer};
  ptah::detail::copy_text(core.head.fingerprint, ptah::kToolchainFingerprint);
  return core;
}

}  // namespace

extern "C" {
extern const ptah::nets::TorchCore ptah_torch __attribute__((visibility("default")));
__attribute__((used)) constinit const ptah::nets::TorchCore ptah_torch = core();
}
