/// The certificate that the daemon shows on the network, and whom it believes. TLS 1.3 alone.
/// [main thread]
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <filesystem>
#include <memory>
#include <string>

#include "ptah/core/error.hpp"

namespace ptah {

struct TlsFiles {
  std::filesystem::path certificate;  ///< PEM, with the chain above it.
  std::filesystem::path key;          ///< PEM, of no other user's.
  std::filesystem::path clients_ca;   ///< Who signs clients' certificates; empty: they need none.
};

class TlsContext {
 public:
  explicit TlsContext(TlsFiles files) : files_(std::move(files)) {}

  /// Reads the files anew where they have changed. What cannot be used is an error once; then the
  /// one before goes on, and the log says why.
  Result<std::shared_ptr<boost::asio::ssl::context>> current();
  /// SHA-256 of the certificate in use, lower-case hexadecimal: what clients pin.
  const std::string& fingerprint() const noexcept { return fingerprint_; }

 private:
  Result<std::shared_ptr<boost::asio::ssl::context>> read();
  std::string state_of_files() const;

  TlsFiles files_;
  std::shared_ptr<boost::asio::ssl::context> context_;
  std::string fingerprint_;
  std::string state_;  ///< Of the files when they were read last.
};

}  // namespace ptah
