#include <cmath>

#include "netlist/sizes.hpp"
#include "netlist/text.hpp"
#include "ptah/netlist/extracted.hpp"

namespace ptah {

Result<std::string> write_extracted_spice(const ExtractedNetlist& netlist,
                                          const Technology& technology) {
  std::string bad;
  const auto word = [&](const std::string& name) {
    if (bad.empty() && !text::is_plain_name(name)) bad = name;
    return " " + name;
  };
  std::string out = "* " + netlist.name +
                    ", extracted; sizes in um, capacitances in farad\n.subckt" + word(netlist.name);
  for (const std::string& port : netlist.ports) out += word(port);
  out += "\n";
  for (const ExtractedDevice& device : netlist.devices) {
    const DeviceModel* model = technology.find_device(device.model);
    const bool resistor =
        model != nullptr && model->kind == DeviceKind::kResistor && device.nets.size() == 2;
    // A name's first letter says what the element is.
    const bool diode = model != nullptr && is_diode(model->kind);
    const std::string letter = resistor ? "R" : diode ? "D" : "X";
    const std::string name = word(device.name).substr(1);
    out += name.starts_with(letter) ? name : letter + name;
    for (const std::string& net : device.nets) out += word(net);
    out += word(device.model);
    const auto area = device.parameters.find("area"), perimeter = device.parameters.find("pj");
    if (area != device.parameters.end() && perimeter != device.parameters.end())
      out += spice::junction_text(area->second, perimeter->second);
    for (const auto& [key, value] : device.parameters) {
      if (key == "area" || key == "pj") continue;
      out += word(key) + "=" + spice::shortest(value);
    }
    out += "\n";
  }
  std::size_t serial = 0;
  for (const ExtractedCapacitor& c : netlist.capacitors) {
    out += "C" + std::to_string(++serial) + word(c.a) + word(c.b) + " " + spice::shortest(c.farad) +
           "\n";
  }
  serial = 0;
  for (const ExtractedResistor& r : netlist.resistors) {
    out += "Rw" + std::to_string(++serial) + word(r.a) + word(r.b) + " " + spice::shortest(r.ohm) +
           "\n";
  }
  if (!bad.empty()) {
    return make_error(ErrorCode::kInvalidArgument,
                      text::quoted(bad) + " can not be a name in a SPICE netlist.", "netlist",
                      "Rename the label in the layout.");
  }
  return out + ".ends" + word(netlist.name) + "\n";
}

}  // namespace ptah
