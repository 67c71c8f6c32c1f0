/// The work of a worker: one entry for every kind of task (docs/architecture.md).
#pragma once

#include <filesystem>
#include <string_view>

#include "ptah/core/error.hpp"
#include "ptah/core/json.hpp"

namespace ptah {

class PluginHost;

/// Where a running task sends its events, and hears that it should stop. Called from the task's
/// thread only; `cancelled` may be set from any.
class TaskSink {
 public:
  virtual ~TaskSink() = default;
  /// One event of the worker's protocol without its `task` field.
  virtual void emit(const Json& event) = 0;
  virtual bool cancelled() const noexcept = 0;
};

/// Runs a task to its end and returns its result; every file it names lies below `scratch`. A
/// result's `files` become those of the `done` event.
/// `kind` is a name of rpc/task_kind.hpp. The spec is read into its struct here, and nowhere
/// behind.
Result<Json> run_task(std::string_view kind, const Json& spec, const std::filesystem::path& scratch,
                      PluginHost& host, TaskSink& sink);

}  // namespace ptah
