/// Daemons on the network that `ptah login` made known: their tokens, and their certificates.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "client.hpp"

namespace ptah::cli {

struct KnownServer {
  std::string host;
  std::uint16_t port = 0;
  std::string token;
  std::string fingerprint;  ///< Empty: one of the system's authorities vouches for it.
};

/// "HOST:PORT", "[::1]:7424". `option` is where it comes from, for messages.
Result<KnownServer> read_address(const std::string& text, const std::string& option);
/// SHA-256 in hexadecimal as tools print it, with colons, in any case.
Result<std::string> read_fingerprint(const std::string& text);

/// What is known of HOST:PORT. Fails with kNotFound before a login.
Result<KnownServer> known_server(const std::string& text);
/// Kept for this user alone (0600), in $XDG_CONFIG_HOME/ptah/servers or ~/.config/ptah/servers.
/// Returns where.
Result<std::filesystem::path> keep_server(const KnownServer& server);

Result<Client> connect_to(const KnownServer& server);

}  // namespace ptah::cli
