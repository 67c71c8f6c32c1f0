#include "app/inline_worker.hpp"

#include <atomic>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>

#include "flow/tasks.hpp"
#include "plugins/plugin_host.hpp"
#include "rpc/message.hpp"

namespace ptah {

namespace asio = boost::asio;

namespace {

struct Work {
  std::string id, kind, scratch;
  Json spec;
};

class InlineWorker final : public Worker, public std::enable_shared_from_this<InlineWorker> {
 public:
  InlineWorker(asio::io_context& io, PluginSet plugins, Callbacks callbacks)
      : io_(io), plugins_(std::move(plugins)), callbacks_(std::move(callbacks)) {}
  ~InlineWorker() override {
    kill();
    if (thread_.joinable()) thread_.join();
  }

  void run() {
    // Signals are the main thread's.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { loop(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  void start_task(const std::string& id, TaskKind kind, const Json& spec,
                  const std::string& scratch) override {
    const std::lock_guard lock(mutex_);
    cancelled_ = false;
    work_ = Work{id, std::string(traits(kind).name), scratch, spec};
    wake_.notify_one();
  }
  void cancel_task(const std::string&) override { cancelled_ = true; }
  void quit() override {
    const std::lock_guard lock(mutex_);
    quitting_ = true;
    wake_.notify_one();
  }
  void kill() override {
    cancelled_ = true;
    quit();
  }
  void pause(bool) override {}
  pid_t pid() const noexcept override { return 0; }
  std::int64_t rss_bytes() const override { return 0; }

 private:
  class Sink final : public TaskSink {
   public:
    Sink(InlineWorker& worker, std::string task) : worker_(worker), task_(std::move(task)) {}
    void emit(const Json& event) override {
      Json whole = event;
      whole["task"] = task_;
      worker_.say(whole);
    }
    bool cancelled() const noexcept override { return worker_.cancelled_; }

   private:
    InlineWorker& worker_;
    std::string task_;
  };

  void say(const Json& event) {
    asio::post(io_, [weak = weak_from_this(), event = read_worker_event(event)] {
      const auto self = weak.lock();
      if (!self || self->faulty_) return;
      if (event) {
        self->callbacks_.on_event(event.value());
        return;
      }
      self->faulty_ = true;
      self->kill();
      self->callbacks_.on_exit({"said what is no event", "", 0, event.error()});
    });
  }

  void loop() {
    PluginHost host;
    Json plugins = Json::array(), refused = Json::array();
    const std::vector<std::filesystem::path> files(plugins_.files.begin(), plugins_.files.end());
    for (const PluginRefusal& refusal : host.load_all(files)) {
      refused.push_back(
          {{"file", refusal.file.string()}, {"error", rpc::error_to_json(refusal.reason)}});
    }
    for (const LoadedPlugin* plugin : host.list()) plugins.push_back(to_json(*plugin));
    say({{"event", "ready"},
         {"pid", 0},
         {"plugins", std::move(plugins)},
         {"refused", std::move(refused)}});
    while (std::optional<Work> work = next()) {
      Sink sink(*this, work->id);
      Result<Json> result = run_task(work->kind, work->spec, work->scratch, host, sink);
      if (result) {
        Json done{{"event", "done"}, {"result", std::move(result.value())}};
        if (Json& value = done["result"]; value.is_object() && value.contains("files")) {
          done["files"] = std::move(value["files"]);
          value.erase("files");
        }
        sink.emit(done);
      } else {
        sink.emit({{"event", "error"}, {"error", rpc::error_to_json(result.error())}});
      }
    }
    asio::post(io_, [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (self && !self->faulty_) self->callbacks_.on_exit({"has quit", "", 0, std::nullopt});
    });
  }

  std::optional<Work> next() {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return quitting_ || work_; });
    return std::exchange(work_, std::nullopt);
  }

  asio::io_context& io_;
  PluginSet plugins_;
  Callbacks callbacks_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::optional<Work> work_;
  std::atomic<bool> cancelled_ = false;
  bool quitting_ = false;
  bool faulty_ = false;  ///< Said what is no event: nothing of it is heard any more. [main thread]
  std::thread thread_;
};

}  // namespace

Result<std::shared_ptr<Worker>> InlineWorkers::start(const PluginSet& plugins,
                                                     Worker::Callbacks callbacks) {
  auto worker = std::make_shared<InlineWorker>(io_, plugins, std::move(callbacks));
  worker->run();
  return std::shared_ptr<Worker>(std::move(worker));
}

}  // namespace ptah
