/// Small text helpers of the simulation part; not installed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ptah {

/// Without blanks at both ends.
std::string_view trimmed(std::string_view text);
/// Without one pair of quotes.
std::string unquoted(std::string_view text);
/// Words between blanks, line ends and `+` continuations; quoted ones stay whole. At most `limit`.
std::vector<std::string> split_words(std::string_view text, std::size_t limit);
/// The next line with its `+` continuations, comments between them included; shortens `text`.
std::string_view take_statement(std::string_view& text, std::size_t& lines);
/// Shortest decimal that reads back as the same double.
std::string number_text(double value);

}  // namespace ptah
