#include "ptah/core/run_tool.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "ptah/core/write_fence.hpp"

namespace ptah {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

class RunTool : public testing::Test {
 protected:
  RunTool() : scratch_(ScratchDir::create(testing::TempDir(), "run_tool").value()) {}

  /// `script` for /bin/sh, as the outside program under test.
  ToolRun shell(const std::string& script) {
    ToolRun run;
    run.program = "/bin/sh";
    run.arguments = {"-c", script};
    run.directory = scratch_.path();
    return run;
  }
  std::string file_text(const std::string& name) {
    std::ifstream file(scratch_.path() / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  ScratchDir scratch_;
  SimpleJobContext job_;
};

TEST_F(RunTool, GivesBothStreamsAndTheExitStatus) {
  const auto result = run_tool(shell("echo out; echo err >&2; exit 3"), job_);
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_EQ(result.value().out, "out\n");
  EXPECT_EQ(result.value().err, "err\n");
  EXPECT_EQ(result.value().exit_status, 3);
  EXPECT_EQ(result.value().signal, 0);
}

TEST_F(RunTool, ReportsTheSignal) {
  const auto result = run_tool(shell("kill -SEGV $$"), job_);
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_EQ(result.value().signal, SIGSEGV);
}

TEST_F(RunTool, ClosesStandardInputAndRunsInItsFolderWithAMinimalEnvironment) {
  setenv("PTAH_TEST_SECRET", "secret", 1);
  ToolRun run = shell("cat; pwd; env");
  run.environment["EXTRA"] = "value";
  const auto result = run_tool(run, job_);
  unsetenv("PTAH_TEST_SECRET");
  ASSERT_TRUE(result) << result.error().text();
  const std::string& out = result.value().out;
  EXPECT_EQ(out.rfind(scratch_.path().string() + "\n", 0), 0u) << out;
  EXPECT_NE(out.find("HOME=" + scratch_.path().string()), std::string::npos);
  EXPECT_NE(out.find("LANG=C\n"), std::string::npos);
  EXPECT_NE(out.find("EXTRA=value\n"), std::string::npos);
  EXPECT_EQ(out.find("secret"), std::string::npos);
}

/// Files outside the tool's folder, which scripts for it then try to change.
class Victims {
 public:
  Victims() : folder_(ScratchDir::create(testing::TempDir(), "victims").value()) {
    for (const char* name : {"a", "b", "c", "d"}) std::ofstream(path(name)) << "the only copy\n";
  }
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  void expect_untouched() const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      ++count;
      EXPECT_EQ(read_text_file(entry.path()).value(), "the only copy\n") << entry.path();
    }
    EXPECT_EQ(count, 4u);
  }

 private:
  ScratchDir folder_;
};

TEST_F(RunTool, ChangesNoFileOutsideItsFolder) {
  if (landlock_version() < 3) GTEST_SKIP() << "this kernel has no Landlock of version 3";
  const Victims victims;
  const auto result =
      run_tool(shell("echo x > " + victims.path("a") + "; echo x >> " + victims.path("b") +
                     "; true > " + victims.path("a") + "\nmv " + victims.path("b") + " . ; mv " +
                     victims.path("c") + " " + victims.path("d") + "; rm -f " + victims.path("c") +
                     "; mkdir " + victims.path("e") + "; ln -s x " + victims.path("f") + "; ln " +
                     victims.path("d") + " linked; mkfifo " + victims.path("g") +
                     "; truncate -s 0 " + victims.path("d") + "; (cd " + victims.path(".") +
                     "; sh -c 'echo x > a')\n"
                     "cat " +
                     victims.path("a") +
                     "; mkdir deep; echo mine > deep/file; mv deep/file moved; "
                     "cat moved; echo gone > /dev/null; echo $TMPDIR"),
               job_);
  ASSERT_TRUE(result) << result.error().text();
  victims.expect_untouched();
  // It reads them, and its own folder is all its own.
  EXPECT_EQ(result.value().out, "the only copy\nmine\n" + scratch_.path().string() + "\n");
  EXPECT_EQ(result.value().exit_status, 0) << result.value().err;
}

TEST_F(RunTool, AScriptOfMagicChangesNoFileOutsideItsFolder) {
  const auto magic = find_tool("magic", "magic");
  if (!magic) GTEST_SKIP() << magic.error().text();
  if (landlock_version() < 3) GTEST_SKIP() << "this kernel has no Landlock of version 3";
  const Victims victims;
  std::ofstream(scratch_.path() / "run.tcl")
      << "catch {open " << victims.path("a") << " w} why\nputs \"OPEN $why\"\n"
      << "catch {file delete " << victims.path("b") << "} why\nputs \"DELETE $why\"\n"
      << "catch {file rename " << victims.path("c") << " mine} why\nputs \"RENAME $why\"\n"
      << "catch {exec sh -c {echo x > " << victims.path("d") << "}} why\nputs \"EXEC $why\"\n"
      << "puts [open own w]\nputs END\nquit -noprompt\n";
  ToolRun run;
  run.program = magic.value();
  run.arguments = {"-dnull", "-noconsole", "-rcfile", "/dev/null", "run.tcl"};
  run.directory = scratch_.path();
  const auto result = run_tool(run, job_);
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_NE(result.value().out.find("END"), std::string::npos) << result.value().out;
  EXPECT_TRUE(std::filesystem::exists(scratch_.path() / "own"));
  victims.expect_untouched();
}

TEST_F(RunTool, FencesWithinAFenceOnlyNarrowIt) {
  if (landlock_version() < 3) GTEST_SKIP() << "this kernel has no Landlock of version 3";
  const Victims victims;
  // In a process of its own: a fence is for good.
  EXPECT_EXIT(
      {
        const auto outer = WriteFence::around({scratch_.path()});
        if (!outer || !outer.value().enclose()) std::exit(1);
        if (::truncate(victims.path("a").c_str(), 0) == 0) std::exit(2);
        const auto inner = ScratchDir::create(scratch_.path(), "inner");
        if (!inner) std::exit(3);
        ToolRun run = shell("echo x > ../beside; echo x > within; echo x > " + victims.path("b"));
        run.directory = inner.value().path();
        if (!run_tool(run, job_)) std::exit(4);
        const bool narrow = !std::filesystem::exists(scratch_.path() / "beside");
        std::exit(narrow && std::filesystem::exists(inner.value().path() / "within") ? 0 : 5);
      },
      testing::ExitedWithCode(0), "");
  victims.expect_untouched();
}

TEST_F(RunTool, ArgumentsReachNoShell) {
  ToolRun run;
  run.program = "/bin/echo";
  run.arguments = {"$HOME `id`; * \"x\""};
  run.directory = scratch_.path();
  const auto result = run_tool(run, job_);
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_EQ(result.value().out, "$HOME `id`; * \"x\"\n");
}

TEST_F(RunTool, InheritsNoDescriptorOfTheHost) {
  int sockets[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);  // without CLOEXEC, on purpose
  const auto result = run_tool(
      shell("[ -e /proc/self/fd/" + std::to_string(sockets[0]) + " ] && echo open || echo closed"),
      job_);
  close(sockets[0]);
  close(sockets[1]);
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_EQ(result.value().out, "closed\n");
}

TEST_F(RunTool, EndsAHangAtTheWallLimit) {
  ToolRun run = shell("trap '' TERM INT; while :; do sleep 1; done");
  run.wall_limit_s = 0.3;
  const auto start = Clock::now();
  const auto result = run_tool(run, job_);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kLimit);
  EXPECT_NE(result.error().message.find("0.3 s wall time"), std::string::npos)
      << result.error().text();
  EXPECT_LT(seconds_since(start), 5.0);
}

TEST_F(RunTool, KeepsTheHeadOfAnOutputFlood) {
  ToolRun run = shell(
      "head -c 50000000 /dev/zero | tr '\\0' x; head -c 3000000 /dev/zero | tr '\\0' y >&2; exit "
      "5");
  run.output_limit_bytes = 1000;
  const auto result = run_tool(run, job_);
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_EQ(result.value().out, std::string(1000, 'x'));
  EXPECT_EQ(result.value().err, std::string(1000, 'y'));
  EXPECT_EQ(result.value().exit_status, 5);
}

TEST_F(RunTool, EndsAnEndlessFloodAtTheWallLimit) {
  ToolRun run = shell("exec cat /dev/zero");
  run.wall_limit_s = 0.3;
  const auto result = run_tool(run, job_);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kLimit);
}

TEST_F(RunTool, NamesTheMemoryLimit) {
  // dd takes its block in one piece.
  ToolRun run = shell("exec dd if=/dev/zero of=/dev/null bs=1G count=1");
  run.memory_limit_bytes = 256u << 20;
  const auto result = run_tool(run, job_);
  ASSERT_FALSE(result) << result.value().err;
  EXPECT_EQ(result.error().code, ErrorCode::kLimit);
  EXPECT_NE(result.error().message.find("256 MiB memory"), std::string::npos)
      << result.error().text();
}

TEST_F(RunTool, NamesTheCpuLimit) {
  ToolRun run = shell("while :; do :; done");
  run.cpu_limit_s = 1;
  run.wall_limit_s = 60;
  const auto result = run_tool(run, job_);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kLimit);
  EXPECT_NE(result.error().message.find("1 s CPU time"), std::string::npos)
      << result.error().text();
}

TEST_F(RunTool, NamesTheFileLimit) {
  ToolRun run = shell("exec dd if=/dev/zero of=big bs=64k count=1000");
  run.file_limit_bytes = 1u << 20;
  const auto result = run_tool(run, job_);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kLimit);
  EXPECT_NE(result.error().message.find("1048576 bytes a file"), std::string::npos)
      << result.error().text();
}

TEST_F(RunTool, LeavesNoProcessOfTheGroupBehind) {
  // The children hold the pipes open and outlive their parent, which must not delay the answer.
  const auto start = Clock::now();
  const auto result = run_tool(
      shell("(trap '' TERM HUP; sleep 300) & echo $! > child; (sh -c 'sleep 300 & echo $! > "
            "grandchild; wait') & while [ ! -s grandchild ]; do sleep 0.01; done; echo done"),
      job_);
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_LT(seconds_since(start), 10.0);
  EXPECT_EQ(result.value().out, "done\n");
  for (const char* name : {"child", "grandchild"}) {
    const std::string pid = file_text(name).substr(0, file_text(name).find('\n'));
    ASSERT_FALSE(pid.empty());
    std::ifstream stat("/proc/" + pid + "/stat");
    std::string line;
    std::getline(stat, line);
    // Gone, or a zombie that process 1 has yet to wait for.
    EXPECT_TRUE(line.empty() || line.find(") Z ") != std::string::npos) << name << ": " << line;
  }
}

/// Says that it is cancelled from the given moment on.
class LateCancel final : public JobContext {
 public:
  explicit LateCancel(double after_s) : after_s_(after_s) {}
  bool cancelled() const noexcept override { return seconds_since(start_) > after_s_; }
  void progress(double, std::string_view) override {}
  void log(LogLevel, std::string_view) override {}
  std::uint64_t seed() const noexcept override { return 0; }
  const std::filesystem::path& scratch_dir() const noexcept override { return path_; }

 private:
  Clock::time_point start_ = Clock::now();
  double after_s_;
  std::filesystem::path path_;
};

TEST_F(RunTool, StopsSoonAfterACancel) {
  LateCancel job(0.2);
  const auto start = Clock::now();
  const auto result = run_tool(shell("sleep 300"), job);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kCancelled);
  EXPECT_LT(seconds_since(start), 5.0);
}

TEST_F(RunTool, AMissingProgramIsAnError) {
  ToolRun run = shell("");
  run.program = "/nonexistent/tool";
  const auto result = run_tool(run, job_);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kToolMissing);
}

TEST_F(RunTool, AMissingFolderIsAnError) {
  ToolRun run = shell("");
  run.directory = scratch_.path() / "absent";
  const auto result = run_tool(run, job_);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kIo);
  EXPECT_NE(result.error().where.find("absent"), std::string::npos);
}

TEST_F(RunTool, RunsFromSeveralThreadsAtOnce) {
  std::vector<std::thread> threads;
  std::vector<std::string> answers(8);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    threads.emplace_back([&, i] {
      SimpleJobContext job;
      for (int round = 0; round < 5; ++round) {
        const auto result = run_tool(shell("echo " + std::to_string(i)), job);
        answers[i] += result ? result.value().out : result.error().text();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < answers.size(); ++i) {
    std::string expected;
    for (int round = 0; round < 5; ++round) expected += std::to_string(i) + "\n";
    EXPECT_EQ(answers[i], expected);
  }
}

TEST(FindTool, FindsAProgramOnPath) {
  const auto tool = find_tool("sh", "dash");
  ASSERT_TRUE(tool);
  EXPECT_TRUE(tool.value().is_absolute());
}

TEST(FindTool, SaysHowToInstallAMissingOne) {
  const auto tool = find_tool("no-such-simulator", "ngspice");
  ASSERT_FALSE(tool);
  EXPECT_EQ(tool.error().code, ErrorCode::kToolMissing);
  EXPECT_EQ(tool.error().hint, "apt install ngspice");
}

}  // namespace
}  // namespace ptah
