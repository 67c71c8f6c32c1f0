#include "render/render.hpp"

#include <gtest/gtest.h>

#include "ptah/core/run_tool.hpp"

namespace ptah {
namespace {

class RenderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto scratch = ScratchDir::create(std::filesystem::temp_directory_path(), "ptah-render");
    ASSERT_TRUE(scratch.has_value());
    scratch_.emplace(std::move(scratch.value()));
    const Technology& tech = Technology::ptah130();
    gds::Cell cell;
    cell.name = "top";
    cell.polygons.push_back(
        {tech.layer(tech.layer("met1")).drawing, {{0, 0}, {4000, 0}, {4000, 1000}, {0, 1000}}});
    cell.texts.push_back({tech.layer(tech.layer("met1")).pin, {500, 500}, "VOUT"});
    library_.cells.push_back(cell);
  }
  std::filesystem::path file(const char* name) const { return scratch_->path() / name; }

  std::optional<ScratchDir> scratch_;
  gds::Library library_;
};

TEST_F(RenderTest, SvgShowsTheCellAndItsPorts) {
  ASSERT_TRUE(render_layout(library_, "", Technology::ptah130(), file("a.svg")).has_value());
  const auto text = read_text_file(file("a.svg"));
  ASSERT_TRUE(text.has_value());
  EXPECT_NE(text.value().find("<svg"), std::string::npos);
  EXPECT_NE(text.value().find("<path"), std::string::npos);
}

TEST_F(RenderTest, TheSameDrawingIsTheSameFileHoweverManyWereMadeBefore) {
  for (const char* name : {"a.svg", "b.svg"}) {
    ASSERT_TRUE(render_layout(library_, "", Technology::ptah130(), file(name)).has_value());
  }
  const auto first = read_text_file(file("a.svg"));
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first.value(), read_text_file(file("b.svg")).value());
}

TEST_F(RenderTest, PngHasThePixelsAskedFor) {
  RenderOptions options;
  options.width_px = 320;
  ASSERT_TRUE(
      render_layout(library_, "top", Technology::ptah130(), file("a.png"), options).has_value());
  const auto bytes = read_text_file(file("a.png"));
  ASSERT_TRUE(bytes.has_value());
  ASSERT_GT(bytes.value().size(), 24u);
  EXPECT_EQ(bytes.value().substr(1, 3), "PNG");
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.value().data()) + 16;
  EXPECT_EQ((at[0] << 24) | (at[1] << 16) | (at[2] << 8) | at[3], 320);
}

PlacementPicture two_devices() {
  PlacementPicture picture;
  picture.caption = {"five@1, layout 3", "offset 1 mV"};
  picture.bodies = {{"M1", DeviceKind::kNmos, {0, 0, 4000, 1000}},
                    {"C1", DeviceKind::kCapacitor, {0, 1000, 4000, 3000}}};
  std::vector<std::uint8_t> bytes(64 * 64);
  for (std::size_t i = 0; i < bytes.size() / 2; ++i) bytes[i] = 128;
  picture.channels = {{"demand", bytes}};
  return picture;
}

TEST_F(RenderTest, APlacementIsDrawnWithItsCaptionDevicesAndChannels) {
  ASSERT_TRUE(draw_placement(two_devices(), file("a.svg")));
  const std::string drawn = read_text_file(file("a.svg")).value();
  PlacementPicture bare = two_devices();
  bare.channels.clear();
  ASSERT_TRUE(draw_placement(bare, file("b.svg")));
  const std::string without = read_text_file(file("b.svg")).value();
  // Half of the pixels are grey: a rectangle for each of 32 rows.
  const auto greys = [](const std::string& svg) {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = svg.find("50.196078%,50.196078%,50.196078%", at)) != svg.npos;
         ++at)
      ++count;
    return count;
  };
  EXPECT_EQ(greys(drawn), 32u);
  EXPECT_EQ(greys(without), 0u);
  bare.bodies.clear();
  EXPECT_FALSE(draw_placement(bare, file("c.png")));
  EXPECT_FALSE(draw_placement(two_devices(), file("c.gif")));
}

TEST_F(RenderTest, ASheetHasAColumnForEachListAndTheRowsOfTheLongest) {
  const auto size = [](const std::string& png) {
    const auto* at = reinterpret_cast<const unsigned char*>(png.data()) + 16;
    return std::pair((at[2] << 8) | at[3], (at[6] << 8) | at[7]);
  };
  ASSERT_TRUE(draw_placement(two_devices(), file("one.png")));
  const auto [width, height] = size(read_text_file(file("one.png")).value());
  const std::vector<PlacementPicture> three(3, two_devices());
  ASSERT_TRUE(draw_sheet("t", {{"best", three}, {"worst", {two_devices()}}}, file("sheet.png")));
  const auto [whole, tall] = size(read_text_file(file("sheet.png")).value());
  EXPECT_EQ(whole, width) << "two of half the size";
  EXPECT_GT(tall, 3 * height / 2);
  EXPECT_LT(tall, 2 * height);
  EXPECT_FALSE(draw_sheet("t", {{"best", {}}}, file("none.png")));
  PlacementPicture empty;
  EXPECT_FALSE(draw_sheet("t", {{"best", {empty}}}, file("none.png")));
}

TEST_F(RenderTest, WrongRequestsAreErrors) {
  EXPECT_TRUE(render_layout(library_, "top", Technology::ptah130(), file("a.jpeg")).has_error());
  EXPECT_TRUE(render_layout(library_, "nand", Technology::ptah130(), file("a.svg")).has_error());
  EXPECT_TRUE(render_layout({}, "", Technology::ptah130(), file("a.svg")).has_error());
  EXPECT_TRUE(plot_bode({}, "", file("b.svg")).has_error());
  EXPECT_TRUE(plot_bode({{"x", {1, 2}, {{1, 0}}}}, "", file("b.svg")).has_error());
}

TEST_F(RenderTest, BodePlotDrawsZerosWithoutFalling) {
  const std::vector<BodeCurve> curves{{"pre", {1e3, 1e6, 1e9}, {{1, 0}, {0, -0.1}, {0, 0}}},
                                      {"post", {1e3, 1e6, 1e9}, {{1, 0}, {-0.2, 0}, {0, 0.01}}}};
  ASSERT_TRUE(plot_bode(curves, "ota", file("b.svg")).has_value());
  ASSERT_TRUE(plot_bode(curves, "ota", file("b.png")).has_value());
  EXPECT_GT(std::filesystem::file_size(file("b.png")), 1000u);
}

}  // namespace
}  // namespace ptah
