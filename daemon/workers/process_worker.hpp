/// ptah-worker processes. [main thread]
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <filesystem>
#include <map>
#include <optional>

#include "workers/worker.hpp"

namespace ptah {

class ProcessWorker;

struct ProcessWorkerOptions {
  std::filesystem::path program;             ///< ptah-worker.
  std::filesystem::path directory;           ///< Working directory of workers.
  std::vector<std::string> extra_arguments;  ///< After the usual ones.
  std::uint64_t open_files = 0;  ///< How many a worker may have; 0: as many as the daemon.
  bool bind = false;  ///< Each worker, and what it starts, to the core with the fewest of them.
  std::size_t stderr_tail_bytes = 16 << 10;  ///< Kept for the error of a task whose worker died.
  std::size_t max_line_bytes = 64u << 20;    ///< Longest event.
};

/// Starts `PROGRAM --fd 3 --plugins A,B,...`, each in a process group of its own, and reaps them.
///
/// The daemon is made the subreaper of its descendants: what a dead worker leaves behind (an
/// outside tool and its children) becomes our child and is killed here.
class ProcessWorkers final : public WorkerFactory {
 public:
  ProcessWorkers(boost::asio::io_context& io, ProcessWorkerOptions options);
  ~ProcessWorkers() override;

  Result<std::shared_ptr<Worker>> start(const PluginSet& plugins,
                                        Worker::Callbacks callbacks) override;
  /// SIGKILL to every worker's group, at once.
  void kill_all();
  /// Ends waiting for signals, so that the io_context can run dry.
  void stop();

 private:
  void wait_for_children();
  void reap();
  void kill_orphans();
  /// Of those that the daemon may use; nothing where workers are not bound.
  std::optional<int> free_core() const;

  boost::asio::io_context& io_;
  ProcessWorkerOptions options_;
  boost::asio::signal_set child_signal_;
  std::map<pid_t, std::weak_ptr<ProcessWorker>> workers_;
  std::map<pid_t, int> cores_;  ///< Of bound workers.
};

/// "SIGSEGV" for 11.
std::string signal_name(int signal);

}  // namespace ptah
