/// What is in the store, in numbers: for whoever watches it.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>

#include "store/records.hpp"

namespace ptah {

class Store;

struct StoreFigures {
  std::array<std::int64_t, 5> jobs{};     ///< By JobState, without those that came with Ptah.
  std::int64_t models = 0, datasets = 0;  ///< Versions.
  std::int64_t database_bytes = 0;        ///< With its log.
  std::int64_t free_bytes = 0;            ///< On its file system.
};

/// Looks at indices alone. [store thread]
StoreFigures store_figures(Store& store);

/// Files of one folder of the store, 0 to FileStore::kFolders - 1. [any thread]
struct FolderFigures {
  std::int64_t files = 0, bytes = 0;
};
FolderFigures folder_figures(const std::filesystem::path& root, int folder);

}  // namespace ptah
