/// Finding the user's daemon, and starting a private one where none runs.
#pragma once

#include <filesystem>

#include "client.hpp"

namespace ptah {

/// $PTAH_SOCKET, else $XDG_RUNTIME_DIR/ptah/ptahd.sock, else /tmp/ptah-<uid>/ptahd.sock.
std::filesystem::path default_socket();

/// The `ptahd` beside this program.
std::filesystem::path daemon_program();

struct LaunchOptions {
  std::filesystem::path socket = default_socket();
  std::filesystem::path state;  ///< Empty: the daemon's default.
  int workers = 0;              ///< 0: the daemon's default.
  bool bind_workers = false;    ///< Each to a core of its own.
  int idle_exit_s = 600;        ///< A private daemon leaves when nobody needs it. 0: never.
  bool start = true;            ///< False: only connect.
};

/// Connects; where nothing listens, starts the `ptahd` beside this program and waits for it.
Result<Client> connect_or_start(const LaunchOptions& options);

}  // namespace ptah
