#include "net/session.hpp"

#include <spdlog/spdlog.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

namespace ptah {

namespace asio = boost::asio;

namespace {

/// What is read at once.
using Chunk = std::array<char, 64 << 10>;
/// A client that does not take its last words is not waited for longer.
constexpr std::chrono::seconds kLastWords{5};

}  // namespace

Session::Session(Socket socket, Peer peer, std::int64_t number, OnLine on_line, OnEnd on_end)
    : socket_(std::move(socket)),
      peer_(std::move(peer)),
      hello_timer_(socket_.get_executor()),
      linger_timer_(socket_.get_executor()),
      number_(number),
      on_line_(std::move(on_line)),
      on_end_(std::move(on_end)),
      lines_(kMaxStrangerLine) {
  boost::system::error_code ignored;
  socket_.non_blocking(true, ignored);
}

void Session::start(std::chrono::seconds hello_limit) {
  if (is_stranger()) {
    hello_timer_.expires_after(hello_limit);
    hello_timer_.async_wait([self = self(), hello_limit](boost::system::error_code error) {
      if (error || !self->open_ || self->closing_ || !self->is_stranger()) return;
      // Browsers open connections that they may need; words of another language would be an answer.
      if (self->begins_other_ != nullptr) return self->close("the client has said nothing");
      self->send(rpc::encode_error(
          nullptr, make_error(ErrorCode::kDenied,
                              "No server.hello with a token came within " +
                                  std::to_string(hello_limit.count()) + " s.",
                              "", "Send it first; the token lies beside the daemon's socket.")));
      self->close_when_sent();
    });
  }
  read();
}

void Session::read() {
  if (!open_ || closing_ || reading_ || ended_) return;
  reading_ = true;
  // Waiting needs no buffer; reading uses one of the stack.
  socket_.async_wait(Socket::wait_read, [self = self()](boost::system::error_code error) {
    self->reading_ = false;
    if (!self->open_ || self->closing_) return;
    if (error) {
      self->close("the client has left");
    } else {
      self->readable();
    }
  });
}

bool Session::is_other() {
  char first = 0;
  boost::system::error_code error;
  if (socket_.receive(asio::buffer(&first, 1), asio::socket_base::message_peek, error) == 0)
    return false;
  const bool other = begins_other_(first);
  begins_other_ = nullptr;
  return other;
}

void Session::readable() {
  if (begins_other_ != nullptr && is_other()) {
    Socket socket = std::move(socket_);
    close("it speaks another language");
    on_other_(std::move(socket), peer_);
    return;
  }
  Chunk chunk;
  boost::system::error_code error;
  const std::size_t most = is_stranger() ? kMaxStrangerLine : chunk.size();
  const std::size_t size = socket_.read_some(asio::buffer(chunk.data(), most), error);
  if (error == asio::error::would_block || error == asio::error::interrupted) {
    read();
  } else if (error == asio::error::eof) {
    linger();
  } else if (error) {
    close("the client has left");
  } else {
    lines_.append({chunk.data(), size});
    take_lines();
  }
}

void Session::take_lines() {
  // A method may answer at once, which leads back here; the outer call goes on.
  if (in_lines_) return;
  in_lines_ = true;
  while (open_ && !closing_ && pending_count() < kMaxPendingRequests && backlog_ < high_backlog()) {
    lines_.set_max_line(is_stranger() ? kMaxStrangerLine : rpc::kMaxLine);
    if (lines_.oversize()) {
      send(rpc::encode_error(
          nullptr, rpc::kInvalidRequest,
          make_error(ErrorCode::kLimit,
                     "The line is longer than " + std::to_string(lines_.max_line() >> 10) + " KiB.",
                     {},
                     is_stranger() ? "Send server.hello first; longer lines are for users."
                                   : "Hand over big files by their path.")));
      close_when_sent();
      break;
    }
    const auto line = lines_.next();
    if (!line) {
      in_lines_ = false;
      read();
      return;
    }
    on_line_(shared_from_this(), *line);
  }
  stalled_ = pending_count() >= kMaxPendingRequests;
  in_lines_ = false;
}

void Session::pending_left() {
  if (!open_ || !(stalled_ || ended_)) return;
  stalled_ = false;
  asio::post(socket_.get_executor(), [self = self()] {
    if (self->ended_) {
      self->close_if_done();
    } else if (self->open_ && !self->reading_) {
      self->take_lines();
    }
  });
}

void Session::linger() {
  ended_ = true;
  close_if_done();
  if (!open_) return;
  socket_.async_wait(Socket::wait_error, [self = self()](boost::system::error_code) {
    self->close("the client has left");
  });
}

void Session::close_if_done() {
  if (open_ && pending_count() == 0 && writing_.empty() && queue_.empty())
    close("the client has left");
}

void Session::send(std::string line) {
  if (!open_) return;
  if (line.size() > rpc::kMaxLine) {
    // Whoever wrote it should have cut it; a client must not have to hold it.
    spdlog::error("session {}: a line of {} bytes is not sent: {}", number_, line.size(),
                  line.substr(0, 200));
    line = rpc::encode_error(nullptr, make_error(ErrorCode::kLimit,
                                                 "A line was longer than lines may be (1 MiB), and "
                                                 "is left out."));
  }
  line += '\n';
  backlog_ += line.size();
  queue_.push_back(std::move(line));
  if (backlog_ > kMaxBacklog) {
    close("the client does not read what it is sent");
    return;
  }
  if (writing_.empty()) write();
}

void Session::write() {
  if (!open_) return;
  if (queue_.empty()) {
    if (closing_) discard();
    return;
  }
  // All that waits goes out in one gathered write.
  std::vector<asio::const_buffer> buffers;
  while (!queue_.empty() && writing_.size() < 64) {
    writing_.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  for (const std::string& line : writing_) buffers.emplace_back(asio::buffer(line));
  asio::async_write(socket_, buffers,
                    [self = self()](boost::system::error_code error, std::size_t) {
                      for (const std::string& line : self->writing_) self->backlog_ -= line.size();
                      self->writing_.clear();
                      if (!self->open_) return;
                      if (error) {
                        self->close("the client has left");
                        return;
                      }
                      self->write();
                      if (self->open_ && self->backlog_ < self->high_backlog()) {
                        auto drained = std::move(self->drained_);
                        self->drained_.clear();
                        for (const auto& resume : drained) resume();
                      }
                      // Reading may have stopped because of the backlog or of pending requests.
                      if (self->ended_) {
                        self->close_if_done();
                      } else if (!self->reading_) {
                        self->take_lines();
                      }
                    });
}

void Session::when_drained(std::function<void()> resume) {
  if (!open_) return;
  if (backlog_ < high_backlog()) {
    resume();
  } else {
    drained_.push_back(std::move(resume));
  }
}

void Session::close_when_sent() {
  if (!open_ || closing_) return;
  closing_ = true;
  linger_timer_.expires_after(kLastWords);
  linger_timer_.async_wait([self = self()](boost::system::error_code error) {
    if (!error) self->close("the client does not read what it is sent");
  });
  if (writing_.empty() && queue_.empty()) discard();
}

void Session::discard() {
  // Closing with unread bytes would reset a TCP connection, and our last words might be lost.
  boost::system::error_code ignored;
  socket_.shutdown(asio::socket_base::shutdown_send, ignored);
  linger_timer_.expires_after(std::chrono::seconds(2));
  linger_timer_.async_wait([self = self()](boost::system::error_code error) {
    if (!error) self->close("closed");
  });
  discard_more();
}

void Session::discard_more() {
  if (!open_) return;
  socket_.async_wait(Socket::wait_read, [self = self()](boost::system::error_code error) {
    if (!self->open_) return;
    Chunk chunk;
    if (!error) self->socket_.read_some(asio::buffer(chunk), error);
    if (error && error != asio::error::would_block) {
      self->close("closed");
    } else {
      self->discard_more();
    }
  });
}

void Session::close(const char* why) {
  if (!open_) return;
  open_ = false;
  spdlog::debug("session {}: {}", number_, why);
  boost::system::error_code ignored;
  socket_.shutdown(asio::socket_base::shutdown_both, ignored);
  socket_.close(ignored);
  hello_timer_.cancel();
  linger_timer_.cancel();
  queue_.clear();
  drained_.clear();
  const auto keep = self();
  abandon_pending();
  if (on_end_) on_end_(keep);
}

}  // namespace ptah
