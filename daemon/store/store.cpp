#include "store/store.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <set>

#include "store/failure.hpp"

namespace ptah {
namespace {

constexpr int kSchemaVersion = 1;
constexpr std::int64_t kReserveBytes = 4 << 20;

constexpr const char* kTables = R"sql(
CREATE TABLE IF NOT EXISTS settings(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS jobs(
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, circuit TEXT NOT NULL DEFAULT '',
  library TEXT NOT NULL, out TEXT NOT NULL, state INTEGER NOT NULL, created_ms INTEGER NOT NULL, finished_ms INTEGER NOT NULL DEFAULT 0,
  last_event INTEGER NOT NULL DEFAULT 0, spec TEXT NOT NULL, plan TEXT, error TEXT, result TEXT,
  chains INTEGER NOT NULL DEFAULT 0, chains_done INTEGER NOT NULL DEFAULT 0, chains_failed INTEGER NOT NULL DEFAULT 0,
  variants INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS chains(
  job TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE, chain INTEGER NOT NULL, state TEXT NOT NULL DEFAULT 'pending',
  variants INTEGER NOT NULL DEFAULT 0, spec TEXT NOT NULL, error TEXT, result TEXT, PRIMARY KEY(job, chain)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS variants(
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE,
  chain INTEGER NOT NULL, variant INTEGER NOT NULL, record TEXT NOT NULL, UNIQUE(job, chain, variant));
CREATE TABLE IF NOT EXISTS files(
  job TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE, chain INTEGER NOT NULL, variant INTEGER NOT NULL,
  place INTEGER NOT NULL, role TEXT NOT NULL, hash TEXT NOT NULL, size INTEGER NOT NULL, dataset TEXT NOT NULL,
  PRIMARY KEY(job, chain, variant, place)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS files_by_hash ON files(hash);
CREATE TABLE IF NOT EXISTS events(
  job TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE, number INTEGER NOT NULL, method TEXT NOT NULL, params TEXT NOT NULL,
  PRIMARY KEY(job, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS versions(
  library TEXT NOT NULL, cell TEXT NOT NULL, view TEXT NOT NULL, version INTEGER NOT NULL, hash TEXT NOT NULL,
  job TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE, chain INTEGER NOT NULL, variant INTEGER NOT NULL,
  created_ms INTEGER NOT NULL, PRIMARY KEY(library, cell, view, version)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS versions_by_job ON versions(job);
CREATE INDEX IF NOT EXISTS versions_by_hash ON versions(hash);
)sql";

constexpr const char* kJobColumns =
    "id, kind, circuit, library, out, state, created_ms, finished_ms, chains, chains_done, "
    "chains_failed, variants, "
    "last_event, plan IS NOT NULL, error";

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json parse_or_null(const Query& query, int column) {
  if (query.is_null(column)) return nullptr;
  Json json = Json::parse(query.text(column), nullptr, false);
  return json.is_discarded() ? Json(nullptr) : json;
}

JobRow read_job(const Query& query) {
  JobRow row;
  row.id = query.text(0);
  row.kind = query.text(1);
  row.circuit = query.text(2);
  row.library = query.text(3);
  row.out = query.text(4);
  row.state = static_cast<JobState>(query.integer(5));
  row.created_ms = query.integer(6);
  row.finished_ms = query.integer(7);
  row.chains = query.integer(8);
  row.chains_done = query.integer(9);
  row.chains_failed = query.integer(10);
  row.variants = query.integer(11);
  row.last_event = query.integer(12);
  row.planned = query.integer(13) != 0;
  row.error = parse_or_null(query, 14);
  return row;
}

std::filesystem::path prepared(std::filesystem::path directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error)
    fail_with_errno("The state folder cannot be created", directory.string(), error.value());
  if (::chmod(directory.c_str(), 0700) != 0)
    fail_with_errno("The state folder is not ours", directory.string());
  return directory;
}

}  // namespace

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string_view to_string(JobState state) noexcept {
  static constexpr std::array<std::string_view, 5> kNames{"queued", "running", "done", "failed",
                                                          "cancelled"};
  return kNames[static_cast<std::size_t>(state)];
}

std::optional<JobState> job_state_from_string(std::string_view text) noexcept {
  for (const JobState state : {JobState::kQueued, JobState::kRunning, JobState::kDone,
                               JobState::kFailed, JobState::kCancelled}) {
    if (to_string(state) == text) return state;
  }
  return std::nullopt;
}

Store::Store(std::filesystem::path state_dir)
    : state_dir_(prepared(std::move(state_dir))),
      files_(state_dir_ / "files"),
      database_(state_dir_ / "ptah.sqlite") {
  files_.outputs().forbid(state_dir_);
  create_tables();
  restore_reserve();
}

void Store::create_tables() {
  std::int64_t version = 0;
  {
    Query query(database_, "PRAGMA user_version");
    if (query.next()) version = query.integer(0);
  }
  if (version > kSchemaVersion) {
    fail(ErrorCode::kUnsupported, "The state was written by a newer Ptah.", state_dir_.string(),
         "Use that version, or another --state folder.");
  }
  database_.exec("BEGIN IMMEDIATE");
  database_.exec(kTables);
  database_.exec(("PRAGMA user_version=" + std::to_string(kSchemaVersion)).c_str());
  database_.exec("COMMIT");
}

bool Store::release_reserve() {
  return ::unlink((state_dir_ / "reserve").c_str()) == 0;
}

void Store::restore_reserve() {
  const std::filesystem::path file = state_dir_ / "reserve";
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return;
  const bool kept = ::posix_fallocate(descriptor, 0, kReserveBytes) == 0;
  ::close(descriptor);
  if (!kept) ::unlink(file.c_str());
}

std::string Store::setting(const std::string& name) {
  Query query(database_, "SELECT value FROM settings WHERE name=?");
  query << name;
  return query.next() ? query.text(0) : std::string();
}

void Store::set_setting(const std::string& name, const std::string& value) {
  Query query(database_,
              "INSERT INTO settings(name, value) VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET "
              "value=excluded.value");
  (query << name << value).run();
}

std::pair<JobRow, bool> Store::create_job(const NewJob& job) {
  const std::string spec = dump(job.spec);
  std::string id = job.id;
  if (id.empty()) {
    std::int64_t number = 0;
    Query query(database_, "SELECT seq FROM sqlite_sequence WHERE name='jobs'");
    if (query.next()) number = query.integer(0);
    do {
      id = job.kind + "-" + std::to_string(++number);
    } while (this->job(id));
  } else if (const auto present = this->job(id)) {
    if (dump(present->spec) != spec || present->out != job.out || present->kind != job.kind ||
        present->library != job.library) {
      fail(ErrorCode::kConflict, "The job id \"" + id + "\" belongs to another request.", id,
           "Choose another id, or delete that job.");
    }
    return {*present, false};
  }
  Query insert(database_,
               "INSERT INTO jobs(id, kind, library, out, state, created_ms, spec) VALUES(?, ?, ?, "
               "?, ?, ?, ?)");
  (insert << id << job.kind << job.library << job.out << static_cast<int>(JobState::kQueued)
          << now_ms() << spec)
      .run();
  return {existing_job(id), true};
}

std::optional<JobRow> Store::job(const std::string& id) {
  Query query(database_,
              std::string("SELECT ") + kJobColumns + ", spec, plan, result FROM jobs WHERE id=?");
  query << id;
  if (!query.next()) return std::nullopt;
  JobRow row = read_job(query);
  row.spec = parse_or_null(query, 15);
  row.plan = parse_or_null(query, 16);
  row.result = parse_or_null(query, 17);
  return row;
}

JobRow Store::existing_job(const std::string& id) {
  auto row = job(id);
  if (!row)
    fail(ErrorCode::kNotFound, "There is no job \"" + id.substr(0, 64) + "\".", id.substr(0, 64),
         "job.list shows the jobs.");
  return std::move(*row);
}

std::vector<JobRow> Store::jobs(std::optional<JobState> state, const std::string& after,
                                std::int64_t limit) {
  std::int64_t sequence = 0;
  if (!after.empty()) {
    Query query(database_, "SELECT sequence FROM jobs WHERE id=?");
    query << after;
    if (!query.next())
      fail(ErrorCode::kNotFound, "There is no job \"" + after.substr(0, 64) + "\".", "after");
    sequence = query.integer(0);
  }
  Query query(database_,
              std::string("SELECT ") + kJobColumns +
                  " FROM jobs WHERE sequence>?1 AND (?2<0 OR state=?2) ORDER BY sequence LIMIT ?3");
  query << sequence << (state ? static_cast<int>(*state) : -1) << limit;
  std::vector<JobRow> rows;
  while (query.next()) rows.push_back(read_job(query));
  return rows;
}

std::vector<std::string> Store::unfinished_jobs() {
  Query query(database_, "SELECT id FROM jobs WHERE state<? ORDER BY sequence");
  query << static_cast<int>(JobState::kDone);
  std::vector<std::string> ids;
  while (query.next()) ids.push_back(query.text(0));
  return ids;
}

void Store::set_running(const std::string& id) {
  Query query(database_, "UPDATE jobs SET state=? WHERE id=? AND state=?");
  (query << static_cast<int>(JobState::kRunning) << id << static_cast<int>(JobState::kQueued))
      .run();
}

EventRow Store::finish_job(const std::string& id, JobState state, const Json& error,
                           const Json& result) {
  {
    Query query(database_, "UPDATE jobs SET state=?, finished_ms=?, error=?, result=? WHERE id=?");
    query << static_cast<int>(state) << now_ms();
    error.is_null() ? query.null() : query << dump(error);
    result.is_null() ? query.null() : query << dump(result);
    (query << id).run();
  }
  Json params{{"state", to_string(state)}};
  if (!error.is_null()) params["error"] = error;
  add_result(params, result);
  return add_event(id, "job.finished", params);
}

void Store::reopen_job(const std::string& id) {
  {
    Query query(database_,
                "UPDATE chains SET state='pending', error=NULL WHERE job=? AND state='failed'");
    (query << id).run();
  }
  Query query(database_,
              "UPDATE jobs SET state=?, finished_ms=0, error=NULL, result=NULL, chains_failed=0 "
              "WHERE id=?");
  (query << static_cast<int>(JobState::kQueued) << id).run();
}

std::vector<std::string> Store::delete_job(const std::string& id) {
  const JobRow row = existing_job(id);
  if (!is_final(row.state)) {
    fail(ErrorCode::kConflict, "Job \"" + id + "\" is not finished.", id, "Cancel it first.");
  }
  std::set<std::string> hashes;
  {
    Query query(database_, "SELECT DISTINCT hash FROM files WHERE job=?");
    query << id;
    while (query.next()) hashes.insert(query.text(0));
  }
  {
    Query query(database_, "DELETE FROM jobs WHERE id=?");
    (query << id).run();
  }
  std::vector<std::string> free;
  for (const std::string& hash : hashes) {
    Query query(
        database_,
        "SELECT 1 FROM files WHERE hash=?1 UNION SELECT 1 FROM versions WHERE hash=?1 LIMIT 1");
    query << hash;
    if (!query.next()) free.push_back(hash);
  }
  return free;
}

EventRow Store::add_event(const std::string& job, const std::string& method, const Json& params) {
  EventRow row;
  {
    Query query(database_,
                "UPDATE jobs SET last_event=last_event+1 WHERE id=? RETURNING last_event");
    query << job;
    if (!query.next()) fail(ErrorCode::kNotFound, "There is no job \"" + job + "\".", job);
    row.number = query.integer(0);
    query.run();
  }
  if (method == "job.progress") {
    // Only the newest progress is of interest to a client that comes back.
    Query query(database_, "DELETE FROM events WHERE job=? AND method='job.progress'");
    (query << job).run();
  }
  Query query(database_, "INSERT INTO events(job, number, method, params) VALUES(?, ?, ?, ?)");
  (query << job << row.number << method << dump(params)).run();
  row.method = method;
  row.params = params;
  return row;
}

std::vector<EventRow> Store::events(const std::string& job, std::int64_t after,
                                    std::int64_t limit) {
  Query query(
      database_,
      "SELECT number, method, params FROM events WHERE job=? AND number>? ORDER BY number LIMIT ?");
  query << job << after << limit;
  std::vector<EventRow> rows;
  // An answer fits into a line: its events are cut at half of one (one event is smaller than that).
  std::size_t bytes = 0;
  while (bytes < (512u << 10) && query.next()) {
    rows.push_back({query.integer(0), query.text(1), parse_or_null(query, 2)});
    bytes += query.text(2).size() + 100;
  }
  return rows;
}

}  // namespace ptah
