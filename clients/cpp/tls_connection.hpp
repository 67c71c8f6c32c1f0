/// A connection to a daemon over TLS 1.3, which a thread carries to and from an ordinary socket.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "ptah/core/error.hpp"

namespace ptah {

class TlsConnection {
 public:
  /// Whom to believe: a certificate with this SHA-256 (lower-case hexadecimal), whoever signed it.
  /// Empty: one of the system's authorities, of that host.
  struct Trust {
    std::string fingerprint;
  };

  /// Fails with kNotFound where nothing answers, with kDenied where what answers is not whom to
  /// believe, the fingerprint that it has in the hint.
  static Result<std::unique_ptr<TlsConnection>> open(const std::string& host, std::uint16_t port,
                                                     const Trust& trust,
                                                     std::chrono::seconds limit);
  /// What was sent before gets its way, for a moment.
  ~TlsConnection();

  /// The socket to read and write; the caller's, once.
  int take_descriptor() noexcept;
  /// Of the daemon's certificate.
  const std::string& fingerprint() const noexcept;

 private:
  struct Parts;
  explicit TlsConnection(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace ptah
