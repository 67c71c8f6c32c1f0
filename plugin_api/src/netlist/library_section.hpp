/// `.include FILE`, `.lib FILE SECTION`, and the sections of a library: `.lib SECTION` ... `.endl`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ptah/core/error.hpp"

namespace ptah::spice {

struct IncludeCall {
  std::string wanted;   ///< Without quotes.
  std::string section;  ///< Empty: `.include`.
};

/// The call that a logical line is, nullopt for every other line. `.lib NAME` begins a section and
/// calls nothing. Fails (message only) where an `.include` names no file or several.
Result<std::optional<IncludeCall>> read_include(const std::string& line);

/// Lets the lines of one section pass, or those of a whole file.
class LibrarySection {
 public:
  /// Empty: the whole file, whatever sections it has.
  explicit LibrarySection(std::string_view name) : name_(name) {}

  /// Whether the line counts. Lines in order.
  bool takes(const std::string& line);
  /// Whether the section was there.
  bool found() const noexcept { return name_.empty() || found_; }

 private:
  std::string name_;
  bool inside_ = false;
  bool found_ = false;
};

}  // namespace ptah::spice
