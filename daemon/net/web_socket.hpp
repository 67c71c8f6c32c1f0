/// Carries messages of a WebSocket to and from one end of a socket pair, so that whoever holds the
/// other end reads and writes lines and knows nothing of WebSockets. 64 KiB are held each way; who
/// does not read stops who writes. [main thread]
#pragma once

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <chrono>

#include "net/session.hpp"

namespace ptah {

/// Answers `upgrade`, which was read from `socket`, and lives until both sides are closed. One
/// message is one line: a newline within one becomes the other white space of JSON. A peer that is
/// silent is asked now and then whether it is there.
void start_web_socket(Session::Socket socket,
                      boost::beast::http::request<boost::beast::http::empty_body> upgrade,
                      boost::asio::local::stream_protocol::socket local,
                      std::chrono::seconds limit);

}  // namespace ptah
