/// What a task emits on its way to the daemon: named, thinned, and watched for what runs now.
#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "flow/tasks.hpp"
#include "worker/channel.hpp"

namespace ptah {

class TaskReport final : public TaskSink {
 public:
  TaskReport(Channel& channel, std::string task, int progress_interval_ms, int log_lines_per_s);

  /// [task thread]
  void emit(const Json& event) override;
  bool cancelled() const noexcept override { return cancelled_.load(std::memory_order_relaxed); }

  /// [any thread]
  void cancel() noexcept { cancelled_.store(true, std::memory_order_relaxed); }
  /// Sends progress that was held back and is due. [reader thread]
  void tick();
  const std::string& task() const noexcept { return task_; }
  /// "stage placer, plugin row 1.0.0" of the last stage event; empty before. [task thread]
  const std::string& running() const noexcept { return running_; }

  /// The last events of a task; nothing is emitted after them. [task thread]
  void finish(const Result<Json>& result);

 private:
  using Clock = std::chrono::steady_clock;
  void send(Json event);
  bool drop_log_line();

  Channel& channel_;
  const std::string task_;
  const std::chrono::milliseconds progress_interval_;
  const int log_lines_per_s_;
  std::atomic<bool> cancelled_ = false;
  std::string running_;

  std::mutex mutex_;  ///< Of what follows: keeps held-back progress in order with other events.
  std::optional<Json> held_;
  std::optional<Clock::time_point> last_progress_;
  Clock::time_point log_window_{};
  int logged_ = 0;
  std::int64_t dropped_ = 0;
};

}  // namespace ptah
