#include "plugins/plugin_set.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "plugins/content_hash.hpp"
#include "plugins/trusted_file.hpp"

namespace ptah {
namespace {

constexpr std::uint64_t kMostFileBytes = 512u << 20;
constexpr std::size_t kMostEntries = 10'000;  // of one folder

Status look_at(const std::filesystem::path& file, ScannedPlugin& found) {
  PTAH_TRY(const Descriptor opened, open_trusted_file(file));
  PTAH_TRY(found.hash, sha256_of(opened.get(), kMostFileBytes, file.string()));
  PTAH_TRY(found.info, read_manifest(opened.get(), file.string()));
  return check_compatible(*found.info, file.string());
}

// Names of the folder's *.so entries, whatever they are: links and folders are refused by name.
Result<std::vector<std::filesystem::path>> libraries_in(const std::filesystem::path& directory) {
  PTAH_TRY(check_trusted_directory(directory));
  std::vector<std::filesystem::path> files;
  std::error_code failed;
  std::size_t entries = 0;
  for (std::filesystem::directory_iterator at(directory, failed), end; !failed && at != end;
       at.increment(failed)) {
    if (++entries > kMostEntries) {
      return make_error(ErrorCode::kLimit,
                        "The plugin folder has more than " + std::to_string(kMostEntries) +
                            " entries; it is not scanned.",
                        directory.string());
    }
    const std::filesystem::path& file = at->path();
    if (has_plugin_name(file)) files.push_back(file);
  }
  if (failed) {
    return make_error(ErrorCode::kIo,
                      "The plugin folder can not be read: " + failed.message() + ".",
                      directory.string());
  }
  std::sort(files.begin(), files.end());
  return files;
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

std::vector<ScannedPlugin> scan_directories(std::span<const std::filesystem::path> directories) {
  std::vector<ScannedPlugin> all;
  std::map<std::pair<PluginKind, std::string>, std::filesystem::path> taken;
  for (const std::filesystem::path& directory : directories) {
    auto files = libraries_in(directory);
    if (!files) {
      ScannedPlugin refused;
      refused.file = directory;
      refused.refusal = std::move(files).error();
      all.push_back(std::move(refused));
      continue;
    }
    for (const std::filesystem::path& file : files.value()) {
      ScannedPlugin found = scan_file(file);
      if (found.usable()) {
        const auto [first, fresh] = taken.try_emplace({found.info->kind, found.info->name}, file);
        if (!fresh) {
          found.refusal =
              make_error(ErrorCode::kConflict,
                         "The " + std::string(to_string(found.info->kind)) + " \"" +
                             found.info->name + "\" is taken from " + first->second.string() + ".",
                         file.string(), "keep one of the two files");
        }
      }
      all.push_back(std::move(found));
    }
  }
  return all;
}

}  // namespace ptah
