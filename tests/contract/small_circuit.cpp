#include "small_circuit.hpp"

#include <stdexcept>

#include "ptah/layout/gds.hpp"

namespace ptah::contract {

Circuit small_amplifier() {
  Circuit circuit;
  circuit.name = "small_amplifier";
  for (const char* net : {"VDD", "GND", "INP", "INN", "OUT", "BIAS", "tail", "mirror"}) {
    circuit.nets.push_back({net});
  }
  circuit.ports = {0, 1, 2, 3, 4, 5};
  const auto mos = [&](const std::string& name, DeviceKind kind, const char* drain,
                       const char* gate, const char* source, int channel) {
    const bool n = kind == DeviceKind::kNmos;
    Device device;
    device.name = name;
    device.kind = kind;
    device.model = n ? "sky130_fd_pr__nfet_01v8" : "sky130_fd_pr__pfet_01v8";
    device.nets = {circuit.find_net(drain), circuit.find_net(gate), circuit.find_net(source),
                   circuit.find_net(n ? "GND" : "VDD")};
    device.width = n ? 1050 : 1600;
    device.length = 150;
    device.fingers = 2;
    device.channels = {channel};
    device.where = "small_amplifier";
    circuit.devices.push_back(device);
  };
  mos("M0", DeviceKind::kNmos, "tail", "BIAS", "GND", 5);
  mos("M1", DeviceKind::kNmos, "mirror", "INP", "tail", 1);
  mos("M2", DeviceKind::kNmos, "OUT", "INN", "tail", 1);
  mos("M3", DeviceKind::kPmos, "mirror", "mirror", "VDD", 1);
  mos("M4", DeviceKind::kPmos, "OUT", "mirror", "VDD", 2);
  circuit.matched = {{1, 2}, {3, 4}};
  return circuit;
}

Circuit empty_circuit() {
  Circuit circuit;
  circuit.name = "empty";
  return circuit;
}

Tiles blank_tiles(const Circuit& circuit) {
  Tiles tiles;
  for (const Device& device : circuit.devices) {
    Tile tile;
    tile.cell = device.kind == DeviceKind::kNmos ? "blank_n" : "blank_p";
    tile.kind = device.kind;
    tile.outline =
        device.kind == DeviceKind::kNmos ? Rect{0, 0, 2000, 3000} : Rect{0, 0, 2600, 4000};
    // Pins stand in a column in the middle, one bar each.
    Dbu y = 400;
    for (const std::string_view name : terminal_names(device.kind, device.nets.size())) {
      const Shape bar{Technology::ptah130().layer("met1"), {600, y, 1400, y + 200}};
      tile.shapes.push_back(bar);
      tile.pins.push_back({std::string(name), {bar}});
      y += 600;
    }
    tiles.push_back(tile);
  }
  return tiles;
}

Placement one_row(const Tiles& tiles) {
  constexpr Dbu kHalo = 1000;
  Placement placement;
  Dbu x = 0;
  for (const Tile& tile : tiles) {
    PlacedTile placed;
    placed.origin = {x, 0};
    placed.slot = tile.outline.moved(placed.origin).bloated(kHalo);
    placement.tiles.push_back(placed);
    x += tile.outline.width() + 4 * kHalo;
  }
  return placement;
}

LayoutFile single_device_file(const std::filesystem::path& folder) {
  gds::Library library;
  gds::Cell cell;
  cell.name = "single";
  const GdsLayer met1 = Technology::ptah130().layer(Technology::ptah130().layer("met1")).drawing;
  cell.polygons.push_back({met1, {{0, 0}, {2000, 0}, {2000, 2000}, {0, 2000}}});
  library.cells.push_back(cell);
  const LayoutFile file{folder / "single.gds", "single"};
  if (auto written = gds::write_file(library, file.gds); !written) {
    throw std::runtime_error(written.error().text());
  }
  return file;
}

ExtractedNetlist divider() {
  ExtractedNetlist netlist;
  netlist.name = "divider";
  netlist.ports = {"in", "out", "gnd"};
  netlist.resistors = {{"in", "out", 1000.0}, {"out", "gnd", 1000.0}};
  return netlist;
}

Testbench divider_testbench() {
  Testbench testbench;
  testbench.dut = "divider";
  testbench.dut_ports = {"in", "out", "gnd"};
  testbench.cards = {"V1 in 0 dc 1", "Rg gnd 0 1u", "X1 in out gnd divider"};
  testbench.analyses = {".dc V1 0 1 0.01"};
  testbench.outputs = {"v(out)"};
  return testbench;
}

}  // namespace ptah::contract
