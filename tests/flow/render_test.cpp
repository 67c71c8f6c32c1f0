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
