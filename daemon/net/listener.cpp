#include "net/listener.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ptah {

namespace asio = boost::asio;

Listener::~Listener() {
  close();
}

void Listener::close() {
  boost::system::error_code ignored;
  if (unix_.is_open()) {
    unix_.close(ignored);
    ::unlink(path_.c_str());
  }
  if (tcp_.is_open()) tcp_.close(ignored);
  unix_retry_.cancel();
  tcp_retry_.cancel();
  lock_.reset();
}

Status Listener::listen_unix(const std::filesystem::path& path) {
  if (path.string().size() > 100) {
    return make_error(ErrorCode::kInvalidArgument,
                      "The path of a Unix socket may have at most 100 bytes.", path.string(),
                      "Choose a shorter one with --socket.");
  }
  PTAH_TRY(auto lock, FileLock::acquire(path.string() + ".lock", "the socket " + path.string()));
  lock_.emplace(std::move(lock));
  // We hold the lock, so nobody listens on what is there.
  struct stat info {};
  if (::lstat(path.c_str(), &info) == 0) {
    if (!S_ISSOCK(info.st_mode)) {
      return make_error(ErrorCode::kConflict, "There is a file where the socket should be.",
                        path.string(), "Move it away.");
    }
    ::unlink(path.c_str());
  }
  boost::system::error_code error;
  unix_.open(asio::local::stream_protocol(), error);
  // The mode is right from the first moment on; nobody else creates files in this short while (one
  // thread so far).
  const mode_t before = ::umask(0177);
  if (!error) unix_.bind(path.string(), error);
  ::umask(before);
  if (!error) unix_.listen(128, error);
  if (error)
    return make_error(ErrorCode::kIo, "The Unix socket cannot be opened: " + error.message() + ".",
                      path.string());
  ::fcntl(unix_.native_handle(), F_SETFD, FD_CLOEXEC);
  path_ = path;
  accept_unix();
  return ok();
}

Status Listener::listen_tcp(const std::string& address, std::uint16_t port) {
  boost::system::error_code error;
  const auto parsed = asio::ip::make_address(address == "localhost" ? "127.0.0.1" : address, error);
  if (error) return make_error(ErrorCode::kInvalidArgument, "This is no IP address.", address);
  if (!parsed.is_loopback()) {
    return make_error(ErrorCode::kDenied,
                      "TCP beyond this machine needs TLS, which this version does not have.",
                      address, "Listen on 127.0.0.1 or ::1, and use an SSH tunnel from elsewhere.");
  }
  const asio::ip::tcp::endpoint endpoint(parsed, port);
  tcp_.open(endpoint.protocol(), error);
  if (!error) tcp_.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) tcp_.bind(endpoint, error);
  if (!error) tcp_.listen(128, error);
  if (error) {
    return make_error(ErrorCode::kIo, "The TCP port cannot be opened: " + error.message() + ".",
                      address + ":" + std::to_string(port));
  }
  ::fcntl(tcp_.native_handle(), F_SETFD, FD_CLOEXEC);
  port_ = tcp_.local_endpoint().port();
  accept_tcp();
  return ok();
}

void Listener::accept_unix() {
  unix_.async_accept(
      [this](boost::system::error_code error, asio::local::stream_protocol::socket socket) {
        if (error == asio::error::operation_aborted) return;
        if (error) {
          retry_later(unix_retry_, &Listener::accept_unix);
          return;
        }
        ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
        ucred peer{};
        socklen_t size = sizeof(peer);
        const bool known =
            ::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0;
        if (known && (peer.uid == ::getuid() || peer.uid == 0)) {
          on_accept_(Session::Socket(std::move(socket)), Peer{true, {}});
        } else {
          spdlog::warn("refused a client of uid {} on the Unix socket", peer.uid);
        }
        accept_unix();
      });
}

void Listener::accept_tcp() {
  tcp_.async_accept([this](boost::system::error_code error, asio::ip::tcp::socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (error) {
      retry_later(tcp_retry_, &Listener::accept_tcp);
      return;
    }
    ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
    boost::system::error_code ignored;
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    const auto address = socket.remote_endpoint(ignored).address();
    on_accept_(Session::Socket(std::move(socket)), Peer{false, address.to_string()});
    accept_tcp();
  });
}

void Listener::retry_later(asio::steady_timer& timer, void (Listener::*accept)()) {
  // Usually no descriptor is free; accepting again at once would spin.
  timer.expires_after(std::chrono::milliseconds(100));
  timer.async_wait([this, accept](boost::system::error_code error) {
    if (!error) (this->*accept)();
  });
}

}  // namespace ptah
