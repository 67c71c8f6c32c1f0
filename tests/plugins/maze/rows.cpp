#include "rows.hpp"

#include "ptah/tech/technology.hpp"

namespace ptah::maze {

Tile bar_tile() {
  const LayerId met1 = Technology::ptah130().layer("met1");
  Tile tile;
  tile.cell = "bars";
  tile.outline = {0, 0, 3000, 2400};
  const std::pair<const char*, Dbu> bars[] = {{"G", 2200}, {"D", 1700}, {"S", 700}, {"B", 200}};
  for (const auto& [terminal, y] : bars) {
    const Shape bar{met1, {200, y - 145, 2800, y + 145}};
    tile.shapes.push_back(bar);
    tile.pins.push_back({terminal, {bar}});
  }
  return tile;
}

Tile plate_tile() {
  const Technology& t = Technology::ptah130();
  Tile tile;
  tile.cell = "plate";
  tile.kind = DeviceKind::kCapacitor;
  tile.outline = {0, 0, 6000, 6600};
  const Rect plate{300, 1000, 5700, 6300};
  const Shape top{t.layer("met4"), plate.bloated(-100)};
  const Shape bar{t.layer("met3"), {100, 135, 5900, 465}};
  tile.shapes = {{t.layer("capm"), plate},
                 top,
                 bar,
                 {t.layer("met3"), {100, 135, 5900, 6500}},
                 {t.layer("via3"), {2900, 3900, 3100, 4100}}};
  tile.pins = {{"TOP", {top}}, {"BOTTOM", {bar}}};
  return tile;
}

Example rows_of_tiles(const std::vector<std::vector<std::string>>& devices,
                      const std::vector<std::string>& ports, int columns, Dbu gap) {
  Example example;
  Circuit& circuit = example.circuit;
  circuit.name = "rows";
  const auto net = [&](const std::string& name) {
    if (const NetId known = circuit.find_net(name); known != kNoNet) return known;
    circuit.nets.push_back({name});
    return static_cast<NetId>(circuit.nets.size() - 1);
  };
  const Tile tile = bar_tile();
  for (std::size_t i = 0; i < devices.size(); ++i) {
    Device device;
    device.name = "M" + std::to_string(i);
    for (const std::string& name : devices[i]) device.nets.push_back(net(name));
    circuit.devices.push_back(device);
    example.tiles.push_back(tile);
    const int row = static_cast<int>(i) / columns, column = static_cast<int>(i) % columns;
    PlacedTile placed;
    placed.origin = {column * (tile.outline.width() + gap), row * (tile.outline.height() + gap)};
    placed.orientation = row % 2 == 0 ? Orientation::kR0 : Orientation::kMX;
    placed.slot = tile.outline.moved(placed.origin).bloated(300);
    example.placement.tiles.push_back(placed);
  }
  for (const std::string& port : ports) circuit.ports.push_back(net(port));
  return example;
}

}  // namespace ptah::maze
