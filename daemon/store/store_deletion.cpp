// The end of jobs, and of files that nobody refers to any more.
#include "store/backup.hpp"
#include "store/failure.hpp"
#include "store/store.hpp"

namespace ptah {

DeletionStep Store::delete_job(const std::string& id, std::int64_t slice) {
  const JobRow row = existing_job(id);
  if (!is_final(row.state)) {
    fail(ErrorCode::kConflict, "Job \"" + id + "\" is not finished.", id, "Cancel it first.");
  }
  {
    Query query(database_, "INSERT INTO deletions(job) VALUES(?)");
    (query << id).run();
  }
  {
    // From now on its files count for nobody, and are not subtracted one by one.
    Query query(database_, "UPDATE jobs SET bytes=0 WHERE id=?");
    (query << id).run();
  }
  return delete_slice(id, slice);
}

DeletionStep Store::continue_deletion(std::int64_t slice) {
  std::string id;
  {
    Query query(database_, "SELECT job FROM deletions LIMIT 1");
    if (!query.next()) return {};
    id = query.text(0);
  }
  DeletionStep step = delete_slice(id, slice);
  step.more = true;  // Of this job, or of the next.
  return step;
}

DeletionStep Store::delete_slice(const std::string& id, std::int64_t slice) {
  DeletionStep step;
  // Files first: a job that has variants without their files is nowhere to be seen.
  for (const char* sql :
       {"DELETE FROM files WHERE job=?1 AND (chain, variant, place) IN (SELECT chain, variant, "
        "place FROM files WHERE job=?1 LIMIT ?2) RETURNING hash",
        "DELETE FROM versions WHERE (library, cell, view, version) IN (SELECT library, cell, view, "
        "version FROM versions WHERE job=?1 LIMIT ?2) RETURNING hash",
        "DELETE FROM events WHERE job=?1 AND number IN (SELECT number FROM events WHERE job=?1 "
        "LIMIT ?2) RETURNING NULL",
        "DELETE FROM metrics WHERE job=?1 AND (chain, name, step) IN (SELECT chain, name, step "
        "FROM metrics WHERE job=?1 LIMIT ?2) RETURNING NULL",
        "DELETE FROM variants WHERE sequence IN (SELECT sequence FROM variants WHERE job=?1 LIMIT "
        "?2) RETURNING NULL",
        "DELETE FROM chains WHERE job=?1 AND chain IN (SELECT chain FROM chains WHERE job=?1 LIMIT "
        "?2) RETURNING NULL"}) {
    Query query(database_, sql);
    query << id << slice;
    while (query.next()) {
      --slice;
      // What is no hash names no file.
      if (!query.is_null(0) && FileStore::is_hash(query.text(0)))
        step.hashes.push_back(query.text(0));
    }
    if (slice <= 0) break;
  }
  if (slice <= 0) {
    step.more = true;
    return step;
  }
  {
    Query query(database_, "DELETE FROM jobs WHERE id=?");
    (query << id).run();
  }
  Query query(database_, "DELETE FROM deletions WHERE job=?");
  (query << id).run();
  return step;
}

bool Store::taken(const std::string& id) {
  Query query(database_, "SELECT 1 FROM jobs WHERE id=?");
  query << id;
  return query.next();
}

bool Store::referenced(const std::string& hash) {
  Query query(
      database_,
      "SELECT 1 FROM files WHERE hash=?1 UNION ALL SELECT 1 FROM versions WHERE hash=?1 UNION ALL "
      "SELECT 1 FROM kept WHERE hash=?1 LIMIT 1");
  query << hash;
  return query.next();
}

void Store::remove_unreferenced(const std::vector<std::string>& hashes) {
  std::optional<Failure> first;
  for (const std::string& hash : hashes) {
    try {
      if (referenced(hash)) continue;
      if (backup_) {
        backup_->postpone(hash);
      } else {
        files_.remove(hash);
      }
    } catch (const Failure& failure) {
      if (!first) first = failure;
    }
  }
  if (first) throw Failure(*first);
}

Backup& Store::begin_backup(const std::filesystem::path& folder) {
  if (backup_) {
    fail(ErrorCode::kConflict, "A backup is being made already.", folder.string(),
         "Wait for its end, and try again.");
  }
  backup_ = std::make_unique<Backup>(*this, folder);
  return *backup_;
}

void Store::end_backup() {
  if (!backup_) return;
  const std::set<std::string> postponed = backup_->take_postponed();
  backup_.reset();
  remove_unreferenced({postponed.begin(), postponed.end()});
}

void Store::remove_orphans(int folder) {
  remove_unreferenced(files_.hashes(folder));
}

}  // namespace ptah
