#include "ptah/tech/generate.hpp"

#include <stdexcept>

#include "magic_template.hpp"
#include "ptah/core/quoting.hpp"

namespace ptah {
namespace {

/// May throw std::out_of_range for a layer or rule that is not there.
std::string magic_tech_text(const Technology& technology) {
  const tech::MagicStack stack = tech::magic_stack(technology);
  if (stack.metals.empty()) throw std::out_of_range("there is no routing layer");
  std::string out = "# Generated from the technology description " + technology.name() +
                    ".yaml: do not edit.\n\ntech\n format 35\n " + technology.name() +
                    "\nend\n\nversion\n version 1.0\n description " +
                    tech::sentence(technology.name(), "") + "\n requires magic-8.3.99\nend\n\n";
  out += tech::magic_layers(technology, stack);
  out += tech::magic_cif_output(technology, stack);
  out += tech::magic_drc_layers(technology, stack);
  out += tech::magic_cif_input(technology, stack);
  out += "mzrouter\nend\n\n";
  out += tech::magic_drc(technology, stack);
  out += tech::magic_extract(technology, stack);
  out += "wiring\n scalefactor 10\n";
  out += tech::fill(" contact mcon {ct.1} li 0 0 m1 {m1.4} {m1.5}\n", technology);
  for (const tech::MagicVia& via : stack.vias) {
    const Dbu inside = via.via->lower_enclosure.all;
    const auto text = [](Dbu value) { return std::to_string(std::max<Dbu>(value, 0)); };
    out += " contact " + via.type + " " + text(via.via->size + 2 * inside) + " " + via.lower->type +
           " 0 " + text(via.via->lower_enclosure.one_direction - inside) + " " + via.upper->type +
           " " + text(via.via->upper_enclosure.all - inside) + " " +
           text(via.via->upper_enclosure.one_direction - inside) + "\n";
  }
  out += "end\n\nrouter\nend\n\nplowing\nend\n\nplot\n style pnm\n default\nend\n";
  return out;
}

}  // namespace

Result<std::string> magic_tech(const Technology& technology) {
  try {
    return magic_tech_text(technology);
  } catch (const std::out_of_range& missing) {
    return make_error(ErrorCode::kUnsupported,
                      "No Magic tech file can be made from technology " + technology.name() + ": " +
                          missing.what() + ".",
                      {}, "Add what is missing to its YAML file (docs/technology.md).");
  }
}

std::string netgen_setup(const Technology& technology) {
  // Two devices in parallel are never merged into one: Netgen would then compare only their sum,
  // and not even that where the widths differ. Tolerances are relative: 5 nm in 100 um still shows.
  const std::string tolerance = "0.00002";
  std::string out =
      "# Generated from the technology description " + technology.name() +
      ".yaml: do not edit.\npermute default\nproperty default\nproperty parallel none\n";
  for (const DeviceModel& device : technology.devices()) {
    if (device.kind == DeviceKind::kBlock) continue;  // a pin: no sizes, nothing to exchange
    for (const char* circuit : {"-circuit1", "-circuit2"}) {
      const std::string cell =
          std::string("[list ") + circuit + " " + quoting::tcl(device.name) + "]";
      const auto line = [&](const std::string& command) { out += "catch {" + command + "}\n"; };
      if (device.kind == DeviceKind::kResistor) {
        line("property " + cell + " tolerance {r 0.01} {w " + tolerance + "} {l " + tolerance +
             "}");
        line("permute " + cell + " 1 2");
      } else {
        const bool diode = is_diode(device.kind);
        line("property " + cell + " tolerance {" + (diode ? "area " : "w ") + tolerance + "} {" +
             (diode ? "pj " : "l ") + tolerance + "}");
        if (is_mos(device.kind)) line("permute " + cell + " 1 3");
      }
      line("property " + cell + " parallel none");
      line("property " + cell + " series none");
      for (const char* drop : {"ad", "as", "pd", "ps", "m", "nf", "area", "perim", "mult"}) {
        if (is_diode(device.kind) && std::string_view(drop) == "area") continue;
        line("property " + cell + " delete " + drop);
      }
    }
  }
  return out;
}

std::string klayout_layer_properties(const Technology& technology) {
  struct Look {
    LayerType type;
    const char* color;
    const char* pattern;
  };
  // One colour a kind of layer; conductors get one each, from the bottom of the stack up.
  constexpr Look kLooks[] = {
      {LayerType::kWell, "#7a9a5a", "I1"},      {LayerType::kDiffusion, "#2f9e44", "I5"},
      {LayerType::kPoly, "#e03131", "I9"},      {LayerType::kImplant, "#c0a000", "I1"},
      {LayerType::kConductor, "#1c7ed6", "I5"}, {LayerType::kCut, "#343a40", "I0"},
      {LayerType::kPlate, "#e8590c", "I2"},     {LayerType::kMarker, "#868e96", "I1"},
  };
  constexpr const char* kConductors[] = {"#74b816", "#1c7ed6", "#ae3ec9",
                                         "#0ca678", "#f08c00", "#d6336c"};
  std::string out = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<layer-properties>\n";
  const auto entry = [&](const std::string& name, GdsLayer gds, const char* color,
                         const char* pattern, bool visible) {
    if (gds.layer < 0) return;
    out += " <properties>\n  <frame-color>" + std::string(color) +
           "</frame-color>\n  <fill-color>" + color + "</fill-color>\n  <dither-pattern>" +
           pattern + "</dither-pattern>\n  <visible>" + (visible ? "true" : "false") +
           "</visible>\n  <transparent>true</transparent>\n  <name>" + name + " - " +
           std::to_string(gds.layer) + "/" + std::to_string(gds.datatype) + "</name>\n  <source>" +
           std::to_string(gds.layer) + "/" + std::to_string(gds.datatype) +
           "@1</source>\n </properties>\n";
  };
  std::size_t conductor = 0;
  for (const Layer& layer : technology.layers()) {
    const Look& look = kLooks[static_cast<std::size_t>(layer.type)];
    const char* color = look.color;
    if (layer.type == LayerType::kConductor)
      color = kConductors[conductor++ % std::size(kConductors)];
    const bool quiet = layer.type == LayerType::kMarker || layer.type == LayerType::kImplant;
    entry(layer.name, layer.drawing, color, look.pattern, !quiet);
    entry(layer.name + ".label", layer.label, color, "I1", false);
    if (layer.pin != layer.drawing) entry(layer.name + ".pin", layer.pin, color, "I1", true);
  }
  return out + "</layer-properties>\n";
}

}  // namespace ptah
