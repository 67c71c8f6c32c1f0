#include <gtest/gtest.h>

#include "ptah/layout/layout.hpp"

namespace ptah {
namespace {

const Technology& tech() {
  return Technology::ptah130();
}

struct Box {
  const char* layer;
  Dbu inset;
};

/// 10 um square with a shape of each layer at its inset.
Tile tile_with(std::vector<Box> boxes) {
  Tile tile;
  tile.outline = {0, 0, 10'000, 10'000};
  for (const Box& box : boxes)
    tile.shapes.push_back({tech().layer(box.layer), tile.outline.bloated(-box.inset)});
  return tile;
}

TEST(TileClearance, IsTheSpacingLessTheInsetsRoundedUp) {
  // nwell.2a: 1.27.
  EXPECT_EQ(tile_clearance(tile_with({{"nwell", 0}}), tile_with({{"nwell", 0}}), tech()), 1300);
  EXPECT_EQ(tile_clearance(tile_with({{"nwell", 100}}), tile_with({{"nwell", 70}}), tech()), 1100);
  EXPECT_EQ(tile_clearance(tile_with({{"nwell", 700}}), tile_with({{"nwell", 700}}), tech()), 0);
}

TEST(TileClearance, LayersWithoutACommonRuleMayTouch) {
  EXPECT_EQ(tile_clearance(tile_with({{"met1", 0}}), tile_with({{"met2", 0}}), tech()), 0);
  EXPECT_EQ(tile_clearance(tile_with({}), tile_with({{"met2", 0}}), tech()), 0);
}

TEST(TileClearance, KnowsWhichDiffusionKeepsAwayFromAWell) {
  const Tile well = tile_with({{"nwell", 0}});
  // difftap.9: n-diffusion 0.34; difftap.11: p-tap 0.13.
  EXPECT_EQ(tile_clearance(well, tile_with({{"diff", 0}, {"nsdm", 0}}), tech()), 400);
  EXPECT_EQ(tile_clearance(well, tile_with({{"tap", 0}, {"psdm", 0}}), tech()), 200);
}

TEST(TileClearance, CapacitorsKeepTheirPlatesApart) {
  const Tile cap = tile_with({{"met3", 0}, {"capm", 140}});
  // capm.2b between bottom plates, capm.11 to plain met3 (wide metal demands 0.4).
  EXPECT_EQ(tile_clearance(cap, cap, tech()), 1200);
  EXPECT_EQ(tile_clearance(cap, tile_with({{"met3", 0}}), tech()), 400);
  Tile narrow = tile_with({});
  narrow.shapes = {{tech().layer("met3"), {0, 0, 1280, 1280}},
                   {tech().layer("capm"), {140, 140, 1140, 1140}}};
  narrow.outline = {0, 0, 1300, 1300};
  Tile wire = tile_with({});
  wire.shapes = {{tech().layer("met3"), {0, 0, 10'000, 300}}};
  EXPECT_EQ(tile_clearance(narrow, wire, tech()), 400);  // 0.5 - 0.14
}

TEST(TileClearance, ResistorBodiesKeepAwayFromPolyAndDiffusion) {
  const Tile resistor = tile_with({{"poly", 0}, {"poly.res", 0}});
  // poly.9: 0.48, also to diffusion.
  EXPECT_EQ(tile_clearance(resistor, tile_with({{"poly", 0}}), tech()), 500);
  EXPECT_EQ(tile_clearance(resistor, tile_with({{"diff", 0}, {"psdm", 0}}), tech()), 500);
  EXPECT_EQ(tile_clearance(tile_with({{"poly", 0}}), tile_with({{"poly", 0}}), tech()), 300);
}

TEST(TileClearance, IsSymmetric) {
  const Tile a = tile_with({{"nwell", 30}, {"diff", 210}, {"psdm", 85}, {"met1", 0}});
  const Tile b = tile_with({{"diff", 125}, {"nsdm", 0}, {"met3", 5}});
  EXPECT_EQ(tile_clearance(a, b, tech()), tile_clearance(b, a, tech()));
}

}  // namespace
}  // namespace ptah
