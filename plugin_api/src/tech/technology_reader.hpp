/// YAML -> Technology. The format is described in docs/technology.md.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "ptah/tech/technology.hpp"

namespace ptah {

/// Reads one file. Problems are collected; `technology()` is complete when there are none.
struct TechnologyReader {
  /// Where a file named by `models:` is looked for: a folder, or among the embedded files.
  enum class Beside { kNowhere, kFolder, kEmbedded };

  static std::vector<Error> read(std::string_view yaml, std::string_view name, Beside beside,
                                 const std::filesystem::path& folder, Technology& into);
  static void set_pdk(Technology& technology, std::string name, Pdk pdk);
};

}  // namespace ptah
