/// What systemd and a service say to each other, as sd_notify(3) and sd_listen_fds(3) describe it:
/// a datagram of lines, and sockets that are there before the program. No library: what there is to
/// say fits into one file.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "ptah/core/error.hpp"

namespace ptah {

class ServiceManager {
 public:
  /// Reads $NOTIFY_SOCKET, $WATCHDOG_USEC, $LISTEN_FDS and the like and removes them, so that no
  /// worker takes them for its own. Before any thread exists.
  static ServiceManager from_environment();

  /// Says that we serve, and as what.
  void ready(const std::string& status) const;
  /// The configuration is being read again; `ready` ends that.
  void reloading() const;
  void stopping() const;
  void alive() const;

  /// How often `alive` is awaited: half of what would be too late. None where nobody waits.
  std::optional<std::chrono::milliseconds> alive_every() const noexcept { return alive_every_; }

  /// The socket that was handed over, if one was. Fails where it does not listen at `path`.
  Result<std::optional<int>> unix_socket(const std::filesystem::path& path) const;

 private:
  void say(const std::string& lines) const;

  std::string address_;  ///< Of a datagram socket; empty: nobody listens.
  std::optional<std::chrono::milliseconds> alive_every_;
  int sockets_ = 0;  ///< Descriptors from 3 on.
};

}  // namespace ptah
