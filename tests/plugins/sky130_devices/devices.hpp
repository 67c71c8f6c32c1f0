/// Devices for tests, in the fewest words.
#pragma once

#include <string>

#include "ptah/netlist/circuit.hpp"
#include "ptah/tech/technology.hpp"

namespace ptah::test {

inline const Technology& tech() {
  return Technology::ptah130();
}

inline Device mos(const std::string& flavour, double w_um, double l_um, int fingers) {
  Device device;
  device.name = "M1";
  device.kind = flavour.starts_with("p") ? DeviceKind::kPmos : DeviceKind::kNmos;
  device.model = "sky130_fd_pr__" + flavour;
  device.nets = {0, 1, 2, 3};
  device.width = from_um(w_um);
  device.length = from_um(l_um);
  device.fingers = fingers;
  return device;
}

inline Device mim(const std::string& kind, double w_um, double l_um) {
  Device device;
  device.name = "C1";
  device.kind = DeviceKind::kCapacitor;
  device.model = "sky130_fd_pr__" + kind;
  device.nets = {0, 1};
  device.width = from_um(w_um);
  device.length = from_um(l_um);
  return device;
}

inline Device varactor(const std::string& kind, double w_um, double l_um) {
  Device device = mim(kind, w_um, l_um);
  device.nets = {0, 1, 2};
  return device;
}

/// The shorter side first.
inline Device diode(const std::string& kind, double w_um, double l_um, bool isolated = false) {
  Device device;
  device.name = "D1";
  device.kind = kind == "diode_pw2nd_05v5" ? DeviceKind::kNdiode : DeviceKind::kPdiode;
  device.model = "sky130_fd_pr__" + kind;
  device.nets = {0, 1};
  device.width = from_um(w_um);
  device.length = from_um(l_um);
  device.isolated = isolated;
  return device;
}

/// Width 0: the default. Length 0: by value.
inline Device resistor(const std::string& kind, double w_um, double l_um, double ohm = 0) {
  Device device;
  device.name = "R1";
  device.kind = DeviceKind::kResistor;
  device.model = "sky130_fd_pr__" + kind;
  device.nets = {0, 1};
  device.width = from_um(w_um);
  device.length = from_um(l_um);
  if (ohm > 0) device.resistance_ohm = ohm;
  return device;
}

}  // namespace ptah::test
