/// A task: the part of a job that one worker does, and what becomes of it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "ptah/core/error.hpp"
#include "ptah/core/json.hpp"
#include "rpc/task_kind.hpp"
#include "workers/worker_event.hpp"

namespace ptah {

/// A worker that died of a task: what it was at.
struct TaskDeath {
  std::int64_t item = 0;  ///< Of the last ItemEvent.
  std::string doing;      ///< "stage router, plugin maze 1.0.0"; may be empty.
};

/// How a task ended.
struct TaskEnd {
  Result<Json> result = Json();  ///< The `done` event's result, or why there is none.
  std::vector<FileEvent> files;  ///< Of the `done` event.
  /// The worker ended for a reason that was not the task's: it may be done again.
  bool blameless = false;
  /// The task ended its worker while it was at an item.
  std::optional<TaskDeath> died = std::nullopt;
};

/// One task as the pool runs it. Functions are called on the main thread, `on_end` exactly once.
struct Task {
  std::string id;
  TaskKind kind = TaskKind::kSelfTest;
  Json spec = Json::object();
  std::filesystem::path scratch;  ///< Exists while the task runs.
  /// Interactive tasks of one affinity go to the worker that had the last one, where it is free: it
  /// still knows what they have in common.
  std::string affinity;
  /// Whose it is. Among interactive tasks principals take turns; those with an answer that somebody
  /// waits for go before the first tasks of jobs.
  std::string principal;
  bool answers = false;
  /// "stage", "progress", "log" and "variant" events.
  std::function<void(const WorkerEvent& event)> on_event;
  std::function<void(TaskEnd end)> on_end;

  bool interactive() const noexcept { return traits(kind).lane == Lane::kInteractive; }
};

}  // namespace ptah
