/// A whole layout, hierarchical, as Magic reads it: tiles in all orientations, joined by wires of
/// the top cell, whose labels become ports.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "devices.hpp"
#include "magic_check.hpp"
#include "tiles.hpp"

namespace ptah {
namespace {

class MagicLayout : public test::MagicTest {};

TEST_P(MagicLayout, WiresAndLabelsOfTheTopCellMakeTheCircuit) {
  const Technology& technology = Technology::ptah130();

  // Four transistors in a row, one an orientation; every terminal of each is a port "D0" .. "B3".
  Circuit circuit;
  circuit.name = "row";
  Tiles tiles;
  Layout layout;
  Dbu x = 0;
  const LayerId met1 = technology.layer("met1");
  for (const auto orientation :
       {Orientation::kR0, Orientation::kMX, Orientation::kMY, Orientation::kR180}) {
    const int i = static_cast<int>(tiles.size());
    Device device = test::mos(i % 2 == 0 ? "nfet_01v8" : "pfet_01v8", 1.05 + 0.1 * i, 0.15, i + 1);
    device.name = "M" + std::to_string(i);
    tiles.push_back(sky130::generate_tile(device, technology).value());
    const Tile& tile = tiles.back();
    if (i > 0) x += tile_clearance(tiles[tiles.size() - 2], tile, technology);
    const PlacedTile placed{{x, 0}, orientation, {}};
    layout.placement.tiles.push_back(placed);
    x += tile.outline.width();
    for (std::size_t t = 0; t < 4; ++t) {
      const std::string terminal(1, "DGSB"[t]);
      const auto net = static_cast<NetId>(circuit.nets.size());
      device.nets[t] = net;
      circuit.nets.push_back({terminal + std::to_string(i)});
      circuit.ports.push_back(net);
      const Rect bar = transform(tile, placed)(tile.find_pin(terminal)->access.at(0).rect);
      layout.wires.push_back({net, met1, bar});
      layout.ports.push_back({net, met1, bar.center()});
    }
    circuit.devices.push_back(device);
  }
  const auto result = test::magic_check(gds::from_layout(circuit, tiles, layout, technology, "row"),
                                        {"row"}, tech_file(), true);
  ASSERT_TRUE(result) << result.error().text();
  const test::MagicCell& row = result.value().at("row");
  EXPECT_EQ(row.errors, 0) << row.why;
  std::vector<std::string> want, got = row.ports;
  for (const Net& net : circuit.nets) {
    // All p-taps are one substrate to Magic: of B0 and B2 one name remains.
    if (net.name != "B0" && net.name != "B2") want.push_back(net.name);
  }
  std::erase_if(got, [](const std::string& port) { return port == "B0" || port == "B2"; });
  std::sort(want.begin(), want.end());
  std::sort(got.begin(), got.end());
  EXPECT_EQ(got, want);
  std::map<std::string, int> fingers;
  for (const test::MagicDevice& d : row.devices) {
    ASSERT_EQ(d.nets.size(), 4u);
    const char which = d.nets[1].back();
    EXPECT_EQ(d.nets[1], std::string("G") + which);
    EXPECT_EQ(d.nets[0].back(), which);
    EXPECT_EQ(d.nets[2].back(), which);
    EXPECT_NE(d.nets[0][0], d.nets[2][0]);
    if (which == '1' || which == '3') {
      EXPECT_EQ(d.nets[3], std::string("B") + which);
    }
    EXPECT_NEAR(d.w_um, 1.05 + 0.1 * (which - '0'), 1e-4);
    ++fingers[d.nets[1]];
  }
  EXPECT_EQ(fingers, (std::map<std::string, int>{{"G0", 1}, {"G1", 2}, {"G2", 3}, {"G3", 4}}));
}

INSTANTIATE_TEST_SUITE_P(TechFile, MagicLayout, ::testing::ValuesIn(test::kTechFiles),
                         test::tech_file_name);

}  // namespace
}  // namespace ptah
