#include "comparison.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>
#include <tuple>

#include "extracted_spice.hpp"
#include "ptah/core/letter_case.hpp"

namespace ptah::netgen {
namespace {

std::string six_digits(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

class Nets {
 public:
  explicit Nets(Side& side) : side_(side) {}
  int index(const std::string& name) {
    const auto [found, fresh] =
        numbers_.emplace(lower_case(name), static_cast<int>(side_.nets.size()));
    if (fresh) side_.nets.push_back(name);
    return found->second;
  }

 private:
  Side& side_;
  std::map<std::string, int> numbers_;
};

/// Sizes in the form that both sides share.
void set_sizes(Side::Instance& instance, const DeviceModel& model, const Technology& technology,
               double width_um, double length_um, bool by_value) {
  if (model.generator_class == "mim" && width_um > length_um) std::swap(width_um, length_um);
  if (by_value) {
    instance.ohm = model.resistance(from_um(width_um), from_um(length_um));
  } else {
    // Drawn sizes lie on the grid; Magic's length of a folded body need not, by less than half a
    // step.
    const auto on_grid = [&](double um) {
      const double step = to_um(technology.grid());
      return std::round(um / step) * step;
    };
    instance.width_um = on_grid(width_um);
    instance.length_um = on_grid(length_um);
  }
}

}  // namespace

Result<Comparison> make_comparison(const ExtractedNetlist& layout, const Circuit& circuit,
                                   const Technology& technology) {
  Comparison comparison;
  std::set<std::string> by_value;  // generic model names
  for (const Device& device : circuit.devices) {
    if (device.resistance_ohm) by_value.insert(magic::generic_model(device.model).name);
  }
  const auto known = [&](const std::string& model,
                         const std::string& device) -> Result<const DeviceModel*> {
    if (const DeviceModel* found = technology.find_device(model)) return found;
    return make_error(ErrorCode::kUnsupported,
                      "Technology " + technology.name() + " has no device \"" + model + "\".",
                      "device " + device);
  };

  Nets schematic_nets(comparison.schematic);
  for (const NetId port : circuit.ports) {
    comparison.schematic.ports.push_back(
        schematic_nets.index(circuit.nets.at(static_cast<std::size_t>(port)).name));
  }
  for (const Device& device : circuit.devices) {
    PTAH_TRY(const DeviceModel* model, known(device.model, device.name));
    const magic::GenericModel generic = magic::generic_model(model->name);
    Side::Instance instance;
    instance.model = generic.name;
    for (const NetId net : device.nets) {
      instance.nets.push_back(
          schematic_nets.index(circuit.nets.at(static_cast<std::size_t>(net)).name));
    }
    if (instance.nets.size() != model->terminals) {
      return make_error(ErrorCode::kInvalidArgument,
                        model->name + " has " + std::to_string(model->terminals) +
                            " terminals, not " + std::to_string(instance.nets.size()) + ".",
                        device.where.empty() ? "device " + device.name : device.where);
    }
    if (model->generator_class == "varactor") instance.nets.pop_back();
    if (device.resistance_ohm) {
      instance.ohm = *device.resistance_ohm;
    } else if (is_diode(device.kind)) {
      instance.area_um2 = to_um(device.width) * to_um(device.length);
      instance.perimeter_um = 2 * (to_um(device.width) + to_um(device.length));
    } else {
      const double width = generic.width_um > 0 ? generic.width_um : to_um(device.width);
      set_sizes(instance, *model, technology, width, to_um(device.length),
                by_value.count(generic.name) != 0);
    }
    const int copies = device.is_mos() ? device.total_fingers() : device.multiplier;
    if (copies < 1) {
      return make_error(ErrorCode::kInvalidArgument,
                        "Device " + device.name + " has no finger count yet.", device.where,
                        "Assign its fingers before the layout is compared.");
    }
    for (int copy = 1; copy <= copies; ++copy) {
      instance.label = device.name;
      if (copies > 1) {
        instance.label += (device.is_mos() ? " finger " : " copy ") + std::to_string(copy);
      }
      comparison.schematic.instances.push_back(instance);
    }
  }

  // Ports of the layout in the schematic's order, so that equal numbers are equal names.
  Nets layout_nets(comparison.layout);
  std::vector<std::string> left = layout.ports;
  for (const int port : comparison.schematic.ports) {
    const std::string& name = comparison.schematic.nets[static_cast<std::size_t>(port)];
    const auto found = std::find_if(left.begin(), left.end(), [&](const std::string& other) {
      return lower_case(other) == lower_case(name);
    });
    if (found == left.end()) {
      comparison.missing_ports.push_back(name);
      comparison.layout.ports.push_back(-1);
    } else {
      comparison.layout.ports.push_back(layout_nets.index(name));
      left.erase(found);
    }
  }
  comparison.extra_ports = left;
  for (const ExtractedDevice& device : layout.devices) {
    PTAH_TRY(const DeviceModel* model, known(device.model, device.name));
    Side::Instance instance;
    instance.label = device.name;
    const magic::GenericModel generic = magic::generic_model(model->name);
    instance.model = generic.name;
    for (const std::string& net : device.nets) instance.nets.push_back(layout_nets.index(net));
    if (model->generator_class == "varactor") instance.nets.pop_back();
    const auto value = [&](const char* key) {
      const auto found = device.parameters.find(key);
      return found == device.parameters.end() ? 0 : found->second;
    };
    const double width = generic.width_um > 0 ? generic.width_um : value("w");
    if (is_diode(model->kind)) {
      instance.area_um2 = value("area");
      instance.perimeter_um = value("pj");
    } else {
      set_sizes(instance, *model, technology, width, value("l"), by_value.count(generic.name) != 0);
    }
    comparison.layout.instances.push_back(std::move(instance));
  }
  return comparison;
}

std::string to_spice(const Comparison& comparison, bool layout_side) {
  const Side& side = layout_side ? comparison.layout : comparison.schematic;
  std::vector<std::string> names(side.nets.size());
  for (std::size_t net = 0; net < names.size(); ++net) names[net] = "n" + std::to_string(net);
  std::string out = "* comparison netlist\n.subckt top";
  int unconnected = 0;
  for (std::size_t port = 0; port < side.ports.size(); ++port) {
    const std::string name = "p" + std::to_string(port);
    if (side.ports[port] >= 0) {
      names[static_cast<std::size_t>(side.ports[port])] = name;
      out += " " + name;
    } else {
      out += " missing" + std::to_string(unconnected++);
    }
  }
  out += "\n";
  for (std::size_t i = 0; i < side.instances.size(); ++i) {
    const Side::Instance& instance = side.instances[i];
    out += std::string("x") + (layout_side ? kLayoutMark : kSchematicMark) + std::to_string(i);
    for (const int net : instance.nets) out += " " + names[static_cast<std::size_t>(net)];
    out += " " + instance.model;
    if (instance.ohm > 0) {
      out += " r=" + six_digits(instance.ohm);
    } else if (instance.area_um2 > 0) {
      out += " area=" + six_digits(instance.area_um2) + " pj=" + six_digits(instance.perimeter_um);
    } else if (instance.width_um > 0) {
      out += " w=" + six_digits(instance.width_um) + " l=" + six_digits(instance.length_um);
    }
    out += "\n";
  }
  for (std::size_t port = 0; port < side.ports.size(); ++port) {
    if (side.ports[port] < 0) continue;
    const std::string number = std::to_string(port);
    out += "xPORT" + number + " p" + number + " port_mark_" + number + "\n";
  }
  return out + ".ends\n";
}

SizedModels with_sized_models(const Comparison& comparison, const Technology& technology) {
  SizedModels sized{comparison, {}};
  std::map<std::tuple<std::string, std::string, std::string>, std::string> names;
  for (Side* side : {&sized.comparison.schematic, &sized.comparison.layout}) {
    for (Side::Instance& instance : side->instances) {
      if (instance.ohm > 0) continue;
      const auto [found, fresh] =
          names.try_emplace({instance.model, six_digits(instance.width_um + instance.area_um2),
                             six_digits(instance.length_um + instance.perimeter_um)},
                            "sized_" + std::to_string(names.size()));
      const DeviceModel* model = technology.find_device(instance.model);
      const DeviceKind kind = model ? model->kind : DeviceKind::kCapacitor;
      if (fresh && (is_mos(kind) || kind == DeviceKind::kResistor)) {
        for (const char* circuit : {"-circuit1", "-circuit2"}) {
          sized.setup += std::string("catch {permute [list ") + circuit + " " + found->second +
                         (kind == DeviceKind::kResistor ? "] 1 2}\n" : "] 1 3}\n");
        }
      }
      instance.model = found->second;
      instance.width_um = instance.length_um = instance.area_um2 = instance.perimeter_um = 0;
    }
  }
  return sized;
}

}  // namespace ptah::netgen
