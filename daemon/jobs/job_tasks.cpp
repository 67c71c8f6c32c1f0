// The tasks of jobs while they run; what becomes of their results is in job_results.cpp.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>

#include "jobs/job_manager.hpp"
#include "jobs/task_files.hpp"
#include "ptah/core/job_context.hpp"
#include "rpc/message.hpp"
#include "store/failure.hpp"

namespace ptah {

namespace asio = boost::asio;

namespace {

constexpr std::int64_t kMaxLogs = 5000;
/// An item dies this often before it is left out: the first time may have been chance, or the doing
/// of what was made before it.
constexpr int kDeathsOfAnItem = 2;
/// A chain that loses more than so many items has a plugin that does not work.
constexpr std::size_t kMostLeftOut = 8;
constexpr int kMostDeaths = 3 * static_cast<int>(kMostLeftOut);
/// Variants of one chain on their way to disk before its worker is made to wait.
constexpr int kMaxUnwritten = 32;
/// Metrics are written and told together: so many, or all that came in so long.
constexpr std::size_t kMostMetricsTogether = 512;
constexpr std::chrono::milliseconds kMetricPeriod{200};
/// Under the promised ten a second.
constexpr std::chrono::milliseconds kProgressPeriod{150};

}  // namespace

void JobManager::submit(const JobPtr& job, std::int64_t chain, Json spec) {
  Task task;
  task.kind = task_kind(*job, chain);
  task.id = job->id + "." + std::string(traits(task.kind).name) +
            (chain == kFirst ? "" : std::to_string(chain));
  task.spec = std::move(spec);
  task.principal = job->owner;
  task.scratch = scratch(task.id);
  task.on_event = [this, alive = alive_, job, chain](const WorkerEvent& event) {
    if (*alive && known(job)) on_event(job, chain, event);
  };
  task.on_end = [this, alive = alive_, job, chain](TaskEnd end) {
    if (*alive && known(job)) on_end(job, chain, std::move(end));
  };
  job->running[chain].task = task.id;
  if (!job->started) {
    job->started = true;
    store_.submit(
        StoreThread::Kind::kWrite, [id = job->id](Store& store) { store.set_running(id); },
        [](const Result<std::monostate>&) {});
  }
  pool_.submit(std::move(task));
}

void JobManager::schedule() {
  while (!stopped_ && pool_.free_slots() - loading_ > 0) {
    std::vector<FairShare::Job> jobs;
    for (const std::string& id : order_) {
      const JobPtr& job = jobs_.at(id);
      const bool waiting = !job->pending.empty() && !job->finishing && !job->cancelled &&
                           !job->stop && !job->running.contains(kRestoring);
      jobs.push_back({job->owner, running_chains(*job), waiting, job->turn});
    }
    const auto next = share_.next(jobs, [this](std::string_view principal) {
      return quota_of(std::string(principal)).running_tasks;
    });
    if (!next) return;
    const JobPtr job = jobs_.at(order_[next->job]);
    job->turn = next->turn;
    const std::int64_t chain = job->pending.front();
    job->pending.pop_front();
    start_chain(job, chain);
  }
}

void JobManager::start_first(const JobPtr& job) {
  if (!job->spec.contains("sources")) {
    submit(job, kFirst, job->spec);
    return;
  }
  job->running[kFirst];
  store_.submit(
      StoreThread::Kind::kRead, [id = job->id](Store& store) { return store.whole_spec(id); },
      [this, alive = alive_, job](Result<Json> spec) {
        if (!*alive || !known(job)) return;
        if (spec && !job->cancelled && !job->stop) {
          submit(job, kFirst, std::move(spec.value()));
          return;
        }
        job->running.erase(kFirst);
        if (!spec && !job->stop) job->stop = spec.error();
        finish_if_ready(job);
      });
}

void JobManager::start_chain(const JobPtr& job, std::int64_t chain) {
  job->running[chain];
  ++loading_;
  store_.submit(
      StoreThread::Kind::kRead,
      [id = job->id, chain, owner = job->owner, quota = quota_of(job->owner)](Store& store) {
        store.check_disk(owner, quota);
        return store.load_chain(id, chain);
      },
      [this, alive = alive_, job, chain](Result<ChainStart> start) {
        if (!*alive) return;
        --loading_;
        if (!known(job)) return;
        if (job->cancelled || job->stop) {
          job->running.erase(chain);
          finish_if_ready(job);
          return;
        }
        if (!start && is_disk_limit(start.error())) {
          // Its other chains would not fare better. Resumed, it goes on.
          job->running.erase(chain);
          job->pending.push_front(chain);
          job->stop = start.error();
          stop(job);
          return;
        }
        if (!start) {
          on_end(job, chain, {start.error(), {}, false});
          return;
        }
        if (!start.value().warning.empty()) {
          spdlog::warn("job {} chain {}: {}", job->id, chain, start.value().warning);
          log(job, chain, {"log", {}, "warning", start.value().warning});
        }
        const auto deaths = job->deaths.find(chain);
        if (deaths != job->deaths.end() && !deaths->second.left_out.empty())
          start.value().spec["left_out"] = deaths->second.left_out;
        submit(job, chain, std::move(start.value().spec));
      });
}

void JobManager::on_event(const JobPtr& job, std::int64_t chain, const WorkerEvent& event) {
  if (const auto* variant = std::get_if<VariantEvent>(&event)) {
    on_variant(job, chain, *variant);
  } else if (const auto* checkpoint = std::get_if<CheckpointEvent>(&event)) {
    on_checkpoint(job, chain, *checkpoint);
  } else if (const auto* model = std::get_if<ModelEvent>(&event)) {
    on_learnt(job, chain, *model);
  } else if (const auto* metric = std::get_if<MetricEvent>(&event)) {
    on_metric(job, chain, *metric);
  } else if (const auto* told = std::get_if<ProgressEvent>(&event)) {
    if (told->fraction) job->running[chain].fraction = *told->fraction;
    job->message = told->message;
    progress(job);
  } else if (const auto* stage = std::get_if<StageEvent>(&event)) {
    job->stage = stage->stage;
    progress(job);
  } else if (const auto* line = std::get_if<LogEvent>(&event)) {
    log(job, chain, *line);
  }
}

void JobManager::log(const JobPtr& job, std::int64_t chain, const LogEvent& event) {
  if (job->logs++ >= kMaxLogs) return;
  Json params{{"level", event.level}, {"message", event.message}};
  if (job->logs == kMaxLogs)
    params = {{"level", "warning"}, {"message", "This job logs too much; the rest is dropped."}};
  if (chain >= 0) params["chain"] = chain;
  store_.submit(
      StoreThread::Kind::kRelaxedWrite,
      [id = job->id, params](Store& store) { return store.add_event(id, "job.log", params); },
      [this, alive = alive_, id = job->id](Result<EventRow> row) {
        if (*alive && row) publish(id, row.value());
      });
}

void JobManager::progress(const JobPtr& job) {
  if (job->progress_waits || job->finishing) return;
  const auto now = WorkerPool::Clock::now();
  if (now - job->last_progress < kProgressPeriod) {
    job->progress_waits = true;
    auto timer = std::make_shared<asio::steady_timer>(io_, job->last_progress + kProgressPeriod);
    timer->async_wait([this, alive = alive_, job, timer](boost::system::error_code error) {
      if (error || !*alive || !known(job)) return;
      job->progress_waits = false;
      progress(job);
    });
    return;
  }
  job->last_progress = now;
  double fraction = job->told;
  if (!job->kind->has_chains()) {
    for (const auto& [chain, running] : job->running)
      fraction = std::max(fraction, running.fraction);
  } else if (job->planned) {
    double done = static_cast<double>(job->done + job->failed);
    for (const auto& [chain, running] : job->running) done += running.fraction;
    // A chain that is tried again begins at its beginning; the bar waits for it.
    fraction = std::max(fraction, job->total > 0 ? done / static_cast<double>(job->total) : 1.0);
  }
  job->told = fraction = std::min(1.0, fraction);
  Json params{{"fraction", fraction}, {"message", job->message}, {"stage", job->stage}};
  store_.submit(
      StoreThread::Kind::kRelaxedWrite,
      [id = job->id, params](Store& store) { return store.add_event(id, "job.progress", params); },
      [this, alive = alive_, id = job->id](Result<EventRow> row) {
        if (*alive && row) publish(id, row.value());
      });
}

void JobManager::on_variant(const JobPtr& job, std::int64_t chain, const VariantEvent& event) {
  write_metrics(job, chain);
  const auto files = begin_write(job, chain, event.files);
  if (!files) return;
  const std::int64_t variant = event.variant;
  store_.submit_then(
      StoreThread::Kind::kGatheredWrite,
      [id = job->id, chain, variant, record = event.record.value, files = *files](Store& store) {
        return store.commit_variant(id, chain, variant, record, files);
      },
      [out = job->out](Store& store, const VariantCommit& commit) {
        if (!out.empty()) store.materialise(commit.files, out);
      },
      [this, alive = alive_, job, chain](Result<VariantCommit> commit, Status written) {
        if (!*alive || !known(job)) return;
        // What is committed is announced, also when its copy in `out` could not be written.
        if (commit && commit.value().fresh) publish(job->id, commit.value().event);
        if (commit && commit.value().model && on_model_) on_model_(*commit.value().model);
        std::optional<Error> error;
        if (!commit) error = commit.error();
        if (commit && !written) error = written.error();
        end_write(job, chain, error, commit.has_value());
      });
}

std::optional<std::vector<NewFile>> JobManager::begin_write(const JobPtr& job, std::int64_t chain,
                                                            const std::vector<FileEvent>& named) {
  Running& running = job->running[chain];
  if (running.failure || job->stop) return std::nullopt;
  const auto fail = [&](Error error) {
    running.failure = std::move(error);
    pool_.cancel(running.task);
    return std::nullopt;
  };
  if (traits(task_kind(*job, chain)).leaves != Leaves::kVariants) {
    return fail(
        make_error(ErrorCode::kPluginFailed,
                   "A task that is no chain announced a variant, a checkpoint or a metric."));
  }
  Result<std::vector<NewFile>> files = files_of_event(named, scratch(running.task));
  if (!files) return fail(files.error());
  if (++running.unwritten >= kMaxUnwritten && !running.paused) {
    running.paused = true;
    pool_.pause(running.task, true);
  }
  return std::move(files).value();
}

void JobManager::end_write(const JobPtr& job, std::int64_t chain, const std::optional<Error>& error,
                           bool committed) {
  Running& now = job->running[chain];
  --now.unwritten;
  if (now.paused && now.unwritten < kMaxUnwritten / 2) {
    now.paused = false;
    pool_.pause(now.task, false);
  }
  if (error && (committed || error->code == ErrorCode::kIo)) {
    // The disk is full or broken, or `out` does not take the files: nothing of this job can
    // be kept now. What is committed stays.
    if (!job->stop) {
      spdlog::error("job {} stops in chain {}: {}", job->id, chain, error->text());
      job->stop = error;
      stop(job);
    }
  } else if (error && !now.failure) {
    now.failure = error;
    pool_.cancel(now.task);
  }
  if (now.end && now.unwritten == 0) end_task(job, chain);
}

void JobManager::on_checkpoint(const JobPtr& job, std::int64_t chain,
                               const CheckpointEvent& event) {
  write_metrics(job, chain);
  auto files = begin_write(job, chain, {event.file});
  if (!files) return;
  // The store works in order: the variants before it are committed by then.
  store_.submit(
      StoreThread::Kind::kGatheredWrite,
      [id = job->id, chain, after = event.after, file = files->front()](Store& store) {
        return store.commit_notes(id, chain, after, {file, {}});
      },
      [this, alive = alive_, job, chain](const Result<MetricsCommit>& commit) {
        if (!*alive || !known(job)) return;
        end_write(job, chain, commit ? std::nullopt : std::optional<Error>(commit.error()), false);
      });
}

void JobManager::on_learnt(const JobPtr& job, std::int64_t chain, const ModelEvent& event) {
  auto files = begin_write(job, chain, event.files);
  if (!files) return;
  // It becomes a version when the job ends.
  store_.submit(
      StoreThread::Kind::kWrite,
      [id = job->id, record = event.record.value, files = std::move(*files)](Store& store) {
        store.put_learnt(id, record, files);
      },
      [this, alive = alive_, job, chain](const Result<std::monostate>& put) {
        if (!*alive || !known(job)) return;
        end_write(job, chain, put ? std::nullopt : std::optional<Error>(put.error()), false);
      });
}

void JobManager::on_metric(const JobPtr& job, std::int64_t chain, const MetricEvent& event) {
  Running& running = job->running[chain];
  running.metrics.push_back({event.name, event.step, event.value});
  if (running.metrics.size() >= kMostMetricsTogether) return write_metrics(job, chain);
  if (running.metrics.size() > 1) return;  // The timer of the first is running.
  auto timer = std::make_shared<asio::steady_timer>(io_, kMetricPeriod);
  timer->async_wait([this, alive = alive_, job, chain, timer](boost::system::error_code error) {
    if (!error && *alive && known(job) && job->running.contains(chain)) write_metrics(job, chain);
  });
}

void JobManager::write_metrics(const JobPtr& job, std::int64_t chain) {
  Running& running = job->running[chain];
  std::vector<Metric> metrics = std::exchange(running.metrics, {});
  if (metrics.empty() || !begin_write(job, chain, {})) return;
  store_.submit(
      StoreThread::Kind::kGatheredWrite,
      [id = job->id, chain, metrics = std::move(metrics)](Store& store) {
        return store.add_metrics(id, chain, metrics);
      },
      [this, alive = alive_, job, chain](const Result<MetricsCommit>& commit) {
        if (!*alive || !known(job)) return;
        if (commit) {
          for (const Metric& metric : commit.value().fresh) {
            subscriptions_.tell(job->id, "job.metric",
                                {{"chain", chain},
                                 {"name", metric.name},
                                 {"step", metric.step},
                                 {"value", metric.value}});
          }
          if (commit.value().dropped > 0 && !std::exchange(job->metrics_full, true)) {
            log(job, chain,
                {"log", {}, "warning", "This job has too many metrics; the rest is dropped."});
          }
        }
        end_write(job, chain, commit ? std::nullopt : std::optional<Error>(commit.error()), false);
      });
}

void JobManager::on_end(const JobPtr& job, std::int64_t chain, TaskEnd end) {
  if (job->running[chain].metrics.size() > 0) write_metrics(job, chain);
  Running& running = job->running[chain];
  const bool stopped = job->cancelled || job->stop;
  const TaskTraits& kind = traits(task_kind(*job, chain));
  if (!stopped && survives(job, chain, end)) {
    end.blameless = true;
    end.result = Json();
  } else if (end.blameless && !stopped && ++job->attempts[chain] < kind.attempts) {
    spdlog::warn("job {}: the worker of task {} was ended from outside; once more", job->id,
                 running.task);
    if (!kind.resumable) {
      start_first(job);
      return;
    }
    // Its committed variants are the start of the next attempt, once the last is on disk.
    end.result = Json();
  } else {
    end.blameless = false;
  }
  running.end = std::move(end);
  if (running.unwritten == 0) end_task(job, chain);
}

bool JobManager::survives(const JobPtr& job, std::int64_t chain, const TaskEnd& end) {
  const TaskTraits& kind = traits(task_kind(*job, chain));
  if (!end.died || !kind.leaves_out || job->running[chain].failure) return false;
  const std::int64_t item = end.died->item;
  Deaths& deaths = job->deaths[chain];
  if (++deaths.all > kMostDeaths) return false;
  const bool again = ++deaths.of[item] < kDeathsOfAnItem;
  if (!again && deaths.left_out.size() == kMostLeftOut) return false;
  if (!again) {
    deaths.left_out.push_back(
        {{"item", item},
         {"reason", "the worker died: " +
                        (end.died->doing.empty() ? "at nothing in particular" : end.died->doing)}});
  }
  const std::string what = std::to_string(item) + ": " + end.result.error().text();
  spdlog::warn("job {} chain {}: a worker died at item {}", job->id, chain, what);
  log(job, chain,
      {"log",
       {},
       "warning",
       "A worker died at item " + what + (again ? " Once more." : " It is left out.")});
  return true;
}

void JobManager::end_task(const JobPtr& job, std::int64_t chain) {
  Running running = std::move(job->running[chain]);
  job->running.erase(chain);
  TaskEnd end = std::move(*running.end);
  if (running.failure) end = {*running.failure, {}, false};
  const bool stopped = job->cancelled || job->stop;
  const Leaves leaves = traits(task_kind(*job, chain)).leaves;
  // Files of its end are taken from its folder first.
  if (stopped || leaves != Leaves::kFiles) clean(running.task);
  if (stopped) {
    // A chain stays pending, for job.resume.
    finish_if_ready(job);
  } else if (leaves == Leaves::kPlan) {
    planned(job, std::move(end));
  } else if (leaves == Leaves::kFiles) {
    files_done(job, running.task, std::move(end));
  } else {
    chain_done(job, chain, std::move(end));
  }
}

}  // namespace ptah
