/// Any bytes from a worker: cut into lines, read into events, and handled by the pool, which has
/// the worker on trial or busy with a task. What cannot be read ends the worker and nothing else; a
/// proposal is decided once, and a task ends once, whatever was said. What plans return is read,
/// too.
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/plan_result.hpp"
#include "net/line_buffer.hpp"
#include "workers/worker_event.hpp"
#include "workers/worker_pool.hpp"

namespace {

using namespace ptah;

constexpr std::size_t kMostLine = 64u << 10;

void require(bool condition) {
  if (!condition) std::abort();
}

/// Says what it is told to say.
class ToldWorker final : public Worker {
 public:
  explicit ToldWorker(Callbacks callbacks) : callbacks_(std::move(callbacks)) {}
  void start_task(const std::string&, TaskKind, const Json&, const std::string&) override {}
  void cancel_task(const std::string&) override {}
  void quit() override {}
  void kill() override {}
  void pause(bool) override {}
  pid_t pid() const noexcept override { return 1; }
  std::int64_t rss_bytes() const override { return 0; }

  /// As a process does it (process_worker.cpp): false when it is ended for the line.
  bool say(std::string_view line) {
    const Result<WorkerEvent> event = read_worker_line(line);
    if (!event) {
      leave(event.error());
      return false;
    }
    const auto* done = std::get_if<DoneEvent>(&event.value());
    if (done != nullptr) (void)rpc::read_struct<PlanResult>(done->result);
    callbacks_.on_event(event.value());
    return true;
  }
  void leave(std::optional<Error> fault) {
    const Callbacks callbacks = std::exchange(callbacks_, {});
    if (callbacks.on_exit) callbacks.on_exit({"was ended", "", SIGKILL, std::move(fault)});
  }

 private:
  Callbacks callbacks_;
};

class ToldWorkers final : public WorkerFactory {
 public:
  Result<std::shared_ptr<Worker>> start(const PluginSet&, Worker::Callbacks callbacks) override {
    if (workers.size() == 4) return make_error(ErrorCode::kIo, "There are workers enough.");
    workers.push_back(std::make_shared<ToldWorker>(std::move(callbacks)));
    return std::shared_ptr<Worker>(workers.back());
  }
  std::vector<std::shared_ptr<ToldWorker>> workers;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  spdlog::set_level(spdlog::level::off);
  const bool busy = data[0] % 2 == 1;
  const bool trial = data[0] % 4 == 2;
  boost::asio::io_context io(1);
  ToldWorkers factory;
  WorkerPoolOptions options;
  options.scratch_root =
      std::filesystem::temp_directory_path() / ("ptah-fuzz-" + std::to_string(::getpid()));
  int decided = 0, ended = 0;
  {
    WorkerPool pool(io, factory, options);
    const auto decide = [&](const auto&) { ++decided; };
    if (trial) {
      require(pool.try_plugin("a.so", decide).has_value());
    } else {
      pool.propose({"a.so"}, decide);
    }
    const auto worker = factory.workers.front();
    if (busy) {
      require(worker->say(R"({"event":"ready","pid":1,"plugins":[],"refused":[]})"));
      require(worker->say(R"({"event":"done","task":"selftest","result":{}})"));
      Task task;
      task.id = "t";
      task.kind = TaskKind::kChain;
      task.scratch = options.scratch_root / "t";
      task.on_event = [](const WorkerEvent&) {};
      task.on_end = [&](const TaskEnd&) { ++ended; };
      pool.submit(std::move(task));
      io.poll();
    }
    LineBuffer lines(kMostLine);
    std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::size_t chunk = 1 + data[0] / 4;
    bool lives = true;
    while (lives && !rest.empty()) {
      lines.append(rest.substr(0, chunk));
      rest.remove_prefix(std::min(chunk, rest.size()));
      while (lives && !lines.oversize()) {
        const auto line = lines.next();
        if (!line) break;
        lives = worker->say(*line);
        io.poll();
      }
    }
    for (std::size_t i = 0; i < factory.workers.size(); ++i)
      factory.workers[i]->leave(std::nullopt);
    pool.shutdown();
    io.restart();
    io.poll();
  }
  require(decided == 1);
  require(ended == (busy ? 1 : 0));
  std::error_code ignored;
  std::filesystem::remove_all(options.scratch_root, ignored);
  return 0;
}
