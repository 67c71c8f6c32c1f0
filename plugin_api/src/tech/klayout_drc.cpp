#include "klayout_drc.hpp"

#include "ptah/tech/generate.hpp"

namespace ptah {
namespace {

/// Ruby's single quotes know two escapes.
std::string ruby_text(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += (static_cast<unsigned char>(c) < 0x20) ? ' ' : c;
  }
  return out + "'";
}

std::string input(GdsLayer gds) {
  return "input(" + std::to_string(gds.layer) + ", " + std::to_string(gds.datatype) + ")";
}

}  // namespace

std::string klayout_drc(const Technology& technology) {
  const std::vector<tech::KlayoutCheck> checks = tech::klayout_checks(technology);

  std::string out =
      "# KLayout DRC deck, generated from the technology description " + technology.name() +
      ".yaml: do not edit.\n"
      "#   klayout -b -r THIS.drc -rd input=LAYOUT.gds [-rd top=CELL] -rd report=OUT.lyrdb\n"
      "# The report is complete when its last category is ptah.complete.\n\n"
      "$ptah_technology = " +
      ruby_text(technology.name()) + "\n";
  out += tech::kKlayoutDrcHead;
  out += "\n# Drawn layers; a shape on the pin purpose counts as drawn.\nlayer = {}\n";
  for (const Layer& layer : technology.layers()) {
    std::string source = input(layer.drawing);
    if (layer.pin.layer >= 0 && layer.pin != layer.drawing) source += " + " + input(layer.pin);
    out += "layer[" + ruby_text(layer.name) + "] = " + source + "\n";
  }
  std::string marks;
  for (const Layer& layer : technology.layers()) {
    if (layer.type == LayerType::kMarker)
      marks += (marks.empty() ? "" : ", ") + ruby_text(layer.name);
  }
  out += "$ptah_shapes = layer.except(" + marks +
         ").values.sum { |drawn| drawn.data.count }\n\n# Derived layers\n";
  for (const DerivedLayer& derived : technology.derived_layers()) {
    std::string expression;
    for (const LayerId id : derived.all) {
      expression += (expression.empty() ? "" : " & ") + std::string("layer[") +
                    ruby_text(technology.layer(id).name) + "]";
    }
    if (derived.all.size() == 1) expression += ".merged";
    for (const LayerId id : derived.none) {
      expression = (derived.all.size() > 1 || id != derived.none.front() ? "(" + expression + ")"
                                                                         : expression) +
                   " - layer[" + ruby_text(technology.layer(id).name) + "]";
    }
    out += "layer[" + ruby_text(derived.name) + "] = " + expression + "\n";
  }

  out += "\n# Grid\n";
  const auto emit = [&](const tech::KlayoutCheck& check) {
    out += "check(" + ruby_text(check.name) + ", " + ruby_text(check.text) + ", " +
           check.expression + ")\n";
  };
  for (const Layer& layer : technology.layers()) {
    const std::string& name = layer.name;
    emit({"layer[" + ruby_text(name) + "].dup.raw.ongrid(" + tech::um_text(technology.grid()) + ")",
          "grid " + name, "Corner off the grid of " + tech::um_text(technology.grid()) + " um"});
  }
  out += "\n# Rules\n";
  for (const tech::KlayoutCheck& check : checks) emit(check);
  out +=
      "\n# The mark that nothing was left out: a report without it is no verdict.\n"
      "polygon_layer.output('ptah.complete', \"#{$ptah_checks} checks, #{$ptah_shapes} shapes\")\n";
  return out;
}

}  // namespace ptah
