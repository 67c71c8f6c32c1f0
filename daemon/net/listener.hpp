/// Accepts clients on the Unix socket, on loopback TCP, and with TLS on any address. [main thread]
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>

#include "net/runtime_dir.hpp"
#include "net/session.hpp"
#include "net/tls_context.hpp"

namespace ptah {

class Listener {
 public:
  using OnAccept = std::function<void(Session::Socket, Peer)>;

  Listener(boost::asio::io_context& io, OnAccept on_accept)
      : on_accept_(std::move(on_accept)),
        unix_(io),
        tcp_(io),
        tls_(io),
        unix_retry_(io),
        tcp_retry_(io),
        tls_retry_(io) {}
  ~Listener();

  /// Takes the lock `<path>.lock` first, so that a left-over socket can be told from a live one.
  /// Who has another uid than the daemon's can connect where there is a group, and is in it.
  /// `handed_over`: a socket that listens there already; its file stays when we end.
  Status listen_unix(const std::filesystem::path& path, std::optional<gid_t> group = {},
                     std::optional<int> handed_over = {});
  /// `address` must be a loopback address; port 0 lets the system choose. Fails with kDenied for
  /// others.
  Status listen_tcp(const std::string& address, std::uint16_t port);
  std::uint16_t tcp_port() const noexcept { return port_; }
  /// Any address. A client that has not done its part of the handshake after `hello_limit` is left,
  /// and so are those too many.
  Status listen_tls(const std::string& address, std::uint16_t port, TlsFiles files,
                    std::chrono::seconds hello_limit);
  /// For handshakes from now on.
  void set_hello_limit(std::chrono::seconds limit) { hello_limit_ = limit; }
  std::uint16_t tls_port() const noexcept { return tls_port_; }
  /// Of the certificate in use; empty without TLS.
  std::string fingerprint() const { return certificate_ ? certificate_->fingerprint() : ""; }
  void close();

 private:
  void accept_unix();
  void accept_tcp();
  void accept_tls();
  struct Handshake;
  void greet(boost::asio::ip::tcp::socket socket);
  void greeted(Handshake& handshake);
  void retry_later(boost::asio::steady_timer& timer, void (Listener::*accept)());

  OnAccept on_accept_;
  boost::asio::local::stream_protocol::acceptor unix_;
  boost::asio::ip::tcp::acceptor tcp_;
  boost::asio::ip::tcp::acceptor tls_;
  // Each its own: a new wait on a timer ends the one before.
  boost::asio::steady_timer unix_retry_;
  boost::asio::steady_timer tcp_retry_;
  boost::asio::steady_timer tls_retry_;
  std::optional<TlsContext> certificate_;
  std::chrono::seconds hello_limit_{10};
  std::set<std::shared_ptr<Handshake>> handshakes_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::optional<FileLock> lock_;
  std::filesystem::path path_;  ///< To be removed at the end.
  std::optional<gid_t> group_;
  std::uint16_t port_ = 0;
  std::uint16_t tls_port_ = 0;
};

}  // namespace ptah
