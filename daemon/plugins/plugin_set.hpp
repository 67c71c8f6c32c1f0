/// What plugin folders hold, found without loading anything: ptahd's view of plugins.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "ptah/core/error.hpp"
#include "ptah/plugin/manifest.hpp"

namespace ptah {

/// One shared library of a plugin folder. A worker can load it when `info` is there and `refusal`
/// is not.
struct ScannedPlugin {
  std::filesystem::path file;
  std::optional<PluginInfo> info;  ///< Absent when the manifest is not readable.
  std::string hash;                ///< SHA-256 of the file; empty when it could not be read.
  std::optional<Error> refusal;    ///< Why it will not be loaded.

  bool usable() const noexcept { return info.has_value() && !refusal.has_value(); }
};

/// Whether a folder's entry is looked at: `*.so`, not hidden. Half-written files of copying tools
/// have names like ".ptah_x.so.1234" or ".ptah_x.so".
bool has_plugin_name(const std::filesystem::path& file);

/// Looks at one file: trust, manifest, compatibility, hash.
ScannedPlugin scan_file(const std::filesystem::path& file);

/// Copies a usable plugin into a folder below `private_dir` that is named by its hash, where its
/// file may change meanwhile. Fails where the copy does not hold the bytes that were looked at. One
/// that is there already is left alone: a worker may run it.
Result<std::filesystem::path> copy_plugin(const ScannedPlugin& plugin,
                                          const std::filesystem::path& private_dir);

}  // namespace ptah
