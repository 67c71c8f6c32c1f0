#include "net/http.hpp"

#include <spdlog/spdlog.h>

#include <array>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <optional>

#include "net/web_socket.hpp"
#include "ptah/core/letter_case.hpp"

namespace ptah {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr std::size_t kMaxHead = 8u << 10;
/// So that nobody keeps a place among strangers for ever.
constexpr int kMaxRequests = 1000;

std::string text_of(beast::string_view text) {
  return {text.data(), text.size()};
}

/// The host of "host:port" or "[::1]:port".
std::string_view without_port(std::string_view host) {
  const std::size_t bracket = host.rfind(']'), colon = host.rfind(':');
  if (colon == std::string_view::npos) return host;
  if (bracket != std::string_view::npos && colon < bracket) return host;
  return host.substr(0, colon);
}

bool is_loopback_name(std::string_view host) {
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

/// What is wrong with a request that could not be read; nothing where its sender has left, or was
/// too slow.
std::optional<HttpAnswer> complaint(const error_code& code) {
  using http::error;
  if (code == error::end_of_stream || code == error::partial_message) return std::nullopt;
  if (code == error::header_limit || code == error::buffer_overflow)
    return http_text(431, "The request has more than 8 KiB. Send fewer or shorter headers.");
  if (code == error::body_limit || code == error::unexpected_body)
    return http_text(413, "Requests have no body here. What changes something goes over /ws.");
  if (code.category() == make_error_code(error::bad_method).category())
    return http_text(400, "This is no request of HTTP/1.1: " + code.message() + ".");
  return std::nullopt;
}

class BeastConnection final : public HttpConnection,
                              public std::enable_shared_from_this<BeastConnection> {
 public:
  BeastConnection(Session::Socket socket, Peer peer, std::chrono::seconds limit,
                  HttpHandlers handlers)
      : stream_(std::move(socket)),
        peer_(std::move(peer)),
        limit_(limit),
        handlers_(std::move(handlers)),
        buffer_(kMaxHead) {}

  const Peer& peer() const noexcept override { return peer_; }

  void read() {
    parser_.emplace();
    parser_->header_limit(kMaxHead);
    parser_->body_limit(0);
    stream_.expires_after(limit_);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](error_code error, std::size_t) {
                       if (!self->open_) return;
                       if (error) {
                         auto answer = complaint(error);
                         if (!answer) return self->close();
                         self->last_ = true;
                         return self->send(std::move(*answer));
                       }
                       self->take();
                     });
  }

  void close() override {
    if (!open_) return;
    open_ = false;
    error_code ignored;
    stream_.socket().shutdown(asio::socket_base::shutdown_both, ignored);
    stream_.close();
    leave();
  }

 private:
  void leave() {
    const auto keep = shared_from_this();
    if (auto ended = std::move(handlers_.ended)) ended(keep);
    handlers_ = {};
  }

  void take() {
    const auto& request = parser_->get();
    head_ = request.method() == http::verb::head;
    last_ = !request.keep_alive() || ++requests_ >= kMaxRequests;
    version_ = request.version();
    HttpRequest asked;
    asked.path = text_of(request.target());
    asked.path.resize(std::min(asked.path.size(), asked.path.find('?')));
    asked.authorization = text_of(request[http::field::authorization]);
    asked.peer = peer_;
    if (!head_ && request.method() != http::verb::get) {
      auto answer =
          http_text(405, "Only GET and HEAD are here. What changes something goes over /ws.");
      answer.headers.emplace_back("Allow", "GET, HEAD");
      last_ = true;
      return send(std::move(answer));
    }
    if (asked.path == "/ws") return upgrade();
    stream_.expires_never();
    handlers_.answer(asked, [self = shared_from_this()](HttpAnswer answer) {
      if (self->open_) self->send(std::move(answer));
    });
  }

  void upgrade() {
    const auto& request = parser_->get();
    last_ = true;
    if (!beast::websocket::is_upgrade(request)) {
      auto answer =
          http_text(426, "Here is a WebSocket, which carries the protocol of docs/protocol.md.");
      answer.headers.emplace_back("Upgrade", "websocket");
      return send(std::move(answer));
    }
    const std::string origin = text_of(request[http::field::origin]);
    if (!is_own_origin(origin, text_of(request[http::field::host]), peer_.secure)) {
      spdlog::debug("{}: no WebSocket for the origin {}", peer_.address, origin.substr(0, 200));
      return send(http_text(403,
                            "A WebSocket is for pages of this daemon alone. Other programs speak "
                            "to the port itself."));
    }
    if (buffer_.size() > 0)
      return send(
          http_text(400, "Something came before the WebSocket was open. Wait for the answer."));
    asio::local::stream_protocol::socket inner(stream_.get_executor()),
        outer(stream_.get_executor());
    error_code error;
    asio::local::connect_pair(inner, outer, error);
    if (error) {
      spdlog::warn("a client is left: {}", error.message());
      return close();
    }
    stream_.expires_never();
    open_ = false;
    auto accept = std::move(handlers_.accept);
    Peer peer = peer_;
    peer.web = true;
    leave();
    start_web_socket(stream_.release_socket(), std::move(parser_->get()), std::move(outer), limit_);
    accept(Session::Socket(std::move(inner)), std::move(peer));
  }

  void send(HttpAnswer answer) {
    response_ = {};
    response_.version(version_);
    response_.result(answer.status);
    response_.keep_alive(!last_);
    response_.set(http::field::content_type, answer.type);
    // Nothing from elsewhere, nothing written into the page, nothing kept.
    response_.set(
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'");
    response_.set("X-Content-Type-Options", "nosniff");
    response_.set("Referrer-Policy", "no-referrer");
    response_.set("Cross-Origin-Opener-Policy", "same-origin");
    response_.set("Cross-Origin-Resource-Policy", "same-origin");
    response_.set(http::field::cache_control, "no-store");
    for (const auto& [name, value] : answer.headers) response_.set(name, value);
    body_ = answer.body ? std::move(answer.body) : std::make_shared<const std::string>();
    response_.content_length(body_->size());
    // Of HEAD the same without its body.
    response_.body() = {head_ ? nullptr : body_->data(), head_ ? 0 : body_->size()};
    serializer_.emplace(response_);
    serializer_->split(head_);
    stream_.expires_after(limit_);
    const auto done = [self = shared_from_this()](error_code error, std::size_t) {
      if (!self->open_) return;
      if (error) return self->close();
      if (self->last_) return self->part();
      self->read();
    };
    if (head_) {
      http::async_write_header(stream_, *serializer_, done);
    } else {
      http::async_write(stream_, *serializer_, done);
    }
  }

  /// Closing with unread bytes would reset the connection, and the answer might be lost.
  void part() {
    error_code ignored;
    stream_.socket().shutdown(asio::socket_base::shutdown_send, ignored);
    stream_.expires_after(std::min(limit_, std::chrono::seconds(2)));
    discard();
  }
  void discard() {
    stream_.async_read_some(asio::buffer(unread_),
                            [self = shared_from_this()](error_code error, std::size_t) {
                              if (!self->open_) return;
                              if (error) return self->close();
                              self->discard();
                            });
  }

  beast::basic_stream<asio::generic::stream_protocol> stream_;
  Peer peer_;
  std::chrono::seconds limit_;
  HttpHandlers handlers_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::empty_body>> parser_;
  http::response<http::span_body<const char>> response_;
  std::optional<http::response_serializer<http::span_body<const char>>> serializer_;
  std::shared_ptr<const std::string> body_;
  std::array<char, 1024> unread_;
  unsigned version_ = 11;
  int requests_ = 0;
  bool head_ = false;
  bool last_ = false;
  bool open_ = true;
};

}  // namespace

HttpAnswer http_text(unsigned status, std::string text) {
  HttpAnswer answer;
  answer.status = status;
  answer.body = std::make_shared<const std::string>(std::move(text) + "\n");
  return answer;
}

bool is_own_origin(std::string_view origin, std::string_view host, bool secure) {
  const std::string own = (secure ? "https://" : "http://") + lower_case(host);
  return !host.empty() && lower_case(origin) == own &&
         (secure || is_loopback_name(without_port(lower_case(host))));
}

std::shared_ptr<HttpConnection> HttpConnection::start(Session::Socket socket, Peer peer,
                                                      std::chrono::seconds limit,
                                                      HttpHandlers handlers) {
  auto connection = std::make_shared<BeastConnection>(std::move(socket), std::move(peer), limit,
                                                      std::move(handlers));
  connection->read();
  return connection;
}

}  // namespace ptah
