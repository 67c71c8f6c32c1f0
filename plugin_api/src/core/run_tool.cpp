#include "ptah/core/run_tool.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <system_error>
#include <thread>

#include "ptah/core/descriptor.hpp"
#include "ptah/core/write_fence.hpp"

namespace ptah {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kPollMs = 50;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Shortest decimal that people write: "120", "0.5".
std::string number_text(double value) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
}

struct Pipe {
  Descriptor read;
  Descriptor write;
};

Result<Pipe> make_pipe() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) {
    return make_error(ErrorCode::kIo, std::string("No pipe: ") + std::strerror(errno) + ".");
  }
  return Pipe{Descriptor(fds[0]), Descriptor(fds[1])};
}

/// What the child reports through the error pipe when it can not become the program.
struct StartFailure {
  int step = 0;  ///< 1 directory, 2 descriptors, 3 exec, 4 fence
  int error = 0;
};

/// All that the child needs, prepared before fork: between fork and exec only async-signal-safe
/// functions may run, since other threads of the host may hold the allocator's lock.
struct ChildPlan {
  const char* program;
  const char* directory;
  char* const* argv;
  char* const* envp;
  const WriteFence* fence;
  int null_fd, out_fd, err_fd, failure_fd;
  rlim_t cpu_s, memory, file;
  pid_t parent;
};

void set_limit(int resource, rlim_t soft, rlim_t hard) {
  rlimit now{};
  if (getrlimit(static_cast<__rlimit_resource>(resource), &now) == 0 &&
      now.rlim_max != RLIM_INFINITY) {
    hard = std::min(hard, now.rlim_max);  // an unprivileged process can not raise it
    soft = std::min(soft, hard);
  }
  const rlimit limit{soft, hard};
  setrlimit(static_cast<__rlimit_resource>(resource), &limit);
}

[[noreturn]] void run_child(const ChildPlan& plan) {
  StartFailure failure;
  const auto fail = [&](int step) {
    failure = {step, errno};
    [[maybe_unused]] const auto written = ::write(plan.failure_fd, &failure, sizeof failure);
    _exit(127);
  };
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != plan.parent) _exit(127);  // the host died before the line above
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);

  if (dup2(plan.null_fd, 0) < 0 || dup2(plan.out_fd, 1) < 0 || dup2(plan.err_fd, 2) < 0) fail(2);
    // The host's other descriptors (sockets, databases) are none of the tool's business.
#ifdef SYS_close_range
  constexpr unsigned kSetCloseOnExec = 4;
  if (syscall(SYS_close_range, 3u, ~0u, kSetCloseOnExec) != 0)
#endif
  {
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    const int last = static_cast<int>(std::min<rlim_t>(files.rlim_cur, 65536));
    for (int fd = 3; fd < last; ++fd) fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
  if (chdir(plan.directory) != 0) fail(1);
  set_limit(RLIMIT_CORE, 0, 0);
  // SIGXCPU at the soft limit says why; SIGKILL at the hard one ends whoever ignores it.
  set_limit(RLIMIT_CPU, plan.cpu_s, plan.cpu_s + 1);
  set_limit(RLIMIT_AS, plan.memory, plan.memory);
  set_limit(RLIMIT_FSIZE, plan.file, plan.file);
  if (!plan.fence->enclose()) fail(4);
  execve(plan.program, plan.argv, plan.envp);
  fail(3);
  _exit(127);
}

/// True while a process of the group runs. Zombies whose new parent is slow (or, as process 1 of a
/// plain container, never waits) do not count.
bool group_alive(pid_t group) {
  if (kill(-group, 0) != 0) return errno == EPERM;
  std::error_code error;
  for (std::filesystem::directory_iterator entry("/proc", error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename();
    if (name.empty() || name[0] < '0' || name[0] > '9') continue;
    std::ifstream file(entry->path() / "stat");
    std::string line;
    std::getline(file, line);
    const std::size_t close = line.rfind(')');  // the name in front may hold anything
    if (close == std::string::npos) continue;
    char state = 0;
    int parent = 0;
    int its_group = 0;
    if (std::sscanf(line.c_str() + close + 1, " %c %d %d", &state, &parent, &its_group) == 3 &&
        its_group == group && state != 'Z' && state != 'X') {
      return true;
    }
  }
  return false;
}

/// Keeps the first `limit` bytes of a stream and drops the rest. Returns false at its end.
bool drain(int fd, std::string& text, std::size_t limit) {
  std::array<char, 65536> buffer;
  // Bounded, so that a flood can not starve the checks of the caller's loop.
  for (int round = 0; round < 16; ++round) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count > 0) {
      const std::size_t room = limit > text.size() ? limit - text.size() : 0;
      text.append(buffer.data(), std::min<std::size_t>(room, static_cast<std::size_t>(count)));
    } else if (count == 0) {
      return false;
    } else if (errno != EINTR) {
      return errno == EAGAIN;
    }
  }
  return true;
}

/// The child and its group: whatever happens, at the end of its life no process of it is left.
class Group {
 public:
  explicit Group(pid_t pid) : pid_(pid) {
#ifdef SYS_pidfd_open
    pidfd_ = Descriptor(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
#endif
  }
  ~Group() {
    finish();
  }
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  int pidfd() const noexcept {
    return pidfd_.get();
  }

  /// The leader has ended. It stays a zombie, so that its id, the group's name, is not reused.
  bool ended() const noexcept {
    siginfo_t info{};
    return waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == pid_;
  }

  /// Ends the group, waits for it and for the leader; once.
  void finish() {
    if (finished_) return;
    finished_ = true;
    // One signal is enough: the kernel lets no member fork past it.
    kill(-pid_, SIGKILL);
    kill(pid_, SIGKILL);  // in case it died before setpgid
    while (wait4(pid_, &status_, 0, &usage_) < 0 && errno == EINTR) {
    }
    for (int attempt = 0; attempt < 500 && group_alive(pid_); ++attempt) {
      std::this_thread::sleep_for(std::chrono::milliseconds(attempt < 20 ? 1 : 10));
    }
  }

  int status() const noexcept {
    return status_;
  }
  const rusage& usage() const noexcept {
    return usage_;
  }

 private:
  pid_t pid_;
  Descriptor pidfd_;
  bool finished_ = false;
  int status_ = 0;
  rusage usage_{};
};

/// Tools that run out of memory under RLIMIT_AS say so in words of their own, or just die.
bool ran_out_of_memory(const ToolRun& run, const ToolOutput& output, const rusage& usage) {
  if (output.exit_status == 0 && output.signal == 0) return false;
  const auto resident = static_cast<double>(usage.ru_maxrss) * 1024;
  if (resident > 0.8 * static_cast<double>(run.memory_limit_bytes)) return true;
  for (const std::string* text : {&output.err, &output.out}) {
    for (const char* words : {"bad_alloc", "ut of memory", "annot allocate memory",
                              "emory exhausted", "MemoryError", "unable to alloc"}) {
      if (text->find(words) != std::string::npos) return true;
    }
  }
  return false;
}

Error limit_error(const ToolRun& run, const std::string& what) {
  return make_error(ErrorCode::kLimit,
                    run.program.filename().string() + " was ended at its limit of " + what + ".",
                    run.directory.string(),
                    "a larger circuit needs a higher limit; a hang means the input confuses the "
                    "tool");
}

std::string path_variable() {
  const char* path = std::getenv("PATH");
  return path != nullptr && *path != '\0' ? path : "/usr/local/bin:/usr/bin:/bin";
}

}  // namespace

Result<ToolOutput> run_tool(const ToolRun& run, JobContext& job) {
  if (job.cancelled()) return cancelled_error();
  const std::string name = run.program.filename().string();
  PTAH_TRY(Pipe out, make_pipe());
  PTAH_TRY(Pipe err, make_pipe());
  PTAH_TRY(Pipe failure_pipe, make_pipe());
  const Descriptor null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!null) return make_error(ErrorCode::kIo, "/dev/null can not be opened.");

  const std::string program = run.program.string();
  const std::string directory = run.directory.string();
  const auto no_folder = [&](const std::string& reason) {
    return make_error(ErrorCode::kIo,
                      "The working directory of " + name + " can not be entered: " + reason + ".",
                      directory);
  };
  std::error_code missing_folder;
  if (!std::filesystem::is_directory(run.directory, missing_folder)) {
    return no_folder(missing_folder ? missing_folder.message() : "it is no folder");
  }
  // A deck or a script that makes the tool write elsewhere finds that it can not.
  PTAH_TRY(const WriteFence fence, WriteFence::around({run.directory}));
  std::map<std::string, std::string> variables{
      {"PATH", path_variable()}, {"HOME", directory}, {"TMPDIR", directory}, {"LANG", "C"}};
  for (const auto& [key, value] : run.environment) variables[key] = value;
  std::vector<std::string> environment;
  for (const auto& [key, value] : variables) environment.push_back(key + "=" + value);
  std::vector<char*> argv{const_cast<char*>(program.c_str())};
  for (const std::string& argument : run.arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  std::vector<char*> envp;
  for (std::string& entry : environment) envp.push_back(entry.data());
  envp.push_back(nullptr);

  const ChildPlan plan{
      .program = program.c_str(),
      .directory = directory.c_str(),
      .argv = argv.data(),
      .envp = envp.data(),
      .fence = &fence,
      .null_fd = null.get(),
      .out_fd = out.write.get(),
      .err_fd = err.write.get(),
      .failure_fd = failure_pipe.write.get(),
      .cpu_s = static_cast<rlim_t>(std::max(1.0, std::ceil(run.cpu_limit_s))),
      .memory = run.memory_limit_bytes,
      .file = run.file_limit_bytes,
      .parent = getpid(),
  };

  const Clock::time_point start = Clock::now();
  // No handler of the host may run in the child.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = fork();
  const int fork_error = errno;
  if (pid == 0) run_child(plan);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) {
    return make_error(ErrorCode::kIo,
                      name + " can not be started: " + std::strerror(fork_error) + ".");
  }
  setpgid(pid, pid);  // in both, so that neither has to wait for the other
  Group group(pid);
  out.write.close();
  err.write.close();
  failure_pipe.write.close();

  StartFailure failure;
  ssize_t got = 0;
  while ((got = ::read(failure_pipe.read.get(), &failure, sizeof failure)) < 0 && errno == EINTR) {
  }
  if (got == sizeof failure) {
    group.finish();
    const std::string reason = std::strerror(failure.error);
    if (failure.step == 1) return no_folder(reason);
    if (failure.step == 4) {
      return make_error(ErrorCode::kIo,
                        name + " can not be kept to its working directory: " + reason + ".",
                        directory);
    }
    const bool missing = failure.step == 3 && (failure.error == ENOENT || failure.error == EACCES);
    return make_error(missing ? ErrorCode::kToolMissing : ErrorCode::kIo,
                      program + " can not be started: " + reason + ".");
  }

  for (const int fd : {out.read.get(), err.read.get()}) fcntl(fd, F_SETFL, O_NONBLOCK);
  ToolOutput output;
  enum class End { kItself, kCancelled, kWall } end = End::kItself;
  while (!group.ended()) {
    if (job.cancelled()) {
      end = End::kCancelled;
      break;
    }
    const double left = run.wall_limit_s - seconds_since(start);
    if (left <= 0) {
      end = End::kWall;
      break;
    }
    std::array<pollfd, 3> fds{pollfd{out.read.get(), POLLIN, 0}, pollfd{err.read.get(), POLLIN, 0},
                              pollfd{group.pidfd(), POLLIN, 0}};
    // Without a pidfd, closed pipes leave nothing to wait on: look again soon.
    const bool blind = group.pidfd() < 0 && !out.read && !err.read;
    const int timeout = std::min(blind ? 2 : kPollMs, static_cast<int>(left * 1000) + 1);
    ::poll(fds.data(), fds.size(), timeout);
    if (out.read && fds[0].revents != 0 &&
        !drain(out.read.get(), output.out, run.output_limit_bytes)) {
      out.read.close();
    }
    if (err.read && fds[1].revents != 0 &&
        !drain(err.read.get(), output.err, run.output_limit_bytes)) {
      err.read.close();
    }
  }
  group.finish();
  output.seconds = seconds_since(start);
  // What is still in the pipes; no writer is left to refill them.
  if (out.read) drain(out.read.get(), output.out, run.output_limit_bytes);
  if (err.read) drain(err.read.get(), output.err, run.output_limit_bytes);
  if (end == End::kCancelled) return cancelled_error();
  if (end == End::kWall) return limit_error(run, number_text(run.wall_limit_s) + " s wall time");

  if (WIFSIGNALED(group.status())) output.signal = WTERMSIG(group.status());
  if (WIFEXITED(group.status())) output.exit_status = WEXITSTATUS(group.status());
  const rusage& usage = group.usage();
  const double cpu_s = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                       1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
  if (output.signal == SIGXCPU ||
      (output.signal == SIGKILL && cpu_s >= static_cast<double>(plan.cpu_s))) {
    return limit_error(run, number_text(static_cast<double>(plan.cpu_s)) + " s CPU time");
  }
  if (output.signal == SIGXFSZ) {
    return limit_error(run, std::to_string(run.file_limit_bytes) + " bytes a file");
  }
  if (ran_out_of_memory(run, output, usage)) {
    return limit_error(run, std::to_string(run.memory_limit_bytes >> 20) + " MiB memory");
  }
  return output;
}

Result<std::filesystem::path> find_tool(std::string_view name, std::string_view debian_package) {
  const std::string path = path_variable();
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    // An empty or relative entry would depend on the working directory.
    if (end > begin && path[begin] == '/') {
      const std::filesystem::path file =
          std::filesystem::path(path.substr(begin, end - begin)) / name;
      std::error_code error;
      if (std::filesystem::is_regular_file(file, error) && access(file.c_str(), X_OK) == 0) {
        return file;
      }
    }
    begin = end + 1;
  }
  return make_error(ErrorCode::kToolMissing, std::string(name) + " is not installed.", "PATH",
                    "apt install " + std::string(debian_package));
}

}  // namespace ptah
