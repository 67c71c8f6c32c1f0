// Life of jobs; their tasks are in job_tasks.cpp.
#include "jobs/job_manager.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/post.hpp>

#include "jobs/task_inputs.hpp"
#include "ptah/core/job_context.hpp"
#include "rpc/message.hpp"
#include "store/failure.hpp"

namespace ptah {

namespace asio = boost::asio;

namespace {

JobManager::Loaded load(Store& store, const std::string& id) {
  JobManager::Loaded loaded{store.existing_job(id), {}};
  if (loaded.row.planned) loaded.pending = store.pending_chains(id);
  // One that had ended, and is resumed, begins its bar anew.
  if (loaded.row.state == JobState::kRunning) loaded.told = store.told_fraction(id);
  return loaded;
}

}  // namespace

JobManager::JobManager(asio::io_context& io, StoreThread& store, FileThread& files,
                       Exporter& exporter, WorkerPool& pool, Subscriptions& subscriptions,
                       std::filesystem::path scratch_root, StoredFiles stored)
    : io_(io),
      store_(store),
      files_(files),
      exporter_(exporter),
      pool_(pool),
      subscriptions_(subscriptions),
      scratch_root_(std::move(scratch_root)),
      stored_(std::move(stored)) {
  pool_.on_slots([this, alive = alive_] {
    if (*alive) schedule();
  });
}

bool JobManager::known(const JobPtr& job) const {
  const auto found = jobs_.find(job->id);
  return !stopped_ && found != jobs_.end() && found->second == job;
}

std::pair<std::int64_t, std::int64_t> JobManager::counts() const {
  std::int64_t queued = 0, running = 0;
  for (const auto& [id, job] : jobs_) ++(job->started ? running : queued);
  return {queued, running};
}

std::int64_t JobManager::running_chains(const Job& job) {
  return std::count_if(job.running.begin(), job.running.end(),
                       [](const auto& running) { return running.first >= 0; });
}

std::map<std::string, std::int64_t> JobManager::running_chains() const {
  std::map<std::string, std::int64_t> chains;
  for (const auto& [id, job] : jobs_) chains[job->owner] += running_chains(*job);
  return chains;
}

std::int64_t JobManager::waiting_chains() const {
  std::int64_t waiting = 0;
  for (const auto& [id, job] : jobs_) waiting += static_cast<std::int64_t>(job->pending.size());
  return waiting;
}

std::optional<Error> JobManager::unwritten_error(const std::string& id) const {
  const auto found = jobs_.find(id);
  return found != jobs_.end() && found->second->finishing ? found->second->stop : std::nullopt;
}

void JobManager::restore() {
  struct Restored {
    Loaded loaded;
    std::optional<Error> error;
  };
  // One piece of work: clients who ask the store come after it.
  store_.submit(
      StoreThread::Kind::kRead,
      [](Store& store) {
        std::vector<Restored> all;
        for (const std::string& id : store.unfinished_jobs()) {
          Restored one;
          try {
            one.loaded = load(store, id);
          } catch (const Failure& failure) {
            one.error = failure.error();
          }
          all.push_back(std::move(one));
        }
        return all;
      },
      [this, alive = alive_](Result<std::vector<Restored>> all) {
        if (!*alive || stopped_) return;
        if (!all) {
          spdlog::error("unfinished jobs cannot be read: {}", all.error().text());
          return;
        }
        for (Restored& one : all.value()) {
          if (one.loaded.row.id.empty()) {
            // The others go on.
            spdlog::error("an unfinished job cannot be read: {}", one.error->text());
          } else {
            begin(std::move(one.loaded));
          }
        }
      });
  continue_deletions();
  store_.submit(
      StoreThread::Kind::kRead, [](Store& store) { return store.after_crash(); },
      [this, alive = alive_](const Result<bool>& after_crash) {
        if (*alive && after_crash && after_crash.value()) remove_orphans(0);
      });
}

void JobManager::begin(Loaded loaded) {
  if (stopped_ || jobs_.contains(loaded.row.id)) return;
  const JobRow& row = loaded.row;
  activate(row, std::move(loaded.pending));
  const JobPtr job = jobs_.at(row.id);
  job->told = std::max(job->told, loaded.told);
  if (row.out.empty()) {
    start(job);
    return;
  }
  // Whether the file system takes the job's files again is known before it goes on.
  job->running[kRestoring];
  job->stop_restoring =
      exporter_.copy(row.id, row.out, FileStore::Existing::kReplace,
                     [this, alive = alive_, job](const Result<OutputCounts>& restored) {
                       if (!*alive || !known(job)) return;
                       job->running.erase(kRestoring);
                       job->stop_restoring = nullptr;
                       if (!restored && !job->cancelled) job->stop = restored.error();
                       start(job);
                     });
}

void JobManager::create(NewJob new_job, Done done) {
  struct Created {
    Loaded loaded;
    bool fresh = false;
  };
  new_job.inputs = inputs_of(*job_kind(new_job.kind), new_job.spec);
  const Quota quota = new_job.shipped ? Quota{} : quota_of(new_job.owner);
  store_.submit(
      StoreThread::Kind::kWrite,
      [new_job = std::move(new_job), quota](Store& store) {
        if (!new_job.out.empty()) store.files().outputs().check(new_job.out);
        Created created;
        std::tie(created.loaded.row, created.fresh) = store.create_job(new_job);
        if (created.fresh) store.check_quota(created.loaded.row.owner, quota);
        if (created.fresh && new_job.plan)
          created.loaded.pending = store.pending_chains(created.loaded.row.id);
        return created;
      },
      [this, alive = alive_, done = std::move(done)](Result<Created> created) {
        if (!created) {
          done(created.error());
          return;
        }
        const auto& [loaded, fresh] = created.value();
        const JobRow& row = loaded.row;
        if (*alive && fresh && !stopped_ && !jobs_.contains(row.id)) {
          activate(row, loaded.pending);
          start(jobs_.at(row.id));
        }
        done(row);
      });
}

void JobManager::activate(const JobRow& row, std::vector<std::int64_t> pending) {
  auto job = std::make_shared<Job>();
  job->id = row.id;
  job->kind = job_kind(row.kind);
  job->out = row.out;
  job->owner = row.owner;
  job->spec = job->kind->first ? with_paths(*job->kind->first, row.spec, stored_) : row.spec;
  job->planned = row.planned;
  job->total = row.chains;
  job->done = row.chains_done;
  job->failed = row.chains_failed;
  job->pending.assign(pending.begin(), pending.end());
  jobs_[job->id] = job;
  order_.push_back(job->id);
  spdlog::info("job {} ({}) {}", job->id, row.kind, row.planned ? "goes on" : "begins");
}

void JobManager::start(const JobPtr& job) {
  if (job->cancelled || job->stop) {
    finish_if_ready(job);
  } else if (!job->planned) {
    start_first(job);
  } else {
    finish_if_ready(job);
    schedule();
  }
}

void JobManager::cancel(const std::string& id, Done done) {
  const auto found = jobs_.find(id);
  if (found != jobs_.end()) {
    const JobPtr job = found->second;
    job->on_finish.push_back(std::move(done));
    if (!job->finishing) {
      job->cancelled = true;
      stop(job);
    }
    return;
  }
  store_.submit(
      StoreThread::Kind::kRead, [id](Store& store) { return store.existing_job(id); },
      [this, alive = alive_, id, done = std::move(done)](Result<JobRow> row) {
        // Its activation may have overtaken this look at the store.
        if (*alive && !stopped_ && row && !is_final(row.value().state) && jobs_.contains(id)) {
          cancel(id, done);
          return;
        }
        done(std::move(row));
      });
}

void JobManager::resume(const std::string& id, Done done) {
  if (const auto found = jobs_.find(id); found != jobs_.end()) {
    store_.submit(
        StoreThread::Kind::kRead, [id](Store& store) { return store.existing_job(id); },
        [done = std::move(done)](Result<JobRow> row) { done(std::move(row)); });
    return;
  }
  store_.submit(
      StoreThread::Kind::kWrite,
      [id, quota = quota_](Store& store) {
        JobRow row = store.existing_job(id);
        if (row.state == JobState::kFailed || row.state == JobState::kCancelled) {
          store.reopen_job(id);
          if (quota) store.check_quota(row.owner, quota(row.owner));
        }
        return load(store, id);
      },
      [this, alive = alive_, done = std::move(done)](Result<Loaded> loaded) {
        if (!loaded) {
          done(loaded.error());
          return;
        }
        const JobRow row = loaded.value().row;
        if (!*alive) return;
        if (!is_final(row.state)) {
          begin(std::move(loaded.value()));
          done(row);
        } else if (row.out.empty()) {
          done(row);
        } else {
          // Of a job that is done. What somebody has edited since then stays.
          exporter_.copy(row.id, row.out, FileStore::Existing::kKeep,
                         [row, done](const Result<OutputCounts>& restored) {
                           if (restored) {
                             done(row);
                           } else {
                             done(restored.error());
                           }
                         });
        }
      });
}

void JobManager::remove(const std::string& id, std::function<void(Status)> done) {
  store_.submit_then(
      StoreThread::Kind::kWrite, [id](Store& store) { return store.delete_job(id); },
      [](Store& store, const DeletionStep& step) { store.remove_unreferenced(step.hashes); },
      [this, alive = alive_, id, done = std::move(done)](Result<DeletionStep> step,
                                                         Status removed) {
        if (!step) {
          done(step.error());
          return;
        }
        if (!removed) spdlog::error("files of job {} stay: {}", id, removed.error().text());
        if (*alive && step.value().more) continue_deletions();
        done(ok());
      });
}

void JobManager::continue_deletions() {
  if (deleting_ || stopped_) return;
  deleting_ = true;
  // A slice at a time, behind whoever waits already.
  store_.submit_then(
      StoreThread::Kind::kWrite, [](Store& store) { return store.continue_deletion(); },
      [](Store& store, const DeletionStep& step) { store.remove_unreferenced(step.hashes); },
      [this, alive = alive_](Result<DeletionStep> step, Status removed) {
        if (!*alive) return;
        deleting_ = false;
        if (!step || !removed) {
          spdlog::error("a deletion goes on at the next start or deletion: {}",
                        step ? removed.error().text() : step.error().text());
        } else if (step.value().more) {
          continue_deletions();
        }
      });
}

void JobManager::remove_orphans(int folder) {
  if (stopped_ || folder >= FileStore::kFolders) return;
  store_.submit(
      StoreThread::Kind::kRead, [folder](Store& store) { store.remove_orphans(folder); },
      [this, alive = alive_, folder](const Result<std::monostate>& removed) {
        if (!removed) spdlog::error("files without a job stay: {}", removed.error().text());
        if (*alive) remove_orphans(folder + 1);
      });
}

std::int64_t JobManager::wait(const std::string& id, Done done) {
  const std::int64_t ticket = next_ticket_++;
  waiters_[ticket] = {id, std::move(done)};
  if (jobs_.contains(id)) return ticket;
  store_.submit(
      StoreThread::Kind::kRead, [id](Store& store) { return store.existing_job(id); },
      [this, alive = alive_, ticket, id](Result<JobRow> row) {
        if (!*alive) return;
        const auto found = waiters_.find(ticket);
        if (found == waiters_.end()) return;
        if (row && !is_final(row.value().state)) return;  // Active by now, or about to be.
        const Done call = std::move(found->second.second);
        waiters_.erase(found);
        call(std::move(row));
      });
  return ticket;
}

void JobManager::forget(std::int64_t ticket) {
  waiters_.erase(ticket);
}

void JobManager::stop(const JobPtr& job) {
  job->pending.clear();
  if (job->stop_restoring) job->stop_restoring();
  for (const auto& [chain, running] : job->running) {
    if (!running.task.empty()) pool_.cancel(running.task);
  }
  finish_if_ready(job);
}

void JobManager::finish_if_ready(const JobPtr& job) {
  if (job->finishing || job->appending > 0 || !job->running.empty()) return;
  const bool stopped = job->cancelled || job->stop;
  const bool complete =
      job->kind->has_chains() ? job->planned && job->pending.empty() : !job->result.is_null();
  if (stopped || complete) finish(job);
}

void JobManager::finish(const JobPtr& job) {
  job->finishing = true;
  JobState state = JobState::kDone;
  Json error;
  Json result = job->result;
  if (job->kind->has_chains()) {
    result = {{"chains", {{"total", job->total}, {"done", job->done}, {"failed", job->failed}}}};
  }
  if (job->stop) {
    state = JobState::kFailed;
    error = rpc::error_to_json(*job->stop);
  } else if (job->cancelled) {
    state = JobState::kCancelled;
    error = rpc::error_to_json(cancelled_error());
  } else if (job->failed > 0) {
    state = JobState::kFailed;
    Error first =
        job->first_error.value_or(make_error(ErrorCode::kInternal, "job.chains shows why."));
    if (job->total > 1) {
      first.message = std::to_string(job->failed) + " of " + std::to_string(job->total) +
                      " chains failed. The first: " + first.message;
    }
    error = rpc::error_to_json(first);
  }
  if (state != JobState::kDone || job->out.empty()) {
    write_end(job, state, error, result);
    return;
  }
  // Who reads that the job is done finds its files, also after a power cut.
  exporter_.sync(job->out, [this, alive = alive_, job, result](const Status& synced) {
    if (!*alive || !known(job)) return;
    if (synced) {
      write_end(job, JobState::kDone, nullptr, result);
    } else {
      end_failed(job, synced.error());
    }
  });
}

void JobManager::end_failed(const JobPtr& job, const Error& error) {
  spdlog::error("job {}: its end cannot be written: {}", job->id, error.text());
  if (!job->stop) job->stop = error;
  auto timer = std::make_shared<asio::steady_timer>(io_, std::chrono::seconds(2));
  timer->async_wait([this, alive = alive_, job, timer](boost::system::error_code failed) {
    if (!failed && *alive && known(job)) finish(job);
  });
}

void JobManager::write_end(const JobPtr& job, JobState state, const Json& error,
                           const Json& result) {
  struct Finished {
    EventRow event;
    JobRow row;
    std::optional<VersionRow> model;
  };
  store_.submit(
      StoreThread::Kind::kEssentialWrite,
      [id = job->id, chains = job->kind->has_chains(), dataset = job->kind->makes_dataset, state,
       error, result](Store& store) {
        JobRow row = store.existing_job(id);
        Json shown = result;
        if (dataset && state == JobState::kDone) {
          if (Json made = store.add_dataset(id); !made.is_null())
            shown["dataset"] = std::move(made);
        }
        std::optional<VersionRow> model;
        if (state == JobState::kDone || state == JobState::kCancelled)
          model = store.keep_learnt(id);
        if (model) shown["model"] = {{"name", model->cell}, {"version", model->version}};
        if (chains) {
          shown["circuit"] = row.circuit;
          shown["variants"] = row.variants;
          if (row.best) {
            shown["best"] = {{"chain", row.best->chain},
                             {"variant", row.best->variant},
                             {"cost", row.best->cost}};
          }
        }
        EventRow event = store.finish_job(id, state, error, shown);
        return Finished{std::move(event), store.existing_job(id), std::move(model)};
      },
      [this, alive = alive_, job](Result<Finished> finished) {
        if (!*alive || !known(job)) return;
        if (!finished) {
          end_failed(job, finished.error());
          return;
        }
        spdlog::info("job {} is {}", job->id, to_string(finished.value().row.state));
        jobs_.erase(job->id);
        std::erase(order_, job->id);
        publish(job->id, finished.value().event);
        if (finished.value().model && on_model_) on_model_(*finished.value().model);
        std::vector<Done> calls = std::move(job->on_finish);
        for (auto waiter = waiters_.begin(); waiter != waiters_.end();) {
          if (waiter->second.first == job->id) {
            calls.push_back(std::move(waiter->second.second));
            waiter = waiters_.erase(waiter);
          } else {
            ++waiter;
          }
        }
        for (const Done& call : calls) call(finished.value().row);
      });
}

std::string JobManager::run_task(TaskKind kind, const Json& spec, const std::string& principal,
                                 TaskDone done, const std::string& affinity) {
  Task task;
  task.id = "small-" + std::to_string(next_task_++);
  task.kind = kind;
  task.spec = with_paths(kind, spec, stored_);
  task.scratch = scratch(task.id);
  task.affinity = affinity;
  task.principal = principal;
  task.answers = true;
  ++ephemeral_;
  const std::string id = task.id;
  submit_small(std::move(task), traits(kind).attempts, std::move(done));
  return id;
}

void JobManager::submit_small(Task task, int attempts, TaskDone done) {
  // The pool gives the spec to the worker.
  auto copy = attempts > 1 ? std::make_shared<Task>(task) : nullptr;
  task.on_end = [this, alive = alive_, id = task.id, copy, attempts,
                 done = std::move(done)](TaskEnd end) {
    if (*alive && end.blameless && copy && !stopped_) {
      spdlog::info("task {} is done again: {}", id, end.result.error().text());
      submit_small(std::move(*copy), attempts - 1, done);
      return;
    }
    if (*alive) {
      --ephemeral_;
      clean(id);
    }
    done(std::move(end.result));
  };
  pool_.submit(std::move(task));
}

void JobManager::cancel_task(const std::string& id) {
  pool_.cancel(id);
}

void JobManager::clean(const std::string& task) {
  // Out of the way at once, for a task of the same name; a large one takes its time to go.
  const std::filesystem::path folder = scratch(task),
                              aside =
                                  scratch_root_ / ("removed-" + std::to_string(next_removed_++));
  std::error_code error;
  std::filesystem::rename(folder, aside, error);
  files_.submit(
      [gone = error ? folder : aside] {
        std::error_code ignored;
        std::filesystem::remove_all(gone, ignored);
      },
      [](const Result<std::monostate>&) {});
}

void JobManager::shutdown() {
  stopped_ = true;
}

}  // namespace ptah
