#include "ptah/layout/layout.hpp"

#include <gtest/gtest.h>

namespace ptah {
namespace {

const Technology& tech() {
  return Technology::ptah130();
}
LayerId layer(const char* name) {
  return tech().layer(name);
}

/// 1000 x 600 with A at the left end and B at the right end of a met1 bar, and G at the top left.
Tile small_tile() {
  Tile tile;
  tile.cell = "small";
  tile.kind = DeviceKind::kResistor;
  tile.outline = {0, 0, 1000, 600};
  tile.pins = {{"A", {{layer("met1"), {0, 100, 200, 300}}}},
               {"B", {{layer("met1"), {800, 100, 1000, 300}}}}};
  for (const TilePin& pin : tile.pins) tile.shapes.push_back(pin.access[0]);
  return tile;
}

Circuit two_resistors() {
  Circuit circuit;
  circuit.name = "divider";
  circuit.nets = {{"in"}, {"mid"}, {"gnd"}};
  circuit.ports = {0, 2};
  for (int i = 0; i < 2; ++i) {
    Device device;
    device.name = "R" + std::to_string(i);
    device.kind = DeviceKind::kResistor;
    device.nets = {i, i + 1};
    circuit.devices.push_back(device);
  }
  return circuit;
}

TEST(Transform, EveryOrientationKeepsTheOutlineAtItsOrigin) {
  const Tile tile = small_tile();
  for (const auto orientation :
       {Orientation::kR0, Orientation::kMX, Orientation::kMY, Orientation::kR180}) {
    const PlacedTile placed{{5000, -300}, orientation, {}};
    EXPECT_EQ(placed_outline(tile, placed), (Rect{5000, -300, 6000, 300}));
    const Rect a = transform(tile, placed)(tile.pins[0].access[0].rect);
    const bool right = orientation == Orientation::kMY || orientation == Orientation::kR180;
    const bool up = orientation == Orientation::kMX || orientation == Orientation::kR180;
    EXPECT_EQ(a.x0, right ? 5800 : 5000);
    EXPECT_EQ(a.y0, -300 + (up ? 300 : 100));
  }
}

TEST(Hpwl, SumsTheBoxesOfTerminalCentres) {
  const Circuit circuit = two_resistors();
  const Tiles tiles = {small_tile(), small_tile()};
  Placement placement;
  placement.tiles = {{{0, 0}, Orientation::kR0, {}}, {{0, 2000}, Orientation::kR0, {}}};
  // "mid": B of the lower one at (900, 200), A of the upper one at (100, 2200).
  EXPECT_EQ(hpwl(circuit, tiles, placement), 800 + 2000);
  placement.tiles[1].orientation = Orientation::kMY;
  EXPECT_EQ(hpwl(circuit, tiles, placement), 0 + 2000);
}

TEST(Hpwl, NetsWithoutGeometryCostNothing) {
  Circuit circuit = two_resistors();
  circuit.devices[1].nets = {kNoNet, 2};
  const Tiles tiles = {small_tile(), small_tile()};
  Placement placement;
  placement.tiles.resize(2);
  EXPECT_EQ(hpwl(circuit, tiles, placement), 0);
}

TEST(ComponentArea, IsTheSumOfOutlines) {
  EXPECT_EQ(component_area({small_tile(), small_tile()}), 2 * 600'000);
  EXPECT_EQ(component_area({}), 0);
}

TEST(PlacementOutline, BoxesAllTiles) {
  const Tiles tiles = {small_tile(), small_tile()};
  Placement placement;
  placement.tiles = {{{0, 0}, Orientation::kR0, {}}, {{-500, 2000}, Orientation::kR0, {}}};
  EXPECT_EQ(placement_outline(tiles, placement), (Rect{-500, 0, 1000, 2600}));
}

Layout wires(std::vector<NetShape> shapes) {
  Layout layout;
  layout.wires = std::move(shapes);
  return layout;
}

TEST(Wirelength, IsTheLengthOfCentreLines) {
  // 140 wide, from x = 0 to 1000 between end points: drawn half a width past them.
  EXPECT_EQ(wirelength(wires({{0, layer("met1"), {-70, -70, 1070, 70}}}), tech()), 1000);
  // An L of two wires that meet in a corner.
  EXPECT_EQ(wirelength(wires({{0, layer("met1"), {-70, -70, 1070, 70}},
                              {0, layer("met1"), {930, -70, 1070, 570}}}),
                       tech()),
            1500);
}

TEST(Wirelength, CountsOverlapsOnceAndCutsNever) {
  const LayerId met1 = layer("met1");
  EXPECT_EQ(
      wirelength(wires({{0, met1, {-70, -70, 1070, 70}}, {0, met1, {430, -70, 1570, 70}}}), tech()),
      1500);
  // Split where it is not even drawn past the joint.
  EXPECT_EQ(
      wirelength(wires({{0, met1, {-70, -70, 500, 70}}, {0, met1, {500, -70, 1070, 70}}}), tech()),
      1000);
  // A wider piece on the same line.
  EXPECT_EQ(wirelength(wires({{0, met1, {-70, -70, 1070, 70}}, {0, met1, {300, -100, 700, 100}}}),
                       tech()),
            1000);
  EXPECT_EQ(wirelength(wires({{0, layer("via"), {0, 0, 150, 1000}}}), tech()), 0);
  // Different nets do not share.
  EXPECT_EQ(
      wirelength(wires({{0, met1, {-70, -70, 1070, 70}}, {1, met1, {-70, -70, 1070, 70}}}), tech()),
      2000);
}

Layout some_layout() {
  Layout layout;
  layout.placement.tiles = {{{100, -200}, Orientation::kMX, {0, -300, 1200, 500}},
                            {{0, 0}, Orientation::kR180, {}}};
  layout.wires = {{0, layer("met1"), {-70, -70, 1070, 70}}, {2, layer("via"), {0, 0, 150, 150}}};
  layout.ports = {{0, layer("met1"), {5, 5}}, {2, layer("met3"), {-kFarthest, 7}}};
  return layout;
}

TEST(LayoutJson, ComesBackAsItWent) {
  const Json json = layout_to_json(some_layout(), tech());
  const auto back = layout_from_json(Json::parse(json.dump()), tech());
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(back.value(), some_layout());
  EXPECT_EQ(layout_to_json(back.value(), tech()).dump(), json.dump());
}

TEST(LayoutJson, ErrorsNameTheField) {
  const Json good = layout_to_json(some_layout(), tech());
  const auto broken = [&](auto change) {
    Json json = good;
    change(json);
    const auto result = layout_from_json(json, tech());
    return result ? std::string("accepted") : result.error().text();
  };
  using ::testing::PrintToString;
  const auto expect = [&](const std::string& got, const std::string& field) {
    EXPECT_NE(got.find(field), std::string::npos) << got;
  };
  expect(broken([](Json& j) { j.erase("wires"); }), "wires");
  expect(broken([](Json& j) { j = 3; }), "(root)");
  expect(broken([](Json& j) { j["tiles"][1]["origin"] = {1, "2"}; }), "tiles[1].origin");
  expect(broken([](Json& j) { j["tiles"][0]["orientation"] = "R90"; }), "tiles[0].orientation");
  expect(broken([](Json& j) { j["tiles"][0]["slot"] = {1, 2, 3}; }), "tiles[0].slot");
  expect(broken([](Json& j) { j["wires"][1][1] = "met9"; }), "wires[1][1]");
  expect(broken([](Json& j) { j["wires"][1][5] = 3'000'000'000; }), "wires[1][2..5]");
  expect(broken([](Json& j) { j["wires"][1][5] = kFarthest + 1; }), "wires[1][2..5]");
  expect(broken([](Json& j) {
           j["tiles"][0]["origin"] = {0, -kFarthest - 100};
         }),
         "tiles[0].origin");
  expect(broken([](Json& j) { j["wires"][1][5] = 18'000'000'000'000'000'000u; }), "wires[1]");
  expect(broken([](Json& j) { j["wires"][0][2] = 1.5; }), "wires[0]");
  expect(broken([](Json& j) { j["wires"][0][0] = -7; }), "wires[0][0]");
  expect(broken([](Json& j) { j["ports"][0] = Json::array(); }), "ports[0]");
}

}  // namespace
}  // namespace ptah
