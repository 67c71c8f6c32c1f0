/// The shipped technology as text, for tests that change it.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "ptah/core/run_tool.hpp"

namespace ptah::test {

inline std::string shipped_yaml() {
  return read_text_file(std::filesystem::path(PTAH_SOURCE_DIR) /
                        "configs/technologies/ptah130.yaml")
      .value();
}

/// `from` is there, and becomes `to`.
inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

}  // namespace ptah::test
