/// Jobs: from a request to tasks on workers, to variants in the store, to events. [main thread]
///
/// What is promised to clients is what the store has committed; what is here is only what is needed
/// to go on, and is rebuilt from the store at a start. `shutdown` first, then the destructor; the
/// store outlives both.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "jobs/fair_share.hpp"
#include "jobs/subscriptions.hpp"
#include "rpc/task_kind.hpp"
#include "store/exporter.hpp"
#include "store/store_thread.hpp"
#include "workers/worker_pool.hpp"

namespace ptah {

class JobManager {
 public:
  using Done = std::function<void(Result<JobRow>)>;
  using TaskDone = std::function<void(Result<Json>)>;
  /// What is needed to take a job up.
  struct Loaded {
    JobRow row;
    std::vector<std::int64_t> pending;
    double told = 0;  ///< What clients were told of its progress before it was interrupted.
  };

  /// `files`: the thread for scratch folders.
  JobManager(boost::asio::io_context& io, StoreThread& store, FileThread& files, Exporter& exporter,
             WorkerPool& pool, Subscriptions& subscriptions, std::filesystem::path scratch_root,
             StoredFiles stored);
  ~JobManager() { *alive_ = false; }

  /// How much a principal may have; without it, anything. Called on the store's thread, too.
  void limit_with(std::function<Quota(const std::string& principal)> quota) {
    quota_ = std::move(quota);
  }

  /// Goes on with the jobs that the store has unfinished; their missing output files are restored
  /// first.
  void restore();

  /// `done` after the job is on disk (or was already). Fails with kLimit where its owner has as
  /// many as it may.
  void create(NewJob job, Done done);
  /// `done` when it has ended, and that is on disk.
  void cancel(const std::string& id, Done done);
  void resume(const std::string& id, Done done);
  /// What became of chains for a job that runs: their numbers, and how many are new.
  struct Appended {
    std::vector<std::int64_t> chains;
    std::int64_t fresh = 0;
  };
  /// More chains for a run that is not finished: those of `choice` (fields of its spec that say
  /// which assignments).
  void append(const std::string& id, Json choice, std::function<void(Result<Appended>)> done);
  /// `done` when nobody sees the job any more, and that is on disk; its rows and files go later.
  void remove(const std::string& id, std::function<void(Status)> done);
  /// Calls `done` when the job has finished; at once when it has. Returns a ticket for `forget`.
  std::int64_t wait(const std::string& id, Done done);
  void forget(std::int64_t ticket);

  /// A small task without a job; its id, for `cancel_task`. Done again when its worker was
  /// ended from outside. `principal`, `affinity`: see Task.
  std::string run_task(TaskKind kind, const Json& spec, const std::string& principal, TaskDone done,
                       const std::string& affinity = {});
  void cancel_task(const std::string& id);

  /// Called when a job has made a version of a model, and that is on disk.
  void on_model(std::function<void(const VersionRow&)> made) { on_model_ = std::move(made); }

  bool busy() const noexcept { return !jobs_.empty() || ephemeral_ > 0; }
  std::pair<std::int64_t, std::int64_t> counts() const;  ///< Queued, running.
  /// How many chains run, by the owners of their jobs.
  std::map<std::string, std::int64_t> running_chains() const;
  /// Chains that wait for their turn, of all jobs.
  std::int64_t waiting_chains() const;
  /// Of chains that came to their end since the start: layouts that judges signed off, and how
  /// often they said other than the checks.
  struct Agreement {
    std::int64_t judged = 0;
    std::map<std::string, std::int64_t> differences{{"drc", 0}, {"lvs", 0}, {"pscore", 0}};
    /// `result`: a chain's, of a worker's.
    void add(const Json& result);
  };
  const Agreement& agreement() const noexcept { return agreement_; }
  /// The error of a job that has failed but cannot be written down yet, because the disk is full.
  std::optional<Error> unwritten_error(const std::string& id) const;

  /// Ignores everything from now on: what runs is taken up at the next start.
  void shutdown();

 private:
  struct Running {
    std::string task;
    double fraction = 0;
    int unwritten = 0;  ///< Variants, checkpoints and lots of metrics on their way to disk.
    std::vector<Metric> metrics;  ///< Not on their way yet.
    bool paused = false;
    std::optional<TaskEnd> end;    ///< Came, but variants are still on their way.
    std::optional<Error> failure;  ///< Of a variant: the chain cannot be whole.
  };
  /// Workers that a chain has ended.
  struct Deaths {
    std::map<std::int64_t, int> of;  ///< By item.
    int all = 0;
    Json left_out = Json::array();  ///< As the next attempt is told.
  };
  struct Job {
    std::string id, out, owner;
    const JobKind* kind = nullptr;
    Json spec;  ///< As workers read it.
    bool started = false;
    bool planned = false;
    std::int64_t total = 0, done = 0, failed = 0, logs = 0;
    std::deque<std::int64_t> pending;
    std::map<std::int64_t, Running> running;  ///< By chain; kFirst and kRestoring beside them.
    std::function<void()> stop_restoring;
    std::map<std::int64_t, int> attempts;
    std::map<std::int64_t, Deaths> deaths;
    bool cancelled = false;
    std::optional<Error> stop;         ///< The whole job ends with this.
    std::optional<Error> first_error;  ///< Of a chain.
    Json result;
    bool finishing = false;
    int appending = 0;  ///< Requests for more chains that are under way: the end waits for them.
    std::vector<Done> on_finish;
    std::string stage, message;
    double told = 0;  ///< The last fraction: it never falls.
    bool metrics_full = false;
    std::uint64_t turn = 0;  ///< Of FairShare.
    WorkerPool::Clock::time_point last_progress{};
    bool progress_waits = false;
  };
  using JobPtr = std::shared_ptr<Job>;
  /// In place of a chain's number: the task that a job begins with, and before it the copy of what
  /// the job has already into its output.
  static constexpr std::int64_t kFirst = -1;
  static constexpr std::int64_t kRestoring = -2;
  static TaskKind task_kind(const Job& job, std::int64_t chain) {
    return chain == kFirst ? *job.kind->first : *job.kind->chain;
  }

  /// Activates a job that was there before, once its files are in its output again. The job ends at
  /// once with an error of that.
  void begin(Loaded loaded);
  void activate(const JobRow& row, std::vector<std::int64_t> pending);
  void start(const JobPtr& job);
  void schedule();
  void start_first(const JobPtr& job);
  void start_chain(const JobPtr& job, std::int64_t chain);
  void submit(const JobPtr& job, std::int64_t chain, Json spec);
  void on_event(const JobPtr& job, std::int64_t chain, const WorkerEvent& event);
  void on_variant(const JobPtr& job, std::int64_t chain, const VariantEvent& event);
  void on_checkpoint(const JobPtr& job, std::int64_t chain, const CheckpointEvent& event);
  void on_learnt(const JobPtr& job, std::int64_t chain, const ModelEvent& event);
  void on_metric(const JobPtr& job, std::int64_t chain, const MetricEvent& event);
  void write_metrics(const JobPtr& job, std::int64_t chain);
  /// What a chain says is to be written: its files, and a worker that is ahead of the disk pauses.
  /// Nothing where the chain has failed, or fails now.
  std::optional<std::vector<NewFile>> begin_write(const JobPtr& job, std::int64_t chain,
                                                  const std::vector<FileEvent>& files);
  /// `committed`: the error is that of the copy in `out`.
  void end_write(const JobPtr& job, std::int64_t chain, const std::optional<Error>& error,
                 bool committed);
  void log(const JobPtr& job, std::int64_t chain, const LogEvent& event);
  void on_end(const JobPtr& job, std::int64_t chain, TaskEnd end);
  /// Whether a chain that has ended its worker is tried again, if need be without what it died of.
  bool survives(const JobPtr& job, std::int64_t chain, const TaskEnd& end);
  void end_task(const JobPtr& job, std::int64_t chain);
  void chain_done(const JobPtr& job, std::int64_t chain, TaskEnd end);
  void planned(const JobPtr& job, TaskEnd end);
  void append_planned(const JobPtr& job, Result<Json> plan,
                      const std::function<void(Result<Appended>)>& done);
  void files_done(const JobPtr& job, const std::string& task, TaskEnd end);
  void stop(const JobPtr& job);
  void finish_if_ready(const JobPtr& job);
  void finish(const JobPtr& job);
  void write_end(const JobPtr& job, JobState state, const Json& error, const Json& result);
  /// Tries again in a moment, as failed.
  void end_failed(const JobPtr& job, const Error& error);
  void progress(const JobPtr& job);
  void publish(const std::string& job, const EventRow& event) {
    subscriptions_.publish(job, event);
  }
  bool known(const JobPtr& job) const;
  std::filesystem::path scratch(const std::string& task) const { return scratch_root_ / task; }
  void clean(const std::string& task);
  void continue_deletions();
  void remove_orphans(int folder);
  void submit_small(Task task, int attempts, TaskDone done);

  static std::int64_t running_chains(const Job& job);
  Quota quota_of(const std::string& principal) const {
    return quota_ ? quota_(principal) : Quota{};
  }

  std::function<void(const VersionRow&)> on_model_;
  std::function<Quota(const std::string&)> quota_;
  FairShare share_;
  boost::asio::io_context& io_;
  StoreThread& store_;
  FileThread& files_;
  Exporter& exporter_;
  WorkerPool& pool_;
  Subscriptions& subscriptions_;
  std::filesystem::path scratch_root_;
  StoredFiles stored_;
  std::map<std::string, JobPtr> jobs_;
  std::vector<std::string> order_;  ///< Of creation.
  std::map<std::int64_t, std::pair<std::string, Done>> waiters_;
  std::int64_t next_ticket_ = 1;
  std::int64_t next_task_ = 1;
  std::int64_t next_removed_ = 1;
  Agreement agreement_;
  int ephemeral_ = 0;
  int loading_ = 0;
  bool deleting_ = false;
  bool stopped_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace ptah
