/// Model decks taken apart as far as expanding them once needs it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ptah {

/// Words of a statement, lower case. Blanks around `=` go; quotes and braces stay whole, and
/// parentheses around a model's parameters become blanks.
std::vector<std::string> statement_words(std::string_view statement);

/// "name" and "value" of "name=value"; the value is empty where there is none.
std::pair<std::string, std::string> name_and_value(const std::string& word);

/// A plain number with or without a scale factor: nothing that must be evaluated.
bool is_plain_number(std::string_view text);

struct ModelStatement {
  std::string name, type;
  std::vector<std::pair<std::string, std::string>> parameters;  ///< In the order of the text.
};

/// A subcircuit of elements and models, without subcircuits in it.
struct ModelSubcircuit {
  std::string name;
  std::vector<std::string> ports;
  std::string header;                   ///< The .subckt statement as written, on one line.
  std::vector<std::string> statements;  ///< Its other statements but the models, each one line.
  std::vector<ModelStatement> models;
  bool simple = true;  ///< False: it holds something that can not be expanded here.
};

struct ModelText {
  std::map<std::string, ModelSubcircuit> subcircuits;
  std::vector<std::string> kept;     ///< Outside subcircuits, needed in every deck (.option).
  std::vector<std::string> globals;  ///< Outside subcircuits, needed to evaluate (.param, .func).
  std::vector<std::string> models;   ///< Names of models outside subcircuits.
};

ModelText read_model_text(std::string_view text);

}  // namespace ptah
