#include <gtest/gtest.h>

#include <array>

#include "gds_test_data.hpp"
#include "ptah/geom/region.hpp"

namespace ptah {
namespace {

using namespace test;

/// "T" places "leaf", a 300 x 200 box at the origin.
gds::Library with_reference(gds::Reference reference) {
  gds::Library library;
  library.cells = {sample_library().cells[0], gds::Cell{"T", {}, {}, {}}};
  reference.cell = "leaf";
  library.cells[1].references = {reference};
  return library;
}

Rect only_rect(const gds::Library& library) {
  const auto flat = gds::flatten(library, "T", tech());
  EXPECT_TRUE(flat) << (flat ? "" : flat.error().text());
  EXPECT_EQ(flat.value().shapes.size(), 1u);
  return flat.value().shapes.at(0).rect;
}

TEST(GdsFlatten, QuarterTurnsAndMirrors) {
  const std::array<Rect, 4> plain = {Rect{0, 0, 300, 200}, Rect{-200, 0, 0, 300},
                                     Rect{-300, -200, 0, 0}, Rect{0, -300, 200, 0}};
  // Mirrored about x first: (0, -200) .. (300, 0), then turned.
  const std::array<Rect, 4> mirrored = {Rect{0, -200, 300, 0}, Rect{0, 0, 200, 300},
                                        Rect{-300, 0, 0, 200}, Rect{-200, -300, 0, 0}};
  for (int turn = -4; turn < 8; ++turn) {
    gds::Reference r;
    r.at = {1000, 50};
    r.angle_deg = turn * 90;
    const auto i = static_cast<std::size_t>((turn + 8) % 4);
    EXPECT_EQ(only_rect(with_reference(r)), plain[i].moved(r.at)) << turn;
    r.mirror_x = true;
    EXPECT_EQ(only_rect(with_reference(r)), mirrored[i].moved(r.at)) << turn;
  }
}

TEST(GdsFlatten, TransformsCompose) {
  // A mirrored and turned cell inside a turned one, against the same done by hand.
  gds::Reference inner;
  inner.at = {10, 20};
  inner.mirror_x = true;
  inner.angle_deg = 90;
  gds::Library library = with_reference(inner);
  library.cells[1].name = "middle";
  gds::Reference outer;
  outer.cell = "middle";
  outer.at = {-5, 7};
  outer.angle_deg = 270;
  outer.magnification = 2;
  library.cells.push_back({"T", {}, {}, {outer}});
  // leaf (0,0)-(300,200) -> inner (10,20)-(210,320) -> x2 (20,40)-(420,640) -> 270: (x,y)->(y,-x).
  EXPECT_EQ(only_rect(library), (Rect{40 - 5, -420 + 7, 640 - 5, -20 + 7}));
}

TEST(GdsFlatten, ArraysRepeatAlongBothSteps) {
  const auto flat = gds::flatten(sample_library(), "top", tech());
  ASSERT_TRUE(flat) << flat.error().text();
  std::vector<Rect> rects;
  for (const Shape& s : flat.value().shapes) {
    if (s.layer == tech().layer("met1")) rects.push_back(s.rect);
  }
  EXPECT_EQ(rects.size(), 7u);
  for (int row = 0; row < 2; ++row) {
    for (int column = 0; column < 3; ++column) {
      const Rect want = Rect{0, -200, 300, 0}.moved({-4000 + 500 * column, 700 * row});
      EXPECT_NE(std::find(rects.begin(), rects.end(), want), rects.end());
    }
  }
}

TEST(GdsFlatten, PolygonsBecomeDisjointRectanglesOfEqualArea) {
  gds::Library library;
  gds::Cell cell{"T", {}, {}, {}};
  // A U, once clockwise and once counter-clockwise.
  std::vector<Point> u = {{0, 0},     {900, 0},   {900, 800}, {600, 800},
                          {600, 300}, {300, 300}, {300, 800}, {0, 800}};
  cell.polygons = {{{68, 20}, u}};
  std::reverse(u.begin(), u.end());
  cell.polygons.push_back({{69, 20}, u});
  library.cells = {cell};
  const auto flat = gds::flatten(library, "T", tech());
  ASSERT_TRUE(flat) << flat.error().text();
  for (const char* name : {"met1", "met2"}) {
    std::vector<Rect> rects;
    DbuArea sum = 0;
    for (const Shape& s : flat.value().shapes) {
      if (s.layer != tech().layer(name)) continue;
      rects.push_back(s.rect);
      sum += s.rect.area();
    }
    EXPECT_EQ(sum, 900 * 800 - 300 * 500) << name;
    EXPECT_EQ(area(united(rects)), sum) << name;
  }
}

TEST(GdsFlatten, RingsThatTouchThemselvesKeepTheirHole) {
  gds::Library library;
  // One contour with a cut line: outside counter-clockwise, hole clockwise.
  library.cells = {{"T",
                    {{{68, 20},
                      {{0, 0},
                       {1000, 0},
                       {1000, 1000},
                       {0, 1000},
                       {0, 400},
                       {400, 400},
                       {400, 600},
                       {600, 600},
                       {600, 400},
                       {0, 400}}}},
                    {},
                    {}}};
  const auto flat = gds::flatten(library, "T", tech());
  ASSERT_TRUE(flat) << flat.error().text();
  std::vector<Rect> rects;
  for (const Shape& s : flat.value().shapes) rects.push_back(s.rect);
  EXPECT_EQ(area(united(rects)), 1000 * 1000 - 200 * 200);
}

TEST(GdsFlatten, SlantedEdgesAndAnglesNameTheirPlace) {
  gds::Library library;
  library.cells = {{"T", {{{68, 20}, {{1500, 0}, {2500, 1000}, {1500, 1000}}}}, {}, {}}};
  const auto slanted = gds::flatten(library, "T", tech());
  ASSERT_FALSE(slanted);
  EXPECT_EQ(slanted.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(slanted.error().where.find("met1 at (1.5"), std::string::npos)
      << slanted.error().text();

  gds::Reference r;
  r.angle_deg = 45;
  r.at = {3000, 0};
  const auto turned = gds::flatten(with_reference(r), "T", tech());
  ASSERT_FALSE(turned);
  EXPECT_NE(turned.error().text().find("45"), std::string::npos);
  EXPECT_NE(turned.error().where.find("3.0"), std::string::npos) << turned.error().text();
}

TEST(GdsFlatten, UnknownLayersAreCountedAndDropped) {
  gds::Library library;
  library.cells = {{"T",
                    {box({68, 20}, {0, 0, 10, 10}), box({222, 7}, {0, 0, 10, 10}),
                     box({223, 7}, {0, 0, 10, 10})},
                    {{{222, 7}, {0, 0}, "x"}},
                    {}}};
  const auto flat = gds::flatten(library, "T", tech());
  ASSERT_TRUE(flat);
  EXPECT_EQ(flat.value().shapes.size(), 1u);
  EXPECT_EQ(flat.value().dropped, 3u);
}

TEST(GdsFlatten, LabelsKnowPinsFromPlainText) {
  gds::Library library;
  library.cells = {
      {"T",
       {},
       {{{68, 16}, {1, 2}, "port"}, {{68, 5}, {3, 4}, "name"}, {{68, 20}, {5, 6}, "old"}},
       {}}};
  const auto flat = gds::flatten(library, "T", tech());
  ASSERT_TRUE(flat);
  ASSERT_EQ(flat.value().labels.size(), 3u);
  EXPECT_TRUE(flat.value().labels[0].is_pin);
  EXPECT_FALSE(flat.value().labels[1].is_pin);
  EXPECT_FALSE(flat.value().labels[2].is_pin);
  for (const auto& label : flat.value().labels) EXPECT_EQ(label.layer, tech().layer("met1"));
}

TEST(GdsFlatten, LabelsOfCellsBelowAreNotTheLayouts) {
  gds::Library library;
  library.cells = {{"IN", {box({68, 20}, {0, 0, 10, 10})}, {{{68, 16}, {1, 2}, "a"}}, {}},
                   {"T", {}, {{{68, 16}, {3, 4}, "port"}}, {{"IN", {100, 0}}}}};
  const auto flat = gds::flatten(library, "T", tech());
  ASSERT_TRUE(flat);
  ASSERT_EQ(flat.value().labels.size(), 1u);
  EXPECT_EQ(flat.value().labels[0].text, "port");
  EXPECT_EQ(flat.value().shapes.size(), 1u);
  // A cell that does no more than hold another is that other one.
  library.cells.push_back({"AROUND", {}, {}, {{"T", {1000, 0}}}});
  const auto around = gds::flatten(library, "AROUND", tech());
  ASSERT_TRUE(around);
  ASSERT_EQ(around.value().labels.size(), 1u);
  EXPECT_EQ(around.value().labels[0].at, (Point{1003, 4}));
}

TEST(GdsFlatten, RecursionAndMissingCellsAreErrors) {
  gds::Library library;
  gds::Reference self;
  self.cell = "T";
  library.cells = {{"T", {}, {}, {self}}};
  const auto recursive = gds::flatten(library, "T", tech());
  ASSERT_FALSE(recursive);
  EXPECT_NE(recursive.error().text().find("itself"), std::string::npos);
  library.cells[0].references[0].cell = "nowhere";
  const auto missing = gds::flatten(library, "T", tech());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(gds::flatten(library, "none", tech()).error().code, ErrorCode::kNotFound);
}

TEST(GdsFlatten, HugeArraysStopAtTheLimit) {
  gds::Reference r;
  r.columns = r.rows = 32'767;
  r.column_step = {1, 0};
  r.row_step = {0, 1};
  gds::ReadLimits limits;
  limits.max_elements = 100'000;
  EXPECT_EQ(gds::flatten(with_reference(r), "T", tech(), limits).error().code, ErrorCode::kLimit);
  // Empty cells, too.
  gds::Library library = with_reference(r);
  library.cells[0].polygons.clear();
  EXPECT_EQ(gds::flatten(library, "T", tech(), limits).error().code, ErrorCode::kLimit);
}

TEST(GdsFlatten, CoordinatesOutOfRangeAreAnError) {
  gds::Reference r;
  r.at = {2'147'483'000, 0};
  r.magnification = 1000;
  EXPECT_EQ(gds::flatten(with_reference(r), "T", tech()).error().code, ErrorCode::kLimit);
}

/// As far as GDSII's coordinates reach, a width would not fit into Dbu.
TEST(GdsFlatten, ShapesAndLabelsBeyondTheFarthestAreRefusedWithTheirPlace) {
  const auto& met1 = tech().layer(tech().layer("met1"));
  const auto with_box = [&](Dbu far) {
    gds::Library library;
    gds::Cell cell;
    cell.name = "T";
    cell.polygons.push_back({met1.drawing, {{-far, 0}, {far, 0}, {far, far}, {-far, far}}});
    library.cells.push_back(cell);
    return library;
  };
  const auto kept = gds::flatten(with_box(kFarthest), "T", tech());
  ASSERT_TRUE(kept) << kept.error().text();
  const Rect box = kept.value().shapes.at(0).rect;
  EXPECT_EQ(box.width(), 2 * kFarthest);
  EXPECT_EQ(box.area(), DbuArea{2} * kFarthest * kFarthest);
  for (const Dbu far : {kFarthest + 5, 2'147'483'645}) {
    const auto refused = gds::flatten(with_box(far), "T", tech());
    ASSERT_FALSE(refused) << far;
    EXPECT_EQ(refused.error().code, ErrorCode::kLimit);
    EXPECT_NE(refused.error().text().find("200 mm"), std::string::npos) << refused.error().text();
    EXPECT_NE(refused.error().where.find("cell T, layer met1"), std::string::npos);
  }
  gds::Library labelled = with_box(1000);
  labelled.cells[0].texts.push_back({met1.label, {0, -kFarthest - 5}, "out"});
  EXPECT_EQ(gds::flatten(labelled, "T", tech()).error().code, ErrorCode::kLimit);
}

}  // namespace
}  // namespace ptah
