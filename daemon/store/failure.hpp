/// How the store reports failures to itself: an exception that carries an Error. It ends at
/// StoreThread, which hands out Results.
#pragma once

#include <cerrno>
#include <exception>
#include <stdexcept>
#include <string>

#include "ptah/core/error.hpp"

namespace ptah {

class Failure : public std::runtime_error {
 public:
  explicit Failure(Error error) : std::runtime_error(error.text()), error_(std::move(error)) {}
  const Error& error() const noexcept { return error_; }

 private:
  Error error_;
};

/// Throws kIo with the system's words for `error_number`; a full disk gets its hint.
[[noreturn]] void fail_with_errno(const std::string& doing, const std::string& where,
                                  int error_number = errno);
[[noreturn]] void fail(ErrorCode code, std::string message, std::string where = {},
                       std::string hint = {});

/// Of a Failure its error, of any other exception kInternal at `where`.
Error error_of(const std::exception& exception, const std::string& where);

/// The hint that marks a full disk.
bool is_disk_full(const Error& error) noexcept;

}  // namespace ptah
