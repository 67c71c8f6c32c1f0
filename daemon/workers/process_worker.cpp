#include "workers/process_worker.hpp"

#include <fcntl.h>
#include <sched.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <deque>
#include <fstream>
#include <optional>

#include "net/line_buffer.hpp"
#include "ptah/core/printable.hpp"
#include "rpc/message.hpp"

namespace ptah {

namespace asio = boost::asio;

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name != nullptr ? std::string("SIG") + name : "signal " + std::to_string(signal);
}

class ProcessWorker final : public Worker, public std::enable_shared_from_this<ProcessWorker> {
 public:
  ProcessWorker(asio::io_context& io, pid_t pid, int socket, int stderr_pipe,
                const ProcessWorkerOptions& options, Callbacks callbacks)
      : io_(io),
        pid_(pid),
        socket_(io, asio::local::stream_protocol(), socket),
        stderr_(io, stderr_pipe),
        end_timer_(io),
        lines_(options.max_line_bytes),
        max_line_(options.max_line_bytes),
        stderr_limit_(options.stderr_tail_bytes),
        callbacks_(std::move(callbacks)) {}

  void run() {
    read_events();
    read_stderr();
  }

  void start_task(const std::string& id, TaskKind kind, const Json& spec,
                  const std::string& scratch) override {
    send({{"task", id}, {"kind", traits(kind).name}, {"spec", spec}, {"scratch", scratch}});
  }
  void cancel_task(const std::string& id) override { send({{"cancel", id}}); }
  void quit() override { send({{"quit", true}}); }

  void kill() override {
    if (!status_) ::kill(-pid_, SIGKILL);
  }

  void pause(bool paused) override {
    paused_ = paused;
    if (!paused_) {
      asio::post(io_, [self = shared_from_this()] { self->take_lines(); });
    }
  }

  pid_t pid() const noexcept override { return pid_; }

  std::int64_t rss_bytes() const override {
    if (status_) return 0;
    std::ifstream file("/proc/" + std::to_string(pid_) + "/statm");
    std::int64_t size = 0, resident = 0;
    file >> size >> resident;
    return resident * ::sysconf(_SC_PAGESIZE);
  }

  /// The process is reaped. What it said before is read to the end first; a grandchild that holds
  /// the pipe cannot delay that for long.
  void exited(int status) {
    status_ = status;
    paused_ = false;
    take_lines();
    end_timer_.expires_after(std::chrono::milliseconds(500));
    end_timer_.async_wait([self = shared_from_this()](boost::system::error_code error) {
      if (!error) self->finish();
    });
    finish_if_ended();
  }

 private:
  void send(const Json& message) {
    if (ended_) return;
    queue_.push_back(rpc::dump(message) + "\n");
    if (queue_.size() == 1) write();
  }

  void write() {
    asio::async_write(socket_, asio::buffer(queue_.front()),
                      [self = shared_from_this()](boost::system::error_code error, std::size_t) {
                        // A worker that cannot be written to is about to be reaped.
                        if (error) return;
                        self->queue_.pop_front();
                        if (!self->queue_.empty()) self->write();
                      });
  }

  void read_events() {
    if (reading_ || events_ended_) return;
    reading_ = true;
    socket_.async_read_some(
        asio::buffer(chunk_),
        [self = shared_from_this()](boost::system::error_code error, std::size_t size) {
          self->reading_ = false;
          if (error) {
            self->events_ended_ = true;
            // A worker that has closed its end will do nothing useful any more.
            self->kill();
            self->finish_if_ended();
            return;
          }
          self->lines_.append({self->chunk_.data(), size});
          self->take_lines();
        });
  }

  void take_lines() {
    if (ended_ || taking_) return;
    taking_ = true;
    while (!paused_ && !ended_) {
      if (lines_.oversize()) {
        give_up(make_error(ErrorCode::kLimit, "An event is longer than the limit of " +
                                                  std::to_string(max_line_ >> 20) + " MiB."));
        break;
      }
      const auto line = lines_.next();
      if (!line) {
        taking_ = false;
        read_events();
        return;
      }
      const Result<WorkerEvent> event = read_worker_line(*line);
      if (!event) {
        give_up(event.error());
        break;
      }
      try {
        callbacks_.on_event(event.value());
      } catch (const std::exception& exception) {
        // Reading checks every field, so this is a bug of ours; it costs this worker only.
        give_up(make_error(ErrorCode::kInternal, exception.what()));
        break;
      }
    }
    taking_ = false;
  }

  /// Its stream of events is of no use any more.
  void give_up(Error fault) {
    spdlog::error("worker {}: said what is no event, killed: {}", pid_, fault.text());
    fault_ = std::move(fault);
    kill();
    events_ended_ = true;
    finish_if_ended();
  }

  void read_stderr() {
    stderr_.async_read_some(
        asio::buffer(stderr_chunk_),
        [self = shared_from_this()](boost::system::error_code error, std::size_t size) {
          if (error) {
            self->stderr_ended_ = true;
            self->finish_if_ended();
            return;
          }
          std::string& tail = self->tail_;
          tail.append(self->stderr_chunk_.data(), size);
          if (tail.size() > 2 * self->stderr_limit_)
            tail.erase(0, tail.size() - self->stderr_limit_);
          self->read_stderr();
        });
  }

  void finish_if_ended() {
    if (status_ && events_ended_ && stderr_ended_) finish();
  }

  void finish() {
    if (ended_) return;
    ended_ = true;
    end_timer_.cancel();
    boost::system::error_code ignored;
    socket_.close(ignored);
    stderr_.close(ignored);
    WorkerExit exit;
    if (WIFSIGNALED(*status_)) {
      exit.signal = WTERMSIG(*status_);
      exit.text = "was ended by signal " + std::to_string(exit.signal) + " (" +
                  signal_name(exit.signal) + ")";
    } else {
      exit.text = "exited with status " + std::to_string(WEXITSTATUS(*status_));
    }
    if (tail_.size() > stderr_limit_) tail_.erase(0, tail_.size() - stderr_limit_);
    exit.stderr_tail = printable(tail_);
    exit.fault = std::move(fault_);
    const auto callbacks = std::move(callbacks_);
    asio::post(io_, [callbacks, exit = std::move(exit), self = shared_from_this()] {
      callbacks.on_exit(exit);
    });
  }

  asio::io_context& io_;
  pid_t pid_;
  asio::local::stream_protocol::socket socket_;
  asio::posix::stream_descriptor stderr_;
  asio::steady_timer end_timer_;
  LineBuffer lines_;
  std::size_t max_line_;
  std::size_t stderr_limit_;
  Callbacks callbacks_;
  std::array<char, 64 << 10> chunk_{};
  std::array<char, 4 << 10> stderr_chunk_{};
  std::deque<std::string> queue_;
  std::string tail_;
  std::optional<Error> fault_;
  std::optional<int> status_;  ///< Of waitpid, once reaped.
  bool paused_ = false;
  bool reading_ = false;
  bool taking_ = false;
  bool events_ended_ = false;
  bool stderr_ended_ = false;
  bool ended_ = false;
};

ProcessWorkers::ProcessWorkers(asio::io_context& io, ProcessWorkerOptions options)
    : io_(io), options_(std::move(options)), child_signal_(io, SIGCHLD) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  wait_for_children();
}

ProcessWorkers::~ProcessWorkers() {
  kill_all();
}

void ProcessWorkers::stop() {
  child_signal_.cancel();
}

void ProcessWorkers::kill_all() {
  for (const auto& [pid, weak] : workers_) ::kill(-pid, SIGKILL);
}

std::optional<int> ProcessWorkers::free_core() const {
  cpu_set_t allowed;
  if (!options_.bind || ::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return std::nullopt;
  std::optional<int> best;
  std::ptrdiff_t fewest = 0;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (!CPU_ISSET(core, &allowed)) continue;
    const auto there = std::count_if(cores_.begin(), cores_.end(),
                                     [&](const auto& bound) { return bound.second == core; });
    if (best && there >= fewest) continue;
    best = core;
    fewest = there;
  }
  return best;
}

Result<std::shared_ptr<Worker>> ProcessWorkers::start(const PluginSet& plugins,
                                                      Worker::Callbacks callbacks) {
  const auto system_failure = [this](const char* what) {
    return make_error(
        ErrorCode::kIo,
        std::string("A worker cannot be started: ") + what + ": " + std::strerror(errno) + ".",
        options_.program.string());
  };
  if (::access(options_.program.c_str(), X_OK) != 0)
    return system_failure("the program cannot be run");

  std::vector<std::string> words{options_.program.string(), "--fd", "3"};
  if (!plugins.files.empty()) {
    std::string list;
    for (const std::string& file : plugins.files) list += (list.empty() ? "" : ",") + file;
    words.insert(words.end(), {"--plugins", list});
  }
  words.insert(words.end(), options_.extra_arguments.begin(), options_.extra_arguments.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  std::array<int, 2> sockets{-1, -1};
  std::array<int, 2> pipe{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets.data()) != 0)
    return system_failure("socketpair");
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) {
    const int saved = errno;
    ::close(sockets[0]);
    ::close(sockets[1]);
    errno = saved;
    return system_failure("pipe");
  }
  // Above what the child gives new meanings to.
  const int child_socket = ::fcntl(sockets[1], F_DUPFD_CLOEXEC, 10);
  const int child_stderr = ::fcntl(pipe[1], F_DUPFD_CLOEXEC, 10);
  ::close(sockets[1]);
  ::close(pipe[1]);
  const std::string directory = options_.directory.string();

  const std::optional<int> core = free_core();
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (core) CPU_SET(*core, &cores);

  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) files.rlim_cur = options_.open_files;

  const pid_t pid = child_socket < 0 || child_stderr < 0 ? -1 : ::fork();
  if (pid == 0) {
    // Between fork and exec only async-signal-safe calls: the daemon has threads.
    ::setpgid(0, 0);
    const int null = ::open("/dev/null", O_RDWR);
    if (null < 0 || ::dup2(null, 0) < 0 || ::dup2(child_stderr, 1) < 0 ||
        ::dup2(child_stderr, 2) < 0 || ::dup2(child_socket, 3) < 0) {
      ::_exit(126);
    }
    ::syscall(SYS_close_range, 4u, ~0u, 0u);
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    if (files.rlim_cur > 0) ::setrlimit(RLIMIT_NOFILE, &files);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    for (const int signal : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD}) ::signal(signal, SIG_DFL);
    if (core) ::sched_setaffinity(0, sizeof cores, &cores);
    if (::chdir(directory.c_str()) != 0) ::_exit(126);
    ::execv(arguments[0], arguments.data());
    static constexpr char kWords[] = "ptah-worker cannot be executed\n";
    (void)!::write(2, kWords, sizeof(kWords) - 1);
    ::_exit(127);
  }
  const int saved = errno;
  if (child_socket >= 0) ::close(child_socket);
  if (child_stderr >= 0) ::close(child_stderr);
  if (pid < 0) {
    ::close(sockets[0]);
    ::close(pipe[0]);
    errno = saved;
    return system_failure("fork");
  }
  ::setpgid(pid, pid);  // Whoever of parent and child comes first.
  ::fcntl(pipe[0], F_SETFL, O_NONBLOCK);
  auto worker = std::make_shared<ProcessWorker>(io_, pid, sockets[0], pipe[0], options_,
                                                std::move(callbacks));
  workers_[pid] = worker;
  if (core) cores_[pid] = *core;
  worker->run();
  spdlog::debug("worker {} started, plugin set {}", pid, plugins.generation);
  return std::shared_ptr<Worker>(std::move(worker));
}

void ProcessWorkers::wait_for_children() {
  child_signal_.async_wait([this](boost::system::error_code error, int) {
    if (error) return;
    reap();
    wait_for_children();
  });
}

void ProcessWorkers::reap() {
  bool any = false;
  for (;;) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, WNOHANG);
    if (pid <= 0) break;
    any = true;
    const auto found = workers_.find(pid);
    if (found == workers_.end()) continue;
    // The rest of its group goes with it.
    ::kill(-pid, SIGKILL);
    if (const auto worker = found->second.lock()) worker->exited(status);
    workers_.erase(found);
    cores_.erase(pid);
  }
  if (any) kill_orphans();
}

void ProcessWorkers::kill_orphans() {
  // Children of ours that are no workers were left behind by one.
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename().string();
    pid_t pid = 0;
    const auto [end, code] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (code != std::errc() || end != name.data() + name.size() || workers_.contains(pid)) continue;
    std::ifstream file(entry.path() / "stat");
    std::string text;
    std::getline(file, text);
    const auto close = text.rfind(')');
    if (close == std::string::npos) continue;
    char state = 0;
    int parent = 0, group = 0;
    if (std::sscanf(text.c_str() + close + 1, " %c %d %d", &state, &parent, &group) != 3) continue;
    if (parent != ::getpid()) continue;
    if (group > 1 && group != ::getpgrp()) ::kill(-group, SIGKILL);
    ::kill(pid, SIGKILL);
  }
}

}  // namespace ptah
