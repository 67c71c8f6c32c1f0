/// Accepts clients on the Unix socket and on loopback TCP. [main thread]
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <filesystem>
#include <functional>
#include <optional>

#include "net/runtime_dir.hpp"
#include "net/session.hpp"

namespace ptah {

class Listener {
 public:
  using OnAccept = std::function<void(Session::Socket, Peer)>;

  Listener(boost::asio::io_context& io, OnAccept on_accept)
      : on_accept_(std::move(on_accept)), unix_(io), tcp_(io), unix_retry_(io), tcp_retry_(io) {}
  ~Listener();

  /// Takes the lock `<path>.lock` first, so that a left-over socket can be told from a live one.
  Status listen_unix(const std::filesystem::path& path);
  /// `address` must be a loopback address; port 0 lets the system choose. Fails with kDenied for
  /// others.
  Status listen_tcp(const std::string& address, std::uint16_t port);
  std::uint16_t tcp_port() const noexcept { return port_; }
  void close();

 private:
  void accept_unix();
  void accept_tcp();
  void retry_later(boost::asio::steady_timer& timer, void (Listener::*accept)());

  OnAccept on_accept_;
  boost::asio::local::stream_protocol::acceptor unix_;
  boost::asio::ip::tcp::acceptor tcp_;
  // Each its own: a new wait on a timer ends the one before.
  boost::asio::steady_timer unix_retry_;
  boost::asio::steady_timer tcp_retry_;
  std::optional<FileLock> lock_;
  std::filesystem::path path_;
  std::uint16_t port_ = 0;
};

}  // namespace ptah
