// ptah-worker as the daemon sees it: a process, a socket, and plugins that misbehave.
#include "worker_process.hpp"

#include <gmock/gmock.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "ptah/core/run_tool.hpp"
#include "ptah/core/write_fence.hpp"

namespace ptah {
namespace {

using ::testing::HasSubstr;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitizer = true;
#else
constexpr bool kSanitizer = false;
#endif

std::string bad(const std::string& name) {
  return PTAH_BUILD_DIR "/tests/bad_plugins/ptah_bad_" + name + ".so";
}

Json place(const std::string& plugin) {
  return {{"task", "T1"},
          {"kind", "place"},
          {"spec", {{"placer", "bad_" + plugin}}},
          {"scratch", "/tmp"}};
}

WorkerProcess start(const std::string& plugin, std::vector<std::string> more = {}) {
  more.insert(more.end(), {"--plugins", bad(plugin)});
  return WorkerProcess(PTAH_WORKER_PROBE, more);
}

TEST(WorkerProcess, SaysWhatItLoadedAndWhatItRefused) {
  WorkerProcess worker(PTAH_WORKER_PROBE, {"--plugins", bad("exits") + "," + bad("wrong_api")});
  const Json ready = worker.receive_until("ready").back();
  EXPECT_EQ(ready["event"], "ready");
  EXPECT_GT(ready["pid"], 1);
  ASSERT_EQ(ready["plugins"].size(), 1u);
  const Json& plugin = ready["plugins"][0];
  EXPECT_EQ(plugin["kind"], "placer");
  EXPECT_EQ(plugin["name"], "bad_exits");
  EXPECT_EQ(plugin["version"], "1.0.0");
  EXPECT_EQ(plugin["file"], bad("exits"));
  EXPECT_EQ(plugin["hash"].get<std::string>().size(), 64u);
  EXPECT_EQ(plugin["options"], Json::array());
  ASSERT_EQ(ready["refused"].size(), 1u);
  EXPECT_EQ(ready["refused"][0]["error"]["code"], "unsupported");
  worker.send({{"quit", true}});
  EXPECT_EQ(worker.wait().exit_status, 0);
}

TEST(WorkerProcess, TakesItsPluginsFromAListFile) {
  auto scratch = ScratchDir::create(PTAH_BUILD_DIR "/tests", "worker_test");
  ASSERT_TRUE(scratch);
  const auto list = scratch.value().path() / "list";
  std::ofstream(list) << bad("exits") << "\n" << bad("loops") << "\n";
  WorkerProcess worker(PTAH_WORKER_PROBE, {"--plugins", "@" + list.string()});
  EXPECT_EQ(worker.receive_until("ready").back()["plugins"].size(), 2u);
}

TEST(WorkerProcess, BadCommandLinesAreExplained) {
  for (const auto& [arguments, words] :
       std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"--plugin"}, "no such option"},
           {{"--plugins"}, "needs a value"},
           {{"--write-below"}, "needs a value"},
           {{"--fd", "three"}, "must be a number"},
           {{"--fd", "999"}, "no socket"},
           {{"--memory-limit-mb", "-1"}, "must be a number"},
           {{"--plugins", "@/nowhere/list"}, "/nowhere/list"}}) {
    WorkerProcess worker(PTAH_WORKER_PROBE, arguments);
    const auto end = worker.wait();
    EXPECT_EQ(end.exit_status, 2);
    EXPECT_THAT(end.err, HasSubstr(words));
  }
}

TEST(WorkerProcess, AnExceptionCostsTheTaskOnly) {
  auto worker = start("throws_in_call");
  worker.receive_until("ready");
  for (int round = 0; round < 3; ++round) {
    worker.send(place("throws_in_call"));
    const auto events = worker.receive_until("error");
    ASSERT_EQ(events.size(), 2u);
    EXPECT_EQ(events[0]["event"], "stage");
    EXPECT_EQ(events[1]["task"], "T1");
    const Json& error = events[1]["error"];
    EXPECT_EQ(error["code"], "plugin_failed");
    EXPECT_THAT(error["message"], HasSubstr("the annealer went cold"));
    EXPECT_EQ(error["where"], "stage placer, plugin bad_throws_in_call 1.0.0");
  }
  worker.send({{"quit", true}});
  EXPECT_EQ(worker.wait().exit_status, 0);
}

TEST(WorkerProcess, AConstructorThatThrowsFailsTheSelfTest) {
  auto worker = start("throws_in_constructor");
  worker.receive_until("ready");
  worker.send({{"task", "S"}, {"kind", "selftest"}, {"spec", Json::object()}, {"scratch", "/tmp"}});
  const auto events = worker.receive_until("error");
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events.back()["error"]["code"], "plugin_failed");
  EXPECT_THAT(events.back()["error"]["message"], HasSubstr("no licence server"));
}

/// What a plugin that writes everywhere leaves of four files, with `more` arguments of the worker;
/// `own` is where it may write.
std::map<std::string, std::string> after_writes(const std::filesystem::path& victims,
                                                const std::filesystem::path& own,
                                                std::vector<std::string> more) {
  for (const auto& folder : {victims, own}) {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
  }
  for (const char* name : {"overwritten", "emptied", "renamed", "removed"}) {
    std::ofstream(victims / name) << name;
  }
  ::setenv("PTAH_TEST_VICTIMS", victims.c_str(), 1);
  ::setenv("TMPDIR", own.c_str(), 1);
  auto worker = start("writes", std::move(more));
  EXPECT_EQ(worker.receive_until("ready").back()["plugins"].size(), 1u);
  worker.send(place("writes"));
  EXPECT_FALSE(worker.receive_until("error").empty());
  worker.send({{"quit", true}});
  EXPECT_EQ(worker.wait().exit_status, 0);
  ::unsetenv("PTAH_TEST_VICTIMS");
  ::unsetenv("TMPDIR");
  std::map<std::string, std::string> left;
  for (const auto& entry : std::filesystem::directory_iterator(victims)) {
    left[entry.path().filename()] =
        entry.is_regular_file() ? read_text_file(entry.path()).value() : "a folder";
  }
  return left;
}

TEST(WorkerProcess, APluginChangesNoFileOutsideTheFolderOfItsWorker) {
  const std::map<std::string, std::string> all{{"overwritten", "overwritten"},
                                               {"emptied", "emptied"},
                                               {"renamed", "renamed"},
                                               {"removed", "removed"}};
  auto scratch = ScratchDir::create(PTAH_BUILD_DIR "/tests", "worker_test");
  ASSERT_TRUE(scratch);
  const auto victims = scratch.value().path() / "victims", own = scratch.value().path() / "own";
  const auto free = after_writes(victims, own, {});
  EXPECT_EQ(free.at("overwritten"), "mine\n") << "the plugin does what it says";
  EXPECT_EQ(free.at("emptied"), "");
  EXPECT_EQ(free.count("removed") + free.count("renamed"), 0u);
  EXPECT_EQ(free.count("new") + free.count("folder"), 2u);

  if (landlock_version() < 3) GTEST_SKIP() << "this kernel has no Landlock of version 3";
  EXPECT_EQ(after_writes(victims, own, {"--write-below", own.string()}), all);
  EXPECT_EQ(read_text_file(own / "inside").value(), "mine\n");
}

TEST(WorkerProcess, AFolderToWriteToThatIsNotThereIsExplained) {
  if (landlock_version() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  WorkerProcess worker(PTAH_WORKER_PROBE, {"--write-below", "/nowhere"});
  const auto end = worker.wait();
  EXPECT_EQ(end.exit_status, 2);
  EXPECT_THAT(end.err, HasSubstr("/nowhere"));
}

TEST(WorkerProcess, ACrashNamesTheSignalTheTaskThePluginAndTheFrame) {
  if (kSanitizer) GTEST_SKIP() << "the sanitizer reports crashes itself";
  auto worker = start("segfaults");
  worker.receive_until("ready");
  worker.send(place("segfaults"));
  EXPECT_EQ(worker.receive()["plugin"], "bad_segfaults 1.0.0");
  EXPECT_TRUE(worker.receive().is_null());
  const auto end = worker.wait();
  EXPECT_EQ(end.signal, SIGSEGV);
  EXPECT_THAT(end.err, HasSubstr("SIGSEGV"));
  EXPECT_THAT(end.err, HasSubstr("at 0x0000000000000000"));
  EXPECT_THAT(end.err, HasSubstr("task T1, stage placer, plugin bad_segfaults 1.0.0"));
  EXPECT_THAT(end.err, HasSubstr("is placer/bad_segfaults 1.0.0, " + bad("segfaults")));
  // The first frames of the backtrace lie in the library of the plugin.
  const auto name = end.err.substr(end.err.find("  /proc/self/fd/") + 2);
  EXPECT_THAT(end.err, HasSubstr(name.substr(0, name.find(' ')) + "(+0x"));
}

TEST(WorkerProcess, ACrashingConstructorIsNamed) {
  if (kSanitizer) GTEST_SKIP() << "the sanitizer reports crashes itself";
  auto worker = start("segfaults_in_constructor");
  worker.receive_until("ready");
  worker.send({{"task", "S"}, {"kind", "selftest"}, {"spec", Json::object()}, {"scratch", "/tmp"}});
  const auto end = worker.wait();
  EXPECT_EQ(end.signal, SIGSEGV);
  EXPECT_THAT(end.err, HasSubstr("in creating plugin placer/bad_segfaults_in_constructor"));
}

TEST(WorkerProcess, AStackOverflowIsReportedToo) {
  if (kSanitizer) GTEST_SKIP() << "the sanitizer reports crashes itself";
  auto worker = start("overflows_stack");
  worker.receive_until("ready");
  worker.send(place("overflows_stack"));
  const auto end = worker.wait();
  EXPECT_EQ(end.signal, SIGSEGV);
  EXPECT_THAT(end.err, HasSubstr("plugin bad_overflows_stack 1.0.0"));
}

TEST(WorkerProcess, APluginThatEndsTheProcessIsSeenByItsLastStage) {
  auto worker = start("exits");
  worker.receive_until("ready");
  worker.send(place("exits"));
  const auto events = worker.receive_until("error");
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0]["plugin"], "bad_exits 1.0.0");
  EXPECT_EQ(worker.wait().exit_status, 0);
}

TEST(WorkerProcess, MemoryWithoutEndMeetsTheLimit) {
  if (kSanitizer) GTEST_SKIP() << "sanitizers reserve terabytes of address space";
  auto worker = start("allocates", {"--memory-limit-mb", "256"});
  worker.receive_until("ready");
  for (int round = 0; round < 3; ++round) {
    worker.send(place("allocates"));
    const auto events = worker.receive_until("error");
    ASSERT_EQ(events.size(), 2u);
    EXPECT_EQ(events[1]["error"]["code"], "limit");
    EXPECT_THAT(events[1]["error"]["where"], HasSubstr("bad_allocates"));
  }
  worker.send({{"quit", true}});
  EXPECT_EQ(worker.wait().exit_status, 0) << "it came back from it each time";
}

TEST(WorkerProcess, LeakedMemoryIsLeftToAFreshProcess) {
  if (kSanitizer) GTEST_SKIP() << "sanitizers reserve terabytes of address space";
  auto worker = start("leaks", {"--memory-limit-mb", "256"});
  worker.receive_until("ready");
  worker.send(place("leaks"));
  const auto events = worker.receive_until("error");
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[1]["error"]["code"], "limit");
  EXPECT_EQ(worker.wait().signal, SIGKILL);
}

TEST(WorkerProcess, EndsWithTheDaemonEvenInALoop) {
  auto worker = start("loops");
  worker.receive_until("ready");
  worker.send(place("loops"));
  EXPECT_EQ(worker.receive()["event"], "stage");
  worker.close_socket();
  const auto end = worker.wait();
  EXPECT_EQ(end.exit_status, 0);
  EXPECT_EQ(end.signal, 0);
}

TEST(WorkerProcess, EndsAtOnceWhenIdleAndTheDaemonIsGone) {
  auto worker = start("loops");
  worker.receive_until("ready");
  worker.close_socket();
  EXPECT_EQ(worker.wait().exit_status, 0);
}

TEST(WorkerProcess, NonsenseFromTheDaemonEndsIt) {
  for (const std::string line :
       {"hello\n", "[1]\n", "{\"task\": 7}\n", "{\"task\": \"T\", \"kind\": \"x\"}\n",
        "{\"cancel\": 1}\n", "\n"}) {
    auto worker = start("exits");
    worker.receive_until("ready");
    worker.send_text(line);
    const auto end = worker.wait();
    EXPECT_EQ(end.exit_status, 4) << line;
    EXPECT_THAT(end.err, HasSubstr("daemon"));
  }
}

TEST(WorkerProcess, AnEndlessLineEndsIt) {
  auto worker = start("exits");
  worker.receive_until("ready");
  const std::string chunk(1 << 20, 'x');
  for (int i = 0; i < 18; ++i) worker.send_text(chunk);
  const auto end = worker.wait();
  EXPECT_EQ(end.exit_status, 4);
  EXPECT_THAT(end.err, HasSubstr("longer than 16 MiB"));
}

}  // namespace
}  // namespace ptah
