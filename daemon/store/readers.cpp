#include "store/readers.hpp"

#include "rpc/task_kind.hpp"
#include "store/file_store.hpp"

namespace ptah {

JobRow read_job(const Query& query) {
  JobRow row;
  row.id = query.text(0);
  if (!is_id(row.id)) query.damaged(0, "is not an id");
  row.kind = query.text(1);
  if (job_kind(row.kind) == nullptr) query.damaged(1, "is not a kind of a job");
  row.circuit = query.text(2);
  row.library = query.text(3);
  row.out = query.text(4);
  if (!row.out.empty() && row.out.front() != '/') query.damaged(4, "is not an absolute path");
  const std::int64_t state = query.integer(5);
  if (state < 0 || state > static_cast<int>(JobState::kCancelled))
    query.damaged(5, "is not a state of a job");
  row.state = static_cast<JobState>(state);
  row.created_ms = query.integer(6);
  row.finished_ms = query.integer(7);
  row.chains = query.natural(8);
  row.chains_done = query.natural(9);
  row.chains_failed = query.natural(10);
  row.variants = query.natural(11);
  row.last_event = query.natural(12);
  row.planned = query.integer(13) != 0;
  row.error = query.object_or_null(14);
  row.metrics = query.natural(15);
  row.best = read_best(query, 16);
  row.owner = query.text(19);
  row.bytes = query.natural(20);
  return row;
}

std::optional<BestVariant> read_best(const Query& query, int first) {
  if (query.is_null(first)) return std::nullopt;
  return BestVariant{query.real(first), query.natural(first + 1), query.natural(first + 2)};
}

JobRow read_whole_job(const Query& query) {
  JobRow row = read_job(query);
  row.spec = query.json(21);
  row.plan = query.object_or_null(22);
  row.result = query.json_or_null(23);
  return row;
}

ChainRow read_chain(const Query& query) {
  ChainRow row;
  row.chain = query.natural(0);
  row.state = query.text(1);
  if (row.state != "pending" && row.state != "done" && row.state != "failed")
    query.damaged(1, "is not a state of a chain");
  row.variants = query.natural(2);
  row.error = query.object_or_null(3);
  row.result = query.json_or_null(4);
  return row;
}

VariantRow read_variant(const Query& query) {
  return {query.integer(0), query.natural(1), query.natural(2), query.object(3), {}};
}

FileRow read_file(const Query& query) {
  return {query.text(0), read_hash(query, 1), query.text(2), query.natural(3)};
}

EventRow read_event(const Query& query) {
  return {query.natural(0), query.text(1), query.object(2)};
}

VersionRow read_version(const Query& query) {
  VersionRow row;
  row.library = query.text(0);
  row.cell = query.text(1);
  row.view = query.text(2);
  row.version = query.integer(3);
  row.hash = read_hash(query, 4);
  row.job = query.text(5);
  row.chain = query.integer(6);
  row.variant = query.integer(7);
  row.created_ms = query.integer(8);
  row.shipped = query.integer(9) != 0;
  row.owner = query.text(10);
  return row;
}

MetricRow read_metric(const Query& query) {
  MetricRow row;
  row.chain = query.integer(0);
  row.name = query.text(1);
  if (!is_metric_name(row.name)) query.damaged(1, "is not a name of a metric");
  row.step = query.natural(2);
  row.value = query.real(3);
  return row;
}

TokenRow read_token(const Query& query) {
  TokenRow row;
  row.name = query.text(0);
  row.role = query.text(1);
  if (row.role != "viewer" && row.role != "designer" && row.role != "admin")
    query.damaged(1, "is not a role");
  row.hash = read_hash(query, 2);
  row.created_ms = query.natural(3);
  row.expires_ms = query.natural(4);
  row.revoked_ms = query.natural(5);
  const Json libraries = query.json(6);
  if (!libraries.is_array()) query.damaged(6, "is not a list of libraries");
  for (const Json& library : libraries) {
    if (!library.is_string() || !is_id(library.get<std::string>()))
      query.damaged(6, "is not a list of libraries");
    row.libraries.push_back(library.get<std::string>());
  }
  return row;
}

AuditRow read_audit(const Query& query) {
  AuditRow row;
  row.number = query.natural(0);
  row.time_ms = query.integer(1);
  row.who = query.text(2);
  row.role = query.text(3);
  row.origin = query.text(4);
  row.method = query.text(5);
  row.object = query.text(6);
  row.outcome = query.text(7);
  row.message = query.text(8);
  row.count = query.natural(9);
  return row;
}

std::string read_hash(const Query& query, int column) {
  std::string hash = query.text(column);
  if (!FileStore::is_hash(hash)) query.damaged(column, "is not a hash");
  return hash;
}

}  // namespace ptah
