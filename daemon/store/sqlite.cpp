#include "store/sqlite.hpp"

#include <sqlite3.h>

#include "store/failure.hpp"

namespace ptah {

Database::Database(const std::filesystem::path& file) : file_(file.string()) {
  const int status =
      sqlite3_open_v2(file_.c_str(), &db_,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  if (status != SQLITE_OK) {
    const std::string message = db_ != nullptr ? sqlite3_errmsg(db_) : "out of memory";
    sqlite3_close(db_);
    ptah::fail(ErrorCode::kIo, "The job database cannot be opened: " + message + ".", file_);
  }
  sqlite3_extended_result_codes(db_, 1);
  sqlite3_busy_timeout(db_, 10'000);
  exec("PRAGMA journal_mode=WAL");
  exec("PRAGMA synchronous=FULL");
  exec("PRAGMA foreign_keys=ON");
  exec("PRAGMA cache_size=-4096");
  exec("PRAGMA journal_size_limit=4194304");
}

Database::~Database() {
  for (auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(db_);
}

void Database::fail(int status) const {
  const int base = status & 0xff;
  if (base == SQLITE_FULL) fail_with_errno("The job database cannot be written", file_, ENOSPC);
  // With a limit on file sizes, or where a write came out short, SQLite says "I/O error".
  const int system_error = sqlite3_system_errno(db_);
  if (base == SQLITE_IOERR && system_error != 0) {
    fail_with_errno("The job database cannot be written", file_, system_error);
  }
  if (base == SQLITE_CORRUPT || base == SQLITE_NOTADB) {
    ptah::fail(ErrorCode::kIo,
               "The job database is damaged: " + std::string(sqlite3_errmsg(db_)) + ".", file_,
               "Move it away to start afresh; the files of the store stay.");
  }
  ptah::fail(ErrorCode::kIo, "The job database fails: " + std::string(sqlite3_errmsg(db_)) + ".",
             file_);
}

void Database::exec(const char* sql) {
  const int status = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr);
  if (status != SQLITE_OK) fail(status);
}

std::int64_t Database::changes() const {
  return sqlite3_changes64(db_);
}
std::int64_t Database::last_rowid() const {
  return sqlite3_last_insert_rowid(db_);
}
bool Database::in_transaction() const {
  return sqlite3_get_autocommit(db_) == 0;
}

Query::Query(Database& database, std::string_view sql) : database_(database) {
  const auto found = database.statements_.find(sql);
  if (found != database.statements_.end()) {
    statement_ = found->second;
    return;
  }
  const int status = sqlite3_prepare_v3(database.db_, sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement_, nullptr);
  if (status != SQLITE_OK) database.fail(status);
  database.statements_.emplace(std::string(sql), statement_);
}

Query::~Query() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Query& Query::operator<<(std::string_view text) {
  const int status =
      sqlite3_bind_text64(statement_, ++bound_, text.data() != nullptr ? text.data() : "",
                          text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  if (status != SQLITE_OK) database_.fail(status);
  return *this;
}

Query& Query::operator<<(std::int64_t value) {
  const int status = sqlite3_bind_int64(statement_, ++bound_, value);
  if (status != SQLITE_OK) database_.fail(status);
  return *this;
}

Query& Query::null() {
  sqlite3_bind_null(statement_, ++bound_);
  return *this;
}

bool Query::next() {
  const int status = sqlite3_step(statement_);
  if (status == SQLITE_ROW) return true;
  if (status == SQLITE_DONE) return false;
  database_.fail(status);
}

std::string Query::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::int64_t Query::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}
bool Query::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

}  // namespace ptah
