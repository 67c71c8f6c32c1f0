#include "model_text.hpp"

#include <algorithm>

#include "ptah/core/letter_case.hpp"
#include "ptah/sim/deck.hpp"
#include "spice_text.hpp"

namespace ptah {
namespace {

bool blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

/// Lines with their `+` continuations; comments gone.
std::vector<std::string> statements(std::string_view text) {
  std::vector<std::string> result;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (!line.empty() && blank(line.front())) line.remove_prefix(1);
    const std::size_t comment = std::min({line.find(" $"), line.find("\t$"), line.find(';')});
    line = line.substr(0, std::min(comment, line.size()));
    while (!line.empty() && blank(line.back())) line.remove_suffix(1);
    if (line.empty() || line.front() == '*') continue;
    if (line.front() == '+' && !result.empty()) {
      result.back() += " ";
      result.back() += line.substr(1);
    } else {
      result.emplace_back(line);
    }
  }
  return result;
}

ModelStatement read_model(const std::vector<std::string>& words) {
  ModelStatement model;
  if (words.size() > 1) model.name = words[1];
  if (words.size() > 2) model.type = words[2];
  for (std::size_t i = 3; i < words.size(); ++i)
    model.parameters.push_back(name_and_value(words[i]));
  return model;
}

ModelSubcircuit read_header(const std::string& statement, const std::vector<std::string>& words) {
  ModelSubcircuit subcircuit;
  subcircuit.header = statement;
  if (words.size() > 1) subcircuit.name = words[1];
  for (std::size_t i = 2; i < words.size(); ++i) {
    if (words[i] == "params:" || words[i].find('=') != std::string::npos) break;
    subcircuit.ports.push_back(words[i]);
  }
  return subcircuit;
}

}  // namespace

std::vector<std::string> statement_words(std::string_view statement) {
  std::vector<std::string> words;
  std::string word;
  int braces = 0;
  bool quoted = false, glue = false;
  const auto flush = [&] {
    if (word.empty()) return;
    if (glue && !words.empty()) {
      words.back() += word;
    } else {
      words.push_back(word);
    }
    glue = false;
    word.clear();
  };
  for (const char raw : statement) {
    const char c = lower_case(raw);
    const bool inside = quoted || braces > 0;
    if (c == '\'') quoted = !quoted;
    if (!quoted && c == '{') ++braces;
    if (!quoted && c == '}' && braces > 0) --braces;
    if (inside || quoted || braces > 0) {
      word += c;
    } else if (blank(c) || c == ',' || c == '(' || c == ')') {
      flush();
    } else if (c == '=') {
      flush();
      if (!words.empty()) words.back() += '=';
      glue = true;
    } else {
      word += c;
    }
  }
  flush();
  return words;
}

std::pair<std::string, std::string> name_and_value(const std::string& word) {
  const std::size_t equals = word.find('=');
  if (equals == std::string::npos) return {word, ""};
  return {word.substr(0, equals), word.substr(equals + 1)};
}

bool is_plain_number(std::string_view text) {
  return spice_number(text).has_value();
}

ModelText read_model_text(std::string_view text) {
  ModelText result;
  ModelSubcircuit open;
  int depth = 0;
  for (const std::string& statement : statements(text)) {
    const std::string keyword = lower_case(statement.substr(0, statement.find_first_of(" \t")));
    if (keyword == ".subckt") {
      if (depth++ == 0) {
        open = read_header(statement, statement_words(statement));
      } else {
        open.simple = false;
      }
    } else if (keyword == ".ends") {
      if (depth == 0) continue;
      if (--depth == 0) result.subcircuits[open.name] = open;
    } else if (depth > 0) {
      if (keyword == ".model") {
        open.models.push_back(read_model(statement_words(statement)));
        continue;
      }
      const bool element = std::string_view("mrcd").find(keyword[0]) != std::string_view::npos;
      if (!element && keyword != ".param") open.simple = false;
      open.statements.push_back(statement);
    } else if (keyword == ".model") {
      const std::vector<std::string> words = statement_words(statement);
      if (words.size() > 1) result.models.push_back(words[1]);
      result.globals.push_back(statement);
    } else if (keyword == ".param" || keyword == ".func" || keyword == ".end") {
      if (keyword != ".end") result.globals.push_back(statement);
    } else {
      result.kept.push_back(statement);
    }
  }
  return result;
}

}  // namespace ptah
