/// Source text of a SPICE deck as logical lines: comments gone, continuations joined, places kept.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ptah/core/error.hpp"

namespace ptah::text {

bool starts_with_no_case(std::string_view s, std::string_view prefix) noexcept;
bool is_space(char c) noexcept;
std::string_view trim(std::string_view s) noexcept;
/// Text of a user in a message: bounded, and no control characters.
std::string quoted(std::string_view s);

/// Whether every tool that sees the name of a device, net or cell takes it as one word: visible
/// ASCII without quotes, brackets of Tcl and separators of SPICE, at most 1024 bytes.
bool is_plain_name(std::string_view s) noexcept;
/// `name` without what Magic takes for more than a letter of it: a "!", which makes a net global, a
/// "/" before it, parentheses (KiCad's "/VDD" and "Net-(M1-D)"), a bracket without the other, and
/// marks at its end, which make a label an attribute of a device.
std::string tool_name(std::string_view name);

struct LogicalLine {
  std::string text;
  int line = 0;            ///< Of its first physical line, from 1.
  bool commented = false;  ///< xschem's "**.subckt" or "**.ends", its two stars removed.
};

struct LineLimits {
  std::size_t max_line_bytes = 1 << 20;
};

/// Fails with name:line when a physical or a logical line is longer than the limit, or a line
/// starts with "+" and has none to continue.
Result<std::vector<LogicalLine>> logical_lines(std::string_view source, std::string_view name,
                                               const LineLimits& limits);

/// A word of a line; quotes and braces keep spaces together. "=" stands alone.
struct Token {
  std::string text;
  bool assigns = false;  ///< This token is the "=" of `name=value`.
};

/// Fails (message only) at an unclosed quote or brace.
Result<std::vector<Token>> tokens(std::string_view line);

}  // namespace ptah::text
