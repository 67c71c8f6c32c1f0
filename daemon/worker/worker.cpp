#include "worker/worker.hpp"

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <exception>
#include <fstream>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <thread>

#include "worker/crash_report.hpp"
#include "worker/task_report.hpp"

namespace ptah {
namespace {

constexpr std::size_t kMostWaitingTasks = 64;
// Given back when a task has run out of memory, so that there is enough to say so.
constexpr std::size_t kReserveBytes = 8u << 20;

struct WaitingTask {
  std::string kind;
  Json spec;
  std::filesystem::path scratch;
  std::shared_ptr<TaskReport> report;
};

/// What reader and task thread share.
class Inbox {
 public:
  explicit Inbox(Channel& channel, const WorkerParams& params)
      : channel_(channel), params_(params) {}

  /// No task runs any more. [task thread]
  void idle() {
    const std::lock_guard lock(mutex_);
    running_.reset();
    idle_.notify_all();
  }

  /// The next task, or nothing when the worker should end. [task thread]
  std::optional<WaitingTask> next() {
    std::unique_lock lock(mutex_);
    running_.reset();
    idle_.notify_all();
    changed_.wait(lock, [&] { return !waiting_.empty() || quit_ || gone_ || bad_; });
    // A quit lets present tasks finish; a daemon that is gone hears of none of them.
    if (gone_ || bad_ || waiting_.empty()) return std::nullopt;
    WaitingTask task = std::move(waiting_.front());
    waiting_.pop_front();
    running_ = task.report;
    return task;
  }

  /// Until the daemon says quit or leaves. [reader thread]
  void read() {
    use_crash_stack();
    while (true) {
      Json message;
      auto event = channel_.receive(wait_ms(), message);
      if (!event) {
        std::fprintf(stderr, "ptah-worker: %s\n", event.error().text().c_str());
        end(bad_);
        return;
      }
      if (event.value() == Channel::Event::kClosed) {
        end(gone_);
        return;
      }
      if (event.value() == Channel::Event::kTimeout) {
        tick();
        continue;
      }
      if (const auto problem = take(message)) {
        std::fprintf(stderr, "ptah-worker: %s\n", problem->text().c_str());
        end(bad_);
        return;
      }
      tick();
    }
  }

  bool bad() {
    const std::lock_guard lock(mutex_);
    return bad_;
  }

 private:
  int wait_ms() {
    const std::lock_guard lock(mutex_);
    return running_ || !waiting_.empty() ? params_.progress_interval_ms : -1;
  }

  void tick() {
    std::shared_ptr<TaskReport> running;
    {
      const std::lock_guard lock(mutex_);
      running = running_;
    }
    if (running) running->tick();
  }

  // Returns what is wrong with a message of the daemon.
  std::optional<Error> take(const Json& message) {
    const std::lock_guard lock(mutex_);
    if (message.contains("quit")) {
      quit_ = true;
    } else if (message.contains("cancel")) {
      if (!message["cancel"].is_string()) return wrong("cancel");
      const auto task = message["cancel"].get<std::string>();
      if (running_ && running_->task() == task) running_->cancel();
      for (const WaitingTask& waiting : waiting_) {
        if (waiting.report->task() == task) waiting.report->cancel();
      }
    } else {
      for (const char* field : {"task", "kind", "scratch"}) {
        if (!message.contains(field) || !message[field].is_string()) return wrong(field);
      }
      if (waiting_.size() >= kMostWaitingTasks) {
        return make_error(ErrorCode::kLimit, "The daemon sent more than " +
                                                 std::to_string(kMostWaitingTasks) + " tasks.");
      }
      waiting_.push_back(
          {message["kind"].get<std::string>(), message.value("spec", Json::object()),
           message["scratch"].get<std::string>(),
           std::make_shared<TaskReport>(channel_, message["task"].get<std::string>(),
                                        params_.progress_interval_ms, params_.log_lines_per_s)});
    }
    changed_.notify_all();
    return std::nullopt;
  }

  static Error wrong(const std::string& field) {
    return make_error(ErrorCode::kParse,
                      "A message of the daemon lacks the text \"" + field + "\".");
  }

  // Nobody is left to report to, or to trust: the running task gets a moment to stop its tools and
  // remove its files, and then the process ends whatever a plugin does.
  void end(bool& reason) {
    std::unique_lock lock(mutex_);
    reason = true;
    if (running_) running_->cancel();
    changed_.notify_all();
    const bool stopped = idle_.wait_for(lock, std::chrono::milliseconds(params_.grace_ms),
                                        [&] { return running_ == nullptr; });
    if (!stopped) ::_exit(static_cast<int>(bad_ ? WorkerEnd::kBadInput : WorkerEnd::kDaemonGone));
  }

  Channel& channel_;
  const WorkerParams& params_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable idle_;
  std::deque<WaitingTask> waiting_;
  std::shared_ptr<TaskReport> running_;
  bool quit_ = false;
  bool gone_ = false;
  bool bad_ = false;
};

Json error_json(const Error& error) {
  return {{"code", to_string(error.code)},
          {"message", error.message},
          {"where", error.where},
          {"hint", error.hint}};
}

Json ready_event(const PluginHost& host, const std::vector<PluginRefusal>& refused) {
  Json plugins = Json::array();
  for (const LoadedPlugin* plugin : host.list()) plugins.push_back(to_json(*plugin));
  Json refusals = Json::array();
  for (const PluginRefusal& refusal : refused) {
    refusals.push_back({{"file", refusal.file.string()}, {"error", error_json(refusal.reason)}});
  }
  return {{"event", "ready"},
          {"pid", ::getpid()},
          {"plugins", std::move(plugins)},
          {"refused", std::move(refusals)}};
}

/// Notices that memory ran out, even where a flow or a plugin turned that into an Error, and keeps
/// enough aside to say so.
class MemoryWatch {
 public:
  MemoryWatch() : reserve_(new char[kReserveBytes]), before_(std::set_new_handler(&ran_out)) {
    exhausted_ = false;
  }
  MemoryWatch(const MemoryWatch&) = delete;
  MemoryWatch& operator=(const MemoryWatch&) = delete;
  ~MemoryWatch() { std::set_new_handler(before_); }

  bool exhausted() const noexcept { return exhausted_; }
  void release_reserve() noexcept { reserve_.reset(); }
  /// After a task: false when so much of the memory stays lost that the next task is better off in
  /// a fresh process.
  bool recover() {
    ::malloc_trim(0);
    rlimit limit{};
    if (::getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
        address_space() > limit.rlim_cur / 2) {
      return false;
    }
    if (!reserve_) reserve_.reset(new (std::nothrow) char[kReserveBytes]);
    exhausted_ = false;
    return reserve_ != nullptr;
  }

 private:
  [[noreturn]] static void ran_out() {
    exhausted_ = true;
    throw std::bad_alloc();
  }

  // Bytes; the first number of statm counts pages.
  static std::uint64_t address_space() {
    std::uint64_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  }

  static inline std::atomic<bool> exhausted_ = false;
  std::unique_ptr<char[]> reserve_;
  std::new_handler before_;
};

Result<Json> run_guarded(const WaitingTask& task, PluginHost& host, const TaskRunner& runner,
                         MemoryWatch& memory) {
  TaskReport& report = *task.report;
  try {
    if (report.cancelled()) return cancelled_error();
    auto result = runner(task.kind, task.spec, task.scratch, host, report);
    if (!result && memory.exhausted()) memory.release_reserve();
    return result;
  } catch (const std::bad_alloc&) {
    memory.release_reserve();
    return make_error(ErrorCode::kLimit, "The task ran out of memory.", report.running(),
                      "raise the memory limit of workers, or lower the size of the job");
  } catch (const std::exception& exception) {
    return make_error(ErrorCode::kPluginFailed,
                      "The plugin threw: " + std::string(exception.what()), report.running());
  } catch (...) {
    return make_error(ErrorCode::kPluginFailed, "The plugin threw something unknown.",
                      report.running());
  }
}

}  // namespace

WorkerEnd serve(Channel& channel, const WorkerParams& params, const TaskRunner& runner) {
  PluginHost host(params.loading);
  std::vector<PluginRefusal> refused;
  for (const std::filesystem::path& file : params.plugins) {
    // Whoever waits for `ready` in vain wants to know which one it is.
    channel.send({{"event", "stage"}, {"stage", "loading"}, {"plugin", file.string()}});
    if (auto loaded = host.load(file); !loaded)
      refused.push_back({file, std::move(loaded).error()});
  }
  channel.send(ready_event(host, refused));

  Inbox inbox(channel, params);
  std::thread reader([&] { inbox.read(); });
  WorkerEnd end = WorkerEnd::kQuit;
  {
    MemoryWatch memory;
    while (const auto task = inbox.next()) {
      set_crash_context("task " + task->report->task() + " (" + task->kind + ")");
      const auto result = run_guarded(*task, host, runner, memory);
      task->report->finish(result);
      set_crash_context("");
      if (memory.exhausted() && !memory.recover()) {
        end = WorkerEnd::kOutOfMemory;
        break;
      }
    }
  }
  inbox.idle();
  channel.stop_receiving();
  reader.join();
  return inbox.bad() ? WorkerEnd::kBadInput : end;
}

}  // namespace ptah
