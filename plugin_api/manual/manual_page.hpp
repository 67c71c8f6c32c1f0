/// The manual page of a program, made from its command line: every command, argument and option is
/// there, in the words of its help.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <utility>
#include <vector>

namespace ptah {

struct ManualPage {
  std::string name;     ///< "ptah"
  int section = 1;      ///< 1: a command, 8: a daemon.
  std::string version;  ///< "0.1.0"
  std::string summary;  ///< Half a sentence, for `apropos`.
  std::string description;
  /// What the command line does not say of itself, behind it: a heading, and rows of a name and
  /// what it means.
  struct Table {
    std::string heading;
    std::vector<std::pair<std::string, std::string>> rows;
  };
  std::vector<Table> tables;
  std::vector<std::string> see_also;  ///< "ptahd(8)"
};

/// The page in man(7)'s language. Options of `app` itself come first, then a section for each of
/// its commands.
std::string manual_page(const ManualPage& page, const CLI::App& app);

}  // namespace ptah
