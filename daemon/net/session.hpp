/// One connected client: lines in, lines out, in bounded memory. [main thread]
#pragma once

#include <array>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
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

class Session final : public rpc::Caller {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;
  using OnLine = std::function<void(const std::shared_ptr<rpc::Caller>&, std::string_view)>;
  using OnEnd = std::function<void(const std::shared_ptr<Session>&)>;

  Session(Socket socket, std::int64_t number, OnLine on_line, OnEnd on_end);

  void start() { read(); }
  /// Closes at once; pending requests are abandoned.
  void close(const char* why);
  /// Closes when what is queued has been sent.
  void close_when_sent();

  void send(std::string line) override;
  bool connected() const noexcept override { return open_; }
  std::size_t backlog() const noexcept override { return backlog_; }
  void when_drained(std::function<void()> resume) override;
  std::int64_t number() const noexcept { return number_; }

 protected:
  void pending_left() override;

 private:
  void read();
  void take_lines();
  /// The client sends no more, but still reads (a shell pipe): it gets its answers first.
  void linger();
  void close_if_done();
  void discard();
  void discard_more();
  void write();
  std::shared_ptr<Session> self() { return std::static_pointer_cast<Session>(shared_from_this()); }

  Socket socket_;
  boost::asio::steady_timer linger_timer_;
  std::int64_t number_;
  OnLine on_line_;
  OnEnd on_end_;
  LineBuffer lines_;
  std::array<char, 64 << 10> chunk_{};
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
