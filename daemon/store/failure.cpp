#include "store/failure.hpp"

#include <system_error>

namespace ptah {
namespace {
constexpr const char* kFullHint = "Free some space there, then go on with job.resume.";
}

void fail(ErrorCode code, std::string message, std::string where, std::string hint) {
  throw Failure(make_error(code, std::move(message), std::move(where), std::move(hint)));
}

void fail_with_errno(const std::string& doing, const std::string& where, int error_number) {
  const bool full = error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG;
  fail(ErrorCode::kIo, doing + ": " + std::generic_category().message(error_number) + ".", where,
       full ? kFullHint : "");
}

bool is_disk_full(const Error& error) noexcept {
  return error.code == ErrorCode::kIo && error.hint == kFullHint;
}

Error error_of(const std::exception& exception, const std::string& where) {
  const auto* failure = dynamic_cast<const Failure*>(&exception);
  return failure != nullptr ? failure->error()
                            : make_error(ErrorCode::kInternal, exception.what(), where);
}

}  // namespace ptah
