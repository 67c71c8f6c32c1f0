/// Any bytes on a connection that speaks HTTP, or on a WebSocket that is open: in pieces, with
/// answers that come later and lines of a session that go back. Whatever comes, what is asked of
/// the daemon is a path, what is sent is HTTP or frames, what a session gets is lines of UTF-8, and
/// everything ends when the peer goes.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "net/http.hpp"
#include "ptah/core/json.hpp"

namespace {

using namespace ptah;
namespace asio = boost::asio;
using Local = asio::local::stream_protocol::socket;

void require(bool condition) {
  if (!condition) std::abort();
}

constexpr std::string_view kUpgrade =
    "GET /ws HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n\r\n";

bool is_utf8(const std::string& text) {
  try {
    return !Json(text).dump().empty();
  } catch (const Json::exception&) {
    return false;
  }
}

/// What can be read now.
std::string available(int descriptor) {
  std::string bytes;
  char buffer[4096];
  ssize_t got = 0;
  while ((got = ::recv(descriptor, buffer, sizeof buffer, MSG_DONTWAIT)) > 0)
    bytes.append(buffer, static_cast<std::size_t>(got));
  return bytes;
}

class Stranger {
 public:
  Stranger() : client_(io_) {
    Local server(io_);
    asio::local::connect_pair(client_, server);
    HttpHandlers handlers;
    handlers.answer = [this](const HttpRequest& request, std::function<void(HttpAnswer)> answer) {
      require(request.path.find_first_of(" \r\n?") == std::string::npos);
      require(request.path.size() <= (8u << 10));
      ++asked_;
      if (asked_ % 2 == 0) return answer(http_text(200, request.path));
      asio::post(io_, [answer = std::move(answer)] { answer(http_text(404, "nothing")); });
    };
    handlers.accept = [this](Session::Socket inner, Peer from) {
      require(!session_ && from.web);
      session_.emplace(std::move(inner));
    };
    handlers.ended = [this](const std::shared_ptr<HttpConnection>&) { ++ended_; };
    connection_ = HttpConnection::start(Session::Socket(std::move(server)), {},
                                        std::chrono::seconds(10), std::move(handlers));
  }

  void send(std::string_view bytes) {
    (void)!::send(client_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    run();
  }

  void run() {
    io_.restart();
    while (io_.poll() > 0) {
      const std::string heard = available(client_.native_handle());
      if (!answered_ && !heard.empty()) {
        require(heard.compare(0, 9, "HTTP/1.1 ") == 0 || heard.compare(0, 9, "HTTP/1.0 ") == 0);
        answered_ = true;
      }
      if (session_) serve();
    }
  }

  /// A session that answers each line with a short one, and now and then with a long one.
  void serve() {
    lines_ += available(session_->native_handle());
    std::size_t end = 0;
    while ((end = lines_.find('\n')) != std::string::npos) {
      require(is_utf8(lines_.substr(0, end)));
      lines_.erase(0, end + 1);
      const std::string answer = ++answers_ % 8 == 0 ? std::string(100'000, 'x') + "\n\n" : "ok\n";
      (void)!::send(session_->native_handle(), answer.data(), answer.size(),
                    MSG_DONTWAIT | MSG_NOSIGNAL);
    }
  }

  void leave() {
    client_.close();
    run();
    if (session_) session_->close();
    run();
    connection_->close();
    run();
    require(ended_ == 1);
  }

 private:
  asio::io_context io_{1};
  Local client_;
  std::shared_ptr<HttpConnection> connection_;
  std::optional<Session::Socket> session_;
  std::string lines_;
  int asked_ = 0, ended_ = 0, answers_ = 0;
  bool answered_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  Stranger peer;
  // The first byte: whether a WebSocket is open already, and the size of pieces.
  if (data[0] & 1) peer.send(kUpgrade);
  const std::size_t piece = std::size_t{1} << (data[0] >> 1 & 15);
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  while (!rest.empty()) {
    peer.send(rest.substr(0, piece));
    rest.remove_prefix(std::min(piece, rest.size()));
  }
  peer.leave();
  return 0;
}
