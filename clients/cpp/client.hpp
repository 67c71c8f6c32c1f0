/// A connection to ptahd: JSON-RPC 2.0, one object a line (docs/protocol.md). Blocking, for one
/// thread. Notifications that arrive while a call waits are kept for `next_notification`.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "ptah/core/error.hpp"
#include "ptah/core/json.hpp"
#include "tls_connection.hpp"

namespace ptah {

struct Notification {
  std::string method;  ///< "variant.ready"
  Json params;
};

class Client {
 public:
  using Duration = std::chrono::milliseconds;
  static constexpr Duration kDefaultTimeout = std::chrono::minutes(2);
  static constexpr std::size_t kMaxLineBytes = 64u << 20;  ///< Of an answer.

  /// Connects and says hello. Fails with kNotFound when nothing listens there, with kDenied when
  /// somebody does who is neither this user nor root, or who could be another.
  static Result<Client> connect_unix(const std::filesystem::path& socket);
  /// Loopback TCP; `token` is what the daemon's token file holds.
  static Result<Client> connect_tcp(const std::string& host, std::uint16_t port,
                                    const std::string& token);

  /// Any address, over TLS; `token` is what `ptah token create` gave.
  static Result<Client> connect_tls(const std::string& host, std::uint16_t port,
                                    const std::string& token, const TlsConnection::Trust& trust);

  Client(Client&& other) noexcept;
  Client& operator=(Client&& other) noexcept;
  ~Client();

  /// Takes a notification that arrives while a call waits.
  using Meanwhile = std::function<void(const Notification&)>;

  /// One request and its answer; errors of the daemon come back as they were, with place and hint.
  /// `meanwhile` gets the notifications of this call, which are not kept then.
  Result<Json> call(std::string_view method, const Json& params = Json::object(),
                    Duration timeout = kDefaultTimeout, const Meanwhile& meanwhile = {});
  /// The next notification, or nothing after `timeout`. kIo once the daemon has gone.
  Result<std::optional<Notification>> next_notification(Duration timeout);

  /// What the daemon answered to the hello: versions, role.
  const Json& server() const noexcept { return server_; }
  /// For a poll of one's own.
  int descriptor() const noexcept { return descriptor_; }
  /// Whether the daemon is on this machine, and opens paths that it is given.
  bool is_local() const noexcept { return local_; }
  /// SHA-256 of the daemon's certificate; empty without TLS.
  std::string fingerprint() const { return tls_ ? tls_->fingerprint() : ""; }

 private:
  explicit Client(int descriptor) : descriptor_(descriptor) {}
  Status hello(const std::string& token);
  Status send_line(const std::string& line);
  /// The next complete message, or nothing at `deadline`.
  Result<std::optional<Json>> read_message(std::chrono::steady_clock::time_point deadline);

  std::unique_ptr<TlsConnection> tls_;
  int descriptor_ = -1;
  bool local_ = false;
  std::int64_t next_id_ = 1;
  std::string buffer_;
  std::size_t scanned_ = 0;  ///< Of `buffer_`, without a line end.
  std::deque<Notification> notifications_;
  Json server_;
};

}  // namespace ptah
