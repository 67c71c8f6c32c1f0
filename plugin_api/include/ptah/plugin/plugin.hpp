/// What a plugin is: a shared library with a manifest that is read without loading it, and one
/// exported function that creates stages. A plugin is one class and one line:
///
///   class RowPlacer : public ptah::Placer { ... };
///   PTAH_PLUGIN(ptah::Placer, RowPlacer, "row", "1.0.0", "Places tiles in a row.")
///
/// where RowPlacer has a constructor `explicit RowPlacer(const ptah::Options&)` and a function
/// `static ptah::OptionSchema options()`. Build it with `ptah_add_plugin` (CMake package `Ptah`).
///
/// Compatibility: same major API version, host minor >= plugin minor, same toolchain fingerprint;
/// anything else is refused with the reason (ChangeLog: plugin_api/CHANGELOG.md).
#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>

#include "ptah/core/error.hpp"
#include "ptah/plugin/fingerprint.hpp"
#include "ptah/plugin/options.hpp"
#include "ptah/stages/stages.hpp"

namespace ptah {

constexpr std::uint32_t kApiMajor = 2;
constexpr std::uint32_t kApiMinor = 0;

enum class PluginKind : std::uint32_t {
  kDeviceGenerator,
  kPlacer,
  kRouter,
  kVerifier,
  kExtractor,
  kSimulator,
  kExplorer,
  kPredictor,
  kTrainer,
};
/// "device_generator", "placer", ...
std::string_view to_string(PluginKind kind) noexcept;
std::optional<PluginKind> plugin_kind_from_string(std::string_view text) noexcept;

template <typename Stage>
struct PluginKindOf;
// clang-format off
template <> struct PluginKindOf<DeviceGenerator> { static constexpr auto value = PluginKind::kDeviceGenerator; };
template <> struct PluginKindOf<Placer> { static constexpr auto value = PluginKind::kPlacer; };
template <> struct PluginKindOf<Router> { static constexpr auto value = PluginKind::kRouter; };
template <> struct PluginKindOf<Verifier> { static constexpr auto value = PluginKind::kVerifier; };
template <> struct PluginKindOf<Extractor> { static constexpr auto value = PluginKind::kExtractor; };
template <> struct PluginKindOf<Simulator> { static constexpr auto value = PluginKind::kSimulator; };
template <> struct PluginKindOf<Explorer> { static constexpr auto value = PluginKind::kExplorer; };
template <> struct PluginKindOf<Predictor> { static constexpr auto value = PluginKind::kPredictor; };
template <> struct PluginKindOf<Trainer> { static constexpr auto value = PluginKind::kTrainer; };
// clang-format on

/// Plain data in the ELF section `.ptah_manifest`. Layout is fixed for all API versions: new fields
/// take from `reserved`.
struct PluginManifest {
  char magic[8] = {'P', 'T', 'A', 'H', 'P', 'L', 'U', 'G'};
  std::uint32_t manifest_size = sizeof(PluginManifest);
  std::uint32_t api_major = kApiMajor;
  std::uint32_t api_minor = kApiMinor;
  PluginKind kind = PluginKind::kPlacer;
  char name[64] = {};
  char version[32] = {};
  char description[160] = {};
  char fingerprint[160] = {};
  char reserved[64] = {};
};

/// What the exported symbol `ptah_plugin` points to. Functions may be called from any thread; a
/// created stage is deleted through `destroy` by the host, never inside a call of the plugin.
struct PluginEntry {
  const PluginManifest* manifest;
  /// Returns a new stage (a pointer to the stage's abstract class) or null with `error` filled.
  /// Never throws.
  void* (*create)(const Options& options, Error& error) noexcept;
  void (*destroy)(void* stage) noexcept;
  /// What the stage's constructor understands. May throw.
  OptionSchema (*options)();
};

namespace detail {

template <std::size_t N>
constexpr void copy_text(char (&to)[N], std::string_view from) {
  // In the constant evaluation that PTAH_PLUGIN asks for, this is a compile error.
  if (from.size() >= N) throw "PTAH_PLUGIN: the text is too long for the manifest";
  for (std::size_t i = 0; i < from.size(); ++i) to[i] = from[i];
}

constexpr PluginManifest make_manifest(PluginKind kind, std::string_view name,
                                       std::string_view version, std::string_view description) {
  PluginManifest manifest;
  manifest.kind = kind;
  copy_text(manifest.name, name);
  copy_text(manifest.version, version);
  copy_text(manifest.description, description);
  copy_text(manifest.fingerprint, kToolchainFingerprint);
  return manifest;
}

template <typename Stage, typename Implementation>
void* create_stage(const Options& options, Error& error) noexcept {
  try {
    return static_cast<Stage*>(new Implementation(options));
  } catch (const std::bad_alloc&) {
    error = make_error(ErrorCode::kLimit, "The plugin ran out of memory while it was created.");
  } catch (const std::exception& exception) {
    error = make_error(ErrorCode::kPluginFailed, exception.what());
  } catch (...) {
    error = make_error(ErrorCode::kPluginFailed, "The plugin threw something unknown.");
  }
  return nullptr;
}

template <typename Stage>
void destroy_stage(void* stage) noexcept {
  delete static_cast<Stage*>(stage);
}

}  // namespace detail
}  // namespace ptah

/// Declarations carry what every reference must know (section, visibility); `used` belongs on the
/// definitions, where g++ honours it. Both symbols stay exported under -fvisibility=hidden.
#define PTAH_PLUGIN(STAGE, IMPLEMENTATION, NAME, VERSION, DESCRIPTION)                 \
  extern "C" {                                                                         \
  extern const ::ptah::PluginManifest ptah_manifest                                    \
      __attribute__((section(".ptah_manifest"), visibility("default")));               \
  __attribute__((used)) constinit const ::ptah::PluginManifest ptah_manifest =         \
      ::ptah::detail::make_manifest(::ptah::PluginKindOf<STAGE>::value, NAME, VERSION, \
                                    DESCRIPTION);                                      \
  extern const ::ptah::PluginEntry ptah_plugin __attribute__((visibility("default"))); \
  __attribute__((used)) constinit const ::ptah::PluginEntry ptah_plugin = {            \
      &ptah_manifest, &::ptah::detail::create_stage<STAGE, IMPLEMENTATION>,            \
      &::ptah::detail::destroy_stage<STAGE>, &IMPLEMENTATION::options};                \
  }
