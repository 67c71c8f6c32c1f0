/// Files by the SHA-256 of their bytes: written aside, synced, renamed; read-only from then on.
/// Everything throws Failure. One thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ptah/core/descriptor.hpp"
#include "ptah/core/error.hpp"
#include "store/outputs.hpp"
#include "store/stored_path.hpp"

namespace ptah {

/// Largest file the store takes.
constexpr std::uint64_t kMaxStoredFile = 4ull << 30;

/// What can be done about a damaged file of the store.
constexpr const char* kHowToRestoreFile =
    "Put the file back from a backup, by its name, or delete the job and run it again: the layouts "
    "have the same bytes. `ptah server verify` lists all that is damaged.";

/// What is in the store, for readers on any thread: a file that is there never changes.
class StoredFiles {
 public:
  explicit StoredFiles(std::filesystem::path root) : root_(std::move(root)) {}

  static bool is_hash(std::string_view text) noexcept;
  /// Where the file with this hash is, or would be.
  std::filesystem::path path(const std::string& hash) const { return stored_path(root_, hash); }
  const std::filesystem::path& root() const noexcept { return root_; }
  /// What is wrong with it, if anything: missing, or bytes that do not match the hash.
  std::optional<std::string> problem(const std::string& hash) const;
  /// Its path, once its bytes are known to match. Throws Failure: kNotFound at `where`, or kIo.
  std::filesystem::path checked(const std::string& hash, const std::string& where) const;
  /// Its size, where it is there: nobody has looked at its bytes. Never throws.
  std::optional<std::int64_t> size(const std::string& hash) const;
  /// A part of it; fewer bytes at its end. Throws Failure, kNotFound where it is not there.
  std::string read(const std::string& hash, std::int64_t offset, std::int64_t size) const;

  enum class Existing { kReplace, kKeep };
  enum class Copied {
    kWritten,
    kEqual,  ///< Equal bytes are there already.
    kKept    ///< Other bytes are there, and stay.
  };
  /// Copies the file to `out`/`relative` through a temporary name. `relative` must stay below
  /// `out`: no "..", no absolute path, no symbolic link on the way. What is there with other bytes
  /// stays with kKeep; with kReplace it is replaced where Ptah wrote the folder (see Outputs), and
  /// kConflict elsewhere. A copy and not a link, because who edits the result in place must not
  /// edit the store.
  Copied copy_out(const std::string& hash, Outputs& outputs, const std::filesystem::path& out,
                  const std::string& relative, Existing existing) const;

 protected:
  std::filesystem::path root_;
};

class FileStore : public StoredFiles {
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
  /// Links a file in that is whole, synced and read-only, has this hash, and lies in `aside()`: it
  /// stays there as well.
  void link_file(const std::filesystem::path& whole, const std::string& hash);
  /// Makes all files put since the last call durable, and their names. Where that fails, those
  /// that are new are removed: after a failed fsync nobody knows what the disk holds, and a second
  /// one would say that all is well.
  void sync();
  /// The files that have come since the last call, for who rolls their rows back.
  std::vector<std::string> take_new() { return std::exchange(new_, {}); }

  /// On the store's disk, for what is not whole yet; emptied at a start.
  std::filesystem::path aside() const { return root_ / "aside"; }
  void remove(const std::string& hash);
  /// Files lie in so many folders, by the first two digits of their hashes.
  static constexpr int kFolders = 256;
  std::vector<std::string> hashes(int folder) const;

  /// Copies with the outputs of the store's thread.
  Copied materialise(const std::string& hash, const std::filesystem::path& out,
                     const std::string& relative, Existing existing = Existing::kReplace) {
    return copy_out(hash, outputs_, out, relative, existing);
  }
  Outputs& outputs() noexcept { return outputs_; }

 private:
  Stored put(int source, const std::string& where, std::int64_t size);
  /// Gives a file of `aside()` its place; the rest is `sync`'s.
  void move_in(const std::string& name, const std::string& hash);
  Descriptor root_folder_;
  std::set<std::filesystem::path> unsynced_;  ///< Folders with new names.
  std::vector<std::filesystem::path> unsynced_files_;
  std::vector<std::string> new_;
  Outputs outputs_;
  std::uint64_t next_aside_ = 0;
};

/// Fails unless `relative` is a plain path below its base: words with '/' between them, none of
/// which is hidden, looks like an option or holds control characters.
Status check_relative_path(const std::string& relative);

}  // namespace ptah
