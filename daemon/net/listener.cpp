#include "net/listener.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/local/connect_pair.hpp>

#include "tls/pump.hpp"

namespace ptah {

namespace asio = boost::asio;

namespace {

/// Handshakes cost processor time, and who makes them has shown nothing yet.
constexpr std::size_t kMaxHandshakes = 64;
constexpr std::size_t kMaxHandshakesOfAddress = 16;

Result<asio::ip::address> read_address(const std::string& address) {
  boost::system::error_code error;
  const auto parsed = asio::ip::make_address(address == "localhost" ? "127.0.0.1" : address, error);
  if (error) return make_error(ErrorCode::kInvalidArgument, "This is no IP address.", address);
  return parsed;
}

/// The port that was taken.
Result<std::uint16_t> open_port(asio::ip::tcp::acceptor& acceptor, const asio::ip::address& address,
                                std::uint16_t port) {
  const asio::ip::tcp::endpoint endpoint(address, port);
  boost::system::error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(128, error);
  if (error) {
    return make_error(ErrorCode::kIo, "The TCP port cannot be opened: " + error.message() + ".",
                      address.to_string() + ":" + std::to_string(port));
  }
  ::fcntl(acceptor.native_handle(), F_SETFD, FD_CLOEXEC);
  return acceptor.local_endpoint().port();
}

}  // namespace

struct Listener::Handshake {
  Handshake(asio::ip::tcp::socket socket, asio::ssl::context& context, std::string address_in)
      : stream(std::make_unique<TlsPump::Secure>(std::move(socket), context)),
        timer(stream->get_executor()),
        address(std::move(address_in)) {}
  std::unique_ptr<TlsPump::Secure> stream;
  asio::steady_timer timer;
  std::string address;
};

Listener::~Listener() {
  *alive_ = false;
  close();
}

void Listener::close() {
  boost::system::error_code ignored;
  if (unix_.is_open()) {
    unix_.close(ignored);
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  if (tcp_.is_open()) tcp_.close(ignored);
  if (tls_.is_open()) tls_.close(ignored);
  for (const auto& handshake : handshakes_) handshake->stream->lowest_layer().close(ignored);
  unix_retry_.cancel();
  tcp_retry_.cancel();
  tls_retry_.cancel();
  lock_.reset();
}

Status Listener::listen_unix(const std::filesystem::path& path, std::optional<gid_t> group,
                             std::optional<int> handed_over) {
  if (path.string().size() > 100) {
    return make_error(ErrorCode::kInvalidArgument,
                      "The path of a Unix socket may have at most 100 bytes.", path.string(),
                      "Choose a shorter one with --socket.");
  }
  PTAH_TRY(auto lock, FileLock::acquire(path.string() + ".lock", "the socket " + path.string()));
  lock_.emplace(std::move(lock));
  // We hold the lock, so nobody listens on what is there.
  struct stat info {};
  if (!handed_over && ::lstat(path.c_str(), &info) == 0) {
    if (!S_ISSOCK(info.st_mode)) {
      return make_error(ErrorCode::kConflict, "There is a file where the socket should be.",
                        path.string(), "Move it away.");
    }
    ::unlink(path.c_str());
  }
  boost::system::error_code error;
  if (handed_over) {
    unix_.assign(asio::local::stream_protocol(), *handed_over, error);
  } else {
    unix_.open(asio::local::stream_protocol(), error);
  }
  // The mode is right from the first moment on; nobody else creates files in this short while (one
  // thread so far).
  const mode_t before = ::umask(0177);
  if (!error && !handed_over) unix_.bind(path.string(), error);
  ::umask(before);
  if (!error && group &&
      (::lchown(path.c_str(), static_cast<uid_t>(-1), *group) != 0 ||
       ::chmod(path.c_str(), 0660) != 0))
    error.assign(errno, boost::system::system_category());
  if (!error && !handed_over) unix_.listen(128, error);
  if (error)
    return make_error(ErrorCode::kIo, "The Unix socket cannot be opened: " + error.message() + ".",
                      path.string());
  ::fcntl(unix_.native_handle(), F_SETFD, FD_CLOEXEC);
  if (!handed_over) path_ = path;
  group_ = group;
  accept_unix();
  return ok();
}

Status Listener::listen_tcp(const std::string& address, std::uint16_t port) {
  PTAH_TRY(const auto parsed, read_address(address));
  if (!parsed.is_loopback()) {
    return make_error(ErrorCode::kDenied, "TCP beyond this machine needs TLS.", address,
                      "Listen with TLS there (tls_address), or on 127.0.0.1 or ::1.");
  }
  PTAH_TRY(port_, open_port(tcp_, parsed, port));
  accept_tcp();
  return ok();
}

Status Listener::listen_tls(const std::string& address, std::uint16_t port, TlsFiles files,
                            std::chrono::seconds hello_limit) {
  PTAH_TRY(const auto parsed, read_address(address));
  certificate_.emplace(std::move(files));
  if (const auto context = certificate_->current(); !context) return context.error();
  hello_limit_ = hello_limit;
  PTAH_TRY(tls_port_, open_port(tls_, parsed, port));
  accept_tls();
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
        if (known) {
          const bool member = group_ && has_group(socket.native_handle(), peer.gid, *group_);
          on_accept_(Session::Socket(std::move(socket)), Peer{true, {}, false, peer.uid, member});
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
    on_accept_(Session::Socket(std::move(socket)), Peer{false, address.to_string(), false});
    accept_tcp();
  });
}

void Listener::accept_tls() {
  tls_.async_accept([this](boost::system::error_code error, asio::ip::tcp::socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (error) {
      retry_later(tls_retry_, &Listener::accept_tls);
      return;
    }
    ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
    greet(std::move(socket));
    accept_tls();
  });
}

void Listener::greet(asio::ip::tcp::socket socket) {
  boost::system::error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  const std::string address = socket.remote_endpoint(ignored).address().to_string();
  const auto of_address =
      std::count_if(handshakes_.begin(), handshakes_.end(),
                    [&](const auto& other) { return other->address == address; });
  const auto context = certificate_->current();
  if (handshakes_.size() >= kMaxHandshakes ||
      static_cast<std::size_t>(of_address) >= kMaxHandshakesOfAddress || !context)
    return;
  const auto handshake = std::make_shared<Handshake>(std::move(socket), *context.value(), address);
  handshakes_.insert(handshake);
  handshake->timer.expires_after(hello_limit_);
  handshake->timer.async_wait([handshake](boost::system::error_code error) {
    boost::system::error_code unused;
    if (!error && handshake->stream) handshake->stream->lowest_layer().close(unused);
  });
  handshake->stream->async_handshake(
      asio::ssl::stream_base::server,
      [this, alive = alive_, handshake](boost::system::error_code error) {
        handshake->timer.cancel();
        if (!*alive) return;
        handshakes_.erase(handshake);
        if (error) {
          spdlog::debug("{}: no TLS connection: {}", handshake->address, error.message());
        } else {
          greeted(*handshake);
        }
      });
}

void Listener::greeted(Handshake& handshake) {
  const auto executor = handshake.stream->get_executor();
  asio::local::stream_protocol::socket inner(executor), outer(executor);
  boost::system::error_code error;
  asio::local::connect_pair(inner, outer, error);
  if (error) {
    spdlog::warn("a client is left: {}", error.message());
    return;
  }
  for (const int descriptor : {inner.native_handle(), outer.native_handle()})
    ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  TlsPump::start(std::move(handshake.stream), std::move(outer));
  on_accept_(Session::Socket(std::move(inner)), Peer{false, handshake.address, true});
}

void Listener::retry_later(asio::steady_timer& timer, void (Listener::*accept)()) {
  // Usually no descriptor is free; accepting again at once would spin.
  timer.expires_after(std::chrono::milliseconds(100));
  timer.async_wait([this, accept](boost::system::error_code error) {
    if (!error) (this->*accept)();
  });
}

}  // namespace ptah
