/// SQLite, as much as the store needs. Everything throws Failure. One thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ptah/core/json.hpp"
#include "store/checked_vfs.hpp"

struct sqlite3;
struct sqlite3_backup;
struct sqlite3_stmt;

namespace ptah {

/// What can be done about a damaged database, in a sentence.
std::string how_to_restore(const std::filesystem::path& file);

/// Fails with kIo: how the database is damaged, and what can be done.
[[noreturn]] void fail_damaged(const std::string& how, const std::filesystem::path& file);

class Database {
 public:
  /// Opens or creates; WAL, synchronous=FULL, foreign keys, checksums in the pages of a new one.
  /// Fails where it cannot be written. Where damage shows, the file is left as it is, also when it
  /// is closed.
  explicit Database(const std::filesystem::path& file);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void exec(const char* sql);
  std::int64_t changes() const;
  bool in_transaction() const;
  const std::filesystem::path& file() const noexcept { return file_; }
  /// Writes what is committed into the database file and empties the log. Outside a transaction.
  void empty_log();
  /// SQLite's own check of structure, quick or whole, of all tables or of one: what is wrong, empty
  /// where all is well. It reads everything that it checks.
  std::vector<std::string> problems(bool quick, const std::string& table = {});
  std::vector<std::string> tables();
  /// See the function of this name; a file that is not whole has a damaged last page.
  PageCheck check_pages(std::int64_t first, std::int64_t count);
  std::int64_t pages();
  /// The texts of all statements run so far.
  std::vector<std::string> statements() const;
  /// As fail_damaged; what the log holds is not written into the file any more.
  [[noreturn]] void damaged(const std::string& how);

 private:
  friend class DatabaseCopy;
  friend class Query;
  void open();
  void close();
  [[noreturn]] void fail(int status);
  sqlite3* db_ = nullptr;
  std::filesystem::path file_;
  std::map<std::string, sqlite3_stmt*, std::less<>> statements_;  ///< Prepared once each.
};

/// A copy of a database as it is at the moment when the copy ends; the database is used meanwhile,
/// through the same connection. Pages are checked as they are read, and get their checksums anew.
class DatabaseCopy {
 public:
  /// `file` is not there yet.
  DatabaseCopy(Database& from, std::filesystem::path file);
  ~DatabaseCopy();
  DatabaseCopy(const DatabaseCopy&) = delete;
  DatabaseCopy& operator=(const DatabaseCopy&) = delete;

  /// Copies up to so many pages; false when the copy is whole and closed, though not synced.
  /// Outside a transaction.
  bool step(int pages);
  std::int64_t pages() const noexcept { return pages_; }  ///< Of the whole.
  double fraction() const noexcept;
  const std::filesystem::path& file() const noexcept { return file_; }

 private:
  void close() noexcept;
  Database& from_;
  std::filesystem::path file_;
  sqlite3* to_ = nullptr;
  sqlite3_backup* backup_ = nullptr;
  std::int64_t pages_ = 0, left_ = 0;
};

/// One run of a statement: bind in order, then `next()` for each row. Queries of the same text must
/// not nest.
class Query {
 public:
  Query(Database& database, std::string_view sql);
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  Query& operator<<(std::string_view text);
  Query& operator<<(std::int64_t value);
  Query& operator<<(double value);
  Query& operator<<(int value) { return *this << std::int64_t{value}; }
  Query& null();

  /// True with a row, false at the end.
  bool next();
  /// Runs to the end.
  void run() {
    while (next()) {
    }
  }
  // What a column holds. A value that cannot be there is damage, or somebody's edit: kIo, with the
  // table and its row.
  std::string text(int column) const;
  std::int64_t integer(int column) const;
  std::int64_t natural(int column) const;  ///< Not negative.
  double real(int column) const;           ///< Finite.
  Json json(int column) const;
  Json json_or_null(int column) const;
  Json object(int column) const;
  Json object_or_null(int column) const;
  bool is_null(int column) const;
  int columns() const;
  /// How messages name the present row.
  void name_row(std::string name) { row_ = std::move(name); }
  [[noreturn]] void damaged(int column, const std::string& how) const;

 private:
  Database& database_;
  std::string sql_;
  std::string row_;  ///< The first text that was bound, mostly a job, or as `name_row` says.
  sqlite3_stmt* statement_;
  int bound_ = 0;
};

}  // namespace ptah
