/// A plugin's manifest, read from its file without loading it: nothing of the plugin runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "ptah/core/error.hpp"
#include "ptah/core/json.hpp"
#include "ptah/plugin/plugin.hpp"

namespace ptah {

/// A manifest as values.
struct PluginInfo {
  PluginKind kind = PluginKind::kPlacer;
  std::string name;
  std::string version;
  std::string description;
  std::string fingerprint;
  std::uint32_t api_major = 0;
  std::uint32_t api_minor = 0;

  friend bool operator==(const PluginInfo&, const PluginInfo&) = default;
};

/// Checks what one reads from a manifest: the magic, its size, a known kind, terminated texts, a
/// name of [a-z0-9_], printable everything. `where` stands for the file in messages.
Result<PluginInfo> plugin_info(const PluginManifest& manifest, std::string_view where);

/// Reads the ELF section `.ptah_manifest`. `file` may be anything: each way of not being a plugin
/// gives its own sentence. Never checks compatibility. Reads a bounded number of bytes.
Result<PluginInfo> read_manifest(const std::filesystem::path& file);
/// The same from an open file (its position does not matter and stays) and from memory.
Result<PluginInfo> read_manifest(int descriptor, std::string_view where);
Result<PluginInfo> read_manifest(std::span<const std::byte> bytes, std::string_view where);

/// Fails with the reason when this host can not load the plugin: another major API version, a minor
/// one newer than the host's, another toolchain.
Status check_compatible(const PluginInfo& info, std::string_view where);

/// {"kind", "name", "version", "description", "api"}
Json to_json(const PluginInfo& info);

}  // namespace ptah
