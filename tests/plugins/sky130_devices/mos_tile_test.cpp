#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "connectivity.hpp"
#include "devices.hpp"
#include "ptah/geom/region.hpp"
#include "tiles.hpp"

namespace ptah {
namespace {

using sky130::generate_tile;
using test::mos;
using test::tech;

class MosTile : public ::testing::TestWithParam<std::tuple<const char*, double, double, int>> {
 protected:
  Tile tile() const {
    const auto& [flavour, w, l, nf] = GetParam();
    auto result = generate_tile(mos(flavour, w, l, nf), tech());
    EXPECT_TRUE(result) << (result ? "" : result.error().text());
    return result ? std::move(result).value() : Tile{};
  }
};

TEST_P(MosTile, OutlineHoldsEverythingOnThePlacementGrid) {
  const Tile t = tile();
  EXPECT_EQ(t.outline.x0, 0);
  EXPECT_EQ(t.outline.y0, 0);
  EXPECT_EQ(t.outline.x1 % kPlacementGrid, 0);
  EXPECT_EQ(t.outline.y1 % kPlacementGrid, 0);
  for (const Shape& shape : t.shapes) {
    EXPECT_TRUE(t.outline.contains(shape.rect)) << tech().layer(shape.layer).name;
    for (const Dbu c : {shape.rect.x0, shape.rect.y0, shape.rect.x1, shape.rect.y1})
      EXPECT_EQ(c % tech().grid(), 0) << tech().layer(shape.layer).name;
  }
}

TEST_P(MosTile, BarsTakeAViaAnywhereAndKeepDistanceWithIt) {
  const Tile t = tile();
  const LayerId met1 = tech().layer("met1");
  std::vector<Rect> bars;
  for (const char* name : {"B", "S", "D", "G"}) {
    const TilePin* pin = t.find_pin(name);
    ASSERT_NE(pin, nullptr) << name;
    ASSERT_EQ(pin->access.size(), 1u);
    EXPECT_EQ(pin->access[0].layer, met1);
    const Rect bar = pin->access[0].rect;
    EXPECT_GE(bar.height(), 280);
    EXPECT_GE(bar.width(), 420);
    EXPECT_EQ((bar.y0 + bar.y1) % (2 * kPlacementGrid), 0);
    if (!bars.empty()) {
      // A met2 pad of 0.32 square on each bar, one above the other.
      EXPECT_GE(bar.center().y - bars.back().center().y, 320 + tech().rule("m2.2"));
      EXPECT_GE(bar.y0 - bars.back().y1, tech().rule("m1.2"));
    }
    bars.push_back(bar);
  }
}

TEST_P(MosTile, TerminalsAreConnectedAndApart) {
  const Tile t = tile();
  const auto groups = test::pin_groups(t, tech());
  ASSERT_EQ(groups.size(), 4u);
  std::set<int> distinct;
  for (const auto& pin : groups) {
    ASSERT_EQ(pin.size(), 1u);
    distinct.insert(pin[0]);
  }
  EXPECT_EQ(distinct.size(), 4u);
}

TEST_P(MosTile, LeavesUpperMetalsFree) {
  for (const Shape& shape : tile().shapes) {
    const std::string& name = tech().layer(shape.layer).name;
    EXPECT_TRUE(name != "via" && name != "met2" && name != "met3" && name != "met4") << name;
  }
}

TEST_P(MosTile, HasOneGateAFingerAndAContactRowOnEveryColumn) {
  const auto& [flavour, w, l, nf] = GetParam();
  const Tile t = tile();
  const Rect diff = [&] {
    for (const Shape& s : t.shapes) {
      if (s.layer == tech().layer("diff")) return s.rect;
    }
    return Rect{};
  }();
  EXPECT_EQ(diff.height(), from_um(w));
  int gates = 0;
  std::set<Dbu> contact_columns;
  for (const Shape& s : t.shapes) {
    if (s.layer == tech().layer("poly") && s.rect.overlaps(diff)) {
      ++gates;
      EXPECT_EQ(s.rect.width(), from_um(l));
      EXPECT_GE(diff.y0 - s.rect.y0, tech().rule("poly.8"));
      EXPECT_GE(s.rect.y1 - diff.y1, tech().rule("poly.8"));
    }
    if (s.layer == tech().layer("licon1") && diff.contains(s.rect))
      contact_columns.insert(s.rect.x0);
  }
  EXPECT_EQ(gates, nf);
  EXPECT_EQ(static_cast<int>(contact_columns.size()), nf + 1);
}

INSTANTIATE_TEST_SUITE_P(Sizes, MosTile,
                         ::testing::Values(std::tuple{"nfet_01v8", 0.42, 0.15, 1},
                                           std::tuple{"nfet_01v8", 1.05, 0.15, 2},
                                           std::tuple{"nfet_01v8_lvt", 0.525, 0.5, 3},
                                           std::tuple{"pfet_01v8", 0.42, 0.15, 1},
                                           std::tuple{"pfet_01v8", 2.1, 0.18, 12},
                                           std::tuple{"pfet_01v8_lvt", 1.575, 0.35, 5},
                                           std::tuple{"pfet_01v8_hvt", 10.0, 2.0, 8},
                                           std::tuple{"nfet_01v8", 10.0, 0.15, 64},
                                           std::tuple{"nfet_g5v0d10v5", 0.42, 0.5, 1},
                                           std::tuple{"pfet_g5v0d10v5", 3.0, 0.6, 5}));

/// Too wide for one row, or too tall for one tap.
class LargeMosTile : public MosTile {};

TEST_P(LargeMosTile, OutlineHoldsEverythingOnThePlacementGrid) {
  const Tile t = tile();
  EXPECT_EQ(t.outline.x1 % kPlacementGrid, 0);
  EXPECT_EQ(t.outline.y1 % kPlacementGrid, 0);
  for (const Shape& shape : t.shapes) {
    EXPECT_TRUE(t.outline.contains(shape.rect)) << tech().layer(shape.layer).name;
    for (const Dbu c : {shape.rect.x0, shape.rect.y0, shape.rect.x1, shape.rect.y1})
      EXPECT_EQ(c % tech().grid(), 0) << tech().layer(shape.layer).name;
  }
}

TEST_P(LargeMosTile, EveryTerminalIsOneConductorApartFromTheOthers) {
  std::set<int> distinct;
  for (const auto& pin : test::pin_groups(tile(), tech())) {
    ASSERT_FALSE(pin.empty());
    for (const int group : pin) EXPECT_EQ(group, pin[0]);
    EXPECT_TRUE(distinct.insert(pin[0]).second);
  }
  EXPECT_EQ(distinct.size(), 4u);
}

TEST_P(LargeMosTile, DrawsEveryFinger) {
  const auto& [flavour, w, l, nf] = GetParam();
  const Tile t = tile();
  std::vector<Rect> strips;
  for (const Shape& s : t.shapes) {
    if (s.layer == tech().layer("diff")) strips.push_back(s.rect);
  }
  int gates = 0;
  for (const Rect& strip : strips) {
    EXPECT_EQ(strip.height(), from_um(w));
    for (const Shape& s : t.shapes) {
      if (s.layer != tech().layer("poly") || !s.rect.overlaps(strip)) continue;
      ++gates;
      EXPECT_EQ(s.rect.width(), from_um(l));
    }
  }
  EXPECT_EQ(gates, nf);
}

TEST_P(LargeMosTile, NoDiffusionIsFurtherFromTapContactsThanLatchUpAllows) {
  const Tile t = tile();
  std::vector<Rect> near;
  std::vector<Rect> diffusion;
  const Dbu reach = static_cast<Dbu>(tech().rule("LU.2")) - 85;
  for (const Shape& s : t.shapes) {
    if (s.layer == tech().layer("diff")) diffusion.push_back(s.rect);
    if (s.layer != tech().layer("licon1")) continue;
    const bool on_tap = std::any_of(t.shapes.begin(), t.shapes.end(), [&](const Shape& o) {
      return o.layer == tech().layer("tap") && o.rect.contains(s.rect);
    });
    if (on_tap) near.push_back(s.rect.bloated(reach));
  }
  EXPECT_TRUE(difference(united(diffusion), united(near)).empty());
}

TEST_P(LargeMosTile, LeavesMetalForWiresAcross) {
  for (const Shape& shape : tile().shapes) {
    const std::string& name = tech().layer(shape.layer).name;
    EXPECT_TRUE(name != "via3" && name != "met4") << name;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Sizes, LargeMosTile,
    ::testing::Values(
        std::tuple{"nfet_01v8", 1.0, 0.15, 100}, std::tuple{"pfet_01v8", 2.0, 0.15, 90},
        std::tuple{"nfet_01v8", 4.0, 12.0, 7}, std::tuple{"pfet_01v8_lvt", 0.42, 20.0, 3},
        std::tuple{"nfet_01v8", 15.0, 1.0, 26}, std::tuple{"nfet_01v8", 15.0, 0.15, 1},
        std::tuple{"nfet_01v8_lvt", 28.8, 0.5, 2}, std::tuple{"pfet_01v8", 40.0, 1.0, 3},
        std::tuple{"pfet_01v8_hvt", 40.0, 1.2, 22}, std::tuple{"nfet_01v8", 100.0, 20.0, 3},
        std::tuple{"nfet_g5v0d10v5", 2.0, 0.5, 90}, std::tuple{"pfet_g5v0d10v5", 40.0, 1.0, 3}));

TEST(MosTiles, LargeOnesAreAboutAsHighAsWide) {
  for (const Device& device : {mos("pfet_01v8", 9, 0.15, 640), mos("nfet_01v8", 4, 12, 60),
                               mos("nfet_01v8", 1, 0.15, 1000), mos("nfet_01v8", 15, 0.15, 100),
                               mos("nfet_01v8_lvt", 0.42, 0.5, 50)}) {
    const Rect o = generate_tile(device, tech()).value().outline;
    EXPECT_LT(o.width(), 2 * o.height()) << device.total_fingers();
    EXPECT_LT(o.height(), 2 * o.width()) << device.total_fingers();
  }
}

TEST(MosTiles, LargeOnesAreReachedOnWideMetal) {
  const Tile t = generate_tile(mos("pfet_01v8", 9, 0.15, 640), tech()).value();
  for (const char* terminal : {"S", "D"}) {
    const Shape& spine = t.find_pin(terminal)->access.at(0);
    EXPECT_EQ(tech().layer(spine.layer).name, "met3");
    EXPECT_GT(spine.rect.width(), 5000);
    EXPECT_GT(spine.rect.height(), 40'000);
  }
  // A bar of one row carries few fingers before a strap takes their current.
  int straps = 0;
  for (const Shape& s : t.shapes)
    straps += s.layer == tech().layer("met2") && s.rect.height() > 40'000;
  EXPECT_GT(straps, 40);
}

TEST(MosTiles, IsolatedOnesLieInsideARingOfWellOverADeepWell) {
  for (const int fingers : {1, 2, 60}) {
    Device device = mos("nfet_01v8", 1.05, 0.5, fingers);
    const Tile plain = generate_tile(device, tech()).value();
    device.isolated = true;
    const Tile t = generate_tile(device, tech()).value();
    EXPECT_NE(t.cell, plain.cell);
    std::vector<Rect> ring, deep, diffusion;
    for (const Shape& s : t.shapes) {
      EXPECT_TRUE(t.outline.contains(s.rect)) << tech().layer(s.layer).name;
      if (s.layer == tech().layer("nwell")) ring.push_back(s.rect);
      if (s.layer == tech().layer("dnwell")) deep.push_back(s.rect);
      if (s.layer == tech().layer("diff")) diffusion.push_back(s.rect);
    }
    ASSERT_EQ(deep.size(), 1u);
    EXPECT_GE(std::min(deep[0].width(), deep[0].height()), tech().rule("dnwell.2"));
    const Rect outer = bounding_box(ring);
    EXPECT_EQ(outer, deep[0].bloated(static_cast<Dbu>(tech().rule("nwell.5"))));
    // The ring is closed, and the deep well's edge lies far enough under it.
    const Rect inner = deep[0].bloated(-static_cast<Dbu>(tech().rule("nwell.6")));
    const Rect whole[] = {outer}, hole[] = {inner};
    EXPECT_TRUE(difference(difference(whole, hole), united(ring)).empty());
    for (const Rect& strip : diffusion) EXPECT_TRUE(inner.contains(strip));
    EXPECT_EQ((t.find_pin("B")->access.at(0).rect.y0 + t.find_pin("B")->access.at(0).rect.y1) %
                  (2 * kPlacementGrid),
              0);
    std::set<int> distinct;
    for (const auto& pin : test::pin_groups(t, tech())) distinct.insert(pin.at(0));
    EXPECT_EQ(distinct.size(), 4u);
  }
}

TEST(MosTiles, OneShapeOfThickOxideHoldsAllOfATransistorOf5V) {
  for (const char* flavour : {"nfet_g5v0d10v5", "pfet_g5v0d10v5"}) {
    for (const bool isolated : {false, true}) {
      Device device = mos(flavour, 1.05, 0.5, 2);
      device.isolated = isolated;
      if (isolated && device.kind == DeviceKind::kPmos) continue;
      const Tile t = generate_tile(device, tech()).value();
      std::vector<Rect> oxide, below;
      for (const Shape& s : t.shapes) {
        const std::string& name = tech().layer(s.layer).name;
        const bool active = name == "diff" || name == "tap";
        if (name == "hvi") oxide.push_back(s.rect);
        if (name == "nwell") below.push_back(s.rect);
        if (active) below.push_back(s.rect.bloated(static_cast<Dbu>(tech().rule("difftap.22"))));
      }
      ASSERT_FALSE(oxide.empty());
      EXPECT_EQ(united(oxide).size(), 1u);
      EXPECT_TRUE(difference(united(below), united(oxide)).empty()) << t.cell;
    }
  }
}

TEST(MosTiles, AreMuchSmallerThanThePeers) {
  // The stronger peer generator needs 19.5 um^2 for each of these (five_285: 97.5 for five).
  const auto n = generate_tile(mos("nfet_01v8", 1.05, 0.15, 2), tech()).value();
  const auto p = generate_tile(mos("pfet_01v8", 1.05, 0.15, 2), tech()).value();
  EXPECT_LT(to_um2(n.outline.area()), 4.0);
  EXPECT_LT(to_um2(p.outline.area()), 4.0);
}

TEST(MosTiles, EqualDevicesGiveEqualTilesAndNames) {
  Device twice = mos("nfet_01v8", 1.05, 0.15, 2);
  twice.multiplier = 2;
  const auto a = generate_tile(twice, tech()).value();
  const auto b = generate_tile(mos("nfet_01v8", 1.05, 0.15, 4), tech()).value();
  EXPECT_EQ(a.cell, b.cell);
  EXPECT_EQ(a.shapes, b.shapes);
  const auto c = generate_tile(mos("nfet_01v8_lvt", 1.05, 0.15, 4), tech()).value();
  EXPECT_NE(a.cell, c.cell);
}

struct BadSize {
  Device device;
  const char* says;
};

TEST(MosTiles, ForbiddenSizesNameTheDeviceAndTheRule) {
  const Device tall = mos("nfet_01v8", 35, 29.4, 1);
  Device off_grid = mos("nfet_01v8", 1.05, 0.15, 1);
  off_grid.width = 1051;
  Device free_fingers = mos("nfet_01v8", 1.05, 0.15, 0);
  Device huge = mos("nfet_01v8", 1.05, 0.15, 2'000'000'000);
  huge.multiplier = 2'000'000'000;
  const BadSize cases[] = {
      {mos("nfet_01v8", 0.36, 0.15, 1), "0.42 um .. 100 um (rule difftap.2)"},
      {mos("pfet_01v8_lvt", 1, 0.15, 1), "poly.1b"},
      {mos("nfet_01v8", 1, 0.1, 1), "poly.1a"},
      {mos("pfet_g5v0d10v5", 1, 0.45, 1), "0.5 um .. 100 um (rule poly.13)"},
      {tall, "LU.2"},
      {mos("pfet_01v8", 35, 29.4, 1), "LU.3"},
      {off_grid, "x.1b"},
      {free_fingers, "finger count"},
      {huge, "more than one tile holds"},
  };
  for (const BadSize& bad : cases) {
    const auto result = generate_tile(bad.device, tech());
    ASSERT_FALSE(result) << bad.says;
    EXPECT_NE(result.error().text().find(bad.says), std::string::npos) << result.error().text();
    EXPECT_NE(result.error().where.find("M1"), std::string::npos);
  }
}

TEST(MosTiles, ModelOfAnotherKindOrUnknownIsAnError) {
  Device device = mos("nfet_01v8", 1, 0.15, 1);
  device.model = "sky130_fd_pr__pfet_01v8";
  EXPECT_EQ(generate_tile(device, tech()).error().code, ErrorCode::kInvalidArgument);
  device.model = "bsim9";
  EXPECT_EQ(generate_tile(device, tech()).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace ptah
