#include "net/web_socket.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/websocket.hpp>
#include <memory>
#include <string_view>

namespace ptah {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;

namespace {

using Upgrade = beast::http::request<beast::http::empty_body>;

class WebSocketPump final : public std::enable_shared_from_this<WebSocketPump> {
 public:
  using Local = asio::local::stream_protocol::socket;

  WebSocketPump(Session::Socket socket, Upgrade upgrade, Local local, std::chrono::seconds limit)
      : peer_(std::move(socket)), upgrade_(std::move(upgrade)), local_(std::move(local)) {
    websocket::stream_base::timeout timeout =
        websocket::stream_base::timeout::suggested(beast::role_type::server);
    timeout.handshake_timeout = limit;  // and of a close
    peer_.set_option(timeout);
    // A session says in words where a line is too long; this is for who sends on.
    peer_.read_message_max(2 * rpc::kMaxLine);
    peer_.text(true);
    peer_.auto_fragment(false);
  }

  void start() {
    peer_.async_accept(upgrade_, [self = shared_from_this()](error_code error) {
      if (error) return self->close();
      self->from_peer();
      self->from_local();
    });
  }

 private:
  // One byte is kept for the newline behind a message.
  using Chunk = std::array<char, 64 << 10>;

  void from_peer() {
    peer_.async_read_some(asio::buffer(in_.data(), in_.size() - 1),
                          [self = shared_from_this()](error_code error, std::size_t size) {
                            if (error) return self->close();
                            if (!self->peer_.got_text())
                              return self->leave(websocket::close_code::unknown_data);
                            std::replace(self->in_.begin(),
                                         self->in_.begin() + static_cast<std::ptrdiff_t>(size),
                                         '\n', '\r');
                            if (self->peer_.is_message_done()) self->in_[size++] = '\n';
                            asio::async_write(self->local_, asio::buffer(self->in_.data(), size),
                                              [self](error_code failed, std::size_t) {
                                                // What the session has said is still on its way.
                                                if (!failed) self->from_peer();
                                              });
                          });
  }

  void from_local() {
    local_.async_read_some(asio::buffer(out_),
                           [self = shared_from_this()](error_code error, std::size_t size) {
                             if (error) return self->leave(websocket::close_code::normal);
                             self->send({self->out_.data(), size});
                           });
  }

  /// A line that ends here ends its message.
  void send(std::string_view rest) {
    if (rest.empty()) return from_local();
    const std::size_t newline = rest.find('\n');
    const bool whole = newline != std::string_view::npos;
    const std::string_view part = rest.substr(0, newline);
    peer_.async_write_some(whole, asio::buffer(part),
                           [self = shared_from_this(), rest = rest.substr(part.size() + whole)](
                               error_code error, std::size_t) {
                             if (error) return self->close();
                             self->send(rest);
                           });
  }

  void leave(websocket::close_code code) {
    if (leaving_) return;
    leaving_ = true;
    peer_.async_close(code, [self = shared_from_this()](error_code) { self->close(); });
  }

  void close() {
    error_code ignored;
    local_.close(ignored);
    beast::get_lowest_layer(peer_).close();
  }

  websocket::stream<beast::basic_stream<asio::generic::stream_protocol>> peer_;
  Upgrade upgrade_;
  Local local_;
  Chunk in_, out_;
  bool leaving_ = false;
};

}  // namespace

void start_web_socket(Session::Socket socket, Upgrade upgrade, WebSocketPump::Local local,
                      std::chrono::seconds limit) {
  std::make_shared<WebSocketPump>(std::move(socket), std::move(upgrade), std::move(local), limit)
      ->start();
}

}  // namespace ptah
