#include "plugins/plugin_set.hpp"

#include <utility>

#include "plugins/content_hash.hpp"
#include "plugins/trusted_file.hpp"

namespace ptah {
namespace {

Status look_at(const std::filesystem::path& file, ScannedPlugin& found) {
  PTAH_TRY(const Descriptor opened, open_trusted_file(file));
  PTAH_TRY(found.hash, sha256_of(opened.get(), kMostPluginBytes, file.string()));
  PTAH_TRY(found.info, read_manifest(opened.get(), file.string()));
  return check_compatible(*found.info, file.string());
}

}  // namespace

bool has_plugin_name(const std::filesystem::path& file) {
  return file.extension() == ".so" && file.filename().native().front() != '.';
}

ScannedPlugin scan_file(const std::filesystem::path& file) {
  ScannedPlugin found;
  found.file = file;
  if (auto looked = look_at(file, found); !looked) found.refusal = std::move(looked).error();
  return found;
}

Result<std::filesystem::path> copy_plugin(const ScannedPlugin& plugin,
                                          const std::filesystem::path& private_dir) {
  namespace fs = std::filesystem;
  const fs::path folder = private_dir / plugin.hash.substr(0, 16);
  const fs::path target = folder / plugin.file.filename();
  std::error_code error;
  if (fs::exists(target, error)) {
    const ScannedPlugin there = scan_file(target);
    if (there.usable() && there.hash == plugin.hash) return target;
  }
  const fs::path aside = folder / ("." + plugin.file.filename().string());
  fs::create_directories(folder, error);
  if (!error) fs::copy_file(plugin.file, aside, fs::copy_options::overwrite_existing, error);
  if (!error) fs::permissions(aside, fs::perms::owner_read | fs::perms::owner_exec, error);
  if (!error) fs::rename(aside, target, error);
  std::error_code ignored;
  if (error) {
    fs::remove(aside, ignored);
    return make_error(ErrorCode::kIo, "The plugin cannot be copied: " + error.message() + ".",
                      target.string());
  }
  const ScannedPlugin copy = scan_file(target);
  if (copy.usable() && copy.hash == plugin.hash) return target;
  fs::remove(target, ignored);
  if (copy.refusal) return *copy.refusal;
  return make_error(ErrorCode::kIo, "The file changed while it was read.", plugin.file.string());
}

}  // namespace ptah
