/// Sizes of resistors, and which way each kind is drawn.
#include <algorithm>
#include <cstdio>
#include <optional>

#include "resistor_pads.hpp"

namespace ptah::sky130 {
namespace {

/// The marker that makes a strip a resistor ends in ".res"; what stands before it is the strip.
std::optional<std::string> strip_layer(const DeviceModel& model, const Technology& technology) {
  for (const LayerId marker : model.markers) {
    const std::string& name = technology.layer(marker).name;
    if (name.ends_with(".res")) return name.substr(0, name.size() - 4);
  }
  return std::nullopt;
}

/// The id of the rule that a body's smallest width comes from.
std::string width_rule(const DeviceModel& model, const Technology& technology) {
  const std::string strip = strip_layer(model, technology).value_or("");
  // Poly and li1 have a rule of their own for resistors, on a derived layer.
  for (const std::string& name : {"res_" + strip, strip}) {
    for (const Rule& rule : technology.rules()) {
      if (rule.kind == RuleKind::kWidth && !rule.layers.empty() && rule.layers[0] == name)
        return rule.id;
    }
  }
  return {};
}

}  // namespace

Result<ResistorBody> resistor_body(const Device& device, const DeviceModel& model,
                                   const Technology& technology) {
  ResistorBody body{device.width > 0 ? device.width : model.default_width, device.length};
  if (device.length <= 0) {
    if (!device.resistance_ohm)
      return make_error(ErrorCode::kInvalidArgument,
                        "The resistor has neither a length nor a value.", device_place(device),
                        "Give l= and w=, or r=.");
    body.length = model.length_for(*device.resistance_ohm, body.width, technology.grid());
    if (body.length < model.min_length || body.length > model.max_length) {
      char range[96];
      std::snprintf(range, sizeof range, "%.4g .. %.4g ohm",
                    model.resistance(body.width, model.min_length),
                    model.resistance(body.width, model.max_length));
      char value[32];
      std::snprintf(value, sizeof value, "%.6g ohm", *device.resistance_ohm);
      return make_error(ErrorCode::kInfeasible,
                        std::string("A value of ") + value + " is not within " + range + ", what " +
                            short_name(model.name) + " of width " + um_text(body.width) +
                            " can be.",
                        device_place(device), "Choose another value, width or kind of resistor.");
    }
  }
  PTAH_TRY(check_size(device, model, body.width, body.length, technology,
                      {width_rule(model, technology), {}}));
  return body;
}

Result<Tile> poly_resistor_tile(const Device& device, const DeviceModel& model,
                                const Technology& technology) {
  PTAH_TRY(auto body, resistor_body(device, model, technology));
  for (const char* implant : {"rpm", "urpm"}) {
    const auto layer = technology.find_layer(implant);
    if (layer && std::count(model.markers.begin(), model.markers.end(), *layer) > 0)
      return precision_tile(device, model, implant, body, technology);
  }
  return folded_tile(device, model, "poly", body, technology);
}

Result<Tile> metal_resistor_tile(const Device& device, const DeviceModel& model,
                                 const Technology& technology) {
  PTAH_TRY(auto body, resistor_body(device, model, technology));
  const auto strip = strip_layer(model, technology);
  if (!strip)
    return make_error(ErrorCode::kUnsupported,
                      "The technology names no layer '....res' that makes a " + model.name + ".",
                      device_place(device), "Add the marker to the device's description.");
  return folded_tile(device, model, *strip, body, technology);
}

}  // namespace ptah::sky130
