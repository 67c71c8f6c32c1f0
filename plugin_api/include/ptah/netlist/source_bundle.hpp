/// The files of a netlist and of what goes with it, as a client gathered them with its user's
/// rights. Who reads them resolves includes here alone, and opens nothing on a disk.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ptah/core/error.hpp"

namespace ptah {

struct SourceBundle {
  static constexpr std::size_t kMaxFiles = 256;
  static constexpr int kMaxDepth = 16;  ///< Of includes in includes.

  using Files = std::map<std::string, std::string>;
  /// Texts by name: see is_bundle_name.
  Files files;
  /// Names by path as an include line writes it, where that is absolute or begins with a variable.
  std::map<std::string, std::string> links;
  /// Paths as include lines write them that were not followed: models, which the technology brings.
  std::set<std::string> left_out;
};

/// Whether a file of a bundle can be called so: a path below the folder that the bundle stands for,
/// of at most 1024 bytes, without "", "." and ".." among its parts and without control characters.
bool is_bundle_name(std::string_view name) noexcept;

/// The file that `from`, itself a file of the bundle, includes as `wanted`; nullptr where it was
/// left out. Fails with kDenied where that would lead out of the bundle, and with kNotFound; both
/// without a place. The answer lives as long as the bundle.
Result<const SourceBundle::Files::value_type*> find_include(const SourceBundle& bundle,
                                                            std::string_view from,
                                                            const std::string& wanted);

/// A line that asks for another file.
struct IncludeLine {
  std::string wanted;   ///< As written, without quotes.
  std::string section;  ///< Of a `.lib` line, in lower case; empty: an `.include` line.
  int line = 0;
};

/// What a netlist's text includes, in order: all of it, or where `section` is given (a `.lib` line
/// asked for it) what lies between `.lib SECTION` and `.endl`. Fails with name:line.
Result<std::vector<IncludeLine>> list_includes(std::string_view text, std::string_view name,
                                               std::string_view section = {});

}  // namespace ptah
