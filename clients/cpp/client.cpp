#include "client.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace ptah {
namespace {

using Clock = std::chrono::steady_clock;

Error gone(const std::string& what) {
  return make_error(ErrorCode::kIo, "The connection to ptahd was lost: " + what + ".", "",
                    "Jobs run on; connect again (`ptah jobs` lists them).");
}

/// Error objects on the wire carry ours in `data`.
Error from_wire(const Json& error) {
  const Json data = error.value("data", Json::object());
  Error result;
  result.code = data.is_object() && data.contains("code") && data["code"].is_string()
                    ? error_code_from_string(data["code"].get<std::string>())
                    : ErrorCode::kInvalidArgument;
  result.message = data.is_object() ? data.value("message", error.value("message", ""))
                                    : error.value("message", "");
  if (data.is_object()) {
    result.where = data.value("where", "");
    result.hint = data.value("hint", "");
  }
  return result;
}

bool is_trusted(uid_t owner) {
  return owner == ::geteuid() || owner == 0;
}

Error stranger(const std::string& what, uid_t owner, const std::string& where) {
  return make_error(
      ErrorCode::kDenied,
      what + " belongs to another user (uid " + std::to_string(owner) + "), who may pose as ptahd.",
      where, "Remove it, or choose another socket (--socket, or PTAH_SOCKET).");
}

/// Whether nobody but root and `owner` can have put the folder there: so it is where a daemon
/// serves a group, and not where somebody waits for who mistakes it.
bool is_placed(const std::filesystem::path& folder, uid_t owner) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(folder, error);
  if (error) return false;
  for (std::filesystem::path above = real.parent_path();; above = above.parent_path()) {
    struct stat info {};
    if (::stat(above.c_str(), &info) != 0 || (info.st_uid != 0 && info.st_uid != owner) ||
        (info.st_mode & 022) != 0)
      return false;
    if (above == above.root_path()) return true;
  }
}

/// A folder in which another user may put a socket is not looked into. One that is missing is not
/// at fault. Otherwise the owner, whose daemon may be there.
Result<uid_t> check_folder(const std::filesystem::path& socket) {
  const std::filesystem::path folder =
      socket.has_parent_path() ? socket.parent_path() : std::filesystem::path(".");
  struct stat info {};
  if (::stat(folder.c_str(), &info) != 0) return ::geteuid();
  if (!is_trusted(info.st_uid) && !is_placed(folder, info.st_uid))
    return stranger("The socket's folder", info.st_uid, folder.string());
  if ((info.st_mode & 022) != 0) {
    return make_error(ErrorCode::kDenied,
                      "Other users may write into the socket's folder, and pose as ptahd.",
                      folder.string(), "chmod go-w " + folder.string());
  }
  return info.st_uid;
}

/// Who listens, as the kernel knows it.
Status check_peer(int descriptor, uid_t owner, const std::string& socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
    return make_error(ErrorCode::kIo, std::strerror(errno), socket);
  if (!is_trusted(peer.uid) && peer.uid != owner)
    return stranger("What listens there", peer.uid, socket);
  return ok();
}

}  // namespace

Client::Client(Client&& other) noexcept
    : tls_(std::move(other.tls_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      local_(other.local_),
      next_id_(other.next_id_),
      buffer_(std::move(other.buffer_)),
      scanned_(other.scanned_),
      notifications_(std::move(other.notifications_)),
      server_(std::move(other.server_)) {}

Client& Client::operator=(Client&& other) noexcept {
  if (this != &other) {
    if (descriptor_ >= 0) ::close(descriptor_);
    tls_ = std::move(other.tls_);
    descriptor_ = std::exchange(other.descriptor_, -1);
    local_ = other.local_;
    next_id_ = other.next_id_;
    buffer_ = std::move(other.buffer_);
    scanned_ = other.scanned_;
    notifications_ = std::move(other.notifications_);
    server_ = std::move(other.server_);
  }
  return *this;
}

Client::~Client() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<Client> Client::connect_unix(const std::filesystem::path& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = socket.string();
  if (path.size() >= sizeof address.sun_path) {
    return make_error(ErrorCode::kInvalidArgument,
                      "The path of the socket is longer than " +
                          std::to_string(sizeof address.sun_path - 1) + " bytes.",
                      path, "Use a shorter one (--socket, or PTAH_SOCKET).");
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  PTAH_TRY(const uid_t owner, check_folder(socket));
  Client client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (client.descriptor_ < 0) return make_error(ErrorCode::kIo, std::strerror(errno), path);
  if (::connect(client.descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
      0) {
    if (errno == EACCES) {
      return make_error(ErrorCode::kDenied, "You may not use this daemon's socket.", path,
                        "Ask whoever runs it to let a group of yours in (unix_group), or for a "
                        "token (docs/team.md).");
    }
    const bool absent = errno == ENOENT || errno == ECONNREFUSED;
    return make_error(absent ? ErrorCode::kNotFound : ErrorCode::kIo,
                      "No ptahd answers: " + std::string(std::strerror(errno)) + ".", path,
                      "Start one with `ptah server start`.");
  }
  PTAH_TRY(check_peer(client.descriptor_, owner, path));
  PTAH_TRY(client.hello(""));
  client.local_ = client.server_.value("paths", true);
  return client;
}

Result<Client> Client::connect_tcp(const std::string& host, std::uint16_t port,
                                   const std::string& token) {
  const std::string place = host + ":" + std::to_string(port);
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int failure =
          ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found);
      failure != 0) {
    return make_error(ErrorCode::kNotFound, ::gai_strerror(failure), place);
  }
  int last = ECONNREFUSED;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    Client client(::socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol));
    if (client.descriptor_ >= 0 &&
        ::connect(client.descriptor_, at->ai_addr, at->ai_addrlen) == 0) {
      ::freeaddrinfo(found);
      PTAH_TRY(client.hello(token));
      return client;
    }
    last = errno;
  }
  ::freeaddrinfo(found);
  return make_error(ErrorCode::kNotFound,
                    "No ptahd answers: " + std::string(std::strerror(last)) + ".", place,
                    "Is it started with --tcp?");
}

Result<Client> Client::connect_tls(const std::string& host, std::uint16_t port,
                                   const std::string& token, const TlsConnection::Trust& trust) {
  PTAH_TRY(auto tls, TlsConnection::open(host, port, trust, std::chrono::seconds(10)));
  Client client(tls->take_descriptor());
  client.tls_ = std::move(tls);
  PTAH_TRY(client.hello(token));
  return client;
}

Status Client::hello(const std::string& token) {
  Json params{{"client", "ptah-cpp"}, {"protocol", 1}};
  if (!token.empty()) params["token"] = token;
  PTAH_TRY(server_, call("server.hello", params, std::chrono::seconds(10)));
  return ok();
}

Status Client::send_line(const std::string& line) {
  std::size_t sent = 0;
  while (sent < line.size()) {
    const ssize_t count = ::send(descriptor_, line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return gone(std::strerror(errno));
    sent += static_cast<std::size_t>(count);
  }
  return ok();
}

Result<std::optional<Json>> Client::read_message(Clock::time_point deadline) {
  for (;;) {
    if (const auto end = buffer_.find('\n', scanned_); end != std::string::npos) {
      Json message = Json::parse(
          buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(end), nullptr, false);
      buffer_.erase(0, end + 1);
      scanned_ = 0;
      if (message.is_discarded() || !message.is_object())
        return gone("it sent a line that is no message");
      return std::optional<Json>(std::move(message));
    }
    scanned_ = buffer_.size();
    if (buffer_.size() > kMaxLineBytes) return gone("it sent a line without an end");
    const auto left = std::chrono::duration_cast<Duration>(deadline - Clock::now()).count();
    pollfd waiting{descriptor_, POLLIN, 0};
    const int ready =
        ::poll(&waiting, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 1 << 30)));
    if (ready < 0 && errno == EINTR) return std::optional<Json>{};  // let the caller see its signal
    if (ready < 0) return gone(std::strerror(errno));
    if (ready == 0) return std::optional<Json>{};
    char chunk[65536];
    const ssize_t count = ::recv(descriptor_, chunk, sizeof chunk, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return gone(std::strerror(errno));
    if (count == 0) return gone("it was closed");
    buffer_.append(chunk, static_cast<std::size_t>(count));
  }
}

Result<Json> Client::call(std::string_view method, const Json& params, Duration timeout,
                          const Meanwhile& meanwhile) {
  const std::int64_t id = next_id_++;
  const Json request{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}};
  PTAH_TRY(send_line(request.dump() + "\n"));
  const auto deadline = Clock::now() + timeout;
  for (;;) {
    PTAH_TRY(auto message, read_message(deadline));
    if (!message) {
      if (Clock::now() < deadline) continue;
      return make_error(ErrorCode::kLimit, "ptahd did not answer `" + std::string(method) +
                                               "` in " + std::to_string(timeout.count() / 1000) +
                                               " s.");
    }
    if (message->contains("method")) {
      Notification notification{(*message)["method"].get<std::string>(),
                                message->value("params", Json::object())};
      if (meanwhile) {
        meanwhile(notification);
      } else {
        notifications_.push_back(std::move(notification));
      }
      continue;
    }
    if (!message->contains("id") || (*message)["id"] != id) continue;  // of a call given up before
    if (message->contains("error")) return from_wire((*message)["error"]);
    return message->value("result", Json());
  }
}

Result<std::optional<Notification>> Client::next_notification(Duration timeout) {
  const auto deadline = Clock::now() + timeout;
  while (notifications_.empty()) {
    PTAH_TRY(auto message, read_message(deadline));
    if (!message) return std::optional<Notification>{};
    if (message->contains("method")) {
      notifications_.push_back(
          {(*message)["method"].get<std::string>(), message->value("params", Json::object())});
    }
  }
  std::optional<Notification> first(std::move(notifications_.front()));
  notifications_.pop_front();
  return first;
}

}  // namespace ptah
