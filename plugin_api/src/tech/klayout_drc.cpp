#include "klayout_drc.hpp"

#include <stdexcept>

#include "ptah/core/quoting.hpp"
#include "ptah/tech/generate.hpp"

namespace ptah {
namespace {

using quoting::ruby;

std::string input(GdsLayer gds) {
  return "input(" + std::to_string(gds.layer) + ", " + std::to_string(gds.datatype) + ")";
}

/// May throw std::out_of_range for a layer that is not a drawn one.
std::string deck(const Technology& technology) {
  const std::vector<tech::KlayoutCheck> checks = tech::klayout_checks(technology);

  std::string out =
      "# KLayout DRC deck, generated from the technology description " + technology.name() +
      ".yaml: do not edit.\n"
      "#   klayout -b -r THIS.drc -rd input=LAYOUT.gds [-rd top=CELL] -rd report=OUT.lyrdb\n"
      "# The report is complete when its last category is ptah.complete.\n\n"
      "$ptah_technology = " +
      ruby(technology.name()) + "\n";
  out += tech::kKlayoutDrcHead;
  out += "\n# Drawn layers; a shape on the pin purpose counts as drawn.\nlayer = {}\n";
  for (const Layer& layer : technology.layers()) {
    std::string source = input(layer.drawing);
    if (layer.pin.layer >= 0 && layer.pin != layer.drawing) source += " + " + input(layer.pin);
    out += "layer[" + ruby(layer.name) + "] = " + source + "\n";
  }
  std::string marks;
  for (const Layer& layer : technology.layers()) {
    if (layer.type == LayerType::kMarker) marks += (marks.empty() ? "" : ", ") + ruby(layer.name);
  }
  out += "$ptah_shapes = layer.except(" + marks +
         ").values.sum { |drawn| drawn.data.count }\n\n# Derived layers\n";
  for (const DerivedLayer& derived : technology.derived_layers()) {
    std::string expression;
    for (const LayerId id : derived.all) {
      expression += (expression.empty() ? "" : " & ") + std::string("layer[") +
                    ruby(technology.layer(id).name) + "]";
    }
    if (derived.all.size() == 1) expression += ".merged";
    for (const LayerId id : derived.none) {
      expression = (derived.all.size() > 1 || id != derived.none.front() ? "(" + expression + ")"
                                                                         : expression) +
                   " - layer[" + ruby(technology.layer(id).name) + "]";
    }
    out += "layer[" + ruby(derived.name) + "] = " + expression + "\n";
  }

  out += "\n# Grid\n";
  const auto emit = [&](const tech::KlayoutCheck& check) {
    out += "check(" + ruby(check.name) + ", " + ruby(check.text) + ", " + check.expression + ")\n";
  };
  for (const Layer& layer : technology.layers()) {
    const std::string& name = layer.name;
    emit({"layer[" + ruby(name) + "].dup.raw.ongrid(" + tech::um_text(technology.grid()) + ")",
          "grid " + name, "Corner off the grid of " + tech::um_text(technology.grid()) + " um"});
  }
  out += "\n# Rules\n";
  for (const tech::KlayoutCheck& check : checks) emit(check);
  out +=
      "\n# The mark that nothing was left out: a report without it is no verdict.\n"
      "polygon_layer.output('ptah.complete', \"#{$ptah_checks} checks, #{$ptah_shapes} shapes\")\n";
  return out;
}

}  // namespace

Result<std::string> klayout_drc(const Technology& technology) {
  try {
    return deck(technology);
  } catch (const std::out_of_range& missing) {
    return make_error(ErrorCode::kUnsupported,
                      "No KLayout deck can be made from technology " + technology.name() + ": " +
                          missing.what() + ".",
                      {}, "Let the rule name a layer of section \"layers\" (docs/technology.md).");
  }
}

}  // namespace ptah
