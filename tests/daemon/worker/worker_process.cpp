#include "worker_process.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <thread>

namespace ptah {
namespace {

using Clock = std::chrono::steady_clock;
// A loaded machine needs long to start a process.
constexpr auto kPatience = std::chrono::seconds(60);

}  // namespace

WorkerProcess::WorkerProcess(const std::filesystem::path& program,
                             std::vector<std::string> arguments) {
  std::array<int, 2> pair{}, err{};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()), 0);
  EXPECT_EQ(::pipe2(err.data(), O_CLOEXEC), 0);
  arguments.insert(arguments.begin(), program.string());
  std::vector<char*> texts;
  for (std::string& argument : arguments) texts.push_back(argument.data());
  texts.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ == 0) {
    // dup2 onto itself would keep the close-on-exec flag.
    if (pair[1] == 3) {
      ::fcntl(3, F_SETFD, 0);
    } else {
      ::dup2(pair[1], 3);
    }
    ::dup2(err[1], STDERR_FILENO);
    ::execv(texts[0], texts.data());
    ::_exit(127);
  }
  ::close(pair[1]);
  ::close(err[1]);
  socket_ = pair[0];
  err_ = err[0];
}

WorkerProcess::~WorkerProcess() {
  close_socket();
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(err_);
}

void WorkerProcess::send_text(const std::string& text) {
  std::size_t sent = 0;
  while (sent < text.size()) {
    const ssize_t written = ::send(socket_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (written <= 0) return;  // the worker is gone; the test sees that elsewhere
    sent += static_cast<std::size_t>(written);
  }
}

Json WorkerProcess::receive() {
  const auto deadline = Clock::now() + kPatience;
  while (true) {
    const std::size_t end = buffer_.find('\n');
    if (end != std::string::npos) {
      Json event = Json::parse(buffer_.substr(0, end), nullptr, false);
      EXPECT_TRUE(event.is_object()) << buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return event;
    }
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd waiting{socket_, POLLIN, 0};
    if (left <= 0 || ::poll(&waiting, 1, static_cast<int>(left)) == 0) {
      ADD_FAILURE() << "the worker says nothing";
      return {};
    }
    std::array<char, 65536> bytes;
    const ssize_t got = ::recv(socket_, bytes.data(), bytes.size(), 0);
    if (got <= 0) return {};
    buffer_.append(bytes.data(), static_cast<std::size_t>(got));
  }
}

std::vector<Json> WorkerProcess::receive_until(const std::string& kind) {
  std::vector<Json> events;
  while (true) {
    Json event = receive();
    if (event.is_null()) return events;
    events.push_back(event);
    if (event.value("event", "") == kind) return events;
  }
}

void WorkerProcess::close_socket() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

void WorkerProcess::signal(int number) const {
  ::kill(pid_, number);
}

WorkerProcess::End WorkerProcess::wait() {
  End end;
  // Standard error ends when the process does.
  const auto deadline = Clock::now() + kPatience;
  while (true) {
    pollfd waiting{err_, POLLIN, 0};
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0 || ::poll(&waiting, 1, static_cast<int>(left)) == 0) {
      ADD_FAILURE() << "the worker does not end";
      ::kill(pid_, SIGKILL);
      break;
    }
    std::array<char, 4096> bytes;
    const ssize_t got = ::read(err_, bytes.data(), bytes.size());
    if (got <= 0) break;
    end.err.append(bytes.data(), static_cast<std::size_t>(got));
  }
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  if (WIFEXITED(status)) end.exit_status = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  return end;
}

}  // namespace ptah
