/// Files by the SHA-256 of their bytes: written aside, synced, renamed; read-only from then on.
/// Everything throws Failure. One thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "ptah/core/error.hpp"

namespace ptah {

/// Largest file the store takes.
constexpr std::uint64_t kMaxStoredFile = 4ull << 30;

class FileStore {
 public:
  struct Stored {
    std::string hash;  ///< 64 lower-case hexadecimal digits.
    std::int64_t size = 0;
  };

  /// Creates `root` (0700) where missing and clears what an interrupted write left aside.
  explicit FileStore(std::filesystem::path root);

  /// Copies a regular file (no symbolic link) in. Durable only after `sync()`.
  /// `size` bytes from `offset`; -1: all that follow.
  Stored put_file(const std::filesystem::path& source, std::int64_t offset = 0,
                  std::int64_t size = -1);
  Stored put_text(std::string_view text);
  /// Makes the names of all files put since the last call durable.
  void sync();

  /// Where the file with this hash is, or would be.
  std::filesystem::path path(const std::string& hash) const;
  /// What is wrong with it, if anything: missing, or bytes that do not match the hash.
  std::optional<std::string> problem(const std::string& hash) const;
  void remove(const std::string& hash);
  static bool is_hash(std::string_view text) noexcept;

  /// Copies the file to `base`/`relative` through a temporary name. False when equal bytes are
  /// there already. `relative` must stay below `base`: no "..", no absolute path, no symbolic link
  /// on the way. A copy and not a link, because who edits the result in place must not edit the
  /// store.
  bool materialise(const std::string& hash, const std::filesystem::path& base,
                   const std::string& relative) const;

 private:
  Stored put(int source, const std::string& where, std::int64_t size);
  std::filesystem::path root_;
  std::set<std::filesystem::path> unsynced_;  ///< Folders with new names.
  std::uint64_t next_aside_ = 0;
};

/// Fails unless `relative` is a plain path below its base.
Status check_relative_path(const std::string& relative);

/// SHA-256 of a text, in hexadecimal.
std::string sha256_hex(std::string_view text);

}  // namespace ptah
