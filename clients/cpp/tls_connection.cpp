#include "tls_connection.hpp"

#include <fcntl.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <thread>
#include <utility>

#include "tls/pump.hpp"

namespace ptah {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;

namespace {

std::string fingerprint_of(const X509* certificate) {
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

struct TlsConnection::Parts {
  asio::io_context io{1};
  ssl::context context{ssl::context::tls_client};
  asio::steady_timer end{io};
  std::thread thread;
  std::string fingerprint;
  int descriptor = -1;
};

TlsConnection::TlsConnection(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

TlsConnection::~TlsConnection() {
  if (parts_->descriptor >= 0) ::close(parts_->descriptor);
  asio::post(parts_->io, [parts = parts_.get()] {
    parts->end.expires_after(std::chrono::milliseconds(500));
    parts->end.async_wait([parts](boost::system::error_code) { parts->io.stop(); });
  });
  if (parts_->thread.joinable()) parts_->thread.join();
}

int TlsConnection::take_descriptor() noexcept {
  return std::exchange(parts_->descriptor, -1);
}

const std::string& TlsConnection::fingerprint() const noexcept {
  return parts_->fingerprint;
}

Result<std::unique_ptr<TlsConnection>> TlsConnection::open(const std::string& host,
                                                           std::uint16_t port, const Trust& trust,
                                                           std::chrono::seconds limit) {
  const std::string place = host + ":" + std::to_string(port);
  auto parts = std::make_unique<Parts>();
  SSL_CTX_set_min_proto_version(parts->context.native_handle(), TLS1_3_VERSION);
  boost::system::error_code error;
  parts->context.set_default_verify_paths(error);
  auto stream = std::make_unique<TlsPump::Secure>(parts->io, parts->context);
  // Who it is, is looked at afterwards, so that an error can say who answered.
  bool believed = false;
  std::string doubt;
  stream->set_verify_mode(ssl::verify_peer, error);
  stream->set_verify_callback(
      [&](bool good, ssl::verify_context& checked) {
        const int why = X509_STORE_CTX_get_error(checked.native_handle());
        if (X509_STORE_CTX_get_error_depth(checked.native_handle()) != 0) {
          if (!good) doubt = X509_verify_cert_error_string(why);
          return true;
        }
        const X509* certificate = X509_STORE_CTX_get_current_cert(checked.native_handle());
        parts->fingerprint = fingerprint_of(certificate);
        const bool expired = X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0;
        if (expired) {
          doubt = "it has expired";
          believed = false;
        } else if (!trust.fingerprint.empty()) {
          believed = parts->fingerprint == trust.fingerprint;
          if (!believed) doubt = "it is another than the one to believe";
        } else {
          const bool named = ssl::host_name_verification(host)(good, checked);
          if (!good && doubt.empty()) doubt = X509_verify_cert_error_string(why);
          if (good && !named) doubt = "it is not of " + host;
          believed = good && named && doubt.empty();
        }
        return true;
      },
      error);
  SSL_set_tlsext_host_name(stream->native_handle(), host.c_str());

  bool connected = false, done = false;
  boost::system::error_code failure;
  asio::ip::tcp::resolver resolver(parts->io);
  resolver.async_resolve(host, std::to_string(port), [&](auto resolve_error, auto found) {
    failure = resolve_error;
    if (resolve_error) return;
    asio::async_connect(stream->lowest_layer(), found, [&](auto connect_error, const auto&) {
      failure = connect_error;
      if (connect_error) return;
      connected = true;
      boost::system::error_code ignored;
      stream->lowest_layer().set_option(asio::ip::tcp::no_delay(true), ignored);
      stream->async_handshake(ssl::stream_base::client, [&](auto handshake_error) {
        failure = handshake_error;
        done = !handshake_error;
      });
    });
  });
  parts->io.run_for(limit);
  if (!done) {
    if (!failure) failure = asio::error::timed_out;
    boost::system::error_code ignored;
    stream->lowest_layer().close(ignored);
    if (!connected) {
      return make_error(ErrorCode::kNotFound, "No ptahd answers: " + failure.message() + ".", place,
                        "Is it started there with tls_port?");
    }
    return make_error(ErrorCode::kDenied,
                      "No TLS 1.3 with what answers: " + failure.message() + ".", place,
                      "Is it ptahd's TLS port?");
  }
  if (!believed) {
    return make_error(ErrorCode::kDenied,
                      "The certificate that the daemon shows is not believed: " + doubt + ".",
                      place,
                      "Its SHA-256 is " + parts->fingerprint +
                          ". If whoever looks after it says the same: ptah login " + place +
                          " --fingerprint " + parts->fingerprint);
  }
  stream->set_verify_callback([](bool, ssl::verify_context&) { return true; }, error);
  TlsPump::Local inner(parts->io), outer(parts->io);
  asio::local::connect_pair(inner, outer, error);
  if (error) return make_error(ErrorCode::kIo, error.message() + ".", place);
  parts->descriptor = inner.release(error);
  if (error) return make_error(ErrorCode::kIo, error.message() + ".", place);
  ::fcntl(parts->descriptor, F_SETFD, FD_CLOEXEC);
  ::fcntl(parts->descriptor, F_SETFL, ::fcntl(parts->descriptor, F_GETFL) & ~O_NONBLOCK);
  TlsPump::start(std::move(stream), std::move(outer));
  parts->io.restart();
  parts->thread = std::thread([io = &parts->io] { io->run(); });
  return std::unique_ptr<TlsConnection>(new TlsConnection(std::move(parts)));
}

}  // namespace ptah
