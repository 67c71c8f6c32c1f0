#include "store/sqlite.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cmath>

#include "store/failure.hpp"

namespace ptah {

std::string how_to_restore(const std::filesystem::path& file) {
  return "Restore " + file.filename().string() +
         " and its -wal file from a backup, or move both away to start afresh: the layouts stay "
         "in " +
         (file.parent_path() / "files").string() +
         ", named by their SHA-256, and in the jobs' output folders.";
}

void fail_damaged(const std::string& how, const std::filesystem::path& file) {
  fail(ErrorCode::kIo, "The job database is damaged: " + how + ".", file.string(),
       "Nothing was changed. " + how_to_restore(file));
}

Database::Database(const std::filesystem::path& file) : file_(file) {
  try {
    open();
  } catch (const Failure&) {
    close();
    throw;
  }
}

void Database::open() {
  const int status = sqlite3_open_v2(
      file_.c_str(), &db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
      checked_vfs());
  if (status != SQLITE_OK) {
    const std::string message = db_ != nullptr ? sqlite3_errmsg(db_) : "out of memory";
    ptah::fail(ErrorCode::kIo, "The job database cannot be opened: " + message + ".",
               file_.string());
  }
  sqlite3_extended_result_codes(db_, 1);
  sqlite3_busy_timeout(db_, 10'000);
  int reserved = kPageChecksumBytes;
  sqlite3_file_control(db_, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved);
  exec("PRAGMA journal_mode=WAL");
  exec("PRAGMA synchronous=FULL");
  exec("PRAGMA foreign_keys=ON");
  exec("PRAGMA cache_size=-4096");
  exec("PRAGMA journal_size_limit=4194304");
  // SQLite opens for reading what it cannot open for writing, the file as well as its log, and says
  // so at the first write.
  if (sqlite3_db_readonly(db_, "main") != 0)
    ptah::fail(ErrorCode::kIo, "The job database cannot be opened for writing.", file_.string());
  exec("BEGIN IMMEDIATE");
  exec("ROLLBACK");
}

Database::~Database() {
  close();
}

void Database::close() {
  for (auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  statements_.clear();
  sqlite3_close(db_);
  db_ = nullptr;
}

void Database::damaged(const std::string& how) {
  sqlite3_db_config(db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  fail_damaged(how, file_);
}

void Database::fail(int status) {
  const int base = status & 0xff;
  if (base == SQLITE_FULL)
    fail_with_errno("The job database cannot be written", file_.string(), ENOSPC);
  if (status == SQLITE_IOERR_DATA)
    damaged("page " + std::to_string(last_damaged_page()) + " does not match its checksum");
  // With a limit on file sizes, or where a write came out short, SQLite says "I/O error".
  const int system_error = sqlite3_system_errno(db_);
  if (base == SQLITE_IOERR && system_error != 0) {
    fail_with_errno("The job database cannot be written", file_.string(), system_error);
  }
  if (base == SQLITE_CORRUPT || base == SQLITE_NOTADB) damaged(sqlite3_errmsg(db_));
  ptah::fail(ErrorCode::kIo, "The job database fails: " + std::string(sqlite3_errmsg(db_)) + ".",
             file_.string());
}

void Database::empty_log() {
  Query query(*this, "PRAGMA wal_checkpoint(TRUNCATE)");
  if (query.next() && query.integer(0) != 0)
    ptah::fail(ErrorCode::kIo, "The log of the job database cannot be emptied: it is in use.",
               file_.string());
}

std::vector<std::string> Database::problems(bool quick, const std::string& table) {
  std::vector<std::string> found;
  Query query(*this, std::string("PRAGMA ") + (quick ? "quick_check" : "integrity_check") +
                         (table.empty() ? "(20)" : "('" + table + "')"));
  while (query.next()) {
    if (query.text(0) != "ok") found.push_back(query.text(0));
  }
  return found;
}

std::vector<std::string> Database::tables() {
  Query query(*this, "SELECT name FROM sqlite_schema WHERE type='table' ORDER BY name");
  std::vector<std::string> names;
  while (query.next()) names.push_back(query.text(0));
  return names;
}

PageCheck Database::check_pages(std::int64_t first, std::int64_t count) {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(db_, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  return ptah::check_pages(file, first, count);
}

std::int64_t Database::pages() {
  Query query(*this, "PRAGMA page_count");
  return query.next() ? query.integer(0) : 0;
}

std::vector<std::string> Database::statements() const {
  std::vector<std::string> texts;
  for (const auto& [sql, statement] : statements_) texts.push_back(sql);
  return texts;
}

void Database::exec(const char* sql) {
  const int status = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr);
  if (status != SQLITE_OK) fail(status);
}

std::int64_t Database::changes() const {
  return sqlite3_changes64(db_);
}
bool Database::in_transaction() const {
  return sqlite3_get_autocommit(db_) == 0;
}

DatabaseCopy::DatabaseCopy(Database& from, std::filesystem::path file)
    : from_(from), file_(std::move(file)) {
  const auto check = [this](bool good) {
    if (good) return;
    const std::string message = to_ != nullptr ? sqlite3_errmsg(to_) : "out of memory";
    close();
    ptah::fail(ErrorCode::kIo, "The copy of the job database cannot be opened: " + message + ".",
               file_.string());
  };
  check(sqlite3_open_v2(file_.c_str(), &to_,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXCLUSIVE |
                            SQLITE_OPEN_NOMUTEX,
                        checked_vfs()) == SQLITE_OK);
  sqlite3_extended_result_codes(to_, 1);
  int reserved = kPageChecksumBytes;
  sqlite3_file_control(to_, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved);
  // What is not whole is thrown away, so it needs no journal, and is synced once.
  check(sqlite3_exec(to_, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF", nullptr, nullptr,
                     nullptr) == SQLITE_OK);
  backup_ = sqlite3_backup_init(to_, "main", from_.db_, "main");
  check(backup_ != nullptr);
}

DatabaseCopy::~DatabaseCopy() {
  close();
}

void DatabaseCopy::close() noexcept {
  sqlite3_backup_finish(backup_);
  backup_ = nullptr;
  sqlite3_close(to_);
  to_ = nullptr;
}

bool DatabaseCopy::step(int pages) {
  if (backup_ == nullptr) return false;
  const int status = sqlite3_backup_step(backup_, pages);
  pages_ = sqlite3_backup_pagecount(backup_);
  left_ = sqlite3_backup_remaining(backup_);
  if (status == SQLITE_OK || status == SQLITE_BUSY || status == SQLITE_LOCKED) return true;
  if (status == SQLITE_DONE) {
    close();
    return false;
  }
  const int system_error = sqlite3_system_errno(to_);
  if (status == SQLITE_IOERR_DATA || (status & 0xff) == SQLITE_CORRUPT) from_.fail(status);
  if ((status & 0xff) == SQLITE_FULL || system_error != 0) {
    fail_with_errno("The copy of the job database cannot be written", file_.string(),
                    system_error != 0 ? system_error : ENOSPC);
  }
  ptah::fail(ErrorCode::kIo,
             "The job database cannot be copied: " + std::string(sqlite3_errstr(status)) + ".",
             file_.string());
}

double DatabaseCopy::fraction() const noexcept {
  return pages_ > 0 ? 1 - static_cast<double>(left_) / static_cast<double>(pages_) : 0;
}

Query::Query(Database& database, std::string_view sql) : database_(database), sql_(sql) {
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
  if (row_.empty()) row_ = text.substr(0, 64);
  return *this;
}

Query& Query::operator<<(std::int64_t value) {
  const int status = sqlite3_bind_int64(statement_, ++bound_, value);
  if (status != SQLITE_OK) database_.fail(status);
  return *this;
}

Query& Query::operator<<(double value) {
  const int status = sqlite3_bind_double(statement_, ++bound_, value);
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

void Query::damaged(int column, const std::string& how) const {
  // Of the statement itself, not of one in brackets among its columns.
  const auto in_brackets = [this](std::size_t at) {
    const std::string_view before = std::string_view(sql_).substr(0, at);
    return std::count(before.begin(), before.end(), '(') !=
           std::count(before.begin(), before.end(), ')');
  };
  auto from = sql_.find(" FROM ");
  while (from != std::string::npos && in_brackets(from)) from = sql_.find(" FROM ", from + 1);
  std::string table = from == std::string::npos ? sql_ : sql_.substr(from + 6);
  table = table.substr(0, table.find(' '));
  std::string row = row_;
  if (row.empty() && sqlite3_column_type(statement_, 0) == SQLITE_TEXT) row = text(0).substr(0, 64);
  database_.damaged("column " + std::string(sqlite3_column_name(statement_, column)) + " of " +
                    table + (row.empty() ? "" : " \"" + row + "\"") + " " + how);
}

std::string Query::text(int column) const {
  if (sqlite3_column_type(statement_, column) != SQLITE_TEXT) damaged(column, "is not a text");
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (bytes == nullptr) database_.fail(SQLITE_NOMEM);
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::int64_t Query::integer(int column) const {
  if (sqlite3_column_type(statement_, column) != SQLITE_INTEGER) damaged(column, "is not a number");
  return sqlite3_column_int64(statement_, column);
}

std::int64_t Query::natural(int column) const {
  const std::int64_t value = integer(column);
  if (value < 0) damaged(column, "is negative");
  return value;
}

double Query::real(int column) const {
  if (sqlite3_column_type(statement_, column) != SQLITE_FLOAT) damaged(column, "is not a number");
  const double value = sqlite3_column_double(statement_, column);
  if (!std::isfinite(value)) damaged(column, "is not finite");
  return value;
}

Json Query::json(int column) const {
  Json json = Json::parse(text(column), nullptr, false);
  if (json.is_discarded()) damaged(column, "is not JSON");
  return json;
}

Json Query::json_or_null(int column) const {
  return is_null(column) ? Json(nullptr) : json(column);
}

Json Query::object(int column) const {
  Json value = json(column);
  if (!value.is_object()) damaged(column, "is not a JSON object");
  return value;
}

Json Query::object_or_null(int column) const {
  return is_null(column) ? Json(nullptr) : object(column);
}

int Query::columns() const {
  return sqlite3_column_count(statement_);
}

bool Query::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

}  // namespace ptah
