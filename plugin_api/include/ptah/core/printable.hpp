/// Text from outside, made fit for a terminal and a log.
#pragma once

#include <string>
#include <string_view>

namespace ptah {

/// The text with everything visible that a terminal might take for a command: control characters
/// but newline and tab (an escape becomes `\x1b`), DEL, those of C1, and bytes that are no UTF-8.
/// The result is valid UTF-8.
std::string printable(std::string_view text);

/// As `printable`, for a log of one record a line: what follows a newline is indented, and so
/// cannot pass for a record.
std::string printable_record(std::string_view text);

}  // namespace ptah
