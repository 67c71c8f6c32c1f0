#include "tiles.hpp"

#include "tile_builder.hpp"

namespace ptah::sky130 {

std::string device_place(const Device& device) {
  std::string place = "device " + device.name;
  if (!device.where.empty()) place += " (" + device.where + ")";
  return place;
}

Status check_size(const Device& device, const DeviceModel& model, Dbu width, Dbu length,
                  const Technology& technology, const SizeRules& rules) {
  const auto check = [&](const char* what, Dbu value, Dbu low, Dbu high,
                         const std::string& rule) -> Status {
    const std::string start =
        std::string(what) + " " + um_text(value) + " of " + short_name(model.name);
    if (value < low || (high > 0 && value > high))
      return make_error(ErrorCode::kInfeasible,
                        start + " is not within " + um_text(low) + " .. " + um_text(high) +
                            (value < low && !rule.empty() ? " (rule " + rule + ")." : "."),
                        device_place(device), "Change its size in the netlist.");
    if (value % technology.grid() != 0)
      return make_error(ErrorCode::kInfeasible,
                        start + " is not a multiple of the grid of " + um_text(technology.grid()) +
                            " (rule x.1b).",
                        device_place(device), "Change its size in the netlist.");
    return ok();
  };
  PTAH_TRY(check("Width", width, model.min_width, model.max_width, rules.width));
  return check("Length", length, model.min_length, model.max_length, rules.length);
}

Result<Tile> generate_tile(const Device& device, const Technology& technology) {
  const DeviceModel* model = technology.find_device(device.model);
  if (!model)
    return make_error(ErrorCode::kNotFound,
                      "Technology " + technology.name() + " has no device '" + device.model + "'.",
                      device_place(device),
                      "Name one of its devices, or add an alias to the technology.");
  if (model->kind != device.kind)
    return make_error(ErrorCode::kInvalidArgument,
                      "Model " + model->name + " is a " + std::string(to_string(model->kind)) +
                          " and the device a " + std::string(to_string(device.kind)) + ".",
                      device_place(device));
  if (model->generator_class == "mos") return mos_tile(device, *model, technology);
  if (device.multiplier != 1)
    return make_error(ErrorCode::kUnsupported,
                      "A tile holds one " + short_name(model->name) +
                          ", not m=" + std::to_string(device.multiplier) + " in parallel.",
                      device_place(device), "Write the copies as devices of their own.");
  if (model->generator_class == "mim") return mim_tile(device, *model, technology);
  if (model->generator_class == "varactor") return varactor_tile(device, *model, technology);
  if (model->generator_class == "diode") return diode_tile(device, *model, technology);
  if (model->generator_class == "poly_resistor")
    return poly_resistor_tile(device, *model, technology);
  if (model->generator_class == "metal_resistor")
    return metal_resistor_tile(device, *model, technology);
  return make_error(ErrorCode::kUnsupported,
                    "Devices of class '" + model->generator_class + "' are not drawn here.",
                    device_place(device));
}

}  // namespace ptah::sky130
