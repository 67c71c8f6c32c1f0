/// States that older versions of Ptah wrote, kept beside this file.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace ptah {

/// With SQLite alone: without our checksums, and without our reading of values.
inline void execute(const std::filesystem::path& database, const std::string& sql) {
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(database.c_str(), &handle), SQLITE_OK);
  char* message = nullptr;
  EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, &message), SQLITE_OK) << message;
  sqlite3_close(handle);
}

/// A job of two chains and one of one chain, both done. Dumped from a state that version 1 wrote;
/// its files are not there.
inline void write_version1(const std::filesystem::path& state) {
  std::stringstream sql;
  sql << "PRAGMA journal_mode=WAL;"
      << std::ifstream(std::filesystem::path(PTAH_SOURCE_DIR) / "tests/daemon/store/version1.sql")
             .rdbuf();
  std::filesystem::create_directories(state);
  execute(state / "ptah.sqlite", sql.str());
}

/// What `kill -9` left of a ptahd of version 2: "finished" (two chains with two variants each), a
/// job that was deleted, and "interrupted" (one chain, two of nine variants). With files and log.
inline void write_version2(const std::filesystem::path& state) {
  std::filesystem::create_directories(state);
  const std::string archive =
      (std::filesystem::path(PTAH_SOURCE_DIR) / "tests/daemon/store/version2.tar.gz").string();
  ASSERT_EQ(std::system(("tar -xzf '" + archive + "' -C '" + state.string() + "'").c_str()), 0);
}

}  // namespace ptah
