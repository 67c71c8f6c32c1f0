/// One connected client: lines in, lines out, in bounded memory. [main thread]
///
/// A client that has not said who it is may send short lines only, has little buffered for it, and
/// is told to go after a while; an idle session holds no buffer.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/line_buffer.hpp"
#include "rpc/caller.hpp"

namespace ptah {

/// Requests of one connection that may be unanswered before no more are read.
constexpr std::size_t kMaxPendingRequests = 256;
/// A client that leaves more than this unread loses its connection; it can come back and resume.
constexpr std::size_t kMaxBacklog = 32u << 20;
/// From here on a session reads no more requests, and subscriptions that catch up wait.
constexpr std::size_t kHighBacklog = 1u << 20;
/// Longest line of a stranger, and what may wait for it: enough for server.hello.
constexpr std::size_t kMaxStrangerLine = 4u << 10;
constexpr std::size_t kHighStrangerBacklog = 16u << 10;

/// The other end of a connection.
struct Peer {
  bool local = false;   ///< On the Unix socket: the kernel vouches for its uid.
  std::string address;  ///< Of TCP.
  bool secure = false;  ///< Over TLS: it may be anywhere, and needs a token with a name.
  uid_t uid = 0;        ///< Of the Unix socket.
  bool member = false;  ///< It is in the group that the socket is open to.
  bool web = false;     ///< Through a WebSocket.
};

class Session final : public rpc::Caller {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;
  using OnLine = std::function<void(const std::shared_ptr<rpc::Caller>&, std::string_view)>;
  using OnEnd = std::function<void(const std::shared_ptr<Session>&)>;
  using OnOther = std::function<void(Socket, Peer)>;

  Session(Socket socket, Peer peer, std::int64_t number, OnLine on_line, OnEnd on_end);

  /// Hands the connection on, unread, where its first byte is one of those; the session ends.
  /// Whoever has not sent a byte at the limit is left without words, for nobody knows his language.
  void hand_on(bool (*begins_other)(char), OnOther on_other) {
    begins_other_ = begins_other;
    on_other_ = std::move(on_other);
  }
  /// Reads. A stranger who still is one after `hello_limit` loses the connection.
  void start(std::chrono::seconds hello_limit);
  /// Closes at once; pending requests are abandoned.
  void close(const char* why);
  /// Closes when what is queued has been sent.
  void close_when_sent();

  void send(std::string line) override;
  bool connected() const noexcept override { return open_; }
  std::size_t backlog() const noexcept override { return backlog_; }
  void when_drained(std::function<void()> resume) override;
  std::int64_t number() const noexcept { return number_; }
  const Peer& peer() const noexcept { return peer_; }
  /// Bytes held for this client, either way.
  std::size_t buffered() const noexcept { return lines_.size() + backlog_; }

 protected:
  void pending_left() override;

 private:
  bool is_stranger() const noexcept { return role() == rpc::Role::kStranger; }
  std::size_t high_backlog() const noexcept {
    return is_stranger() ? kHighStrangerBacklog : kHighBacklog;
  }
  void read();
  void readable();
  bool is_other();
  void take_lines();
  /// The client sends no more, but still reads (a shell pipe): it gets its answers first.
  void linger();
  void close_if_done();
  void discard();
  void discard_more();
  void write();
  std::shared_ptr<Session> self() { return std::static_pointer_cast<Session>(shared_from_this()); }

  Socket socket_;
  Peer peer_;
  boost::asio::steady_timer hello_timer_;
  boost::asio::steady_timer linger_timer_;
  std::int64_t number_;
  OnLine on_line_;
  OnEnd on_end_;
  bool (*begins_other_)(char) = nullptr;  ///< Until the first byte.
  OnOther on_other_;
  LineBuffer lines_;
  std::deque<std::string> queue_;
  std::vector<std::string> writing_;
  std::vector<std::function<void()>> drained_;
  std::size_t backlog_ = 0;
  bool open_ = true;
  bool reading_ = false;
  bool in_lines_ = false;
  bool closing_ = false;
  bool ended_ = false;    ///< The client sends no more.
  bool stalled_ = false;  ///< Too many requests are pending; lines wait.
};

}  // namespace ptah
