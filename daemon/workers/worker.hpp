/// A worker as the pool sees it: a process (process_worker.hpp) or, for debugging, a thread
/// (inline_worker.hpp).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/core/json.hpp"
#include "rpc/task_kind.hpp"
#include "workers/worker_event.hpp"

namespace ptah {

/// Why a worker is gone.
struct WorkerExit {
  std::string text;         ///< "was ended by signal 11 (SIGSEGV)", "exited with status 3", ...
  std::string stderr_tail;  ///< Valid UTF-8.
  int signal = 0;           ///< That ended it, or 0.
  /// What it said that cannot be read, for which it was ended.
  std::optional<Error> fault;
};

/// Functions and callbacks: main thread only. No callback runs inside a call of a function.
class Worker {
 public:
  struct Callbacks {
    std::function<void(const WorkerEvent&)> on_event;  ///< Every event.
    std::function<void(const WorkerExit&)> on_exit;    ///< Once, last: after all of its events.
  };
  virtual ~Worker() = default;
  virtual void start_task(const std::string& id, TaskKind kind, const Json& spec,
                          const std::string& scratch) = 0;
  virtual void cancel_task(const std::string& id) = 0;
  /// Finish the present task, then exit.
  virtual void quit() = 0;
  /// SIGKILL to its process group.
  virtual void kill() = 0;
  /// While paused no events are read, so that a fast worker waits for the store.
  virtual void pause(bool paused) = 0;
  virtual pid_t pid() const noexcept = 0;
  virtual std::int64_t rss_bytes() const = 0;
};

/// The plugin files that a worker loads.
struct PluginSet {
  std::int64_t generation = 0;
  std::vector<std::string> files;
};

/// Starts workers.
class WorkerFactory {
 public:
  virtual ~WorkerFactory() = default;
  virtual Result<std::shared_ptr<Worker>> start(const PluginSet& plugins,
                                                Worker::Callbacks callbacks) = 0;
};

}  // namespace ptah
