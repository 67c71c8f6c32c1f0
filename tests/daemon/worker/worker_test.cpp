// The worker's loop in memory, with tasks of the test's own.
#include "worker/worker.hpp"

#include <gmock/gmock.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <chrono>
#include <thread>

namespace ptah {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

/// A worker in a thread, and the daemon's end of its socket pair.
class Worker {
 public:
  explicit Worker(TaskRunner runner, WorkerParams params = {}) {
    std::array<int, 2> pair{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()), 0);
    worker_ = std::make_unique<Channel>(pair[1]);
    daemon_ = std::make_unique<Channel>(pair[0]);
    thread_ = std::thread([this, params, runner = std::move(runner)] {
      exit_ = serve(*worker_, params, runner);
      worker_.reset();
    });
    EXPECT_EQ(receive().value("event", ""), "ready");
  }
  ~Worker() {
    if (!thread_.joinable()) return;
    daemon_.reset();
    thread_.join();
  }

  void task(const std::string& name, const Json& spec = Json::object()) {
    daemon_->send({{"task", name}, {"kind", "test"}, {"spec", spec}, {"scratch", "/scratch"}});
  }
  void send(const Json& message) { daemon_->send(message); }
  Json receive() {
    Json event;
    const auto got = daemon_->receive(60'000, event);
    return got && got.value() == Channel::Event::kLine ? event : Json::object();
  }
  std::vector<Json> receive_until_end() {
    std::vector<Json> events;
    do {
      events.push_back(receive());
    } while (!events.back().empty() && events.back()["event"] != "done" &&
             events.back()["event"] != "error");
    return events;
  }
  WorkerEnd wait() {
    thread_.join();
    return exit_;
  }

 private:
  std::unique_ptr<Channel> worker_, daemon_;
  WorkerEnd exit_ = WorkerEnd::kBadInput;
  std::thread thread_;
};

TEST(Worker, HandsSpecAndScratchInAndTheResultOut) {
  Worker worker([](std::string_view kind, const Json& spec, const std::filesystem::path& scratch,
                   PluginHost& host, TaskSink& sink) -> Result<Json> {
    sink.emit({{"event", "variant"}, {"record", {{"index", 0}}}});
    return Json{{"kind", kind},
                {"spec", spec},
                {"scratch", scratch.string()},
                {"plugins", host.list().size()}};
  });
  worker.task("T1", {{"n", 3}});
  const auto events = worker.receive_until_end();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0], Json({{"event", "variant"}, {"task", "T1"}, {"record", {{"index", 0}}}}));
  EXPECT_EQ(events[1]["task"], "T1");
  EXPECT_EQ(
      events[1]["result"],
      Json({{"kind", "test"}, {"spec", {{"n", 3}}}, {"scratch", "/scratch"}, {"plugins", 0}}));
  worker.send({{"quit", true}});
  EXPECT_EQ(worker.wait(), WorkerEnd::kQuit);
}

TEST(Worker, ErrorsKeepCodePlaceAndHint) {
  Worker worker([](auto&&...) -> Result<Json> {
    return make_error(ErrorCode::kInfeasible, "It does not fit.", "device M3", "widen the outline");
  });
  worker.task("T1");
  EXPECT_EQ(worker.receive()["error"], Json({{"code", "infeasible"},
                                             {"message", "It does not fit."},
                                             {"where", "device M3"},
                                             {"hint", "widen the outline"}}));
}

TEST(Worker, ProgressIsThinnedButItsLastStateArrives) {
  std::atomic<bool> go_on = false;
  WorkerParams params;
  params.progress_interval_ms = 50;
  Worker worker(
      [&](auto&&, auto&&, auto&&, auto&&, TaskSink& sink) -> Result<Json> {
        for (int i = 0; i <= 20'000; ++i) {
          sink.emit({{"event", "progress"}, {"fraction", i / 20'000.0}});
        }
        while (!go_on) std::this_thread::sleep_for(milliseconds(1));
        return Json::object();
      },
      params);
  const auto begin = std::chrono::steady_clock::now();
  worker.task("T1");
  int count = 0;
  double last = -1;
  // The last one was held back, and comes while the task is silent.
  while (last < 1) {
    const Json event = worker.receive();
    ASSERT_EQ(event.value("event", ""), "progress");
    EXPECT_GT(event["fraction"], last);
    last = event["fraction"];
    ++count;
  }
  const auto elapsed = std::chrono::steady_clock::now() - begin;
  EXPECT_LE(count, 2 + elapsed / milliseconds(50));
  go_on = true;
  EXPECT_EQ(worker.receive()["event"], "done");
}

TEST(Worker, AFloodOfLogLinesIsCutAndCounted) {
  WorkerParams params;
  params.log_lines_per_s = 10;
  Worker worker(
      [](auto&&, auto&&, auto&&, auto&&, TaskSink& sink) -> Result<Json> {
        for (int i = 0; i < 100'000; ++i) {
          sink.emit({{"event", "log"}, {"level", "info"}, {"message", std::string(20'000, 'x')}});
        }
        return Json::object();
      },
      params);
  worker.task("T1");
  const auto events = worker.receive_until_end();
  EXPECT_LT(events.size(), 10'000u);
  EXPECT_LT(events[0]["message"].get<std::string>().size(), 9'000u);
  EXPECT_THAT(events[events.size() - 2]["message"], HasSubstr("log lines were dropped"));
  EXPECT_EQ(events.back()["event"], "done");
}

TEST(Worker, CancelReachesTheRunningTaskAndOnlyThat) {
  Worker worker([&](auto&&, const Json& spec, auto&&, auto&&, TaskSink& sink) -> Result<Json> {
    if (!spec.value("wait", false)) return Json::object();
    sink.emit({{"event", "stage"}, {"stage", "placer"}, {"plugin", "p 1"}});
    while (!sink.cancelled()) std::this_thread::sleep_for(milliseconds(1));
    return cancelled_error();
  });
  worker.task("T1", {{"wait", true}});
  worker.task("T2");
  EXPECT_EQ(worker.receive()["event"], "stage");
  worker.send({{"cancel", "T9"}});
  worker.send({{"cancel", "T1"}});
  const Json first = worker.receive();
  EXPECT_EQ(first["task"], "T1");
  EXPECT_EQ(first["error"]["code"], "cancelled");
  const Json second = worker.receive();
  EXPECT_EQ(second["task"], "T2");
  EXPECT_EQ(second["event"], "done");
}

TEST(Worker, AWaitingTaskThatIsCancelledNeverRuns) {
  std::atomic<int> runs = 0;
  Worker worker([&](auto&&, const Json& spec, auto&&, auto&&, TaskSink& sink) -> Result<Json> {
    ++runs;
    if (spec.value("wait", false)) {
      sink.emit({{"event", "log"}, {"level", "info"}, {"message", "waiting"}});
      while (!sink.cancelled()) std::this_thread::sleep_for(milliseconds(1));
    }
    return Json::object();
  });
  worker.task("T1", {{"wait", true}});
  worker.task("T2");
  EXPECT_EQ(worker.receive()["message"], "waiting");
  worker.send({{"cancel", "T2"}});
  worker.send({{"cancel", "T1"}});
  EXPECT_EQ(worker.receive()["event"], "done");
  EXPECT_EQ(worker.receive()["error"]["code"], "cancelled");
  EXPECT_EQ(runs, 1);
}

TEST(Worker, QuitLetsTheTasksFinish) {
  Worker worker([](auto&&, auto&&, auto&&, auto&&, TaskSink& sink) -> Result<Json> {
    std::this_thread::sleep_for(milliseconds(20));
    return Json{{"cancelled", sink.cancelled()}};
  });
  worker.task("T1");
  worker.task("T2");
  worker.send({{"quit", true}});
  EXPECT_EQ(worker.receive()["result"], Json({{"cancelled", false}}));
  EXPECT_EQ(worker.receive()["task"], "T2");
  EXPECT_EQ(worker.wait(), WorkerEnd::kQuit);
}

TEST(Worker, UnknownThrowsAndBytesThatAreNoTextDoNoHarm) {
  Worker worker([](auto&&, const Json& spec, auto&&, auto&&, auto&&) -> Result<Json> {
    if (spec.value("throw", false)) throw 7;
    return make_error(ErrorCode::kToolFailed, "bytes: \xff\xfe", "");
  });
  worker.task("T1", {{"throw", true}});
  EXPECT_EQ(worker.receive()["error"]["code"], "plugin_failed");
  worker.task("T2");
  EXPECT_THAT(worker.receive()["error"]["message"], HasSubstr("bytes: "));
}

TEST(Worker, TooManyWaitingTasksAreAFaultOfTheDaemon) {
  Worker worker([](auto&&, auto&&, auto&&, auto&&, TaskSink& sink) -> Result<Json> {
    while (!sink.cancelled()) std::this_thread::sleep_for(milliseconds(1));
    return cancelled_error();
  });
  for (int i = 0; i < 100; ++i) worker.task("T" + std::to_string(i));
  EXPECT_EQ(worker.wait(), WorkerEnd::kBadInput);
}

}  // namespace
}  // namespace ptah
