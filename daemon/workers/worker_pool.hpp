/// The workers: tasks go in, their events and their end come out. Dead workers are replaced, plugin
/// sets exchanged. [main thread]
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <filesystem>
#include <functional>
#include <list>
#include <optional>
#include <set>

#include "workers/fair_queue.hpp"
#include "workers/task.hpp"
#include "workers/worker.hpp"

namespace ptah {

struct WorkerPoolOptions {
  int workers = 2;  ///< For batch tasks. While all are busy, one more is started for first tasks of
                    ///< jobs, and one for answers that somebody waits for.
  std::chrono::milliseconds hang_limit{600'000};  ///< Longest silence of a worker that has a task.
  std::chrono::milliseconds start_limit{60'000};  ///< From the start to `ready`.
  /// Longest silence of a worker that loads and tests plugins nobody has served with yet; it tells
  /// each before it loads it. A trial may take twice that, whatever it says.
  std::chrono::milliseconds load_limit{10'000};
  std::chrono::milliseconds cancel_grace{5'000};  ///< From the wish to stop to SIGKILL.
  std::chrono::milliseconds idle_limit{60'000};   ///< Idle workers beyond the first leave after it.
  std::chrono::milliseconds watch_period{200};    ///< How often memory and silence are looked at.
  std::int64_t memory_limit_bytes = 4ll << 30;    ///< Resident memory of one worker.
  std::filesystem::path scratch_root;             ///< Tasks get a folder each below it.
};

struct WorkerView {
  pid_t pid = 0;
  std::string state;  ///< "starting", "testing", "idle", "busy", "draining".
  std::string task, stage, plugin;
  std::int64_t rss_bytes = 0;
  std::int64_t generation = 0;
};

class WorkerPool {
 public:
  using Clock = std::chrono::steady_clock;
  /// The `ready` event's plugins, or why the set does not serve.
  using SetResult = std::function<void(Result<std::vector<PluginEntryEvent>>)>;

  WorkerPool(boost::asio::io_context& io, WorkerFactory& factory, WorkerPoolOptions options);
  ~WorkerPool();

  /// Queues a task; batch tasks in order, interactive ones before them (FairQueue).
  void submit(Task task);
  /// Stops a queued or running task: its `on_end` says kCancelled, at the latest after the grace.
  void cancel(const std::string& task_id);
  /// While paused, the worker of this task is not listened to.
  void pause(const std::string& task_id, bool paused);

  /// Batch tasks that could start at once.
  int free_slots() const;
  /// Called when there may be more of them. Never from inside a call.
  void on_slots(std::function<void()> callback) { on_slots_ = std::move(callback); }

  /// Starts a worker with this set and tests it; on success the set serves and older workers drain.
  /// One proposal at a time.
  void propose(std::vector<std::string> plugin_files, SetResult done);
  /// Starts a worker with this plugin alone, tests it, and ends the worker. Any number at a time.
  /// Fails when no worker can be started, which is not the plugin's fault.
  Status try_plugin(const std::string& file, SetResult done);
  /// Plugin files of the set that serves and of every worker that lives.
  std::set<std::string> files_in_use() const;
  /// While held, no task starts: sets come and go until the first is settled.
  void hold(bool held);
  /// As `hold`, but only batch work waits.
  void hold_batch(bool held);
  bool proposing() const noexcept { return proposing_; }
  /// Number of the set that serves; 0 before the first.
  std::int64_t generation() const noexcept { return current_ ? current_->generation : 0; }
  /// Why no worker comes up at present, if so.
  const std::string& problem() const noexcept { return problem_; }

  std::vector<WorkerView> workers() const;
  /// Tasks that wait for a worker.
  std::size_t queued(Lane lane) const noexcept {
    return lane == Lane::kInteractive ? interactive_.size() : batch_.size();
  }
  /// Whether a worker has a task.
  bool running() const noexcept;
  /// Ends all workers; tasks that run end as blameless. Nothing is started afterwards.
  void shutdown();

 private:
  enum class State { kStarting, kTesting, kIdle, kBusy };
  /// What a worker is started for that carries plugins nobody has served with yet.
  struct Proposal {
    SetResult done;
    bool serve = false;  ///< The set is to serve; otherwise it is only tried.
  };
  struct Slot {
    std::shared_ptr<Worker> worker;
    State state = State::kStarting;
    PluginSet set;
    std::optional<Proposal> proposal;  ///< Until it is decided.
    bool draining = false;             ///< Exits after its task.
    std::optional<Task> task;
    std::string stage, plugin;
    std::optional<std::int64_t> item;  ///< That its task is at.
    std::string affinity;              ///< Of the last interactive task.
    Clock::time_point started, last_event;
    std::optional<Clock::time_point> kill_at;  ///< After a cancel.
    std::optional<Error> verdict;              ///< Why we kill it.
    bool cancelled = false;
    bool paused = false;  ///< By `pause`: not listened to.
    std::vector<PluginEntryEvent> ready_plugins;
  };
  using SlotPtr = std::shared_ptr<Slot>;

  Status start_worker(const PluginSet& set, std::optional<Proposal> proposal);
  void on_event(const SlotPtr& slot, const WorkerEvent& event);
  void on_ready(const SlotPtr& slot, const ReadyEvent& event);
  /// Of its self-test, or of a task that is over.
  void on_other_event(const SlotPtr& slot, const WorkerEvent& event);
  void on_exit(const SlotPtr& slot, const WorkerExit& exit);
  void end_task(const SlotPtr& slot, TaskEnd end);
  void finish_task(Task task, TaskEnd end);
  /// Whether the plugins of a slot serve, or may.
  void decide(const SlotPtr& slot, Result<std::vector<PluginEntryEvent>> result);
  void announce(const PluginSet& set, Proposal proposal,
                Result<std::vector<PluginEntryEvent>> result);
  /// Why it has been silent for too long, if it has.
  std::optional<Error> overdue(const Slot& slot, Clock::time_point now) const;
  void assign(const SlotPtr& slot, Task task);
  void schedule();
  /// For which interactive tasks there should be a worker more.
  struct Wanted {
    int answers = 0, firsts = 0;
  };
  /// Gives interactive tasks to idle workers, so many first tasks of jobs at most. Those that wait
  /// for a worker of their own, whose last task is being cancelled, stay in the queue and want
  /// none.
  Wanted assign_interactive(int room_for_firsts);
  void schedule_soon();
  void watch();
  void kill(const SlotPtr& slot, Error verdict);
  void drain(const SlotPtr& slot);
  /// Ends a worker without a task.
  void leave(const SlotPtr& slot);
  std::filesystem::path selftest_scratch(const Slot& slot) const;
  Error death(const Slot& slot, const WorkerExit& exit) const;
  /// How the task of a worker that has ended ends.
  TaskEnd end_of(const Slot& slot, const WorkerExit& exit) const;
  void start_failed(const std::string& why);

  boost::asio::io_context& io_;
  WorkerFactory& factory_;
  WorkerPoolOptions options_;
  boost::asio::steady_timer watch_timer_;
  boost::asio::steady_timer start_timer_;
  std::list<SlotPtr> slots_;
  FairQueue<Task> interactive_;
  std::deque<Task> batch_;
  std::optional<PluginSet> current_;
  bool proposing_ = false;
  std::int64_t next_generation_ = 1;
  std::function<void()> on_slots_;
  std::string problem_;
  int start_failures_ = 0;
  Clock::time_point next_start_{};
  bool scheduled_ = false;
  bool stopping_ = false;
  bool held_ = false;
  bool batch_held_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace ptah
