#include "ptah/core/quoting.hpp"

#include <algorithm>
#include <cctype>

namespace ptah::quoting {
namespace {

constexpr std::size_t kMaxWord = 128;
constexpr std::size_t kMaxSpiceWord = 256;
constexpr std::size_t kMaxMagicSentence = 400;
constexpr std::size_t kShown = 60;

bool is_letter_or_digit(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_one_of(char c, std::string_view set) noexcept {
  return set.find(c) != std::string_view::npos;
}

bool is_control(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

/// The length of the UTF-8 sequence that `text` starts with; 0 where it starts with none, or with
/// one of the control characters U+0080 to U+009F.
std::size_t sequence_length(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const unsigned char second = byte(1);
  const bool bad = (first == 0xc2 && second < 0xa0) || (first == 0xe0 && second < 0xa0) ||
                   (first == 0xed && second > 0x9f) || (first == 0xf0 && second < 0x90) ||
                   (first == 0xf4 && second > 0x8f);
  return bad ? 0 : length;
}

/// A message without what its writer took from a file.
std::string without_text(std::string_view message) {
  if (const std::size_t colon = message.find(": "); colon != std::string_view::npos) {
    const std::string_view name = message.substr(0, colon);
    if (name.find(' ') == std::string_view::npos) message.remove_prefix(colon + 2);
  }
  std::string out;
  for (std::size_t i = 0; i < message.size();) {
    const char c = message[i];
    const bool starts = i == 0 || !(is_letter_or_digit(message[i - 1]) || message[i - 1] == '_');
    const bool number = starts && (std::isdigit(static_cast<unsigned char>(c)) ||
                                   (is_one_of(c, "+-.") && i + 1 < message.size() &&
                                    std::isdigit(static_cast<unsigned char>(message[i + 1]))));
    std::size_t end = i;
    if (c == '"') {
      end = std::min(message.find('"', i + 1), message.size() - 1) + 1;
      out += "\"...\"";
    } else if (c == '=' && i > 0 && message[i - 1] != ' ') {
      end = std::min(message.find_first_of(" ,;)", i + 1), message.size());
      out += "=...";
    } else if (number) {
      end = std::min(message.find_first_of(" ,;:)%", i), message.size());
      while (end > i + 1 && message[end - 1] == '.') --end;  // of the sentence
      out += "...";
    } else {
      end = i + 1;
      out += c;
    }
    i = end;
  }
  return out;
}

}  // namespace

const std::string_view kWordForm =
    "A name is 1 to 128 letters, digits and _ . - +, starting with a letter, a digit or _.";

bool is_word(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kMaxWord &&
         (is_letter_or_digit(text.front()) || text.front() == '_') &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_letter_or_digit(c) || is_one_of(c, "_.-+"); });
}

bool is_printable(std::string_view text, std::size_t max_bytes) noexcept {
  if (text.size() > max_bytes) return false;
  while (!text.empty()) {
    const std::size_t length = is_control(text.front()) ? 0 : sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string tcl(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (!is_control(c) && !is_one_of(c, "\"\\$[]{}")) {
      out += c;
      continue;
    }
    // Three octal digits: the one escape that means the same before every next character.
    const auto code = static_cast<unsigned char>(c);
    out += '\\';
    out += static_cast<char>('0' + (code >> 6));
    out += static_cast<char>('0' + ((code >> 3) & 7));
    out += static_cast<char>('0' + (code & 7));
  }
  return out + '"';
}

std::string ruby(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (is_control(c) || code >= 0x80) {
      out += "\\x";
      out += kHex[code >> 4];
      out += kHex[code & 15];
      continue;
    }
    if (is_one_of(c, "\"\\#")) out += '\\';
    out += c;
  }
  return out + '"';
}

bool is_spice_word(std::string_view text) noexcept {
  // "//" starts a comment.
  return !text.empty() && text.size() <= kMaxSpiceWord &&
         text.find("//") == std::string_view::npos &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_letter_or_digit(c) || is_one_of(c, "_.#/[]<>+-:"); });
}

Result<std::string> magic_sentence(std::string_view text, std::string_view tail) {
  if (!is_printable(text, kMaxMagicSentence)) {
    return make_error(ErrorCode::kInvalidArgument, "is not one line of text.");
  }
  std::string out = "\"";
  for (const char c : text) {
    if (c == '%') {
      return make_error(ErrorCode::kInvalidArgument,
                        "holds a %, which Magic takes for the place of a number.");
    }
    if (is_one_of(c, "\"\\")) out += '\\';
    out += c;
  }
  return out + std::string(tail) + '"';
}

std::string for_message(std::string_view text) {
  std::string out = "\"";
  for (const char c : text.substr(0, kShown)) {
    const bool ascii = static_cast<unsigned char>(c) < 0x80;
    out += !ascii || is_control(c) ? '?' : c == '"' ? '\'' : c;
  }
  if (text.size() > kShown) out += "...";
  return out + '"';
}

Error without_text(Error error) {
  error.message = without_text(std::string_view(error.message));
  error.hint = without_text(std::string_view(error.hint));
  return error;
}

}  // namespace ptah::quoting
