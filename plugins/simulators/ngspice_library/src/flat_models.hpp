/// Models expanded once. An installed PDK wraps every transistor into a subcircuit whose model has
/// parameters to evaluate; ngspice copies and evaluates the whole model for each instance of each
/// circuit it loads, which takes several times as long as the simulation. What comes of it depends
/// on the model and the sizes alone. So ngspice expands one instance of each once, and the decks of
/// all layouts are written with the elements it found, digit by digit.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model_text.hpp"
#include "ngspice_library.hpp"
#include "ptah/core/error.hpp"
#include "ptah/core/job_context.hpp"

namespace ptah {

class FlatModels {
 public:
  /// `deck` (of simulation_deck, with `models` in it) as lines without its control block, its model
  /// subcircuits expanded. Equal transistors in parallel become one with a multiplier. Instances
  /// whose model can not be expanded beforehand (random ones, nested ones) stay, with `models`
  /// before them. Empty when there is nothing else: then the deck is to be used as it is. `models`
  /// must be the same text in every call.
  Result<std::vector<std::string>> deck(const std::string& deck, const std::string& models,
                                        NgspiceLibrary& library, double wall_s, JobContext& job);

 private:
  /// A word of an expanded element.
  struct Word {
    enum class Kind { kText, kPort, kInner, kModel, kValue };
    Kind kind = Kind::kText;
    std::string text;       ///< kText: as it is; kInner: the inner node; kModel: our name of it.
    std::size_t index = 0;  ///< kPort: which port; kValue: which of kDiffusion.
  };
  struct Element {
    char letter = 'm';
    std::string name;
    std::vector<Word> words;
  };
  /// One model at one size.
  struct Template {
    bool known = false;  ///< False: it can not be expanded here.
    std::vector<Element> elements;
    std::vector<std::string> models;  ///< The .model statements that it needs.
  };
  /// An instance of a model in a deck.
  struct Instance {
    std::string name;  ///< Without its X.
    std::vector<std::string> nodes;
    std::string model;
    std::string key;  ///< Model and the parameters that select a template.
    std::vector<std::optional<double>> values;  ///< Of kDiffusion.
    std::string multiplier;                     ///< "" or the value of m.
  };

  std::optional<Instance> read_instance(std::string_view line) const;
  Status expand(const std::map<std::string, Instance>& wanted, NgspiceLibrary& library,
                double wall_s, JobContext& job);
  Template make_template(const Instance& instance, const std::string& first,
                         const std::string& second, const std::vector<std::string>& listing);
  /// Statements of the models that an expanded element names `group`, their values from `listing`.
  std::optional<std::vector<std::string>> model_group(
      const ModelSubcircuit& subcircuit, const std::string& group, const std::string& name,
      double length_m, double width_m,
      const std::map<std::string, std::map<std::string, std::string>>& evaluated) const;

  std::optional<ModelText> text_;
  std::map<std::string, Template> templates_;
  std::map<std::string, std::string> shared_;  ///< Text of a group of models -> our name of it.
  double scale_ = 1;                           ///< `.option scale`: metres of one unit of w and l.
};

}  // namespace ptah
