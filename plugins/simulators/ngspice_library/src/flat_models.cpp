#include "flat_models.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <set>

#include "ptah/sim/deck.hpp"
#include "spice_text.hpp"

namespace ptah {
namespace {

/// Of kDiffusion, which only passes through a model's subcircuit: values that no model chooses by
/// itself, one set for each of the two probes of a model.
constexpr double kMarkers[2][kDiffusion.size()] = {{0.1234567, 0.2345671, 0.3456712, 0.4567123},
                                                   {0.7654321, 0.6543217, 0.5432176, 0.4321765}};
constexpr std::size_t kLongestListed = 3900;  ///< ngspice cuts lines a little above.

/// As ngspice writes the value of an expression into a line.
std::string value_text(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.15e", value);
  return text;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string keyword_of(std::string_view line) {
  const auto words = statement_words(line.substr(0, line.find_first_of(" \t")));
  return words.empty() ? "" : words[0];
}

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

/// "l=    1.5e-01" -> "l=1.5e-01"; blanks elsewhere separate words.
std::vector<std::string> listed_words(std::string_view line) {
  return statement_words(line);
}

}  // namespace

std::optional<FlatModels::Instance> FlatModels::read_instance(std::string_view line) const {
  const std::vector<std::string> words = statement_words(line);
  if (words.size() < 3 || words[0][0] != 'x') return std::nullopt;
  Instance instance;
  instance.name = words[0].substr(1);
  instance.values.resize(kDiffusion.size());
  std::vector<std::string> selecting;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const auto [name, value] = name_and_value(words[i]);
    if (words[i].find('=') == std::string::npos) {
      instance.nodes.push_back(words[i]);
      continue;
    }
    const auto passed = std::find(kDiffusion.begin(), kDiffusion.end(), name);
    const auto number = spice_number(value);
    if (!number) return std::nullopt;
    if (passed != kDiffusion.end()) {
      instance.values[static_cast<std::size_t>(passed - kDiffusion.begin())] = *number;
      selecting.push_back(std::string(name));
    } else if (name == "m") {
      instance.multiplier = value;
    } else {
      selecting.push_back(words[i]);
    }
  }
  instance.model = instance.nodes.back();
  instance.nodes.pop_back();
  const auto found = text_->subcircuits.find(instance.model);
  if (found == text_->subcircuits.end() || found->second.ports.size() != instance.nodes.size()) {
    return std::nullopt;
  }
  std::sort(selecting.begin(), selecting.end());
  instance.key = instance.model;
  for (const std::string& word : selecting) instance.key += " " + word;
  return instance;
}

std::optional<std::vector<std::string>> FlatModels::model_group(
    const ModelSubcircuit& subcircuit, const std::string& group, const std::string& name,
    double length_m, double width_m,
    const std::map<std::string, std::map<std::string, std::string>>& evaluated) const {
  std::vector<std::string> statements;
  for (const ModelStatement& model : subcircuit.models) {
    const bool bin = starts_with(model.name, group + ".");
    if (model.name != group && !bin) continue;
    std::map<std::string, double> range;
    std::string statement = ".model " + name + model.name.substr(group.size()) + " " + model.type;
    const auto values = evaluated.find(model.name);
    if (values == evaluated.end()) return std::nullopt;
    for (const auto& [parameter, value] : model.parameters) {
      statement += " " + parameter;
      if (value.empty()) continue;
      std::string number = value;
      if (!is_plain_number(value)) {
        const auto known = values->second.find(parameter);
        if (known == values->second.end() || !is_plain_number(known->second)) return std::nullopt;
        number = known->second;
      }
      statement += "=" + number;
      range[parameter] = spice_number(number).value_or(0);
    }
    if (bin && length_m > 0 && width_m > 0 && range.count("lmin") != 0 &&
        range.count("lmax") != 0 && range.count("wmin") != 0 && range.count("wmax") != 0) {
      // Generous: where a size lies on the edge of two bins, ngspice has both to choose from.
      const auto outside = [](double size, double low, double high) {
        return size < low * (1 - 1e-6) || size > high * (1 + 1e-6);
      };
      if (outside(length_m, range["lmin"], range["lmax"]) ||
          outside(width_m, range["wmin"], range["wmax"])) {
        continue;
      }
    }
    statements.push_back(std::move(statement));
  }
  if (statements.empty()) return std::nullopt;
  return statements;
}

FlatModels::Template FlatModels::make_template(const Instance& instance, const std::string& first,
                                               const std::string& second,
                                               const std::vector<std::string>& listing) {
  const ModelSubcircuit& subcircuit = text_->subcircuits.at(instance.model);
  struct Probe {
    std::string name;
    std::vector<std::vector<std::string>> elements;
    std::map<std::string, std::map<std::string, std::string>> models;
  };
  Probe probes[2] = {{first, {}, {}}, {second, {}, {}}};
  for (const std::string& line : listing) {
    for (Probe& probe : probes) {
      const bool model = starts_with(line, ".model " + probe.name + ":");
      const bool element = line.size() > 2 && starts_with(line.substr(2), probe.name + ".");
      if (!model && !element) continue;
      if (line.size() > kLongestListed) return {};
      const std::vector<std::string> words = listed_words(line);
      if (element) {
        probe.elements.push_back(words);
        continue;
      }
      auto& values = probe.models[words[1].substr(probe.name.size() + 1)];
      for (std::size_t i = 3; i < words.size(); ++i) {
        const auto [name, value] = name_and_value(words[i]);
        values[name] = value;
      }
    }
  }
  // Random parameters, and such that depend on what only passes through, differ between the two.
  if (probes[0].elements.empty() || probes[0].elements.size() != probes[1].elements.size() ||
      probes[0].models != probes[1].models) {
    return {};
  }
  Template result;
  for (std::size_t e = 0; e < probes[0].elements.size(); ++e) {
    const std::vector<std::string>& a = probes[0].elements[e];
    const std::vector<std::string>& b = probes[1].elements[e];
    if (a.size() != b.size()) return {};
    Element element;
    element.letter = a[0][0];
    if (std::string_view("mrcd").find(element.letter) == std::string_view::npos) return {};
    element.name = a[0].substr(2 + first.size() + 1);
    double length = 0, width = 0, fingers = 1;
    for (const std::string& word : a) {
      const auto [name, value] = name_and_value(word);
      if (name == "l") length = spice_number(value).value_or(0);
      if (name == "w") width = spice_number(value).value_or(0);
      if (name == "nf") fingers = spice_number(value).value_or(0);
    }
    if (fingers != 1) length = width = 0;  // all bins: ngspice divides w by nf
    for (std::size_t i = 1; i < a.size(); ++i) {
      Word word;
      word.text = a[i];
      const auto [name, value] = name_and_value(a[i]);
      const auto [name_b, value_b] = name_and_value(b[i]);
      const auto passed = std::find(kDiffusion.begin(), kDiffusion.end(), name);
      const auto index = static_cast<std::size_t>(passed - kDiffusion.begin());
      if (starts_with(a[i], "ptah_port")) {
        word.kind = Word::Kind::kPort;
        word.index = static_cast<std::size_t>(std::stoul(a[i].substr(9)));
        if (b[i] != a[i] || word.index >= instance.nodes.size()) return {};
      } else if (starts_with(a[i], first + ".")) {
        word.kind = Word::Kind::kInner;
        word.text = a[i].substr(first.size() + 1);
        if (b[i] != second + "." + word.text) return {};
      } else if (starts_with(a[i], first + ":")) {
        word.kind = Word::Kind::kModel;
        const std::string group = a[i].substr(first.size() + 1);
        if (b[i] != second + ":" + group) return {};
        const auto statements =
            model_group(subcircuit, group, "%", length * scale_, width * scale_, probes[0].models);
        if (!statements) return {};
        std::string text;
        for (const std::string& statement : *statements) text += statement + "\n";
        const auto [shared, fresh] =
            shared_.emplace(text, "ptah_model" + std::to_string(shared_.size()));
        word.text = shared->second;
        for (std::string statement : *statements) {
          statement.replace(statement.find('%'), 1, word.text);
          if (std::find(result.models.begin(), result.models.end(), statement) ==
              result.models.end()) {
            result.models.push_back(std::move(statement));
          }
        }
      } else if (passed != kDiffusion.end() && instance.values[index] &&
                 value == value_text(kMarkers[0][index])) {
        word.kind = Word::Kind::kValue;
        word.text = name + "=";
        word.index = index;
        if (name_b != name || value_b != value_text(kMarkers[1][index])) return {};
      } else if (a[i] != b[i]) {
        return {};
      }
      element.words.push_back(std::move(word));
    }
    result.elements.push_back(std::move(element));
  }
  result.known = true;
  return result;
}

Status FlatModels::expand(const std::map<std::string, Instance>& wanted, NgspiceLibrary& library,
                          double wall_s, JobContext& job) {
  std::vector<std::string> deck = {"* expansion of models"};
  for (const std::string& line : text_->kept) deck.push_back(line);
  for (const std::string& line : text_->globals) deck.push_back(line);
  std::set<std::string> defined;
  for (const auto& [key, instance] : wanted) {
    const ModelSubcircuit& subcircuit = text_->subcircuits.at(instance.model);
    if (!subcircuit.simple || !defined.insert(instance.model).second) continue;
    deck.push_back(subcircuit.header);
    for (const std::string& line : subcircuit.statements) deck.push_back(line);
    for (const ModelStatement& model : subcircuit.models) {
      // Plain numbers need no evaluation; what the model's kind and bin are, ngspice must see.
      static constexpr std::array<std::string_view, 6> kNeeded = {"level", "version", "lmin",
                                                                  "lmax",  "wmin",    "wmax"};
      std::string line = ".model " + model.name + " " + model.type;
      for (const auto& [name, value] : model.parameters) {
        const bool needed = std::find(kNeeded.begin(), kNeeded.end(), name) != kNeeded.end();
        if (value.empty() || (!needed && is_plain_number(value))) continue;
        line += " " + name + "=" + value;
      }
      deck.push_back(line);
    }
    deck.push_back(".ends");
  }
  std::size_t serial = 0;
  std::map<std::string, std::pair<std::string, std::string>> names;
  for (const auto& [key, instance] : wanted) {
    if (defined.count(instance.model) == 0) continue;
    const std::string number = std::to_string(serial++);
    names[key] = {"xptah" + number + "a", "xptah" + number + "b"};
    for (int probe = 0; probe < 2; ++probe) {
      std::string line = probe == 0 ? names[key].first : names[key].second;
      for (std::size_t i = 0; i < instance.nodes.size(); ++i) {
        line += " ptah_port" + std::to_string(i);
      }
      line += " " + instance.model;
      // The key is the model, then the parameters.
      for (const std::string& word : statement_words(key.substr(instance.model.size()))) {
        const auto passed = std::find(kDiffusion.begin(), kDiffusion.end(), word);
        line += " " + word;
        if (passed == kDiffusion.end()) continue;
        line += "=" + value_text(kMarkers[probe][passed - kDiffusion.begin()]);
      }
      deck.push_back(line);
    }
  }
  deck.push_back(".end");
  PTAH_TRY(const std::vector<std::string> listing, library.expanded(deck, wall_s, job));
  for (const auto& [key, instance] : wanted) {
    const auto name = names.find(key);
    templates_[key] = name == names.end() ? Template{}
                                          : make_template(instance, name->second.first,
                                                          name->second.second, listing);
  }
  return ok();
}

Result<std::vector<std::string>> FlatModels::deck(const std::string& deck,
                                                  const std::string& models,
                                                  NgspiceLibrary& library, double wall_s,
                                                  JobContext& job) {
  std::vector<std::string> none;
  const std::size_t title = deck.find('\n') + 1;
  if (deck.compare(title, models.size(), models) != 0) return none;
  if (!text_) {
    text_ = read_model_text(models);
    for (const std::string& line : text_->kept) {
      for (const std::string& word : statement_words(line)) {
        const auto [name, value] = name_and_value(word);
        if (name == "scale") scale_ = spice_number(value).value_or(0);
      }
    }
  }
  const auto lines = lines_of(std::string_view(deck).substr(title + models.size()));
  // The DUT comes first, then the testbench.
  std::size_t first = 0;
  while (first < lines.size() && keyword_of(lines[first]) != ".subckt") ++first;
  std::size_t last = first;
  while (last < lines.size() && keyword_of(lines[last]) != ".ends") ++last;
  std::vector<std::pair<std::size_t, Instance>> instances;
  std::map<std::string, Instance> wanted;
  bool mixed = false;  // with lines that need the models as they are
  for (std::size_t i = first + 1; i < last; ++i) {
    const char letter = keyword_of(lines[i])[0];
    if (letter == 'x') {
      auto instance = read_instance(lines[i]);
      if (!instance) return none;
      if (templates_.count(instance->key) == 0) wanted.emplace(instance->key, *instance);
      instances.emplace_back(i, std::move(*instance));
    } else if (letter == 'r') {
      // Of a value, or of a model outside subcircuits.
      const std::vector<std::string> words = statement_words(lines[i]);
      if (words.size() < 4 || !is_plain_number(words[3])) mixed = true;
    } else if (letter == 'd') {
      mixed = true;
    }
  }
  for (std::size_t i = last; i < lines.size() && keyword_of(lines[i]) != ".control"; ++i) {
    const std::vector<std::string> words = statement_words(lines[i]);
    for (const std::string& word : words) {
      const bool model =
          text_->subcircuits.count(word) != 0 ||
          std::find(text_->models.begin(), text_->models.end(), word) != text_->models.end();
      // The testbench's own models and expressions may lean on anything in the library.
      if (model || word.find_first_of("{'") != std::string::npos) return none;
    }
  }
  if (!wanted.empty()) {
    PTAH_TRY(expand(wanted, library, wall_s, job));
  }

  std::vector<std::string> body;
  std::set<std::string> statements;
  std::map<std::string, std::pair<std::size_t, double>> merged;  // element -> line and multiplier
  std::size_t at = 0;
  for (std::size_t i = first + 1; i < last; ++i) {
    if (at >= instances.size() || instances[at].first != i) {
      body.emplace_back(lines[i]);
      continue;
    }
    const Instance& instance = instances[at++].second;
    const Template& expanded = templates_.at(instance.key);
    if (!expanded.known) {
      mixed = true;
      body.emplace_back(lines[i]);
      continue;
    }
    statements.insert(expanded.models.begin(), expanded.models.end());
    for (const Element& element : expanded.elements) {
      std::string line;
      for (const Word& word : element.words) {
        line += " ";
        switch (word.kind) {
          case Word::Kind::kPort:
            line += instance.nodes[word.index];
            break;
          case Word::Kind::kInner:
            line += "x" + instance.name + "." + word.text;
            break;
          case Word::Kind::kValue:
            line += word.text + value_text(*instance.values[word.index]);
            break;
          default:
            line += word.text;
        }
      }
      const double multiplier =
          instance.multiplier.empty() ? 1 : spice_number(instance.multiplier).value_or(1);
      const bool alone = expanded.elements.size() == 1 && element.letter == 'm';
      if (alone) {
        const auto [same, fresh] = merged.emplace(line, std::pair{body.size(), multiplier});
        if (!fresh) {
          same->second.second += multiplier;
          continue;
        }
      }
      std::string name(1, element.letter);
      name += ".x" + instance.name + "." + element.name;
      if (!alone && multiplier != 1) line += " m=" + value_text(multiplier);
      body.push_back(name + line);
    }
  }
  for (const auto& [line, place] : merged) {
    if (place.second != 1) body[place.first] += " m=" + value_text(place.second);
  }

  // Nothing won, and digit by digit the program's deck.
  if (statements.empty() && mixed) return none;
  std::vector<std::string> result;
  result.emplace_back(std::string_view(deck).substr(0, title - 1));
  if (mixed) {
    for (const std::string_view line : lines_of(models)) {
      if (!line.empty() && line.front() != '*') result.emplace_back(line);
    }
  } else {
    result.insert(result.end(), text_->kept.begin(), text_->kept.end());
  }
  result.insert(result.end(), statements.begin(), statements.end());
  for (std::size_t i = 0; i <= first && i < lines.size(); ++i) result.emplace_back(lines[i]);
  result.insert(result.end(), std::make_move_iterator(body.begin()),
                std::make_move_iterator(body.end()));
  bool control = false;
  for (std::size_t i = last; i < lines.size(); ++i) {
    if (lines[i] == ".control") control = true;
    if (!control) result.emplace_back(lines[i]);
    if (lines[i] == ".endc") control = false;
  }
  return result;
}

}  // namespace ptah
