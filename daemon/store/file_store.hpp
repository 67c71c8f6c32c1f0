/// Files by the SHA-256 of their bytes: written aside, synced, renamed; read-only from then on.
/// Everything throws Failure. One thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
  /// Makes all files put since the last call durable, and their names.
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
                   const std::string& relative);
  /// materialise() keeps the folders that it wrote to open until this call.
  void close_folders() { folders_.clear(); }

 private:
  class Descriptor {
   public:
    explicit Descriptor(int value) noexcept : value_(value) {}
    Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
      std::swap(value_, other.value_);
      return *this;
    }
    ~Descriptor();
    int get() const noexcept { return value_; }
    explicit operator bool() const noexcept { return value_ >= 0; }

   private:
    int value_;
  };

  Stored put(int source, const std::string& where, std::int64_t size);
  /// The folder `inside` of `base`, made where it is missing.
  int folder(const std::filesystem::path& base, const std::filesystem::path& inside);
  std::filesystem::path root_;
  Descriptor root_folder_{-1};
  std::set<std::filesystem::path> unsynced_;  ///< Folders with new names.
  std::vector<std::filesystem::path> unsynced_files_;
  std::map<std::filesystem::path, Descriptor> folders_;  ///< Of outputs.
  std::uint64_t next_aside_ = 0;
};

/// Fails unless `relative` is a plain path below its base.
Status check_relative_path(const std::string& relative);

/// SHA-256 of a text, in hexadecimal.
std::string sha256_hex(std::string_view text);

}  // namespace ptah
