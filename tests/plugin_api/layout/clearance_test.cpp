#include <gtest/gtest.h>

#include "ptah/layout/layout.hpp"

namespace ptah {
namespace {

struct Box {
  const char* layer;
  Dbu inset;
};

/// 10 um square with a shape of each layer at its inset.
Tile tile_with(std::vector<Box> boxes) {
  Tile tile;
  tile.outline = {0, 0, 10'000, 10'000};
  for (const Box& box : boxes)
    tile.shapes.push_back(
        {Technology::ptah130().layer(box.layer), tile.outline.bloated(-box.inset)});
  return tile;
}

TEST(TileClearance, IsTheSpacingLessTheInsetsRoundedUp) {
  // nwell.2a: 1.27.
  EXPECT_EQ(
      tile_clearance(tile_with({{"nwell", 0}}), tile_with({{"nwell", 0}}), Technology::ptah130()),
      1300);
  EXPECT_EQ(tile_clearance(tile_with({{"nwell", 100}}), tile_with({{"nwell", 70}}),
                           Technology::ptah130()),
            1100);
  EXPECT_EQ(tile_clearance(tile_with({{"nwell", 700}}), tile_with({{"nwell", 700}}),
                           Technology::ptah130()),
            0);
}

TEST(TileClearance, LayersWithoutACommonRuleMayTouch) {
  EXPECT_EQ(
      tile_clearance(tile_with({{"met1", 0}}), tile_with({{"met2", 0}}), Technology::ptah130()), 0);
  EXPECT_EQ(tile_clearance(tile_with({}), tile_with({{"met2", 0}}), Technology::ptah130()), 0);
}

TEST(TileClearance, KnowsWhichDiffusionKeepsAwayFromAWell) {
  const Tile well = tile_with({{"nwell", 0}});
  // difftap.9: n-diffusion 0.34; difftap.11: p-tap 0.13.
  EXPECT_EQ(tile_clearance(well, tile_with({{"diff", 0}, {"nsdm", 0}}), Technology::ptah130()),
            400);
  EXPECT_EQ(tile_clearance(well, tile_with({{"tap", 0}, {"psdm", 0}}), Technology::ptah130()), 200);
}

TEST(TileClearance, CapacitorsKeepTheirPlatesApart) {
  const Tile cap = tile_with({{"met3", 0}, {"capm", 140}});
  // capm.2b between bottom plates, capm.11 to plain met3 (wide metal demands 0.4).
  EXPECT_EQ(tile_clearance(cap, cap, Technology::ptah130()), 1200);
  EXPECT_EQ(tile_clearance(cap, tile_with({{"met3", 0}}), Technology::ptah130()), 400);
  Tile narrow = tile_with({});
  narrow.shapes = {{Technology::ptah130().layer("met3"), {0, 0, 1280, 1280}},
                   {Technology::ptah130().layer("capm"), {140, 140, 1140, 1140}}};
  narrow.outline = {0, 0, 1300, 1300};
  Tile wire = tile_with({});
  wire.shapes = {{Technology::ptah130().layer("met3"), {0, 0, 10'000, 300}}};
  EXPECT_EQ(tile_clearance(narrow, wire, Technology::ptah130()), 400);  // 0.5 - 0.14
}

TEST(TileClearance, ResistorBodiesKeepAwayFromPolyAndDiffusion) {
  const Tile resistor = tile_with({{"poly", 0}, {"poly.res", 0}});
  // poly.9: 0.48, also to diffusion.
  EXPECT_EQ(tile_clearance(resistor, tile_with({{"poly", 0}}), Technology::ptah130()), 500);
  EXPECT_EQ(tile_clearance(resistor, tile_with({{"diff", 0}, {"psdm", 0}}), Technology::ptah130()),
            500);
  EXPECT_EQ(
      tile_clearance(tile_with({{"poly", 0}}), tile_with({{"poly", 0}}), Technology::ptah130()),
      300);
}

TEST(TileClearance, IsSymmetric) {
  const Tile a = tile_with({{"nwell", 30}, {"diff", 210}, {"psdm", 85}, {"met1", 0}});
  const Tile b = tile_with({{"diff", 125}, {"nsdm", 0}, {"met3", 5}});
  EXPECT_EQ(tile_clearance(a, b, Technology::ptah130()),
            tile_clearance(b, a, Technology::ptah130()));
}

}  // namespace
}  // namespace ptah
