/// The pre-layout circuit (declared in stages.hpp).
#include <algorithm>

#include "ptah/stages/stages.hpp"

namespace ptah {
namespace {

double micrometres(Dbu nanometres) {
  return static_cast<double>(nanometres) / 1000;
}

}  // namespace

void add_block(const Block& block, const std::string& name, const std::vector<std::string>& nets,
               const Technology& technology, ExtractedNetlist& netlist) {
  if (block.foreign) {
    ExtractedDevice device;
    device.name = name;
    device.model = block.name;
    device.nets = nets;
    device.foreign = true;
    netlist.devices.push_back(std::move(device));
    return;
  }
  if (block.content == nullptr) return;
  ExtractedNetlist content = schematic_netlist(*block.content, technology);
  for (ExtractedDevice& device : content.devices) {
    device.name = name + "." + device.name;
    for (std::string& net : device.nets) {
      const auto port = std::find(content.ports.begin(), content.ports.end(), net);
      net = port == content.ports.end()
                ? name + "." + net
                : nets.at(static_cast<std::size_t>(port - content.ports.begin()));
    }
    netlist.devices.push_back(std::move(device));
  }
}

ExtractedNetlist schematic_netlist(const Circuit& circuit, const Technology& technology) {
  ExtractedNetlist netlist;
  netlist.name = circuit.name;
  const auto net_name = [&](NetId net) {
    return circuit.nets.at(static_cast<std::size_t>(net)).name;
  };
  for (const NetId port : circuit.ports) netlist.ports.push_back(net_name(port));
  for (const Device& device : circuit.devices) {
    if (device.block != nullptr) {
      std::vector<std::string> nets;
      for (const NetId net : port_nets(device)) nets.push_back(net_name(net));
      add_block(*device.block, device.name, nets, technology, netlist);
      continue;
    }
    ExtractedDevice extracted;
    extracted.model = device.model;
    // A resistor that the schematic gives by value is that value: what its layout really has is
    // part of what the post-layout simulation finds.
    if (device.resistance_ohm) {
      extracted.parameters["r"] = *device.resistance_ohm;
    } else if (is_diode(device.kind)) {
      const double width = micrometres(device.width), length = micrometres(device.length);
      extracted.parameters["area"] = width * length;
      extracted.parameters["pj"] = 2 * (width + length);
    } else {
      extracted.parameters["w"] = micrometres(device.width);
      extracted.parameters["l"] = micrometres(device.length);
    }
    for (const NetId net : device.nets) extracted.nets.push_back(net_name(net));
    if (const DeviceModel* model = technology.find_device(device.model)) {
      extracted.model = model->name;
    }
    // One device a finger: `w=2.1 nf=2` would take the model bin of w=2.1.
    const int copies = device.is_mos() ? device.total_fingers() : device.multiplier;
    for (int copy = 1; copy <= copies; ++copy) {
      extracted.name = copies == 1 ? device.name : device.name + "_" + std::to_string(copy);
      netlist.devices.push_back(extracted);
    }
  }
  return netlist;
}

}  // namespace ptah
