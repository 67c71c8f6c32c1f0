#include "yaml_fields.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

#include "ptah/core/quoting.hpp"

namespace ptah::tech {
namespace {

constexpr std::size_t kMaxProblems = 100;
constexpr std::size_t kMaxKeys = 1024;
constexpr std::size_t kMaxList = 64;
constexpr std::size_t kMaxSentence = 200;

using quoting::for_message;

std::string join(const std::vector<std::string_view>& words) {
  std::string text;
  for (std::string_view word : words) {
    if (!text.empty()) text += ", ";
    text += word;
  }
  return text;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string shown(double value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

}  // namespace

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates) {
  if (word.size() > 64) return {};
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best.empty() ? std::string() : " Did you mean \"" + std::string(best) + "\"?";
}

void Problems::add(const YAML::Node& at, std::string message, std::string hint) {
  const int line = at.IsDefined() ? at.Mark().line + 1 : 0;
  add_line(line, std::move(message), std::move(hint));
}

void Problems::add_line(int line, std::string message, std::string hint) {
  if (list_.size() >= kMaxProblems) return;
  std::string where = line > 0 ? file_ + ":" + std::to_string(line) : file_;
  list_.push_back(
      make_error(ErrorCode::kParse, std::move(message), std::move(where), std::move(hint)));
}

Fields::Fields(const YAML::Node& node, std::string what,
               std::initializer_list<std::string_view> allowed, Problems& problems)
    : node_(node), what_(std::move(what)), problems_(problems), is_map_(node.IsMap()) {
  const std::vector<std::string_view> keys(allowed);
  if (!is_map_) {
    problems_.add(node_, "The entry for " + what_ + " is not a mapping.",
                  "Write it as {field: value, ...}; fields: " + join(keys) + ".");
    return;
  }
  if (node_.size() > kMaxKeys) {
    problems_.add(node_,
                  "The mapping " + what_ + " has " + std::to_string(node_.size()) + " fields.",
                  "At most " + std::to_string(kMaxKeys) + " are read.");
    is_map_ = false;
    return;
  }
  for (const auto& item : node_) {
    if (!item.first.IsScalar()) {
      problems_.add(item.first, "A key of " + what_ + " is not a word.");
      continue;
    }
    const std::string& key = item.first.Scalar();
    if (!values_.emplace(key, item.second).second) {
      problems_.add(item.first, "The field " + for_message(key) + " of " + what_ + " stands twice.",
                    "Keep one of them.");
    }
    if (!keys.empty() && std::find(keys.begin(), keys.end(), key) == keys.end()) {
      problems_.add(
          item.first,
          "Unknown field " + for_message(key) + " of " + what_ + "." + did_you_mean(key, keys),
          "Fields: " + join(keys) + ".");
    }
  }
}

bool Fields::has(std::string_view key) const {
  return values_.find(key) != values_.end();
}

YAML::Node Fields::node(std::string_view key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? YAML::Node(YAML::NodeType::Undefined) : found->second;
}

void Fields::problem(std::string_view key, std::string message, std::string hint) const {
  problems_.add(has(key) ? node(key) : node_,
                "Field " + for_message(key) + " of " + what_ + " " + std::move(message),
                std::move(hint));
}

std::string Fields::text(std::string_view key, bool required) const {
  if (!is_map_) return {};
  if (!has(key)) {
    if (required) problem(key, "is missing.");
    return {};
  }
  const YAML::Node value = node(key);
  if (!value.IsScalar() || (required && value.Scalar().empty())) {
    problem(key, "is not a word or a sentence.");
    return {};
  }
  return value.Scalar();
}

std::optional<double> Fields::scalar(const YAML::Node& value, std::string_view key, double low,
                                     double high) const {
  if (value.IsScalar()) {
    const std::string& text = value.Scalar();
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size() && std::isfinite(number)) {
      if (number >= low && number <= high) return number;
      problems_.add(value,
                    "Field " + for_message(key) + " of " + what_ + " is " + shown(number) + ".",
                    "It may be " + shown(low) + " to " + shown(high) + ".");
      return std::nullopt;
    }
    problems_.add(value,
                  "Field " + for_message(key) + " of " + what_ + " is " + for_message(text) +
                      ", not a number.",
                  "It may be " + shown(low) + " to " + shown(high) + ", without a unit.");
    return std::nullopt;
  }
  problems_.add(value, "Field " + for_message(key) + " of " + what_ + " is not a number.",
                "It may be " + shown(low) + " to " + shown(high) + ".");
  return std::nullopt;
}

double Fields::number(std::string_view key, double low, double high,
                      std::optional<double> fallback) const {
  if (!is_map_) return fallback.value_or(0);
  if (!has(key)) {
    if (!fallback)
      problem(key, "is missing.",
              "A number from " + shown(low) + " to " + shown(high) + " is expected.");
    return fallback.value_or(0);
  }
  return scalar(node(key), key, low, high).value_or(fallback.value_or(0));
}

std::string Fields::word(std::string_view key, bool required) const {
  std::string given = text(key, required);
  if (given.empty() || quoting::is_word(given)) return given;
  problem(key, "is " + for_message(given) + ", which is no name.", std::string(quoting::kWordForm));
  return {};
}

std::string Fields::sentence(std::string_view key, bool required) const {
  std::string given = text(key, required);
  if (!quoting::is_printable(given, kMaxSentence)) {
    problem(key, "is not one line of text.",
            "At most " + std::to_string(kMaxSentence) + " bytes of UTF-8, no control characters.");
    return {};
  }
  if (const auto shown = quoting::magic_sentence(given); !shown) {
    problem(key, shown.error().message, "Write it otherwise.");
    return {};
  }
  return given;
}

std::vector<std::string> Fields::words(std::string_view key, bool required) const {
  std::vector<std::string> list = texts(key, required);
  for (const std::string& each : list) {
    if (quoting::is_word(each)) continue;
    problem(key, "holds " + for_message(each) + ", which is no name.",
            std::string(quoting::kWordForm));
    return {};
  }
  return list;
}

std::vector<std::string> Fields::texts(std::string_view key, bool required) const {
  std::vector<std::string> list;
  if (!is_map_) return list;
  if (!has(key)) {
    if (required) problem(key, "is missing.", "A list of names is expected: [a, b].");
    return list;
  }
  const YAML::Node value = node(key);
  if (!value.IsSequence()) {
    problem(key, "is not a list.", "Write [a, b].");
    return list;
  }
  if (value.size() > kMaxList) {
    problem(key, "has " + std::to_string(value.size()) + " entries.",
            "At most " + std::to_string(kMaxList) + " are read.");
    return list;
  }
  for (const auto& item : value) {
    if (item.IsScalar() && !item.Scalar().empty()) {
      list.push_back(item.Scalar());
    } else {
      problem(key, "holds something that is not a name.");
    }
  }
  return list;
}

std::vector<double> Fields::numbers(std::string_view key, std::size_t count, double low,
                                    double high) const {
  std::vector<double> list;
  const std::string hint = std::to_string(count) + " numbers are expected: [a, b].";
  if (has(key) && node(key).IsSequence() && node(key).size() == count) {
    for (const auto& item : node(key)) {
      if (const auto value = scalar(item, key, low, high)) list.push_back(*value);
    }
  } else if (is_map_) {
    problem(key, has(key) ? "has the wrong form." : "is missing.", hint);
  }
  list.resize(count, low);
  return list;
}

std::size_t Fields::choice(std::string_view key,
                           const std::vector<std::string_view>& choices) const {
  if (!is_map_) return 0;
  const std::string given = text(key);
  if (given.empty()) return 0;
  const auto found = std::find(choices.begin(), choices.end(), given);
  if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
  problem(key, "is " + for_message(given) + "." + did_you_mean(given, choices),
          "It may be " + join(choices) + ".");
  return 0;
}

}  // namespace ptah::tech
