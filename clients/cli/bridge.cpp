/// ptah bridge: standard input and output as a connection to the daemon, for clients that can start
/// a program but open no Unix socket (Magic's Tcl 8.6).
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "session.hpp"

namespace ptah::cli {
namespace {

bool write_all(int descriptor, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t count = ::write(descriptor, data, size);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    data += count;
    size -= static_cast<std::size_t>(count);
  }
  return true;
}

/// Copies what is there; false at the end of either side.
bool copy(int from, int to) {
  std::array<char, 65536> buffer;
  ssize_t count = -1;
  do {
    count = ::read(from, buffer.data(), buffer.size());
  } while (count < 0 && errno == EINTR);
  return count > 0 && write_all(to, buffer.data(), static_cast<std::size_t>(count));
}

/// Until the client closes its end, or the daemon is gone. The daemon was greeted already; a client
/// may say hello again to learn the versions.
int bridge(const Session& session) {
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  const int daemon = client.value().descriptor();
  for (;;) {
    std::array<pollfd, 2> ends{pollfd{STDIN_FILENO, POLLIN, 0}, pollfd{daemon, POLLIN, 0}};
    if (::poll(ends.data(), ends.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return kInternal;
    }
    if (ends[1].revents != 0 && !copy(daemon, STDOUT_FILENO)) return kNoServer;
    if (ends[0].revents != 0 && !copy(STDIN_FILENO, daemon)) return kOk;
  }
}

}  // namespace

void add_bridge_command(CLI::App& app, Session& session, int& status) {
  auto* command = app.add_subcommand(
      "bridge", "Standard input and output as a connection to the daemon, for editors");
  on_command(command, status, [&session] { return bridge(session); });
}

}  // namespace ptah::cli
