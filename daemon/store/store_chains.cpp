// Chains: their plan, where they stand, and what they leave beside their variants.
#include <cmath>

#include "store/failure.hpp"
#include "store/readers.hpp"
#include "store/store.hpp"

namespace ptah {

void add_result(Json& params, const Json& result) {
  if (result.is_null()) return;
  if (stored_json(result).size() < (256u << 10)) {
    params["result"] = result;
  } else {
    params["cut"] = true;
  }
}

std::string view_of_plan_file(const NewFile& file) {
  const std::string stem = std::filesystem::path(file.dataset).stem().string();
  const std::string& name = file.role.empty() || file.role == "dataset" ? stem : file.role;
  if (name == "template" || name == "netlist") return "netlist";
  if (name == "pairs" || name == "testbench") return name;
  return {};
}

void Store::save_plan(const std::string& job, const std::string& circuit, const Json& plan,
                      const std::vector<Json>& chains, const std::vector<NewFile>& files) {
  const JobRow row = existing_job(job);
  const std::vector<FileRow> stored = put_files(job, kWholeJob, kWholeJob, files);
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::string view = view_of_plan_file(files[i]);
    if (!view.empty())
      add_version(row.library, circuit, view, stored[i].hash, job, kWholeJob, kWholeJob, true);
  }
  std::int64_t number = 0;
  for (const Json& chain : chains) {
    Query query(database_, "INSERT INTO chains(job, chain, spec) VALUES(?, ?, ?)");
    (query << job << number++ << stored_json(chain)).run();
  }
  Query query(database_, "UPDATE jobs SET circuit=?, plan=?, chains=? WHERE id=?");
  (query << circuit << stored_json(plan) << number << job).run();
}

std::vector<ChainRow> Store::chains(const std::string& job, std::int64_t after,
                                    std::int64_t limit) {
  Query query(database_, std::string("SELECT ") + kChainColumns +
                             " FROM chains WHERE job=? AND chain>? ORDER BY chain LIMIT ?");
  query << job << after << limit;
  std::vector<ChainRow> rows;
  std::size_t bytes = 0;
  while (bytes < (512u << 10) && query.next()) {
    for (const int column : {3, 4}) bytes += query.is_null(column) ? 0 : query.text(column).size();
    bytes += 100;
    rows.push_back(read_chain(query));
  }
  return rows;
}

std::vector<std::int64_t> Store::pending_chains(const std::string& job) {
  Query query(database_, "SELECT chain FROM chains WHERE job=? AND state='pending' ORDER BY chain");
  query << job;
  std::vector<std::int64_t> chains;
  while (query.next()) chains.push_back(query.natural(0));
  return chains;
}

ChainStart Store::load_chain(const std::string& job, std::int64_t chain) {
  ChainStart start;
  std::int64_t from = last_variant(job, chain);
  {
    Query query(database_, "SELECT spec, checkpoint, variants FROM chains WHERE job=? AND chain=?");
    query << job << chain;
    if (!query.next())
      fail(ErrorCode::kNotFound, "There is no chain " + std::to_string(chain) + ".", job);
    start.spec = query.object(0);
    if (!query.is_null(1)) from = query.integer(1);
    start.committed = query.natural(2);
  }
  for (const FileRow& file : files_of(job, kWholeJob, kWholeJob)) {
    if (file.role != kCommonRole) continue;
    if (const auto problem = files_.problem(file.hash)) {
      fail(ErrorCode::kIo, "What the job's chains have in common is damaged: " + *problem + ".",
           files_.path(file.hash).string(), kHowToRestoreFile);
    }
    start.spec["common"] = files_.path(file.hash).string();
  }
  start.spec["files"] = files_.root().string();
  for (const FileRow& file : files_of(job, kWholeJob, kRequest)) {
    if (const auto problem = files_.problem(file.hash)) {
      fail(ErrorCode::kIo, "The job's sources are damaged: " + *problem + ".",
           files_.path(file.hash).string(), kHowToRestoreFile);
    }
  }
  const auto damaged = [&](const FileRow& file, const std::string& of) {
    const auto problem = files_.problem(file.hash);
    if (problem) {
      start.warning = "File " + file.hash + " of " + of + " is damaged (" + *problem +
                      "): the chain is made again from its start.";
    }
    return problem.has_value();
  };
  std::string checkpoint;
  for (const FileRow& file : files_of(job, chain, kWholeChain)) {
    if (damaged(file, "the checkpoint")) return start;
    checkpoint = files_.path(file.hash).string();
  }
  if (from >= 0) {
    VariantRow last = variant(job, chain, from);
    Json files = Json::object();
    for (const FileRow& file : last.files) {
      if (damaged(file, "variant " + std::to_string(from))) return start;
      files[file.role] = files_.path(file.hash).string();
    }
    start.spec["resume"] = {
        {"variant", from}, {"record", std::move(last.record)}, {"files", std::move(files)}};
  }
  if (!checkpoint.empty()) start.spec["checkpoint"] = checkpoint;
  return start;
}

EventRow Store::finish_chain(const std::string& job, std::int64_t chain, const Json& error,
                             const Json& result) {
  const bool failed = !error.is_null();
  {
    Query query(database_, "UPDATE chains SET state=?, error=?, result=? WHERE job=? AND chain=?");
    query << (failed ? "failed" : "done");
    failed ? query << stored_json(error) : query.null();
    result.is_null() ? query.null() : query << stored_json(result);
    (query << job << chain).run();
  }
  {
    Query query(database_, failed ? "UPDATE jobs SET chains_failed=chains_failed+1 WHERE id=?"
                                  : "UPDATE jobs SET chains_done=chains_done+1 WHERE id=?");
    (query << job).run();
  }
  Json params{{"chain", chain}, {"state", failed ? "failed" : "done"}};
  if (failed) params["error"] = error;
  add_result(params, result);
  return add_event(job, "chain.finished", params);
}

std::vector<std::int64_t> Store::append_chains(const std::string& job,
                                               const std::vector<Json>& chains) {
  const JobRow row = existing_job(job);
  if (is_final(row.state)) {
    fail(ErrorCode::kConflict, "Job \"" + job + "\" is finished: it takes no more chains.", job,
         "Resume it first, or start a new job.");
  }
  std::int64_t count = row.chains;
  std::vector<std::int64_t> numbers;
  for (const Json& chain : chains) {
    const std::string spec = stored_json(chain);
    {
      Query query(database_, "SELECT chain FROM chains WHERE job=? AND spec=? LIMIT 1");
      query << job << spec;
      if (query.next()) {
        numbers.push_back(query.natural(0));
        continue;
      }
    }
    if (count >= kMaxChains) {
      fail(ErrorCode::kLimit,
           "Job \"" + job + "\" has " + std::to_string(count) + " chains, and takes no more.", job,
           "Start another job for the rest.");
    }
    Query query(database_, "INSERT INTO chains(job, chain, spec) VALUES(?, ?, ?)");
    (query << job << count << spec).run();
    numbers.push_back(count++);
  }
  Query query(database_, "UPDATE jobs SET chains=? WHERE id=?");
  (query << count << job).run();
  return numbers;
}

std::int64_t Store::last_variant(const std::string& job, std::int64_t chain) {
  Query query(database_,
              "SELECT variant FROM variants WHERE job=? AND chain=? ORDER BY variant DESC LIMIT 1");
  query << job << chain;
  return query.next() ? query.natural(0) : kWholeChain;
}

void Store::put_checkpoint(const std::string& job, std::int64_t chain, std::int64_t after,
                           const NewFile& checkpoint) {
  std::int64_t size =
      checkpoint.path.empty() ? static_cast<std::int64_t>(checkpoint.text.size()) : checkpoint.size;
  std::error_code error;
  if (size < 0) {
    size = static_cast<std::int64_t>(std::filesystem::file_size(checkpoint.path, error)) -
           checkpoint.offset;
    if (error) fail_with_errno("The checkpoint cannot be read", checkpoint.path, error.value());
  }
  if (size > kMaxCheckpoint) {
    fail(ErrorCode::kLimit,
         "The checkpoint of chain " + std::to_string(chain) + " has " + std::to_string(size) +
             " bytes; at most 64 MiB are kept.",
         job);
  }
  const FileStore::Stored stored = put_file(checkpoint);
  // Of a chain that is made again, up to here: the later one is kept, and putting this one heals
  // its file where they are the same.
  const std::int64_t last = last_variant(job, chain);
  if (after < last) return;
  if (after > last) {
    fail(ErrorCode::kInvalidArgument,
         "Chain " + std::to_string(chain) + " has no variant " + std::to_string(after) +
             " for its checkpoint to follow.",
         job);
  }
  for (const FileRow& before : files_of(job, chain, kWholeChain)) replaced_.push_back(before.hash);
  {
    Query query(database_, "UPDATE chains SET checkpoint=? WHERE job=? AND chain=?");
    (query << after << job << chain).run();
  }
  Query query(database_,
              "INSERT OR REPLACE INTO files(job, chain, variant, place, role, hash, size, dataset) "
              "VALUES(?, ?, ?, 0, ?, ?, ?, '')");
  (query << job << chain << kWholeChain << kCheckpointRole << stored.hash << stored.size).run();
}

MetricsCommit Store::commit_notes(const std::string& job, std::int64_t chain, std::int64_t after,
                                  const ChainNotes& notes) {
  MetricsCommit commit = add_metrics(job, chain, notes.metrics);
  if (notes.checkpoint) put_checkpoint(job, chain, after, *notes.checkpoint);
  return commit;
}

MetricsCommit Store::add_metrics(const std::string& job, std::int64_t chain,
                                 const std::vector<Metric>& metrics) {
  MetricsCommit commit;
  if (metrics.empty()) return commit;
  std::int64_t count = 0;
  {
    Query query(database_, "SELECT metrics FROM jobs WHERE id=?");
    query << job;
    if (!query.next()) fail(ErrorCode::kNotFound, "There is no job \"" + job + "\".", job);
    count = query.natural(0);
  }
  for (const Metric& metric : metrics) {
    if (!is_metric_name(metric.name) || metric.step < 0 || !std::isfinite(metric.value)) {
      fail(ErrorCode::kInvalidArgument,
           "Metric \"" + metric.name.substr(0, 64) + "\" at step " + std::to_string(metric.step) +
               " cannot be kept.",
           job,
           "A name has letters, digits, '.', '_', '-' and '/', at most 64; a step is not negative, "
           "and a value is finite.");
    }
    if (count >= kMaxMetrics) {
      ++commit.dropped;
      continue;
    }
    Query query(database_,
                "INSERT INTO metrics(job, chain, name, step, value) VALUES(?, ?, ?, ?, ?) ON "
                "CONFLICT DO NOTHING");
    (query << job << chain << metric.name << metric.step << metric.value).run();
    if (database_.changes() == 0) continue;
    ++count;
    commit.fresh.push_back(metric);
  }
  Query query(database_, "UPDATE jobs SET metrics=? WHERE id=?");
  (query << count << job).run();
  return commit;
}

std::vector<MetricRow> Store::metrics(const std::string& job, const std::optional<MetricKey>& after,
                                      std::int64_t limit) {
  Query query(database_, std::string("SELECT ") + kMetricColumns +
                             " FROM metrics WHERE job=? AND (chain, name, step) > (?, ?, ?) ORDER "
                             "BY chain, name, step LIMIT ?");
  query << job;
  if (after) {
    query << after->chain << after->name << after->step;
  } else {
    query << kWholeJob - 1 << "" << std::int64_t{0};
  }
  query << limit;
  std::vector<MetricRow> rows;
  while (query.next()) rows.push_back(read_metric(query));
  return rows;
}

}  // namespace ptah
