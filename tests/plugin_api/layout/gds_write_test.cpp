#include <gtest/gtest.h>

#include <fstream>

#include "gds_test_data.hpp"

namespace ptah {
namespace {

using namespace test;

TEST(GdsWrite, IsByteForByteReproducible) {
  EXPECT_EQ(gds::write(sample_library()), gds::write(sample_library()));
}

TEST(GdsWrite, ReadsBackAsItWasWritten) {
  const auto bytes = gds::write(sample_library());
  const auto library = gds::read(bytes, "x.gds");
  ASSERT_TRUE(library) << library.error().text();
  EXPECT_EQ(gds::write(library.value()), bytes);
  const gds::Cell* top = library.value().find("top");
  ASSERT_NE(top, nullptr);
  EXPECT_EQ(top->texts.at(0).text, "out");
  EXPECT_EQ(top->references.at(1).columns, 3);
  EXPECT_EQ(top->references.at(1).row_step, (Point{0, 700}));
  EXPECT_EQ(library.value().tops(), std::vector<std::string>{"top"});
}

TEST(GdsWrite, OtherDatabaseUnitsScale) {
  gds::Library library = sample_library();
  library.dbu_m = 5e-9;
  const auto back = gds::read(gds::write(library), "x.gds");
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_NEAR(back.value().dbu_m, 5e-9, 1e-20);
  EXPECT_EQ(back.value().find("leaf")->polygons[0].points,
            sample_library().find("leaf")->polygons[0].points);
}

TEST(GdsWrite, PolygonsOfManyPointsSurvive) {
  gds::Library library;
  gds::Cell cell;
  cell.name = "comb";
  gds::Polygon comb{{68, 20}, {}};
  for (int i = 0; i < 9000; ++i) {
    comb.points.push_back({i * 100, i % 2 == 0 ? 0 : 50});
    comb.points.push_back({i * 100 + 100, i % 2 == 0 ? 0 : 50});
  }
  comb.points.push_back({900'000, 500});
  comb.points.push_back({0, 500});
  cell.polygons.push_back(comb);
  library.cells.push_back(cell);
  const auto back = gds::read(gds::write(library), "x.gds");
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(back.value().cells.at(0).polygons.at(0).points, comb.points);
}

TEST(GdsWrite, FileIsWhatIsRead) {
  const auto folder = std::filesystem::temp_directory_path() / "ptah_gds_write_test";
  std::filesystem::create_directories(folder);
  const auto file = folder / "a.gds";
  ASSERT_TRUE(gds::write_file(sample_library(), file));
  const auto back = gds::read_file(file);
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(gds::write(back.value()), gds::write(sample_library()));
  std::filesystem::remove_all(folder);
}

TEST(GdsFromTile, LabelsItsPinsOnThePinPurpose) {
  const Tile tile = sample_tile();
  const auto library = gds::from_tile(tile, tech());
  ASSERT_EQ(library.cells.size(), 1u);
  const gds::Cell& cell = library.cells[0];
  EXPECT_EQ(cell.name, tile.cell);
  ASSERT_EQ(cell.texts.size(), tile.pins.size());
  for (std::size_t i = 0; i < tile.pins.size(); ++i) {
    EXPECT_EQ(cell.texts[i].text, tile.pins[i].terminal);
    EXPECT_EQ(cell.texts[i].layer, tech().layer(tile.pins[i].access[0].layer).pin);
    EXPECT_TRUE(tile.pins[i].access[0].rect.contains(cell.texts[i].at));
  }
}

TEST(GdsFromLayout, DrawsEachDistinctTileOnceAndPlacesItOriented) {
  const Tile tile = sample_tile();
  Circuit circuit;
  circuit.nets = {{"a"}, {"b"}};
  circuit.ports = {1};
  Layout layout;
  layout.placement.tiles = {{{0, 0}, Orientation::kR0, {}},
                            {{5000, 0}, Orientation::kMX, {}},
                            {{0, 5000}, Orientation::kMY, {}},
                            {{5000, 5000}, Orientation::kR180, {}}};
  layout.wires = {{1, tech().layer("met2"), {-70, -70, 6070, 70}}};
  layout.ports = {{1, tech().layer("met2"), {3000, 0}}};
  const Tiles tiles(4, tile);
  const auto library = gds::from_layout(circuit, tiles, layout, tech(), "chip");
  EXPECT_EQ(library.cells.size(), 2u);
  EXPECT_EQ(library.tops(), std::vector<std::string>{"chip"});

  const auto flat = gds::flatten(library, "chip", tech());
  ASSERT_TRUE(flat) << flat.error().text();
  std::vector<Shape> expected = {{tech().layer("met2"), {-70, -70, 6070, 70}}};
  // The port's pin rectangle lies on the wire; the flat layout has it as metal.
  expected.push_back({tech().layer("met2"), {2930, -70, 3070, 70}});
  for (const PlacedTile& placed : layout.placement.tiles) {
    for (const Shape& s : tile.shapes)
      expected.push_back({s.layer, transform(tile, placed)(s.rect)});
  }
  std::vector<Shape> got = flat.value().shapes;
  std::sort(got.begin(), got.end());
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(got, expected);
  ASSERT_EQ(flat.value().labels.size(), 1u);
  EXPECT_EQ(flat.value().labels[0].text, "b");
  EXPECT_TRUE(flat.value().labels[0].is_pin);
  EXPECT_EQ(flat.value().labels[0].layer, tech().layer("met2"));
}

}  // namespace
}  // namespace ptah
