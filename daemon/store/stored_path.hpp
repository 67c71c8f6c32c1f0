/// Where files lie by their hashes: for the store, and for workers, which only read them.
#pragma once

#include <filesystem>
#include <string>

namespace ptah {

/// Of a hash that is one (FileStore::is_hash).
inline std::filesystem::path stored_path(const std::filesystem::path& root,
                                         const std::string& hash) {
  return root / hash.substr(0, 2) / hash;
}

}  // namespace ptah
