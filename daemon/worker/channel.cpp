#include "worker/channel.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace ptah {

Channel::Channel(int descriptor) : descriptor_(descriptor) {
  ::fcntl(descriptor_, F_SETFD, FD_CLOEXEC);
  // The daemon may have made its ends non-blocking; this one waits.
  const int flags = ::fcntl(descriptor_, F_GETFL);
  if (flags >= 0) ::fcntl(descriptor_, F_SETFL, flags & ~O_NONBLOCK);
}

Channel::~Channel() {
  ::close(descriptor_);
}

bool Channel::send(const Json& message) {
  // Texts of tools and plugins may be any bytes; the protocol is UTF-8.
  const std::string line = message.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  const std::lock_guard lock(writing_);
  std::size_t sent = 0;
  while (sent < line.size()) {
    const ssize_t written =
        ::send(descriptor_, line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    sent += static_cast<std::size_t>(written);
  }
  return true;
}

void Channel::stop_receiving() {
  ::shutdown(descriptor_, SHUT_RD);
}

std::optional<std::string> Channel::take_line() {
  const std::size_t end = buffer_.find('\n', searched_);
  if (end == std::string::npos) {
    searched_ = buffer_.size();
    return std::nullopt;
  }
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 1);
  searched_ = 0;
  return line;
}

Result<Channel::Event> Channel::receive(int timeout_ms, Json& message) {
  while (true) {
    if (const auto line = take_line()) {
      message = Json::parse(*line, nullptr, false);
      if (!message.is_object()) {
        return make_error(ErrorCode::kParse, "A line from the daemon is no JSON object.");
      }
      return Event::kLine;
    }
    if (buffer_.size() > kMostLineBytes) {
      return make_error(ErrorCode::kLimit, "A line from the daemon is longer than " +
                                               std::to_string(kMostLineBytes >> 20) + " MiB.");
    }
    pollfd waiting{descriptor_, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, timeout_ms);
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) return Event::kTimeout;
    std::array<char, 64 * 1024> bytes;
    const ssize_t got = ::recv(descriptor_, bytes.data(), bytes.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return Event::kClosed;
    buffer_.append(bytes.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace ptah
