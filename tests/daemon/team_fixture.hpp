/// A ptahd that serves TLS, for tests of who may what.
#pragma once

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <sys/socket.h>

#include "certificates.hpp"
#include "client.hpp"
#include "daemon_fixture.hpp"
#include "rpc/nobody.hpp"

namespace ptah::test {

using Trust = TlsConnection::Trust;

inline std::vector<rpc::MethodDoc> documented_methods() {
  static rpc::Nobody nobody;
  return rpc::bind_methods(nobody).documentation();
}

class Team : public DaemonTest {
 protected:
  bool start(const std::string& more = "") {
    make_certificate(daemon.root(), "cert");
    return start_with_files(more);
  }
  bool start_with_files(const std::string& more = "") {
    std::ofstream(daemon.root() / "ptahd.yaml")
        << "tls_port: 0\ntls_address: 127.0.0.1\ntls_certificate: " << file("cert.pem")
        << "\ntls_key: " << file("cert.key") << "\n"
        << more;
    Daemon::Options options;
    options.arguments = {"--config", file("ptahd.yaml"), "--tcp", "0"};
    return daemon.start(options);
  }
  std::string file(const char* name) { return (daemon.root() / name).string(); }
  Json status() { return daemon.client().result("server.status"); }
  std::uint16_t port() { return status()["tls_port"].get<std::uint16_t>(); }
  Trust trust() { return {status()["fingerprint"].get<std::string>()}; }
  std::string token(const std::string& name, const std::string& role, int expires_s = 3600,
                    const std::vector<std::string>& libraries = {}) {
    return daemon.client()
        .result("token.create", {{"name", name},
                                 {"role", role},
                                 {"expires_s", expires_s},
                                 {"libraries", libraries}})["token"]
        .get<std::string>();
  }
  Result<ptah::Client> connect(const std::string& secret) {
    return ptah::Client::connect_tls("localhost", port(), secret, trust());
  }
  /// A plain connection to the TLS port.
  int plain() {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return descriptor;
  }
  /// Whether the daemon closes it within the time.
  static bool is_closed(int descriptor, int wait_ms) {
    timeval limit{wait_ms / 1000, wait_ms % 1000 * 1000};
    ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    char byte[512];
    ssize_t count = 1;
    while (count > 0) count = ::recv(descriptor, byte, sizeof byte, 0);
    return count == 0 || errno == ECONNRESET;
  }
};

}  // namespace ptah::test
