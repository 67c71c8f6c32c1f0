#include "netlist/text.hpp"

#include <algorithm>
#include <utility>

#include "ptah/core/letter_case.hpp"
#include "ptah/core/quoting.hpp"

namespace ptah::text {

bool starts_with_no_case(std::string_view s, std::string_view prefix) noexcept {
  return s.size() >= prefix.size() && same_but_for_case(s.substr(0, prefix.size()), prefix);
}

bool is_space(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

std::string_view trim(std::string_view s) noexcept {
  while (!s.empty() && is_space(s.front())) s.remove_prefix(1);
  while (!s.empty() && is_space(s.back())) s.remove_suffix(1);
  return s;
}

bool is_plain_name(std::string_view s) noexcept {
  constexpr std::string_view kForbidden = "\"'`{}();,=\\";
  return !s.empty() && s.size() <= 1024 && std::all_of(s.begin(), s.end(), [&](char c) {
    return c > 0x20 && c < 0x7f && kForbidden.find(c) == std::string_view::npos;
  });
}

std::string tool_name(std::string_view name) {
  constexpr std::string_view kMarks = "@^$";
  std::string safe(name);
  std::erase(safe, '\\');  // "cnt\[8\]": Verilog's escapes, as Yosys and Magic write them
  for (const char mark : {'!', '(', ')'}) std::replace(safe.begin(), safe.end(), mark, '_');
  if (safe.starts_with("/")) safe.front() = '_';
  // Magic knows "x/VDD" by its end alone.
  const std::string last = lower_case(safe.substr(safe.rfind('/') + 1));
  if (last == "vdd" || last == "gnd") std::replace(safe.begin(), safe.end(), '/', '_');
  // "d[3]" is a bit of a bus; half a pair is not read.
  int open = 0;
  bool balanced = true;
  for (const char c : safe) {
    open += c == '[' ? 1 : c == ']' ? -1 : 0;
    balanced = balanced && open >= 0;
  }
  if (!balanced || open != 0)
    for (const char mark : {'[', ']'}) std::replace(safe.begin(), safe.end(), mark, '_');
  for (std::size_t end = safe.size(); end > 0 && kMarks.find(safe[end - 1]) != kMarks.npos; --end)
    safe[end - 1] = '_';
  return safe;
}

std::string quoted(std::string_view s) {
  return quoting::for_message(s);
}

namespace {

/// Where an include line names its file; npos for other lines.
std::size_t path_start(std::string_view s) noexcept {
  const std::size_t end = std::min(s.find_first_of(" \t"), s.size());
  const std::string_view card = s.substr(0, end);
  const bool includes = same_but_for_case(card, ".include") || same_but_for_case(card, ".inc") ||
                        same_but_for_case(card, ".lib");
  return includes ? s.find_first_not_of(" \t", end) : std::string_view::npos;
}

/// Whether this "$" begins what CDL says of a device: $[MODEL], $W=1u, $L=1u or $SUB=NET.
bool is_cdl(std::string_view s) noexcept {
  if (s.substr(0, 2) == "$[") return s.find(']') != std::string_view::npos;
  const std::string_view key =
      s.substr(1, s.find('=') == std::string_view::npos ? 0 : s.find('=') - 1);
  return same_but_for_case(key, "w") || same_but_for_case(key, "l") ||
         same_but_for_case(key, "sub");
}

/// Where a trailing comment starts: ";" or "//" anywhere, "$" after a space or at the start, and
/// Magic's "**FLOATING", which it writes with a "$" before it or without. Not inside quotes or
/// braces. A "$" within a word is part of a name (Magic writes such nets), and one
/// that begins the path of an include line is a variable (".lib $PDK_ROOT/...").
std::size_t comment_start(std::string_view s) noexcept {
  const std::size_t path = path_start(s);
  char quote = 0;
  for (std::size_t i = 0; i < s.size(); ++i) {
    const char c = s[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
      continue;
    }
    if (c == '\'' || c == '"') quote = c;
    if (c == ';') return i;
    const bool after_space = i == 0 || is_space(s[i - 1]);
    if (after_space && c == '/' && i + 1 < s.size() && s[i + 1] == '/') return i;
    if (after_space && s.substr(i).starts_with("**FLOATING")) return i;
    const bool variable = i == path && i + 1 < s.size() && !is_space(s[i + 1]);
    if (c == '$' && after_space && !variable && !is_cdl(s.substr(i))) return i;
  }
  return s.size();
}

/// Lines in which xschem keeps the top level of a simulation's netlist. Within a `.subckt`, where
/// it leaves `**.ends` as well, and where none of them is open, they are comments.
class CommentedTop {
 public:
  /// How many characters of the line hide it; 0: it is none of these. To be asked of every line.
  std::size_t hidden_by(std::string_view s) noexcept {
    const bool in_header = std::exchange(in_header_, false);
    if (starts_with_no_case(s, ".subckt")) inside_ = true;
    if (starts_with_no_case(s, ".ends")) inside_ = false;
    if (inside_) return 0;
    if (starts_with_no_case(s, "**.subckt")) {
      in_header_ = open_ = true;
      return 2;
    }
    if (in_header) {
      // Its further ports stand on "*+" lines. Those after a card such as *.PININFO are that
      // card's.
      const bool comment = s.empty() || s.front() == '*';
      in_header_ = comment && s.substr(0, 2) != "*.";
      if (s.substr(0, 2) == "*+") return 1;
    }
    if (!open_ || !starts_with_no_case(s, "**.ends")) return 0;
    in_header_ = open_ = false;
    return 2;
  }

 private:
  bool open_ = false, inside_ = false;
  bool in_header_ = false;  ///< Nothing but comments since the ports of a commented top.
};

}  // namespace

Result<std::vector<LogicalLine>> logical_lines(std::string_view source, std::string_view name,
                                               const LineLimits& limits) {
  std::vector<LogicalLine> lines;
  if (source.substr(0, 3) == "\xEF\xBB\xBF") source.remove_prefix(3);
  int number = 0;
  CommentedTop commented_top;
  const auto place = [&] { return std::string(name) + ":" + std::to_string(number); };
  const auto too_long = [&] {
    return make_error(ErrorCode::kLimit,
                      "A line is longer than " + std::to_string(limits.max_line_bytes) + " bytes.",
                      place(), "a netlist has short lines; is this really one?");
  };
  while (!source.empty()) {
    ++number;
    const std::size_t end = source.find('\n');
    std::string_view physical = source.substr(0, end);
    source.remove_prefix(end == std::string_view::npos ? source.size() : end + 1);
    if (physical.size() > limits.max_line_bytes) return too_long();
    physical = trim(physical);
    const std::size_t hidden = commented_top.hidden_by(physical);
    const bool commented = hidden > 0;
    if (commented) {
      physical.remove_prefix(hidden);
    } else if (!physical.empty() && physical.front() == '*') {
      continue;
    }
    physical = trim(physical.substr(0, comment_start(physical)));
    if (physical.empty()) continue;
    if (physical.front() != '+') {
      lines.push_back({std::string(physical), number, commented});
      continue;
    }
    if (lines.empty()) {
      return make_error(ErrorCode::kParse,
                        "The first line starts with \"+\": it continues nothing.", place());
    }
    physical.remove_prefix(1);
    std::string& joined = lines.back().text;
    if (joined.size() + 1 + physical.size() > limits.max_line_bytes) return too_long();
    joined += ' ';
    joined += physical;
  }
  return lines;
}

Result<std::vector<Token>> tokens(std::string_view line) {
  std::vector<Token> out;
  std::string word;
  std::string closers;  // of the quotes and brackets that are open
  bool in_word = false;
  const auto finish = [&] {
    if (in_word) out.push_back({std::move(word), false});
    word.clear();
    in_word = false;
  };
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const char next = i + 1 < line.size() ? line[i + 1] : '\0';
    if (!closers.empty()) {
      word += c;
      if (c == closers.back()) {
        closers.pop_back();
      } else if (closers.back() != '\'' && closers.back() != '"') {
        if (c == '{') closers += '}';
        if (c == '(') closers += ')';
      }
      if (closers.size() > 256) {
        return make_error(ErrorCode::kParse, "Brackets are nested too deeply.");
      }
      continue;
    }
    if (is_space(c) || c == ',') {
      finish();
      continue;
    }
    // KLayout writes the nets that it names itself so, $3 being a comment. No name begins with one
    // here, for tools that write and read it without the backslash.
    if (c == '\\' && next == '$') {
      word += in_word ? "$" : "net$";
      in_word = true;
      ++i;
      continue;
    }
    if (c == '=' && next != '=' &&
        (!in_word || std::string_view("=<>!").find(word.back()) == std::string_view::npos)) {
      finish();
      out.push_back({"=", true});
      continue;
    }
    // A quote or bracket opens a value; inside a word a "(" belongs to a call such as max(a, b).
    const bool after_equals = !out.empty() && out.back().assigns;
    if (c == '\'' || c == '"' || c == '{') {
      closers += c == '{' ? '}' : c;
    } else if (c == '(' && (after_equals || in_word)) {
      closers += ')';
    }
    // Parentheses around a list of nodes mean nothing.
    if ((c == '(' && closers.empty()) || c == ')') {
      finish();
      continue;
    }
    in_word = true;
    word += c;
  }
  if (!closers.empty()) {
    return make_error(ErrorCode::kParse,
                      std::string("A ") + closers.back() + " is missing at the end of the line.");
  }
  finish();
  return out;
}

}  // namespace ptah::text
