#include "store/schema.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <string>

#include "store/checked_vfs.hpp"
#include "store/failure.hpp"
#include "store/user_name.hpp"

namespace ptah {
namespace {

/// Step N brings a database from version N to N + 1; a new one has version 0 and takes them all, so
/// that old and new databases have the same tables. What was released stays as it is: a change of
/// the tables is a step more, at the end.
constexpr std::array kSteps{
    R"sql(
CREATE TABLE settings(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE jobs(
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, circuit TEXT NOT NULL DEFAULT '',
  library TEXT NOT NULL, out TEXT NOT NULL, state INTEGER NOT NULL, created_ms INTEGER NOT NULL, finished_ms INTEGER NOT NULL DEFAULT 0,
  last_event INTEGER NOT NULL DEFAULT 0, spec TEXT NOT NULL, plan TEXT, error TEXT, result TEXT,
  chains INTEGER NOT NULL DEFAULT 0, chains_done INTEGER NOT NULL DEFAULT 0, chains_failed INTEGER NOT NULL DEFAULT 0,
  variants INTEGER NOT NULL DEFAULT 0);
CREATE TABLE chains(
  job TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE, chain INTEGER NOT NULL, state TEXT NOT NULL DEFAULT 'pending',
  variants INTEGER NOT NULL DEFAULT 0, spec TEXT NOT NULL, error TEXT, result TEXT, PRIMARY KEY(job, chain)) WITHOUT ROWID;
CREATE TABLE variants(
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE,
  chain INTEGER NOT NULL, variant INTEGER NOT NULL, record TEXT NOT NULL, UNIQUE(job, chain, variant));
CREATE TABLE files(
  job TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE, chain INTEGER NOT NULL, variant INTEGER NOT NULL,
  place INTEGER NOT NULL, role TEXT NOT NULL, hash TEXT NOT NULL, size INTEGER NOT NULL, dataset TEXT NOT NULL,
  PRIMARY KEY(job, chain, variant, place)) WITHOUT ROWID;
CREATE INDEX files_by_hash ON files(hash);
CREATE TABLE events(
  job TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE, number INTEGER NOT NULL, method TEXT NOT NULL, params TEXT NOT NULL,
  PRIMARY KEY(job, number)) WITHOUT ROWID;
CREATE TABLE versions(
  library TEXT NOT NULL, cell TEXT NOT NULL, view TEXT NOT NULL, version INTEGER NOT NULL, hash TEXT NOT NULL,
  job TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE, chain INTEGER NOT NULL, variant INTEGER NOT NULL,
  created_ms INTEGER NOT NULL, PRIMARY KEY(library, cell, view, version)) WITHOUT ROWID;
CREATE INDEX versions_by_job ON versions(job);
CREATE INDEX versions_by_hash ON versions(hash);
)sql",
    // Since then pages have checksums, too: prepare_database_file has seen to it.
    R"sql(
ALTER TABLE jobs ADD COLUMN progress_event INTEGER NOT NULL DEFAULT 0; -- the number of the one progress event that is kept; 0: none.
UPDATE jobs SET progress_event = coalesce((SELECT max(number) FROM events WHERE job=jobs.id AND method='job.progress'), 0);
DELETE FROM events WHERE method='job.progress' AND number<(SELECT progress_event FROM jobs WHERE id=job);
CREATE INDEX variants_by_job ON variants(job);
CREATE TABLE deletions(job TEXT PRIMARY KEY) WITHOUT ROWID; -- jobs whose rows are going.
)sql",
    // The last checkpoint of a chain is a row of `files`, of variant -1.
    R"sql(
CREATE TABLE metrics(
  job TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE, chain INTEGER NOT NULL, name TEXT NOT NULL, step INTEGER NOT NULL,
  value REAL NOT NULL, PRIMARY KEY(job, chain, name, step)) WITHOUT ROWID;
ALTER TABLE jobs ADD COLUMN metrics INTEGER NOT NULL DEFAULT 0;
ALTER TABLE chains ADD COLUMN checkpoint INTEGER; -- the variant after which it was made, -1 before the first; NULL: there is none.
CREATE INDEX chains_by_spec ON chains(job, spec);
)sql",
    // Pages of one chain's variants and of one state's jobs.
    R"sql(
CREATE INDEX variants_by_chain ON variants(job, chain);
CREATE INDEX jobs_by_state ON jobs(state);
)sql",
    // The best variant of each job (BestVariant); NULL: none has a cost.
    R"sql(
ALTER TABLE jobs ADD COLUMN best_cost REAL;
ALTER TABLE jobs ADD COLUMN best_chain INTEGER;
ALTER TABLE jobs ADD COLUMN best_variant INTEGER;
UPDATE jobs SET (best_cost, best_chain, best_variant) = (
  SELECT json_extract(record, '$.cost'), chain, variant FROM variants WHERE job=jobs.id
  AND CASE WHEN json_valid(record) THEN json_type(record, '$.cost') END IN ('integer', 'real') ORDER BY 1, 2, 3 LIMIT 1);
)sql",
    // Files that clients sent: until then, they stay without a job.
    R"sql(
CREATE TABLE kept(hash TEXT PRIMARY KEY, until_ms INTEGER NOT NULL) WITHOUT ROWID;
)sql",
    // Who may come in from the network (TokenRow).
    R"sql(
CREATE TABLE tokens(
  name TEXT PRIMARY KEY, role TEXT NOT NULL, hash TEXT NOT NULL, created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL,
  revoked_ms INTEGER NOT NULL) WITHOUT ROWID;
)sql",
    // Whose jobs are, and what their files take; which libraries a token is for; who has sent which
    // files; who did what.
    R"sql(
ALTER TABLE jobs ADD COLUMN owner TEXT NOT NULL DEFAULT '';
ALTER TABLE jobs ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
UPDATE jobs SET bytes=coalesce((SELECT sum(size) FROM files WHERE job=jobs.id), 0);
CREATE INDEX jobs_by_owner ON jobs(owner, state, bytes);
CREATE INDEX owners_of_jobs ON jobs(id, owner); -- so that nobody reads a long row for the name behind it.
CREATE TRIGGER files_come BEFORE INSERT ON files BEGIN
  UPDATE jobs SET bytes=bytes+NEW.size-coalesce((SELECT size FROM files WHERE job=NEW.job AND chain=NEW.chain AND variant=NEW.variant AND place=NEW.place), 0)
  WHERE id=NEW.job; END;
CREATE TRIGGER files_go AFTER DELETE ON files WHEN OLD.job NOT IN (SELECT job FROM deletions) BEGIN
  UPDATE jobs SET bytes=bytes-OLD.size WHERE id=OLD.job; END;
ALTER TABLE tokens ADD COLUMN libraries TEXT NOT NULL DEFAULT '[]';
CREATE TABLE sent(
  principal TEXT NOT NULL, hash TEXT NOT NULL, size INTEGER NOT NULL, until_ms INTEGER NOT NULL, PRIMARY KEY(principal, hash)) WITHOUT ROWID;
CREATE TABLE audit(
  number INTEGER PRIMARY KEY AUTOINCREMENT, time_ms INTEGER NOT NULL, who TEXT NOT NULL, role TEXT NOT NULL, origin TEXT NOT NULL,
  method TEXT NOT NULL, object TEXT NOT NULL, outcome TEXT NOT NULL, message TEXT NOT NULL, count INTEGER NOT NULL);
)sql"};

/// The step after which jobs have owners: those that were there are the daemon's user's.
constexpr std::int64_t kOwners = 8;

constexpr int kVersion = static_cast<int>(kSteps.size());

/// The last version without checksums.
constexpr int kUncheckedVersion = 1;

void refuse_newer(std::int64_t version, const std::filesystem::path& state_dir) {
  if (version <= kVersion) return;
  fail(ErrorCode::kUnsupported,
       "The state was written by a newer Ptah: its database has version " +
           std::to_string(version) + ", and this Ptah knows those up to " +
           std::to_string(kVersion) + ".",
       state_dir.string(),
       "Nothing was changed. Start the newer Ptah with it, or this one with another --state "
       "folder.");
}

void sync_file(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail_with_errno("The job database cannot be opened", file.string());
  const int status = ::fsync(descriptor);
  const int error_number = errno;
  ::close(descriptor);
  if (status != 0)
    fail_with_errno("The job database cannot be written", file.string(), error_number);
}

void write_anew(const std::filesystem::path& file) {
  const std::filesystem::path fresh = file.string() + "-new";
  std::error_code error;
  std::filesystem::remove(fresh, error);
  std::filesystem::remove(fresh.string() + "-journal", error);
  {
    Database database(file);
    for (const std::string& problem : database.problems(true)) database.damaged(problem);
    // Without a log: what is in the file is all there is.
    database.exec("PRAGMA journal_mode=DELETE");
    Query query(database, "VACUUM INTO ?");
    (query << fresh.string()).run();
  }
  // SQLite does not say when it cannot remove its log, and with it the new file would be damaged.
  std::filesystem::remove(file.string() + "-wal", error);
  if (error)
    fail_with_errno("The log of the job database cannot be removed", file.string(), error.value());
  sync_file(fresh);
  if (::rename(fresh.c_str(), file.c_str()) != 0)
    fail_with_errno("The job database cannot be replaced", file.string());
  sync_file(file.parent_path());
}

}  // namespace

void prepare_database_file(const std::filesystem::path& file) {
  const DatabaseHead head = read_head(file);
  if (head.empty) return;
  if (!head.database) fail_damaged("it does not begin as an SQLite database does", file);
  if (head.reserved == kPageChecksumBytes) return;
  if (head.reserved != 0 || head.user_version > kUncheckedVersion)
    fail_damaged("its pages have no checksums", file);
  write_anew(file);
}

std::int64_t schema_version(Database& database) {
  Query query(database, "PRAGMA user_version");
  return query.next() ? query.integer(0) : 0;
}

bool prepare_schema(Database& database, const std::filesystem::path& state_dir) {
  const std::int64_t before = schema_version(database);
  refuse_newer(before, state_dir);
  for (std::int64_t version = before; version < kVersion; ++version) {
    database.exec("BEGIN IMMEDIATE");
    database.exec(kSteps[static_cast<std::size_t>(version)]);
    if (version + 1 == kOwners) {
      Query query(database, "UPDATE jobs SET owner=?");
      (query << own_user_name()).run();
    }
    database.exec(("PRAGMA user_version=" + std::to_string(version + 1)).c_str());
    database.exec("COMMIT");
  }
  return before != 0 && before != kVersion;
}

}  // namespace ptah
