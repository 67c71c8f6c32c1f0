#include "tls/pump.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <utility>

namespace ptah {

namespace asio = boost::asio;
using boost::system::error_code;

TlsPump::TlsPump(std::unique_ptr<Secure> secure, Local local)
    : secure_(std::move(secure)), local_(std::move(local)), goodbye_(secure_->get_executor()) {}

void TlsPump::start(std::unique_ptr<Secure> secure, Local local) {
  const auto pump = std::make_shared<TlsPump>(std::move(secure), std::move(local));
  pump->from_peer();
  pump->from_local();
}

void TlsPump::from_peer() {
  secure_->async_read_some(asio::buffer(in_),
                           [self = shared_from_this()](error_code error, std::size_t size) {
                             if (error) {
                               error_code ignored;
                               self->local_.shutdown(asio::socket_base::shutdown_send, ignored);
                               if (self->leaving_) self->close();  // both have said it
                               return;
                             }
                             asio::async_write(self->local_, asio::buffer(self->in_, size),
                                               [self](error_code failed, std::size_t) {
                                                 if (failed) return self->close();
                                                 self->from_peer();
                                               });
                           });
}

void TlsPump::from_local() {
  local_.async_read_some(asio::buffer(out_),
                         [self = shared_from_this()](error_code error, std::size_t size) {
                           if (error) return self->say_goodbye();
                           asio::async_write(*self->secure_, asio::buffer(self->out_, size),
                                             [self](error_code failed, std::size_t) {
                                               if (failed) return self->close();
                                               self->from_local();
                                             });
                         });
}

void TlsPump::say_goodbye() {
  leaving_ = true;
  goodbye_.expires_after(std::chrono::seconds(3));
  goodbye_.async_wait([self = shared_from_this()](error_code error) {
    if (!error) self->close();
  });
  secure_->async_shutdown([self = shared_from_this()](error_code) { self->close(); });
}

void TlsPump::close() {
  goodbye_.cancel();
  error_code ignored;
  local_.close(ignored);
  secure_->lowest_layer().close(ignored);
}

}  // namespace ptah
