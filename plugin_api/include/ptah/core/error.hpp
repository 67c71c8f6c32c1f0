/// Errors as values. Expected failures (bad input, infeasible, cancelled, a tool that failed) are
/// `Result`s; exceptions stay inside a library and are turned into an `Error` at its boundary.
#pragma once

#include <boost/outcome/try.hpp>
#include <boost/outcome/result.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace ptah {

/// What went wrong, coarsely: one catalogue for the log, the wire and the exit status of the CLI.
enum class ErrorCode {
  kInvalidArgument,  ///< A request, option or command line the caller can correct.
  kParse,            ///< A file that does not follow its format; `where` holds file:line.
  kNotFound,         ///< A circuit, file, plugin, job or device of that name does not exist.
  kUnsupported,      ///< Understood, but not something this technology or plugin can do.
  kInfeasible,       ///< No solution exists under the given constraints.
  kToolMissing,      ///< An outside program is not installed; `hint` says how to install it.
  kToolFailed,       ///< An outside program ran and gave no trustworthy output.
  kPluginFailed,     ///< A plugin threw, crashed, hung or ran over a limit.
  kCancelled,        ///< Somebody asked for it to stop.
  kLimit,            ///< A bound on size, time or number was reached.
  kIo,               ///< The file system or a socket refused.
  kConflict,         ///< The request contradicts present state (an id in use, a busy name).
  kDenied,           ///< Not allowed for this caller.
  kInternal,         ///< A bug in Ptah.
};

/// The stable spelling used on the wire, such as "invalid_argument".
std::string_view to_string(ErrorCode code) noexcept;
/// The inverse of `to_string`; kInternal for an unknown spelling.
ErrorCode error_code_from_string(std::string_view text) noexcept;

/// What, where, and what to do next, in sentences a designer understands.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;  ///< What is wrong, a full sentence: names, values and units included.
  std::string where;    ///< The place: "ota.sp:14", "device M3", "layer met1 at (1.2, 3.4) um".
  std::string hint;     ///< What to do next; may be empty.

  /// "where: message (hint)", one line.
  std::string text() const;
};

template <typename T>
using Result = boost::outcome_v2::unchecked<T, Error>;
using Status = Result<void>;

inline Error make_error(ErrorCode code, std::string message, std::string where = {},
                        std::string hint = {}) {
  return Error{code, std::move(message), std::move(where), std::move(hint)};
}
inline Status ok() { return boost::outcome_v2::success(); }

}  // namespace ptah

/// `PTAH_TRY(auto x, expression)` binds the value or returns the error from the enclosing function.
/// Several statements: give it braces below an `if`.
#define PTAH_TRY(...) BOOST_OUTCOME_TRY(__VA_ARGS__)
