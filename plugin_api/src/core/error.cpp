#include "ptah/core/error.hpp"

#include <array>

namespace ptah {
namespace {

struct CodeName {
  ErrorCode code;
  std::string_view name;
};

constexpr std::array kCodeNames{
    CodeName{ErrorCode::kInvalidArgument, "invalid_argument"},
    CodeName{ErrorCode::kParse, "parse"},
    CodeName{ErrorCode::kNotFound, "not_found"},
    CodeName{ErrorCode::kUnsupported, "unsupported"},
    CodeName{ErrorCode::kInfeasible, "infeasible"},
    CodeName{ErrorCode::kToolMissing, "tool_missing"},
    CodeName{ErrorCode::kToolFailed, "tool_failed"},
    CodeName{ErrorCode::kPluginFailed, "plugin_failed"},
    CodeName{ErrorCode::kCancelled, "cancelled"},
    CodeName{ErrorCode::kLimit, "limit"},
    CodeName{ErrorCode::kIo, "io"},
    CodeName{ErrorCode::kConflict, "conflict"},
    CodeName{ErrorCode::kDenied, "denied"},
    CodeName{ErrorCode::kInternal, "internal"},
};

}  // namespace

std::string_view to_string(ErrorCode code) noexcept {
  for (const CodeName& entry : kCodeNames) {
    if (entry.code == code) return entry.name;
  }
  return "internal";
}

ErrorCode error_code_from_string(std::string_view text) noexcept {
  for (const CodeName& entry : kCodeNames) {
    if (entry.name == text) return entry.code;
  }
  return ErrorCode::kInternal;
}

std::string Error::text() const {
  std::string line;
  if (!where.empty()) line += where + ": ";
  line += message;
  if (!hint.empty()) line += " (" + hint + ")";
  return line;
}

}  // namespace ptah
