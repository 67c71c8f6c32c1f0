/// HTTP/1.1 on a connection that has begun with it: GET and HEAD of small things, and WebSockets,
/// which become connections like all others. [main thread]
///
/// A request has at most 8 KiB and no body, and comes whole within the limit of a hello; so does
/// the next one on the same connection. An answer that nobody takes is given up after the same
/// time.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/session.hpp"

namespace ptah {

struct HttpRequest {
  std::string path;           ///< As it was sent, without what follows '?': nothing is decoded.
  std::string authorization;  ///< The header, or empty.
  Peer peer;
};

struct HttpAnswer {
  unsigned status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::shared_ptr<const std::string> body;
  std::vector<std::pair<std::string, std::string>> headers;  ///< Beside those that all have.
};

/// With a sentence for people.
HttpAnswer http_text(unsigned status, std::string text);

/// What a connection asks of the daemon.
struct HttpHandlers {
  /// Answers now or later, once.
  std::function<void(const HttpRequest&, std::function<void(HttpAnswer)>)> answer;
  /// A WebSocket at /ws: `inner` reads and writes lines, one a message.
  std::function<void(Session::Socket inner, Peer)> accept;
  std::function<void(const std::shared_ptr<class HttpConnection>&)> ended;
};

class HttpConnection {
 public:
  /// Nothing has been read from `socket` yet.
  static std::shared_ptr<HttpConnection> start(Session::Socket socket, Peer peer,
                                               std::chrono::seconds limit, HttpHandlers handlers);
  virtual ~HttpConnection() = default;
  virtual void close() = 0;
  virtual const Peer& peer() const noexcept = 0;
};

/// Whether a connection whose first byte this is speaks HTTP: no line of JSON begins so.
constexpr bool begins_http(char first) noexcept {
  return first >= 'A' && first <= 'Z';
}

/// Whether a page of this origin may open a WebSocket here: it was loaded from this very host.
/// Without TLS that is a name of this machine, so that no other name that leads here will do.
bool is_own_origin(std::string_view origin, std::string_view host, bool secure);

}  // namespace ptah
