/// The editors' packages: where they come from, where they go, and whether they are there.
#pragma once

#include <filesystem>
#include <string>

#include "ptah/core/error.hpp"

namespace ptah::cli {

/// Folder `name` of the installation (<prefix>/share/ptah, beside the programs).
std::filesystem::path shared_folder(const std::string& name);

struct EditorPackage {
  bool installed = false;
  bool current = false;         ///< It is that of this installation.
  std::filesystem::path place;  ///< The folder, or the file that holds the line.
  std::string found;            ///< For people.
};

/// $KLAYOUT_HOME/salt/ptah, by default below ~/.klayout.
Result<EditorPackage> klayout_package();
/// The line in ~/.magicrc.
Result<EditorPackage> magic_package();

}  // namespace ptah::cli
