/// The loop of ptah-worker: reads tasks, runs them one after the other, reports.
///
/// Two threads. The calling one loads plugins and runs tasks, so all plugin code runs in it. The
/// reader hears cancel, quit and the end of the daemon meanwhile, and sends held-back progress.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>
#include <vector>

#include "flow/tasks.hpp"
#include "plugins/plugin_host.hpp"
#include "ptah/core/error.hpp"
#include "worker/channel.hpp"

namespace ptah {

/// `run_task`, or a test's own.
using TaskRunner = std::function<Result<Json>(std::string_view kind, const Json& spec,
                                              const std::filesystem::path& scratch,
                                              PluginHost& host, TaskSink& sink)>;

struct WorkerParams {
  std::vector<std::filesystem::path> plugins;
  PluginLoading loading = PluginLoading::kPrivateCopy;
  int progress_interval_ms = 100;  ///< At most one progress event in this time.
  int log_lines_per_s = 200;       ///< More are counted and dropped.
  int grace_ms = 2000;             ///< For the running task to end when the daemon is gone.
};

/// Why a worker ended; the exit status of the program, but for kOutOfMemory.
enum class WorkerEnd {
  kQuit = 0,        ///< Asked to, after its tasks.
  kDaemonGone = 0,  ///< The socket closed.
  kBadInput = 4,    ///< The daemon sent what it must not send; the reason is on standard error.
  /// A task ran out of memory, which its error event said, and did not give it back. The program
  /// ends by SIGKILL then, as if the system had been short of memory: the daemon, which may have
  /// sent the next task already, does not blame that one.
  kOutOfMemory = 5,
};

/// Loads the plugins, sends `ready` (which lists the refused ones under "refused"), and serves
/// until it is told to quit or the socket closes. If the running task does not end within the
/// grace time after the socket closed, the process ends here and now.
WorkerEnd serve(Channel& channel, const WorkerParams& params, const TaskRunner& runner);

}  // namespace ptah
