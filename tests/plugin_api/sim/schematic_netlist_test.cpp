#include <gtest/gtest.h>

#include "ptah/stages/stages.hpp"

namespace ptah {
namespace {

Circuit divider() {
  Circuit circuit;
  circuit.name = "cell";
  circuit.nets = {{"IN"}, {"OUT"}, {"VSS"}};
  circuit.ports = {0, 2};
  Device mos;
  mos.name = "M0";
  mos.kind = DeviceKind::kNmos;
  mos.model = "sky130_fd_pr__nfet_01v8";
  mos.nets = {1, 0, 2, 2};
  mos.width = 1050;
  mos.length = 150;
  mos.fingers = 2;
  mos.multiplier = 2;
  Device resistor;
  resistor.name = "R0";
  resistor.kind = DeviceKind::kResistor;
  resistor.model = "sky130_fd_pr__res_generic_l1";
  resistor.nets = {0, 1};
  resistor.resistance_ohm = 18e3;
  Device capacitor;
  capacitor.name = "C0";
  capacitor.kind = DeviceKind::kCapacitor;
  capacitor.model = "sky130_fd_pr__cap_mim_m3_1";
  capacitor.nets = {1, 2};
  capacitor.width = 24000;
  capacitor.length = 25000;
  circuit.devices = {mos, resistor, capacitor};
  return circuit;
}

TEST(SchematicNetlist, HoldsOneDeviceAFinger) {
  const ExtractedNetlist netlist = schematic_netlist(divider(), Technology::ptah130());
  EXPECT_EQ(netlist.name, "cell");
  EXPECT_EQ(netlist.ports, (std::vector<std::string>{"IN", "VSS"}));
  ASSERT_EQ(netlist.devices.size(), 4u + 2u);
  for (int i = 0; i < 4; ++i) {
    const ExtractedDevice& device = netlist.devices[static_cast<std::size_t>(i)];
    EXPECT_EQ(device.name, "M0_" + std::to_string(i + 1));
    EXPECT_EQ(device.nets, (std::vector<std::string>{"OUT", "IN", "VSS", "VSS"}));
    EXPECT_EQ(device.parameters, (std::map<std::string, double>{{"w", 1.05}, {"l", 0.15}}));
  }
}

TEST(SchematicNetlist, KeepsResistorsAtTheirValueAndCapacitorsAtTheirSize) {
  const ExtractedNetlist netlist = schematic_netlist(divider(), Technology::ptah130());
  ASSERT_EQ(netlist.devices.size(), 6u);
  EXPECT_EQ(netlist.devices[4].parameters, (std::map<std::string, double>{{"r", 18e3}}));
  EXPECT_EQ(netlist.devices[5].parameters, (std::map<std::string, double>{{"w", 24}, {"l", 25}}));
}

}  // namespace
}  // namespace ptah
