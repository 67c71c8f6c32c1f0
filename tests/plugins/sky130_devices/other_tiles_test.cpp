#include <gtest/gtest.h>

#include <set>

#include "connectivity.hpp"
#include "devices.hpp"
#include "meander.hpp"
#include "ptah/core/random.hpp"
#include "ptah/geom/region.hpp"
#include "tiles.hpp"

namespace ptah {
namespace {

using sky130::generate_tile;
using test::diode;
using test::mim;
using test::resistor;
using test::tech;
using test::varactor;

DbuArea layer_area(const Tile& tile, const char* layer) {
  std::vector<Rect> rects;
  for (const Shape& s : tile.shapes) {
    if (s.layer == tech().layer(layer)) rects.push_back(s.rect);
  }
  return area(united(rects));
}

class AnyTile : public ::testing::TestWithParam<Device> {};

TEST_P(AnyTile, OutlineHoldsEverythingOnThePlacementGrid) {
  const auto tile = generate_tile(GetParam(), tech());
  ASSERT_TRUE(tile) << tile.error().text();
  const Tile& t = tile.value();
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

TEST_P(AnyTile, TerminalsAreApart) {
  const auto tile = generate_tile(GetParam(), tech());
  ASSERT_TRUE(tile) << tile.error().text();
  std::set<int> distinct;
  for (const auto& pin : test::pin_groups(tile.value(), tech())) {
    ASSERT_FALSE(pin.empty());
    for (const int group : pin) EXPECT_EQ(group, pin[0]);
    EXPECT_TRUE(distinct.insert(pin[0]).second);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, AnyTile,
    ::testing::Values(mim("cap_mim_m3_1", 1, 1), mim("cap_mim_m3_1", 24, 24),
                      mim("cap_mim_m3_1", 40, 3.5), mim("cap_mim_m3_2", 5, 5),
                      resistor("res_generic_l1", 0, 0, 18e3), resistor("res_generic_l1", 0.29, 2),
                      resistor("res_generic_po", 0, 0, 10e3), resistor("res_generic_po", 1, 10),
                      resistor("res_high_po", 0, 0, 18e3), resistor("res_high_po", 5.73, 10),
                      resistor("res_xhigh_po_0p35", 0, 0, 50e3),
                      resistor("res_high_po_0p69", 0, 20), resistor("res_xhigh_po_5p73", 0, 0.35),
                      resistor("res_generic_m1", 0.14, 20), resistor("res_generic_m3", 0.3, 9),
                      diode("diode_pw2nd_05v5", 0.29, 0.29), diode("diode_pd2nw_05v5", 0.29, 0.29),
                      diode("diode_pw2nd_05v5", 5, 30), diode("diode_pd2nw_05v5", 28, 28),
                      diode("diode_pw2nd_05v5", 1, 1, true), varactor("cap_var_lvt", 1, 0.18),
                      varactor("cap_var_hvt", 5, 0.5), varactor("cap_var_lvt", 25, 25)));

TEST(DiodeTiles, DiffusionHasTheAskedAreaUnderItsMarker) {
  for (const char* kind : {"diode_pw2nd_05v5", "diode_pd2nw_05v5"}) {
    for (const double w : {0.29, 0.455, 3.0, 14.0, 15.0, 28.0}) {
      for (const double l : {w, w + 0.005, 2 * w, w + 61.3}) {
        const Device device = diode(kind, w, l);
        const auto tile = generate_tile(device, tech());
        ASSERT_TRUE(tile) << tile.error().text();
        const DbuArea wanted = static_cast<DbuArea>(device.width) * device.length;
        EXPECT_EQ(layer_area(tile.value(), "diff"), wanted) << kind << " " << w << " x " << l;
        EXPECT_EQ(layer_area(tile.value(), "areaid.diode"), wanted);
        EXPECT_EQ(layer_area(tile.value(), "nwell") > 0, device.kind == DeviceKind::kPdiode);
      }
    }
  }
}

TEST(DiodeTiles, OnesFartherFromATapThanLatchUpAllowsAreRefused) {
  const auto tile = generate_tile(diode("diode_pw2nd_05v5", 30, 31), tech());
  ASSERT_FALSE(tile);
  EXPECT_NE(tile.error().message.find("Width 30 um"), std::string::npos) << tile.error().text();
}

TEST(MimTiles, PlateHasTheAskedSizeAndBottomKeepsForeignMetalAway) {
  for (const double size : {1.0, 2.0, 24.0}) {
    const auto tile = generate_tile(mim("cap_mim_m3_1", size, size + 1), tech()).value();
    Rect plate, bottom;
    for (const Shape& s : tile.shapes) {
      if (s.layer == tech().layer("capm")) plate = plate.united(s.rect);
      if (s.layer == tech().layer("met3")) bottom = bottom.united(s.rect);
    }
    EXPECT_EQ(plate.width(), from_um(size));
    EXPECT_EQ(plate.height(), from_um(size + 1));
    EXPECT_TRUE(bottom.contains(plate.bloated(tech().rule("capm.3"))));
    // met3 of another net at its own minimum distance is far enough from the plate (capm.11).
    const Dbu spacing = bottom.width() > 3000 ? tech().rule("m3.3c") : tech().rule("m3.2");
    EXPECT_GE(plate.x0 - bottom.x0 + spacing, tech().rule("capm.11"));
  }
}

TEST(MimTiles, ViasOnTheBottomBarStayOffThePlate) {
  const auto tile = generate_tile(mim("cap_mim_m3_1", 10, 10), tech()).value();
  const Rect bar = tile.find_pin("BOTTOM")->access.at(0).rect;
  Rect plate, top;
  for (const Shape& s : tile.shapes) {
    if (s.layer == tech().layer("capm")) plate = s.rect;
  }
  top = tile.find_pin("TOP")->access.at(0).rect;
  EXPECT_EQ((bar.y0 + bar.y1) % (2 * kPlacementGrid), 0);
  // The highest via3 that the bar encloses.
  const Dbu via_top = bar.y1 - static_cast<Dbu>(tech().rule("via3.4"));
  EXPECT_GE(plate.y0 - via_top, tech().rule("capm.5"));
  EXPECT_GE(plate.y0 - via_top, tech().rule("capm.8"));
  // Its met4 pad is legal beside the wide top metal.
  EXPECT_GE(top.y0 - via_top - tech().rule("m4.3"), tech().rule("m4.5a"));
}

TEST(MimTiles, UpperPlatesAreReachedOnTheMetalsThatWiresUse) {
  for (const double size : {1.2, 5.0, 30.0}) {
    const auto tile = generate_tile(mim("cap_mim_m3_2", size, size), tech()).value();
    const Shape& pad = tile.find_pin("TOP")->access.at(0);
    EXPECT_EQ(tech().layer(pad.layer).name, "met4");
    Rect plate;
    for (const Shape& s : tile.shapes) {
      if (s.layer == tech().layer("cap2m")) plate = s.rect;
    }
    EXPECT_GE(pad.rect.y0 - plate.y1, tech().rule("cap2m.11"));
    EXPECT_EQ((pad.rect.y0 + pad.rect.y1) % (2 * kPlacementGrid), 0);
  }
}

TEST(MimTiles, UpperPlatesTooSmallForTheirViaAreRefused) {
  const auto result = generate_tile(mim("cap_mim_m3_2", 1, 1), tech());
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().text().find("cap2m.4"), std::string::npos) << result.error().text();
  const auto small = generate_tile(mim("cap_mim_m3_1", 0.5, 5), tech());
  ASSERT_FALSE(small);
  EXPECT_NE(small.error().message.find("capm.1"), std::string::npos) << small.error().text();
}

TEST(Meander, KeepsTheLengthWhateverTheFold) {
  Rng rng(7);
  for (int i = 0; i < 2000; ++i) {
    const Dbu width = 290 + 5 * static_cast<Dbu>(rng.below(200));
    const Dbu spacing = 170 + 5 * static_cast<Dbu>(rng.below(100));
    const Dbu length = 5 * (1 + static_cast<Dbu>(rng.below(400'000)));
    const bool half = i % 2 == 1;
    const auto m = sky130::fold({width, length, spacing, half, 400, 5});
    DbuArea area = 0;
    std::vector<Rect> body = m.body();
    for (const Rect& r : body) area += r.area();
    // Squares counted whole make area / width; half corners take a square off every turn.
    const DbuArea turns = half ? static_cast<DbuArea>(m.legs - 1) * width * width : 0;
    EXPECT_EQ(area - turns, static_cast<DbuArea>(width) * length) << width << " " << length;
    EXPECT_EQ(area, ptah::area(united(body)));
  }
}

TEST(ResistorTiles, BodyHasTheLengthOfTheValue) {
  for (const double ohm : {500.0, 18e3, 100e3}) {
    const Device device = resistor("res_generic_l1", 0, 0, ohm);
    const auto tile = generate_tile(device, tech()).value();
    const DeviceModel* model = tech().find_device(device.model);
    const auto squares_um = static_cast<double>(layer_area(tile, "li1.res")) / model->default_width;
    EXPECT_NEAR(model->resistance(model->default_width, static_cast<Dbu>(squares_um)), ohm,
                ohm * 1e-3);
  }
}

TEST(ResistorTiles, LongOnesFoldToASquare) {
  const auto tile = generate_tile(resistor("res_generic_l1", 0, 0, 18e3), tech()).value();
  EXPECT_LT(tile.outline.width(), 20'000);
  EXPECT_LT(tile.outline.height(), 20'000);
}

TEST(ResistorTiles, WrongSizesAndValuesSayWhatIsAllowed) {
  const auto value = generate_tile(resistor("res_high_po", 0, 0, 1), tech());
  ASSERT_FALSE(value);
  EXPECT_NE(value.error().message.find("1 ohm"), std::string::npos) << value.error().text();
  const auto width = generate_tile(resistor("res_xhigh_po", 0.5, 5), tech());
  ASSERT_FALSE(width);
  EXPECT_NE(width.error().message.find("rpm.1b"), std::string::npos) << width.error().text();
  const auto nothing = generate_tile(resistor("res_generic_l1", 0, 0), tech());
  ASSERT_FALSE(nothing);
  const auto narrow = generate_tile(resistor("res_generic_l1", 0.2, 5), tech());
  ASSERT_FALSE(narrow);
  EXPECT_NE(narrow.error().message.find("li.7"), std::string::npos) << narrow.error().text();
  Device parallel = resistor("res_generic_l1", 0.29, 5);
  parallel.multiplier = 2;
  EXPECT_FALSE(generate_tile(parallel, tech()));
}

}  // namespace
}  // namespace ptah
