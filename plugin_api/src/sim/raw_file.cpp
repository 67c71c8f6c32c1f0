#include "ptah/sim/raw_file.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>

#include "ptah/core/letter_case.hpp"

namespace ptah {
namespace {

std::string_view trim(std::string_view text) {
  const auto space = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && space(text.front())) text.remove_prefix(1);
  while (!text.empty() && space(text.back())) text.remove_suffix(1);
  return text;
}

/// The next word of `text`, which is shortened by it.
std::string_view take_word(std::string_view& text) {
  text = trim(text);
  std::size_t end = 0;
  while (end < text.size() && text[end] != ' ' && text[end] != '\t') ++end;
  const std::string_view word = text.substr(0, end);
  text = trim(text.substr(end));
  return word;
}

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

class RawReader {
 public:
  RawReader(std::string_view text, std::string_view name, const RawFileLimits& limits)
      : rest_(text), name_(name), limits_(limits) {}

  Result<Waveform> read() {
    PTAH_TRY(read_header());
    PTAH_TRY(read_variables());
    PTAH_TRY(read_values());
    return std::move(waveform_);
  }

 private:
  Error error(std::string message) const {
    return make_error(ErrorCode::kToolFailed, std::move(message),
                      name_ + ":" + std::to_string(line_));
  }

  /// False at the end of the text.
  bool next_line(std::string_view& line) {
    if (rest_.empty()) return false;
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    line = trim(rest_.substr(0, end));
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    ++line_;
    return true;
  }

  Status read_header() {
    std::string_view line;
    while (next_line(line)) {
      if (line == "Variables:") break;
      const std::size_t colon = line.find(':');
      if (colon == std::string_view::npos) continue;
      const std::string_view key = line.substr(0, colon);
      const std::string_view value = trim(line.substr(colon + 1));
      if (key == "Plotname") plot_ = lower_case(value);
      if (key == "Flags") complex_ = lower_case(value).find("complex") != std::string::npos;
      if (key == "No. Variables" || key == "No. Points") {
        const auto number = parse_number<std::size_t>(value);
        if (!number)
          return error("\"" + std::string(value) + "\" is no number of " +
                       std::string(key.substr(4)) + ".");
        (key == "No. Points" ? points_ : variables_) = *number;
      }
    }
    if (line != "Variables:") return error("The file ends before its list of variables.");
    if (variables_ == 0 || points_ == 0) return error("The plot holds no points.");
    if (variables_ > limits_.max_variables || points_ > limits_.max_values / variables_) {
      return error("The plot of " + std::to_string(variables_) + " variables and " +
                   std::to_string(points_) + " points is larger than allowed.");
    }
    // A header may claim any size: storage only grows with the values that are really there.
    if (points_ > rest_.size()) return error("The file ends before its last point.");
    waveform_.analysis = analysis();
    return ok();
  }

  std::string analysis() const {
    const auto has = [&](const char* words) { return plot_.find(words) != std::string::npos; };
    if (has("ac analysis")) return "ac";
    if (has("noise")) return "noise";
    if (has("dc transfer")) return "dc";
    if (has("transient")) return "tran";
    if (has("operating point")) return "op";
    return plot_;
  }

  Status read_variables() {
    for (std::size_t i = 0; i < variables_; ++i) {
      std::string_view line;
      if (!next_line(line)) return error("The file ends within its list of variables.");
      const auto index = parse_number<std::size_t>(take_word(line));
      const std::string_view variable = take_word(line);
      if (index != i || variable.empty()) {
        return error("Variable " + std::to_string(i) + " was expected here.");
      }
      names_.push_back(lower_case(variable));
    }
    std::string_view line;
    if (!next_line(line) || line != "Values:") {
      return error("\"Values:\" was expected here; a binary plot is not read.");
    }
    return ok();
  }

  Status read_values() {
    // An operating point has no scale: its first variable is a result like the others.
    const bool scaled = waveform_.analysis != "op";
    const std::size_t first = scaled ? 1 : 0;
    waveform_.x_name = scaled ? names_.front() : "";
    waveform_.names.assign(names_.begin() + static_cast<std::ptrdiff_t>(first), names_.end());
    waveform_.y.resize(variables_ - first);
    for (std::size_t point = 0; point < points_; ++point) {
      for (std::size_t i = 0; i < variables_; ++i) {
        std::string_view line;
        do {
          if (!next_line(line)) {
            return error("The file ends at point " + std::to_string(point) + " of " +
                         std::to_string(points_) + ".");
          }
        } while (line.empty());
        if (i == 0 && parse_number<std::size_t>(take_word(line)) != point) {
          return error("Point " + std::to_string(point) + " was expected here.");
        }
        PTAH_TRY(const auto value, parse_value(line));
        if (i < first) {
          waveform_.x.push_back(value.real());
        } else {
          waveform_.y[i - first].push_back(value);
        }
      }
      if (!scaled) waveform_.x.push_back(0);
    }
    return ok();
  }

  Result<std::complex<double>> parse_value(std::string_view text) const {
    std::string_view imaginary = "0";
    if (complex_) {
      const std::size_t comma = text.find(',');
      if (comma == std::string_view::npos) return error("A complex value was expected here.");
      imaginary = trim(text.substr(comma + 1));
      text = trim(text.substr(0, comma));
    }
    const auto re = parse_number<double>(text);
    const auto im = parse_number<double>(imaginary);
    if (!re || !im) return error("\"" + std::string(text.substr(0, 40)) + "\" is not a number.");
    if (!std::isfinite(*re) || !std::isfinite(*im)) return error("A value is not finite.");
    return std::complex<double>(*re, *im);
  }

  std::string_view rest_;
  std::string name_;
  RawFileLimits limits_;
  std::size_t line_ = 0;
  std::string plot_;
  bool complex_ = false;
  std::size_t variables_ = 0;
  std::size_t points_ = 0;
  std::vector<std::string> names_;
  Waveform waveform_;
};

}  // namespace

Result<Waveform> read_raw(std::string_view text, std::string_view name,
                          const RawFileLimits& limits) {
  return RawReader(text, name, limits).read();
}

}  // namespace ptah
