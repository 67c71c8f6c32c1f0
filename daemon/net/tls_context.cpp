#include "net/tls_context.hpp"

#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <array>

namespace ptah {

namespace ssl = boost::asio::ssl;

namespace {

Error unusable(const char* what, const boost::system::error_code& error,
               const std::filesystem::path& file) {
  return make_error(ErrorCode::kInvalidArgument,
                    std::string("The ") + what + " cannot be used: " + error.message() + ".",
                    file.string(), "It is a PEM file that ptahd may read.");
}

std::string fingerprint_of(SSL_CTX* context) {
  const X509* certificate = SSL_CTX_get0_certificate(context);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (certificate == nullptr || X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1)
    return {};
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (unsigned int i = 0; i < size; ++i) {
    text += kDigits[digest[i] >> 4];
    text += kDigits[digest[i] & 15];
  }
  return text;
}

}  // namespace

std::string TlsContext::state_of_files() const {
  std::string state;
  for (const auto& file : {files_.certificate, files_.key, files_.clients_ca}) {
    struct stat info {};
    if (::stat(file.c_str(), &info) != 0) continue;
    state += std::to_string(info.st_ino) + " " + std::to_string(info.st_size) + " " +
             std::to_string(info.st_mtim.tv_sec) + "." + std::to_string(info.st_mtim.tv_nsec) +
             "\n";
  }
  return state;
}

Result<std::shared_ptr<ssl::context>> TlsContext::current() {
  const std::string state = state_of_files();
  if (context_ && state == state_) return context_;
  state_ = state;
  auto fresh = read();
  if (!fresh && !context_) return fresh.error();
  if (!fresh) {
    spdlog::error("the certificate of before goes on: {}", fresh.error().text());
    return context_;
  }
  context_ = fresh.value();
  fingerprint_ = fingerprint_of(context_->native_handle());
  spdlog::info("certificate {}, SHA-256 {}", files_.certificate.string(), fingerprint_);
  return context_;
}

Result<std::shared_ptr<ssl::context>> TlsContext::read() {
  struct stat info {};
  if (::stat(files_.key.c_str(), &info) == 0 && (info.st_mode & 007) != 0) {
    return make_error(ErrorCode::kDenied, "Everybody on this machine may use the key.",
                      files_.key.string(), "chmod o-rwx " + files_.key.string());
  }
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_3_VERSION);
  // Sessions are not resumed: a connection lasts, and nothing is to be kept for strangers.
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(native, 0);
  boost::system::error_code error;
  context->use_certificate_chain_file(files_.certificate.string(), error);
  if (error) return unusable("certificate", error, files_.certificate);
  // That it is the certificate's is checked here as well.
  context->use_private_key_file(files_.key.string(), ssl::context::pem, error);
  if (error) return unusable("key", error, files_.key);
  if (X509_cmp_current_time(X509_get0_notAfter(SSL_CTX_get0_certificate(native))) < 0) {
    spdlog::warn("{}: the certificate has expired; clients will refuse it",
                 files_.certificate.string());
  }
  if (!files_.clients_ca.empty()) {
    context->load_verify_file(files_.clients_ca.string(), error);
    if (error) return unusable("file of authorities for clients", error, files_.clients_ca);
    context->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert, error);
    if (error) return unusable("file of authorities for clients", error, files_.clients_ca);
  }
  return context;
}

}  // namespace ptah
