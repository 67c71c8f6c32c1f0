#include "store/store.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "store/backup.hpp"
#include "store/failure.hpp"
#include "store/readers.hpp"
#include "store/schema.hpp"
#include "store/store_sources.hpp"
#include "store/user_name.hpp"

namespace ptah {
namespace {

constexpr std::uintmax_t kReserveBytes = 4 << 20;
/// Up to this size the database's structure is checked at a start after a crash, which takes half a
/// second of one core and the reading from the disk; server.verify checks one of any size.
constexpr std::uintmax_t kMaxCheckedAtStart = 256u << 20;

constexpr const char* kVisible = "id NOT IN (SELECT job FROM deletions)";

/// A database that was closed has no log of its last transactions beside it.
bool was_left_open(const std::filesystem::path& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file.string() + "-wal", error);
  return !error && size > 0;
}

std::filesystem::path prepared_file(const std::filesystem::path& file) {
  prepare_database_file(file);
  return file;
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

void fail_without_job(const std::string& id) {
  fail(ErrorCode::kNotFound, "There is no job \"" + id.substr(0, 64) + "\".", id.substr(0, 64),
       "job.list shows the jobs.");
}

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string stored_json(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool is_id(std::string_view text) noexcept {
  constexpr std::size_t kMaxId = 64;
  return !text.empty() && text.size() <= kMaxId && text.front() != '.' && text.front() != '-' &&
         text.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") ==
             std::string_view::npos;
}

bool is_metric_name(std::string_view text) noexcept {
  constexpr std::size_t kMaxName = 64;
  if (text.size() > kMaxName) return false;
  for (;;) {
    const std::size_t end = std::min(text.find('/'), text.size());
    if (!is_id(text.substr(0, end))) return false;
    if (end == text.size()) return true;
    text.remove_prefix(end + 1);
  }
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
      after_crash_(was_left_open(state_dir_ / kDatabaseName)),
      files_(state_dir_ / "files"),
      database_(prepared_file(state_dir_ / kDatabaseName)) {
  files_.outputs().forbid(state_dir_);
  if (after_crash_) check_after_crash();
  if (prepare_schema(database_, state_dir_)) after_crash_ = true;
  restore_reserve();
}

Store::~Store() {
  try {
    end_backup();
  } catch (const std::exception&) {
    // Files that nobody refers to: they only take space.
  }
}

void Store::check_after_crash() {
  std::error_code error;
  if (std::filesystem::file_size(database_.file(), error) > kMaxCheckedAtStart || error) return;
  for (const std::string& problem : database_.problems(true)) database_.damaged(problem);
}

bool Store::release_reserve() {
  return ::unlink((state_dir_ / "reserve").c_str()) == 0;
}

void Store::restore_reserve() {
  const std::filesystem::path file = state_dir_ / "reserve";
  const Descriptor descriptor(::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  if (descriptor && ::posix_fallocate(descriptor.get(), 0, static_cast<off_t>(kReserveBytes)) != 0)
    ::unlink(file.c_str());
}

bool Store::has_reserve() const {
  std::error_code error;
  return std::filesystem::file_size(state_dir_ / "reserve", error) >= kReserveBytes && !error;
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

std::pair<JobRow, bool> Store::create_job(NewJob job) {
  const std::string sources = take_sources(job.spec);
  const std::string spec = stored_json(job.spec);
  if (job.owner.empty()) job.owner = own_user_name();
  std::string id = job.id;
  if (id.empty()) {
    std::int64_t number = 0;
    Query query(database_, "SELECT seq FROM sqlite_sequence WHERE name='jobs'");
    if (query.next()) number = query.integer(0);
    do {
      id = job.kind + "-" + std::to_string(++number);
    } while (taken(id));
  } else if (const auto present = this->job(id)) {
    if (stored_json(present->spec) != spec || present->out != job.out ||
        present->kind != job.kind || present->library != job.library ||
        present->owner != job.owner) {
      fail(ErrorCode::kConflict, "The job id \"" + id + "\" belongs to another request.", id,
           "Choose another id, or delete that job.");
    }
    return {*present, false};
  } else if (taken(id)) {
    fail(ErrorCode::kConflict, "The job \"" + id + "\" is still being deleted.", id,
         "Try again in a moment, or choose another id.");
  }
  // Lists begin behind 0, and what is below it counts for no number that comes.
  Query insert(
      database_,
      std::string("INSERT INTO jobs(sequence, id, kind, library, out, state, created_ms, "
                  "spec, owner) VALUES(") +
          (job.shipped ? "(SELECT min(0, coalesce(min(sequence), 0)) - 1 FROM jobs)" : "NULL") +
          ", ?, ?, ?, ?, ?, ?, ?, ?)");
  (insert << id << job.kind << job.library << job.out << static_cast<int>(JobState::kQueued)
          << now_ms() << spec << job.owner)
      .run();
  put_inputs(id, job.inputs);
  if (job.plan) save_plan(id, job.plan->circuit, job.plan->plan, job.plan->chains, job.plan->files);
  keep_sources(id, job.spec, sources);
  return {existing_job(id), true};
}

std::optional<JobRow> Store::job(const std::string& id) {
  Query query(database_, std::string("SELECT ") + kJobColumns + kJobDetails +
                             " FROM jobs WHERE id=? AND " + kVisible);
  query << id;
  if (!query.next()) return std::nullopt;
  return read_whole_job(query);
}

JobRow Store::existing_job(const std::string& id) {
  auto row = job(id);
  if (!row) fail_without_job(id);
  return std::move(*row);
}

JobRow Store::job_summary(const std::string& id) {
  Query query(database_,
              std::string("SELECT ") + kJobColumns + " FROM jobs WHERE id=? AND " + kVisible);
  query << id;
  if (!query.next()) fail_without_job(id);
  return read_job(query);
}

std::vector<JobRow> Store::jobs(std::optional<JobState> state, const std::string& after,
                                std::int64_t limit, const std::vector<std::string>& libraries) {
  // As one text: statements are kept, and there are many lists.
  const std::string among =
      libraries.empty() ? "" : " AND library IN (SELECT value FROM json_each(?))";
  const std::string names = stored_json(Json(libraries));
  std::int64_t sequence = 0;
  if (!after.empty()) {
    Query query(database_,
                std::string("SELECT sequence FROM jobs WHERE id=? AND ") + kVisible + among);
    query << after;
    if (!libraries.empty()) query << names;
    if (!query.next())
      fail(ErrorCode::kNotFound, "There is no job \"" + after.substr(0, 64) + "\".", "after");
    sequence = query.integer(0);
  }
  Query query(database_, std::string("SELECT ") + kJobColumns + " FROM jobs WHERE sequence>? AND " +
                             (state ? "state=? AND " : "") + kVisible + among +
                             " ORDER BY sequence LIMIT ?");
  query << sequence;
  if (state) query << static_cast<int>(*state);
  if (!libraries.empty()) query << names;
  query << limit;
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
    error.is_null() ? query.null() : query << stored_json(error);
    result.is_null() ? query.null() : query << stored_json(result);
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

EventRow Store::add_event(const std::string& job, const std::string& method, const Json& params) {
  const bool progress = method == "job.progress";
  EventRow row;
  std::int64_t last_progress = 0;
  {
    Query query(database_, "SELECT last_event+1, progress_event FROM jobs WHERE id=?");
    query << job;
    if (!query.next()) fail(ErrorCode::kNotFound, "There is no job \"" + job + "\".", job);
    row.number = query.integer(0);
    last_progress = query.integer(1);
  }
  {
    Query query(database_, "UPDATE jobs SET last_event=?, progress_event=? WHERE id=?");
    (query << row.number << (progress ? row.number : last_progress) << job).run();
  }
  if (progress && last_progress > 0) {
    // Only the newest progress is of interest to a client that comes back.
    Query query(database_, "DELETE FROM events WHERE job=? AND number=?");
    (query << job << last_progress).run();
  }
  Query query(database_, "INSERT INTO events(job, number, method, params) VALUES(?, ?, ?, ?)");
  (query << job << row.number << method << stored_json(params)).run();
  row.method = method;
  row.params = params;
  return row;
}

std::vector<EventRow> Store::events(const std::string& job, std::int64_t after,
                                    std::int64_t limit) {
  Query query(database_, std::string("SELECT ") + kEventColumns +
                             " FROM events WHERE job=? AND number>? ORDER BY number LIMIT ?");
  query << job << after << limit;
  std::vector<EventRow> rows;
  // An answer fits into a line: its events are cut at half of one (one event is smaller than that).
  std::size_t bytes = 0;
  while (bytes < (512u << 10) && query.next()) {
    rows.push_back(read_event(query));
    bytes += query.text(2).size() + 100;
  }
  return rows;
}

double Store::told_fraction(const std::string& job) {
  std::int64_t number = 0;
  {
    Query query(database_, "SELECT progress_event FROM jobs WHERE id=?");
    query << job;
    if (query.next()) number = query.integer(0);
  }
  if (number == 0) return 0;
  for (const EventRow& event : events(job, number - 1, 1)) {
    const auto fraction = event.params.find("fraction");
    if (event.number == number && fraction != event.params.end() && fraction->is_number())
      return std::clamp(fraction->get<double>(), 0.0, 1.0);
  }
  return 0;
}

}  // namespace ptah
