#include <algorithm>

#include "netlist/sizes.hpp"
#include "ptah/layout/block.hpp"
#include "ptah/netlist/spice.hpp"

namespace ptah {

std::string write_spice(const Circuit& circuit, const Technology& technology) {
  std::string text = "* " + circuit.name + ", flat, one line a finger, sizes in um\n";
  const auto net = [&](NetId id) { return circuit.nets.at(static_cast<std::size_t>(id)).name; };
  const auto number = [](double value) { return spice::shortest(value); };
  text += ".subckt " + circuit.name;
  for (const NetId port : circuit.ports) text += " " + net(port);
  text += "\n";
  for (const Device& device : circuit.devices) {
    if (device.block != nullptr) {
      text += "X" + device.name;
      for (const NetId id : port_nets(device)) text += " " + net(id);
      text += " " + device.model + "\n";
      continue;
    }
    const DeviceModel* model = technology.find_device(device.model);
    std::string nodes;
    for (const NetId id : device.nets) nodes += " " + net(id);
    nodes += " " + (model != nullptr ? model->name : device.model);
    const std::string size =
        is_diode(device.kind)
            ? spice::junction_text(to_um(device.width) * to_um(device.length),
                                   2 * (to_um(device.width) + to_um(device.length)))
            : " w=" + number(to_um(device.width)) + " l=" + number(to_um(device.length));
    if (device.is_mos() && device.fingers == 0) {
      // Not assigned yet: a template line, so that nothing is lost in silence.
      text += "X" + device.name + nodes + size + " nf=ZZZ";
      if (device.multiplier > 1) text += " m=" + std::to_string(device.multiplier);
      text += "\n";
      continue;
    }
    if (device.is_mos()) {
      for (int finger = 1; finger <= device.total_fingers(); ++finger) {
        text += "X" + device.name + "_" + std::to_string(finger) + nodes + size + "\n";
      }
      continue;
    }
    // Two-terminal resistors are R elements to Magic and to the models, diodes D; three-terminal
    // resistors and capacitors are subcircuits.
    const bool resistor = device.kind == DeviceKind::kResistor;
    const std::string letter = resistor && device.nets.size() == 2 ? "R"
                               : is_diode(device.kind)             ? "D"
                                                                   : "X";
    const std::string value = device.resistance_ohm ? " r=" + number(*device.resistance_ohm) : size;
    for (int copy = 1; copy <= device.multiplier; ++copy) {
      text += letter + device.name;
      if (device.multiplier > 1) text += "_" + std::to_string(copy);
      text += nodes + value + "\n";
    }
  }
  return text + ".ends " + circuit.name + "\n";
}

}  // namespace ptah
