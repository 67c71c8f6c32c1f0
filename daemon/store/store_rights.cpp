// Whose things are, what a caller that is limited to libraries sees of them, and how much of the
// store a principal takes.
#include "store/failure.hpp"
#include "store/readers.hpp"
#include "store/store.hpp"

namespace ptah {
namespace {

constexpr const char* kDiskLimit = "quotas.disk_mb";
static_assert(static_cast<int>(JobState::kDone) == 2);
constexpr const char* kUsageColumns = "coalesce(sum(state<2), 0), coalesce(sum(bytes), 0)";
constexpr std::int64_t kMegabyte = 1'000'000;

std::string in_megabytes(std::int64_t bytes) {
  return std::to_string((bytes + kMegabyte - 1) / kMegabyte);
}

}  // namespace

std::vector<std::string> Store::libraries_of(const std::string& hash) {
  Query query(database_,
              "SELECT DISTINCT library FROM (SELECT j.library AS library FROM files f JOIN jobs j "
              "ON j.id=f.job WHERE f.hash=?1 AND j.id NOT IN (SELECT job FROM deletions) UNION ALL "
              "SELECT library FROM versions WHERE hash=?1 AND job NOT IN (SELECT job FROM "
              "deletions))");
  query << hash;
  std::vector<std::string> libraries;
  while (query.next()) libraries.push_back(query.text(0));
  return libraries;
}

void Store::remember_sender(const std::string& principal, const std::string& hash,
                            std::int64_t until_ms) {
  Query query(database_,
              "INSERT INTO sent(principal, hash, size, until_ms) VALUES(?, ?, ?, ?) ON "
              "CONFLICT(principal, hash) DO UPDATE SET until_ms=max(until_ms, excluded.until_ms)");
  (query << principal << hash << files_.size(hash).value_or(0) << until_ms).run();
}

bool Store::has_sent(const std::string& principal, const std::string& hash) {
  Query query(database_, "SELECT 1 FROM sent WHERE principal=? AND hash=?");
  query << principal << hash;
  return query.next();
}

std::map<std::string, Usage> Store::usages(std::int64_t limit) {
  Query query(database_, std::string("SELECT ") + kUsageColumns +
                             ", owner FROM jobs WHERE sequence>0 GROUP BY owner ORDER BY owner "
                             "LIMIT ?");
  query << limit;
  std::map<std::string, Usage> usages;
  while (query.next()) usages[query.text(2)] = {query.natural(0), query.natural(1)};
  Query sent(database_, "SELECT principal, sum(size) FROM sent GROUP BY principal LIMIT ?");
  sent << limit;
  while (sent.next()) usages[sent.text(0)].bytes += sent.natural(1);
  return usages;
}

Usage Store::usage(const std::string& principal) {
  Query query(database_,
              std::string("SELECT ") + kUsageColumns + " FROM jobs WHERE owner=? AND sequence>0");
  query << principal;
  query.next();
  Query sent(database_, "SELECT coalesce(sum(size), 0) FROM sent WHERE principal=?");
  sent << principal;
  sent.next();
  return {query.natural(0), query.natural(1) + sent.natural(0)};
}

void Store::check_disk(const std::string& principal, const Quota& quota, std::int64_t more) {
  if (quota.disk_mb == 0) return;
  const Usage used = usage(principal);
  if (used.bytes + more <= quota.disk_mb * kMegabyte) return;
  fail(ErrorCode::kLimit,
       "What is " + principal + "'s takes " + in_megabytes(used.bytes) + " MB of disk" +
           (more > 0 ? ", and " + in_megabytes(more) + " MB more are too much" : "") +
           ": the limit is " + std::to_string(quota.disk_mb) + " MB.",
       kDiskLimit,
       "Delete some (`ptah jobs delete JOB`), or ask whoever looks after the daemon for more.");
}

bool is_disk_limit(const Error& error) {
  return error.code == ErrorCode::kLimit && error.where == kDiskLimit;
}

void Store::check_quota(const std::string& principal, const Quota& quota) {
  check_disk(principal, quota);
  if (quota.queued_jobs == 0) return;
  const Usage used = usage(principal);
  if (used.jobs <= quota.queued_jobs) return;
  fail(ErrorCode::kLimit,
       principal + " has " + std::to_string(used.jobs - 1) +
           " jobs that wait or run, and may have " + std::to_string(quota.queued_jobs) + ".",
       "quotas.queued_jobs",
       "Wait until one has finished, or cancel one (`ptah jobs cancel JOB`).");
}

}  // namespace ptah
