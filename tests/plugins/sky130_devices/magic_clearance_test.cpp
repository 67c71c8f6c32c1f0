/// Pairs of tiles at exactly their clearance, on every pair of sides and in every orientation,
/// under real Magic.
#include <gtest/gtest.h>

#include <iostream>

#include "devices.hpp"
#include "magic_check.hpp"
#include "tiles.hpp"

namespace ptah {
namespace {

class MagicClearance : public test::MagicTest {};

TEST_P(MagicClearance, TilesAtTheirClearanceAreLegalOnAllSides) {
  const Technology& technology = Technology::ptah130();
  std::vector<Device> devices = {test::mos("nfet_01v8", 1.05, 0.15, 2),
                                 test::mos("nfet_01v8_lvt", 0.42, 0.5, 3),
                                 test::mos("pfet_01v8", 1.05, 0.15, 2),
                                 test::mos("pfet_01v8_lvt", 0.84, 0.35, 1),
                                 test::mos("pfet_01v8_hvt", 2.1, 0.15, 4),
                                 test::mos("nfet_01v8", 0.42, 0.15, 72),
                                 test::mos("pfet_01v8", 16, 0.5, 2),
                                 test::mos("nfet_g5v0d10v5", 1.05, 0.5, 2),
                                 test::mos("pfet_g5v0d10v5", 1.05, 0.5, 2),
                                 test::mim("cap_mim_m3_1", 5, 4),
                                 test::mim("cap_mim_m3_1", 2, 2),
                                 test::mim("cap_mim_m3_2", 4, 4),
                                 test::resistor("res_generic_l1", 0, 0, 5e3),
                                 test::resistor("res_generic_po", 0.33, 20),
                                 test::resistor("res_high_po", 0.35, 3.05),
                                 test::resistor("res_xhigh_po", 0.69, 5)};
  Device isolated = test::mos("nfet_01v8", 1.05, 0.15, 2);
  isolated.isolated = true;
  devices.push_back(isolated);
  isolated = test::mos("nfet_g5v0d10v5", 1.05, 0.5, 2);
  isolated.isolated = true;
  devices.push_back(isolated);
  std::vector<Tile> tiles;
  for (const Device& device : devices)
    tiles.push_back(sky130::generate_tile(device, technology).value());

  gds::Library library;
  std::vector<std::string> cells;
  const Circuit nothing;
  std::map<Dbu, int> clearances;
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      const Dbu gap = tile_clearance(tiles[i], tiles[j], technology);
      EXPECT_EQ(gap, tile_clearance(tiles[j], tiles[i], technology));
      EXPECT_EQ(gap % kPlacementGrid, 0);
      ++clearances[gap];
      // Tile j in four orientations beside tile i, and above and below it.
      const Rect o = tiles[i].outline;
      const Dbu w = tiles[j].outline.width(), h = tiles[j].outline.height();
      const PlacedTile middle{{0, 0}, Orientation::kR0, {}};
      std::vector<std::pair<const char*, std::vector<PlacedTile>>> layouts = {
          {"beside", {middle, {{o.x1 + gap, 0}, Orientation::kR0, {}}}},
          {"stacked", {middle, {{0, o.y1 + gap}, Orientation::kMY, {}}}}};
      // On the other side, too, where the two tiles j are legal to each other.
      const Dbu own_gap = tile_clearance(tiles[j], tiles[j], technology);
      if (o.x1 + 2 * gap >= own_gap)
        layouts[0].second.push_back({{-gap - w, 0}, Orientation::kMX, {}});
      if (o.y1 + 2 * gap >= own_gap)
        layouts[1].second.push_back({{0, -gap - h}, Orientation::kR180, {}});
      for (const auto& [name, placed] : layouts) {
        const Layout layout{{placed}, {}, {}};
        const std::string top =
            std::string(name) + "_" + std::to_string(i) + "_" + std::to_string(j);
        const Tiles used = {tiles[i], tiles[j], tiles[j]};  // from_layout takes as many as placed
        for (auto& cell : gds::from_layout(nothing, used, layout, technology, top).cells) {
          if (!library.find(cell.name)) library.cells.push_back(std::move(cell));
        }
        cells.push_back(top);
      }
    }
  }
  const auto result = test::magic_check(library, cells, tech_file());
  ASSERT_TRUE(result) << result.error().text();
  for (const auto& [cell, found] : result.value())
    EXPECT_EQ(found.errors, 0) << cell << ": " << found.why;
  std::cout << "checked " << cells.size() << " pairs;";
  for (const auto& [gap, count] : clearances) std::cout << " " << to_um(gap) << " um x" << count;
  std::cout << "\n";
}

INSTANTIATE_TEST_SUITE_P(TechFile, MagicClearance, ::testing::ValuesIn(test::kTechFiles),
                         test::tech_file_name);

}  // namespace
}  // namespace ptah
