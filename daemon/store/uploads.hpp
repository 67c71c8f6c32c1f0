/// Files that clients send piece by piece, until they are whole. Everything throws Failure. Used on
/// one thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "store/file_store.hpp"

namespace ptah {

class Uploads {
 public:
  /// Who sends: files of two are apart, also with the same hash.
  using Sender = const void*;

  struct Limits {
    std::int64_t bytes = 0;      ///< Of a file.
    std::size_t unfinished = 4;  ///< Of a sender.
  };

  struct Progress {
    std::int64_t received = 0;
    bool whole = false;
    /// Where the whole file is, synced and read-only, for Store::keep_file. The caller removes it.
    /// Empty where the store has the file already.
    std::filesystem::path path;
  };

  /// `folder`: FileStore::aside().
  Uploads(StoredFiles stored, std::filesystem::path folder, Limits limits);
  ~Uploads();

  /// Takes the bytes at `offset` of the file with this hash and size. Without any, at offset 0, it
  /// only says how much is there. What fails to be written, and a file with other bytes than its
  /// hash says, is dropped whole.
  /// Unless the sender is `known` to know what the store has, it has to send all of it.
  Progress add(Sender sender, const std::string& hash, std::int64_t size, std::int64_t offset,
               std::string_view bytes, bool known = true);
  /// Drops what a sender has not finished.
  void forget(Sender sender);

 private:
  struct Upload;
  using Key = std::pair<Sender, std::string>;
  void begin(const Key& key, std::int64_t size);
  Progress finish(const Key& key);

  StoredFiles stored_;
  std::filesystem::path folder_;
  Limits limits_;
  std::map<Key, std::unique_ptr<Upload>> unfinished_;
  std::uint64_t next_ = 0;
};

}  // namespace ptah
