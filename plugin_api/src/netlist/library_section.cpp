#include "netlist/library_section.hpp"

#include <vector>

#include "netlist/text.hpp"
#include "ptah/core/letter_case.hpp"

namespace ptah::spice {
namespace {

/// A path may hold anything but the quote that closes it.
std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  std::size_t at = 0;
  while (at < line.size()) {
    if (text::is_space(line[at])) {
      ++at;
      continue;
    }
    const bool quoted = line[at] == '"' || line[at] == '\'';
    std::size_t end = quoted ? line.find(line[at], at + 1) : at;
    if (quoted && end != std::string_view::npos) {
      words.emplace_back(line.substr(at + 1, end - at - 1));
      at = end + 1;
      continue;
    }
    end = at;
    while (end < line.size() && !text::is_space(line[end])) ++end;
    words.emplace_back(line.substr(at, end - at));
    at = end;
  }
  return words;
}

}  // namespace

Result<std::optional<IncludeCall>> read_include(const std::string& line) {
  if (line.empty() || line.front() != '.') return std::optional<IncludeCall>();
  const std::vector<std::string> words = words_of(line);
  const std::string card = lower_case(words.front());
  if (card == ".include" || card == ".inc") {
    if (words.size() != 2 || words[1].empty()) {
      return make_error(ErrorCode::kParse, "An .include line names one file.");
    }
    return std::optional(IncludeCall{words[1], ""});
  }
  if (card != ".lib" || words.size() < 3) return std::optional<IncludeCall>();
  return std::optional(IncludeCall{words[1], lower_case(words[2])});
}

bool LibrarySection::takes(const std::string& line) {
  if (name_.empty()) return true;
  if (line.front() != '.') return inside_;
  const std::vector<std::string> words = words_of(line);
  const std::string card = lower_case(words.front());
  if (card == ".endl") {
    inside_ = false;
    return false;
  }
  if (card == ".lib" && words.size() == 2) {
    inside_ = same_but_for_case(words[1], name_);
    found_ = found_ || inside_;
    return false;
  }
  return inside_;
}

}  // namespace ptah::spice
