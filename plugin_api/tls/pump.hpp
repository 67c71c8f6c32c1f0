/// Carries bytes between a TLS connection and one end of a socket pair, so that whoever holds the
/// other end reads and writes an ordinary socket and knows nothing of TLS. 64 KiB are held each
/// way; who does not read stops who writes.
#pragma once

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>

namespace ptah {

class TlsPump : public std::enable_shared_from_this<TlsPump> {
 public:
  using Secure = boost::asio::ssl::stream<boost::asio::ip::tcp::socket>;
  using Local = boost::asio::local::stream_protocol::socket;

  /// After the handshake. Lives until both sides are closed, on the executor of `secure`.
  static void start(std::unique_ptr<Secure> secure, Local local);
  /// For `start`.
  TlsPump(std::unique_ptr<Secure> secure, Local local);

 private:
  using Chunk = std::array<char, 64 << 10>;

  void from_peer();
  void from_local();
  /// The holder of the other end sends no more: so the peer is told, and has a while to do so, too.
  void say_goodbye();
  void close();

  std::unique_ptr<Secure> secure_;
  Local local_;
  boost::asio::steady_timer goodbye_;
  bool leaving_ = false;
  Chunk in_, out_;
};

}  // namespace ptah
