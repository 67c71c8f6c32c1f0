#include "sim_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace ptah {
namespace {

bool blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string unquoted(std::string_view text) {
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
      text.back() == text.front()) {
    text = text.substr(1, text.size() - 2);
  }
  return std::string(text);
}

std::vector<std::string> split_words(std::string_view text, std::size_t limit) {
  std::vector<std::string> words;
  bool line_start = false;
  for (std::size_t i = 0; i < text.size() && words.size() < limit;) {
    if (blank(text[i])) {
      line_start = line_start || text[i] == '\n';
      ++i;
      continue;
    }
    if (line_start && text[i] == '+') {
      line_start = false;
      ++i;
      continue;
    }
    line_start = false;
    std::size_t end = i;
    if (text[i] == '"' || text[i] == '\'') {
      end = text.find(text[i], i + 1);
      end = end == std::string_view::npos ? text.size() : end + 1;
    } else {
      while (end < text.size() && !blank(text[end])) ++end;
    }
    words.emplace_back(text.substr(i, end - i));
    i = end;
  }
  return words;
}

std::string_view take_statement(std::string_view& text, std::size_t& lines) {
  const auto line_end = [&](std::size_t from) {
    const std::size_t end = text.find('\n', from);
    return end == std::string_view::npos ? text.size() : end + 1;
  };
  std::size_t end = line_end(0);
  lines = 1;
  // Comments between continuations belong to the statement, those behind the last do not.
  const bool comment =
      !trimmed(text.substr(0, end)).empty() && trimmed(text.substr(0, end)).front() == '*';
  std::size_t ahead = end;
  std::size_t ahead_lines = lines;
  while (!comment && ahead < text.size()) {
    const std::size_t next = line_end(ahead);
    const std::string_view line = trimmed(text.substr(ahead, next - ahead));
    ++ahead_lines;
    if (!line.empty() && line.front() == '+') {
      end = next;
      lines = ahead_lines;
    } else if (!line.empty() && line.front() != '*') {
      break;
    }
    ahead = next;
  }
  const std::string_view statement = text.substr(0, end);
  text.remove_prefix(end);
  return statement;
}

std::string number_text(double value) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
}

}  // namespace ptah
