/// Reading YAML field by field with every problem kept: file:line, the field, what it may be.
#pragma once

#include <yaml-cpp/yaml.h>

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ptah/core/error.hpp"

namespace ptah::tech {

/// Collects problems instead of stopping at the first, so that an author sees all of them.
class Problems {
 public:
  explicit Problems(std::string file) : file_(std::move(file)) {}

  void add(const YAML::Node& at, std::string message, std::string hint = {});
  void add_line(int line, std::string message, std::string hint = {});
  const std::vector<Error>& list() const noexcept { return list_; }
  bool empty() const noexcept { return list_.empty(); }

 private:
  std::string file_;
  std::vector<Error> list_;
};

/// One mapping of the file. Every getter reports its own problem and returns a neutral value, so
/// that reading goes on.
class Fields {
 public:
  /// `what` names the mapping in messages: "rule m1.2". Keys outside `allowed` are problems.
  Fields(const YAML::Node& node, std::string what, std::initializer_list<std::string_view> allowed,
         Problems& problems);

  bool has(std::string_view key) const;
  YAML::Node node(std::string_view key) const;
  std::string text(std::string_view key, bool required = true) const;
  double number(std::string_view key, double low, double high,
                std::optional<double> fallback = {}) const;
  /// A name: refused where quoting::is_word says no.
  std::string word(std::string_view key, bool required = true) const;
  /// A text for people: printable, at most 200 bytes, and one that Magic can show.
  std::string sentence(std::string_view key, bool required = true) const;
  /// At most 64 texts.
  std::vector<std::string> texts(std::string_view key, bool required = true) const;
  std::vector<std::string> words(std::string_view key, bool required = true) const;
  std::vector<double> numbers(std::string_view key, std::size_t count, double low,
                              double high) const;
  /// The name of one of `choices`, as its index; the first when it is none of them.
  std::size_t choice(std::string_view key, const std::vector<std::string_view>& choices) const;
  /// From "a rule" to "rule m1.2", once the name is known to be one.
  void rename(std::string_view kind, std::string_view name) {
    if (!name.empty()) what_ = std::string(kind) + " " + std::string(name);
  }
  void problem(std::string_view key, std::string message, std::string hint = {}) const;
  bool is_map() const noexcept { return is_map_; }
  const YAML::Node& yaml() const noexcept { return node_; }

 private:
  std::optional<double> scalar(const YAML::Node& value, std::string_view key, double low,
                               double high) const;
  YAML::Node node_;
  std::map<std::string, YAML::Node, std::less<>> values_;
  std::string what_;
  Problems& problems_;
  bool is_map_ = false;
};

/// The candidate nearest to `word`, as " Did you mean \"x\"?", or nothing when none is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace ptah::tech
