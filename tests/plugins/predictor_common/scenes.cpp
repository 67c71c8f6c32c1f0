#include "scenes.hpp"

#include <gtest/gtest.h>

namespace ptah::predictors::test {

Circuit parted_circuit() {
  Circuit circuit;
  circuit.name = "parted";
  for (const char* net : {"VDD", "GND", "IN", "MID", "OUT"}) circuit.nets.push_back({net});
  circuit.ports = {0, 1, 2, 4};
  const auto mos = [&](const char* name, DeviceKind kind, std::vector<NetId> nets, int channel) {
    Device device;
    device.name = name;
    device.kind = kind;
    device.nets = std::move(nets);
    device.width = 1000;
    device.length = 150;
    device.channels = {channel};
    circuit.devices.push_back(device);
  };
  mos("M0", DeviceKind::kNmos, {3, 2, 1, 1}, 1);
  mos("M1", DeviceKind::kPmos, {3, 3, 0, 0}, 1);
  mos("M2", DeviceKind::kNmos, {4, 3, 1, 1}, 2);
  mos("M3", DeviceKind::kPmos, {4, 3, 0, 0}, 5);
  return circuit;
}

Tiles tiles_of(const Circuit& circuit) {
  Tiles tiles;
  for (const Device& device : circuit.devices) {
    Tile tile;
    tile.kind = device.kind;
    tile.outline = {0, 0, 2000, device.kind == DeviceKind::kNmos ? 3000 : 4000};
    Dbu y = 400;
    for (const std::string_view name : terminal_names(device.kind, device.nets.size())) {
      tile.pins.push_back({std::string(name), {{1, {600, y, 1400, y + 200}}}});
      y += 600;
    }
    tiles.push_back(tile);
  }
  return tiles;
}

double SealedDataset::label(std::size_t index) const {
  EXPECT_NE(split(index), Split::kTest) << "a label that nobody may look at";
  return inner_.label(index);
}

Result<Example> SealedDataset::read(std::size_t index) {
  EXPECT_NE(split(index), Split::kTest) << "a layout that nobody may look at";
  return inner_.read(index);
}

}  // namespace ptah::predictors::test
