#include "placement_frame.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>

#include "scenes.hpp"

namespace ptah {
namespace {

/// M0 and M2 are a pair, M1 and M3 are not.
struct Scene {
  Circuit circuit = predictors::test::parted_circuit();
  Tiles tiles = predictors::test::tiles_of(circuit);
  Placement placement;

  Scene() {
    circuit.matched = {{0, 2}};
    place({{0, 0}, {3000, 5000}, {6000, 0}, {4500, 9000}});
  }
  void place(const std::vector<Point>& corners) {
    placement.tiles.clear();
    for (const Point& corner : corners) placement.tiles.push_back({corner, Orientation::kR0, {}});
  }
  std::map<std::string, double> numbers() const {
    const PlacementFrame frame(circuit);
    std::vector<double> row(frame.width());
    frame.write(tiles, placement, row);
    std::map<std::string, double> named;
    for (std::size_t i = 0; i < row.size(); ++i) named[frame.names()[i]] = row[i];
    EXPECT_EQ(named.size(), row.size()) << "names differ";
    return named;
  }
};

TEST(PlacementFrame, MeasuresFromTheAxisOfThePairs) {
  const auto found = Scene().numbers();
  EXPECT_EQ(found.at("across M0 M2"), 3.0);
  EXPECT_EQ(found.at("x M0 M2"), 0.0);
  EXPECT_EQ(found.at("higher M0 M2"), 0.0);
  EXPECT_EQ(found.at("x M1"), 0.0);
  EXPECT_EQ(found.at("x M3"), 1.5);
  EXPECT_EQ(found.at("width"), 8.0);
  EXPECT_EQ(found.at("height"), 13.0);
  EXPECT_EQ(found.at("y M0 M2"), 1.5 - 6.5);
  EXPECT_GT(found.at("net MID"), 0.0);
}

TEST(PlacementFrame, KnowsNothingOfWhereTheWholeLies) {
  Scene scene;
  const auto before = scene.numbers();
  for (PlacedTile& tile : scene.placement.tiles) tile.origin = tile.origin + Point{-12300, 45600};
  EXPECT_EQ(scene.numbers(), before);
}

TEST(PlacementFrame, AMirroredPairIsTheSamePairAndOthersChangeSides) {
  Scene scene;
  const auto before = scene.numbers();
  for (std::size_t i = 0; i < scene.tiles.size(); ++i) {
    PlacedTile& placed = scene.placement.tiles[i];
    placed.origin.x = -placed.origin.x - scene.tiles[i].outline.width();
  }
  for (const auto& [name, value] : scene.numbers()) {
    const bool side = name == "x M1" || name == "x M3";
    EXPECT_EQ(value, (side ? -1 : 1) * before.at(name)) << name;
  }
}

TEST(PlacementFrame, TellsOrientations) {
  Scene scene;
  scene.placement.tiles[0].orientation = Orientation::kMY;
  scene.placement.tiles[3].orientation = Orientation::kR180;
  const auto found = scene.numbers();
  EXPECT_EQ(found.at("mirrored M0 M2"), 1);
  EXPECT_EQ(found.at("upside down M0 M2"), 0);
  EXPECT_EQ(found.at("mirrored M3"), 1);
  EXPECT_EQ(found.at("upside down M3"), 1);
  EXPECT_EQ(found.at("mirrored M1"), 0);
}

TEST(PlacementFrame, WithoutPairsTheMiddleDeviceIsTheAxis) {
  Scene scene;
  scene.circuit.matched.clear();
  const auto found = scene.numbers();
  EXPECT_EQ(found.at("x M1"), 0.0);
  EXPECT_EQ(found.at("x M0"), -3.0);
}

}  // namespace
}  // namespace ptah
