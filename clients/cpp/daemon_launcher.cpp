#include "daemon_launcher.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <thread>
#include <vector>

namespace ptah {
namespace {

constexpr auto kStartTimeout = std::chrono::seconds(20);

/// Starts the daemon in a session of its own; its log goes to a file beside the socket.
Result<pid_t> start_daemon(const LaunchOptions& options, const std::filesystem::path& log) {
  const auto program = daemon_program();
  if (::access(program.c_str(), X_OK) != 0) {
    return make_error(ErrorCode::kNotFound, "There is no ptahd beside this program.",
                      program.string(), "Build it with `./dev build`.");
  }
  std::vector<std::string> words{program.string(), "--foreground", "--socket",
                                 options.socket.string()};
  const auto add = [&](const char* option, const std::string& value) {
    words.emplace_back(option);
    words.push_back(value);
  };
  if (!options.state.empty()) add("--state", options.state.string());
  if (options.workers > 0) add("--workers", std::to_string(options.workers));
  if (options.bind_workers) words.emplace_back("--bind-workers");
  if (options.idle_exit_s > 0) add("--idle-exit", std::to_string(options.idle_exit_s));
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  const int output =
      ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
  const int input = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const pid_t child = ::fork();
  if (child < 0) return make_error(ErrorCode::kIo, std::strerror(errno), program.string());
  if (child == 0) {
    ::setsid();
    ::dup2(input, 0);
    ::dup2(output >= 0 ? output : input, 1);
    ::dup2(output >= 0 ? output : input, 2);
    ::execv(program.c_str(), arguments.data());
    ::_exit(127);
  }
  if (output >= 0) ::close(output);
  ::close(input);
  return child;
}

std::string last_line(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::string line, last;
  while (std::getline(stream, line)) {
    if (!line.empty()) last = line;
  }
  return last.substr(0, 500);
}

}  // namespace

std::filesystem::path daemon_program() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path() / "ptahd";
}

std::filesystem::path default_socket() {
  if (const char* given = std::getenv("PTAH_SOCKET"); given != nullptr && *given != '\0')
    return given;
  if (const char* runtime = std::getenv("XDG_RUNTIME_DIR");
      runtime != nullptr && *runtime != '\0') {
    return std::filesystem::path(runtime) / "ptah" / "ptahd.sock";
  }
  return std::filesystem::path("/tmp") / ("ptah-" + std::to_string(::getuid())) / "ptahd.sock";
}

Result<Client> connect_or_start(const LaunchOptions& options) {
  auto client = Client::connect_unix(options.socket);
  if (client.has_value() || !options.start || client.error().code != ErrorCode::kNotFound)
    return client;

  std::error_code failure;
  const auto folder = options.socket.parent_path();
  if (std::filesystem::create_directories(folder, failure)) {
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, failure);
  }
  if (failure) {
    return make_error(ErrorCode::kIo, "The socket's folder cannot be made: " + failure.message(),
                      folder.string(), "Name another with --socket.");
  }
  const auto log = folder / "ptahd.log";
  PTAH_TRY(auto child, start_daemon(options, log));
  const auto deadline = std::chrono::steady_clock::now() + kStartTimeout;
  for (;;) {
    client = Client::connect_unix(options.socket);
    if (client.has_value()) return client;
    int status = 0;
    const bool ended = ::waitpid(child, &status, WNOHANG) == child;
    if (ended || std::chrono::steady_clock::now() > deadline) {
      // Somebody else's daemon may have won the race for the socket.
      client = Client::connect_unix(options.socket);
      if (client.has_value()) return client;
      return make_error(
          ErrorCode::kToolFailed,
          ended ? "ptahd started and ended at once." : "ptahd started but does not answer.",
          options.socket.string(), "Its log, " + log.string() + ", ends: " + last_line(log));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

}  // namespace ptah
