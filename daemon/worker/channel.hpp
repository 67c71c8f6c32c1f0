/// The worker's end of the socket pair to ptahd: one JSON object a line (docs/architecture.md).
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>

#include "ptah/core/error.hpp"
#include "ptah/core/json.hpp"

namespace ptah {

/// Longest line the daemon may send: a task's spec holds no files, only their paths.
constexpr std::size_t kMostLineBytes = 16u << 20;

class Channel {
 public:
  /// Takes over `descriptor`, a connected stream socket, and keeps programs that the worker starts
  /// from inheriting it.
  explicit Channel(int descriptor);
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  ~Channel();

  /// Writes one line; waits while the daemon does not read. False once the daemon is gone.
  /// [any thread]
  bool send(const Json& message);

  enum class Event { kLine, kTimeout, kClosed };
  /// Waits for the next line at most `timeout_ms` (-1: for ever). A line that is no JSON object or
  /// too long is an Error: the daemon does not send such. [reader thread]
  Result<Event> receive(int timeout_ms, Json& message);

  /// Ends a waiting `receive`, which then says kClosed. [any thread]
  void stop_receiving();

 private:
  std::optional<std::string> take_line();

  int descriptor_;
  std::mutex writing_;
  std::string buffer_;        ///< Received, not yet taken.
  std::size_t searched_ = 0;  ///< Bytes of it that hold no line feed.
};

}  // namespace ptah
