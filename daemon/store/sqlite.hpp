/// SQLite, as much as the store needs. Everything throws Failure. One thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace ptah {

class Database {
 public:
  /// Opens or creates; WAL, synchronous=FULL, foreign keys.
  explicit Database(const std::filesystem::path& file);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void exec(const char* sql);
  std::int64_t changes() const;
  std::int64_t last_rowid() const;
  bool in_transaction() const;

 private:
  friend class Query;
  [[noreturn]] void fail(int status) const;
  sqlite3* db_ = nullptr;
  std::string file_;
  std::map<std::string, sqlite3_stmt*, std::less<>> statements_;  ///< Prepared once each.
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
  Query& operator<<(int value) { return *this << std::int64_t{value}; }
  Query& null();

  /// True with a row, false at the end.
  bool next();
  /// Runs to the end.
  void run() {
    while (next()) {
    }
  }
  std::string text(int column) const;
  std::int64_t integer(int column) const;
  bool is_null(int column) const;

 private:
  Database& database_;
  sqlite3_stmt* statement_;
  int bound_ = 0;
};

}  // namespace ptah
