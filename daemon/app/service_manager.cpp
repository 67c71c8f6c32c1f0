#include "app/service_manager.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace ptah {
namespace {

constexpr int kFirstHandedOver = 3;

/// The variable's text, which nobody finds any more.
std::string take_variable(const char* name) {
  const char* const value = std::getenv(name);
  std::string text = value == nullptr ? "" : value;
  ::unsetenv(name);
  return text;
}

std::optional<std::int64_t> positive_number(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value <= 0) return std::nullopt;
  return value;
}

/// Whether a variable that names a process does not name another than this one.
bool names_us(const std::string& pid) {
  return pid.empty() || positive_number(pid) == static_cast<std::int64_t>(::getpid());
}

}  // namespace

ServiceManager ServiceManager::from_environment() {
  ServiceManager manager;
  manager.address_ = take_variable("NOTIFY_SOCKET");
  const std::string watched = take_variable("WATCHDOG_PID"),
                    micros = take_variable("WATCHDOG_USEC");
  if (const auto limit = positive_number(micros); limit && names_us(watched)) {
    manager.alive_every_ =
        std::max(std::chrono::milliseconds(1), std::chrono::milliseconds(*limit / 2000));
  }
  const std::string handed = take_variable("LISTEN_PID"), count = take_variable("LISTEN_FDS");
  ::unsetenv("LISTEN_FDNAMES");
  // Without a process named, descriptors may be anybody's.
  if (const auto sockets = positive_number(count); sockets && !handed.empty() && names_us(handed)) {
    manager.sockets_ = static_cast<int>(std::min<std::int64_t>(*sockets, 64));
    for (int i = 0; i < manager.sockets_; ++i) ::fcntl(kFirstHandedOver + i, F_SETFD, FD_CLOEXEC);
  }
  return manager;
}

Result<std::optional<int>> ServiceManager::unix_socket(const std::filesystem::path& path) const {
  if (sockets_ == 0) return std::optional<int>();
  const char* const hint = "ptahd.socket must have one ListenStream, a path.";
  if (sockets_ > 1) {
    return make_error(ErrorCode::kInvalidArgument,
                      "The service manager handed over " + std::to_string(sockets_) +
                          " sockets; ptahd takes one.",
                      "LISTEN_FDS", hint);
  }
  sockaddr_un address{};
  socklen_t size = sizeof address;
  int listens = 0;
  socklen_t listens_size = sizeof listens;
  if (::getsockname(kFirstHandedOver, reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
      address.sun_family != AF_UNIX || address.sun_path[0] != '/' ||
      ::getsockopt(kFirstHandedOver, SOL_SOCKET, SO_ACCEPTCONN, &listens, &listens_size) != 0 ||
      listens == 0) {
    return make_error(ErrorCode::kInvalidArgument,
                      "What the service manager handed over is no listening Unix socket.",
                      "LISTEN_FDS", hint);
  }
  const std::filesystem::path at(
      std::string(address.sun_path, ::strnlen(address.sun_path, sizeof address.sun_path)));
  if (at.lexically_normal() != path.lexically_normal()) {
    return make_error(ErrorCode::kInvalidArgument,
                      "The service manager listens at another path than ptahd is to serve.",
                      at.string(), "Give both the same: ListenStream and --socket.");
  }
  return std::optional<int>(kFirstHandedOver);
}

void ServiceManager::ready(const std::string& status) const {
  say("READY=1\nSTATUS=" + status);
}

void ServiceManager::reloading() const {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  say("RELOADING=1\nMONOTONIC_USEC=" +
      std::to_string(std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000));
}

void ServiceManager::stopping() const {
  say("STOPPING=1");
}

void ServiceManager::alive() const {
  say("WATCHDOG=1");
}

void ServiceManager::say(const std::string& lines) const {
  if (address_.empty()) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0 || address_.size() >= sizeof address.sun_path) {
    spdlog::warn("the service manager is not told \"{}\": no socket to {}", lines, address_);
    if (descriptor >= 0) ::close(descriptor);
    return;
  }
  std::memcpy(address.sun_path, address_.data(), address_.size());
  if (address_.front() == '@') address.sun_path[0] = '\0';  // An abstract one.
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  if (::sendto(descriptor, lines.data(), lines.size(), MSG_NOSIGNAL,
               reinterpret_cast<const sockaddr*>(&address), size) < 0) {
    spdlog::warn("the service manager is not told \"{}\": {}", lines, std::strerror(errno));
  }
  ::close(descriptor);
}

}  // namespace ptah
