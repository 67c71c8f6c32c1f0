/// A layer between SQLite and the file system that keeps a checksum in every page of a database, so
/// that a byte that changed on the disk is an error and never other data.
///
/// As SQLite's own cksumvfs (sqlite.org/cksumvfs.html): the checksum lies in eight bytes that are
/// reserved at the end of each page, is written with the page and compared when it is read. Unlike
/// it, the sum begins with the page's number, so that a page in another one's place is seen, and
/// only the database file itself is touched: the frames of its log have SQLite's own checksums.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

struct sqlite3_file;

namespace ptah {

/// Reserved at the end of each page.
constexpr int kPageChecksumBytes = 8;

/// The name under which SQLite knows the layer; registered at the first call. Thread-safe.
const char* checked_vfs();

/// The page whose checksum did not match in the last SQLITE_IOERR_DATA of this thread.
std::int64_t last_damaged_page() noexcept;

/// What the head of a database file says.
struct DatabaseHead {
  bool empty = false;     ///< No file, or one without a byte.
  bool database = false;  ///< Begins as SQLite's files do.
  int page_size = 0;
  int reserved = 0;  ///< Bytes at the end of each page.
  std::int64_t user_version = 0;
};
/// Throws Failure where the file cannot be read.
DatabaseHead read_head(const std::filesystem::path& file);

struct PageCheck {
  std::int64_t pages = 0;             ///< How many were there to be read.
  std::vector<std::int64_t> damaged;  ///< Those whose checksum does not match.
};
/// Looks at `count` pages from number `first` (1 is the first), as they are on the disk: what
/// SQLite has in memory or in its log is not asked. `file` is the open database of this layer. It
/// is not opened a second time, because to close that would drop the locks that SQLite has on it.
/// Throws Failure where it cannot be read.
PageCheck check_pages(sqlite3_file* file, std::int64_t first, std::int64_t count);

}  // namespace ptah
