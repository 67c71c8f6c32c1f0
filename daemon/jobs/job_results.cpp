// What a job's tasks leave when they end: chains of a plan, files, the end of a chain.
#include <spdlog/spdlog.h>

#include "jobs/job_manager.hpp"
#include "jobs/plan_result.hpp"
#include "jobs/task_files.hpp"
#include "rpc/message.hpp"

namespace ptah {

namespace {

constexpr std::size_t kMaxPlan = 256u << 10;

}  // namespace

void JobManager::chain_done(const JobPtr& job, std::int64_t chain, TaskEnd end) {
  if (end.blameless) {
    job->pending.push_front(chain);
    schedule();
    return;
  }
  Json error, result;
  if (end.result) {
    result = end.result.value();
    ++job->done;
  } else {
    error = rpc::error_to_json(end.result.error());
    ++job->failed;
    if (!job->first_error) job->first_error = end.result.error();
  }
  job->running[chain].fraction = 1;  // Until it is written, the job is not complete.
  store_.submit(
      StoreThread::Kind::kWrite,
      [id = job->id, chain, error, result](Store& store) {
        return store.finish_chain(id, chain, error, result);
      },
      [this, alive = alive_, job, chain](Result<EventRow> row) {
        if (!*alive || !known(job)) return;
        job->running.erase(chain);
        if (row) {
          publish(job->id, row.value());
          progress(job);
        } else if (!job->stop) {
          job->stop = row.error();
          stop(job);
        }
        finish_if_ready(job);
        schedule();
      });
}

void JobManager::planned(const JobPtr& job, TaskEnd end) {
  if (!end.result) {
    job->stop = end.result.error();
    finish_if_ready(job);
    return;
  }
  Result<PlanResult> read = rpc::read_struct<PlanResult>(end.result.value());
  if (!read) {
    job->stop = make_error(ErrorCode::kPluginFailed,
                           "The plan cannot be read: " + read.error().message, read.error().where);
    finish_if_ready(job);
    return;
  }
  const std::string circuit = read.value().circuit;
  std::vector<Json> chains;
  for (rpc::Object& chain : std::exchange(read.value().chains, {}))
    chains.push_back(std::move(chain.value));
  std::vector<NewFile> files;
  for (PlanText& text : std::exchange(read.value().dataset, {})) {
    files.push_back(
        {text.role.empty() ? "dataset" : text.role, {}, std::move(text.text), text.path});
  }
  // Once for all chains, and like every file as long as the job is there.
  if (const auto common = std::exchange(read.value().common, std::nullopt))
    files.push_back({kCommonRole, {}, rpc::dump(common->value), {}});
  Json plan = rpc::write_value(read.value());
  plan.erase("chains");
  plan.erase("dataset");
  if (circuit.empty() || rpc::dump(plan).size() > kMaxPlan) {
    job->stop = make_error(ErrorCode::kLimit,
                           "The plan has no circuit, or describes it in more than " +
                               std::to_string(kMaxPlan >> 10) + " KiB.",
                           job->id);
    finish_if_ready(job);
    return;
  }
  job->running[kFirst].fraction = 1;
  store_.submit_then(
      StoreThread::Kind::kWrite,
      [id = job->id, circuit, plan, chains = std::move(chains), files](Store& store) {
        store.save_plan(id, circuit, plan, chains, files);
        return store.pending_chains(id);
      },
      [id = job->id, out = job->out](Store& store, const std::vector<std::int64_t>&) {
        if (!out.empty()) store.materialise(store.job_files(id), out);
      },
      [this, alive = alive_, job](Result<std::vector<std::int64_t>> pending, Status written) {
        if (!*alive || !known(job)) return;
        job->running.erase(kFirst);
        if (!pending || !written) {
          if (!job->stop) job->stop = pending ? written.error() : pending.error();
        } else {
          job->planned = true;
          job->total = static_cast<std::int64_t>(pending.value().size());
          if (!job->cancelled) job->pending.assign(pending.value().begin(), pending.value().end());
          job->message = "planned";
          progress(job);
        }
        finish_if_ready(job);
        schedule();
      });
}

void JobManager::files_done(const JobPtr& job, const std::string& task, TaskEnd end) {
  if (!end.result) {
    clean(task);
    job->stop = end.result.error();
    finish_if_ready(job);
    return;
  }
  Result<std::vector<NewFile>> files = files_of_event(end.files, scratch(task));
  if (!files) {
    clean(task);
    job->stop = files.error();
    finish_if_ready(job);
    return;
  }
  job->result = end.result.value().is_null() ? Json::object() : std::move(end.result.value());
  job->running[kFirst].fraction = 1;
  struct Stored {
    std::vector<FileRow> rows;
    Json shown = Json::array();
  };
  store_.submit_then(
      StoreThread::Kind::kWrite,
      [id = job->id, files = files.value()](Store& store) {
        Stored stored{store.add_job_files(id, files)};
        for (const FileRow& row : stored.rows) stored.shown.push_back(store.describe(row));
        return stored;
      },
      [out = job->out](Store& store, const Stored& stored) {
        if (!out.empty()) store.materialise(stored.rows, out);
      },
      [this, alive = alive_, job, task](Result<Stored> stored, Status written) {
        if (!*alive || !known(job)) return;
        clean(task);
        job->running.erase(kFirst);
        if (!stored || !written) {
          job->stop = stored ? written.error() : stored.error();
        } else if (!stored.value().rows.empty() && job->result.is_object()) {
          job->result["files"] = std::move(stored.value().shown);
        }
        finish_if_ready(job);
      });
}

}  // namespace ptah
