#include "finish.hpp"

#include <gtest/gtest.h>

#include "ptah/core/random.hpp"

namespace ptah::maze {
namespace {

/// met1's rules.
OwnMetal met1(std::vector<Rect> wires) {
  OwnMetal own;
  own.width = 140;
  own.spacing = 140;
  own.min_area = 83000;
  own.min_hole = 140000;
  own.wires = std::move(wires);
  return own;
}

OwnMetal with(OwnMetal own, const std::vector<Rect>& added) {
  own.wires.insert(own.wires.end(), added.begin(), added.end());
  return own;
}

bool has(const std::vector<Defect>& defects, DefectKind kind) {
  for (const Defect& defect : defects) {
    if (defect.kind == kind) return true;
  }
  return false;
}

TEST(MazeFinish, FindsNothingInACleanBar) {
  EXPECT_TRUE(find_defects(met1({{0, 0, 1000, 140}})).empty());
  EXPECT_TRUE(find_defects(met1({{0, 0, 1000, 140}, {0, 280, 1000, 420}})).empty());
}

TEST(MazeFinish, FindsEachKindOfDefect) {
  EXPECT_TRUE(has(find_defects(met1({{0, 0, 1000, 140}, {0, 275, 1000, 420}})), DefectKind::kGap));
  EXPECT_TRUE(has(find_defects(met1({{0, 0, 1000, 135}})), DefectKind::kNeck));
  EXPECT_TRUE(has(find_defects(met1({{0, 0, 590, 140}})), DefectKind::kArea));
  EXPECT_TRUE(has(find_defects(met1({{0, 0, 1000, 500}, {900, 400, 2000, 900}})),
                  DefectKind::kDiagonalNeck));
  EXPECT_TRUE(has(find_defects(met1({{0, 0, 1000, 500}, {1100, 600, 2000, 900}})),
                  DefectKind::kDiagonalGap));
  EXPECT_TRUE(has(find_defects(met1({{0, 0, 1000, 500}, {1000, 500, 2000, 900}})),
                  DefectKind::kDiagonalGap));
  // A ring around an opening of 0.35 um by 0.35 um.
  EXPECT_TRUE(
      has(find_defects(
              met1({{0, 0, 750, 200}, {0, 550, 750, 750}, {0, 0, 200, 750}, {550, 0, 750, 750}})),
          DefectKind::kHole));
}

TEST(MazeFinish, LimitsAreExact) {
  EXPECT_FALSE(has(find_defects(met1({{0, 0, 600, 140}})), DefectKind::kArea));  // 84000 nm^2
  EXPECT_FALSE(has(find_defects(met1({{0, 0, 1000, 500}, {1140, 600, 2000, 900}})),
                   DefectKind::kDiagonalGap));
  EXPECT_FALSE(has(find_defects(met1({{0, 0, 1000, 500}, {860, 400, 2000, 900}})),
                   DefectKind::kDiagonalNeck));
}

TEST(MazeFinish, TilesAreTakenAsCleanByThemselves) {
  OwnMetal own = met1({{0, 0, 1000, 140}});
  own.fixed = {{5000, 0, 5100, 100}, {5150, 0, 5250, 100}};  // Not the router's business.
  EXPECT_TRUE(find_defects(own).empty());
}

/// A plate of met4 with a wire on its upper and one on its right side, so far from the corner, in
/// one of the four mirrorings.
OwnMetal plate(Dbu from_right, Dbu from_top, int mirrored) {
  OwnMetal own;
  own.width = 300;
  own.spacing = 400;
  own.min_area = 240000;
  own.wires = {{5000 - from_right - 300, 4800, 5000 - from_right, 7000},
               {4800, 5000 - from_top - 300, 7000, 5000 - from_top}};
  own.fixed = {{0, 0, 5000, 5000}};
  for (auto* list : {&own.wires, &own.fixed}) {
    for (Rect& r : *list) {
      if ((mirrored & 1) != 0) r = {-r.x1, r.y0, -r.x0, r.y1};
      if ((mirrored & 2) != 0) r = {r.x0, -r.y1, r.x1, -r.y0};
    }
  }
  own.plates = own.fixed;
  return own;
}

TEST(MazeFinish, WiresAroundAPlatesCornerKeepTheWideSpacing) {
  for (const int mirrored : {0, 1, 2, 3}) {
    // 0.24 by 0.32 um are 0.40 um.
    EXPECT_TRUE(find_defects(plate(240, 320, mirrored)).empty());
    for (const auto& [x, y] : {std::pair{235, 320}, {240, 315}, {25, 25}, {0, 100}}) {
      const OwnMetal near = plate(x, y, mirrored);
      EXPECT_TRUE(has(find_defects(near), DefectKind::kAroundPlate)) << x << " " << y;
      const Finish done = finish(near, {});
      EXPECT_TRUE(done.left.empty());
      EXPECT_TRUE(find_defects(with(near, done.added)).empty()) << x << " " << y;
    }
  }
  OwnMetal small = plate(25, 25, 0);
  small.plates.clear();
  EXPECT_TRUE(find_defects(small).empty()) << "only what is wide is a plate";
}

TEST(MazeFinish, RepairsEverythingWhenNothingIsInTheWay) {
  const std::vector<std::vector<Rect>> cases = {
      {{0, 0, 1000, 140}, {0, 275, 1000, 420}},
      {{0, 0, 590, 140}},
      {{0, 0, 1000, 500}, {900, 400, 2000, 900}},
      {{0, 0, 1000, 500}, {1000, 500, 2000, 900}},
      {{0, 0, 1000, 500}, {1100, 600, 2000, 900}},
      {{0, 900, 1000, 1400}, {1100, 300, 2000, 800}},
      {{0, 0, 1000, 500}, {910, 500, 2000, 900}},  // Meeting along 90 nm of an edge.
      {{0, 0, 750, 200}, {0, 550, 750, 750}, {0, 0, 200, 750}, {550, 0, 750, 750}},
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const OwnMetal own = met1(cases[i]);
    const Finish result = finish(own, {});
    EXPECT_TRUE(result.left.empty()) << "case " << i;
    EXPECT_TRUE(find_defects(with(own, result.added)).empty()) << "case " << i;
  }
}

/// The claim on which the router rests: wires that keep their distance from foreign metal still
/// keep it after finishing, and what is left over is reported.
TEST(MazeFinish, RandomWiringStaysLegalAndComesOutClean) {
  Rng rng(11);
  int repaired = 0;
  for (int trial = 0; trial < 300; ++trial) {
    std::vector<Rect> wires;
    Point at{0, 0};
    for (int k = 0; k < 12; ++k) {
      const bool horizontal = rng.below(2) == 0;
      const Dbu length = 100 * (static_cast<Dbu>(rng.below(11)) - 5);
      const Point to = horizontal ? Point{at.x + length, at.y} : Point{at.x, at.y + length};
      wires.push_back(Rect{std::min(at.x, to.x), std::min(at.y, to.y), std::max(at.x, to.x),
                           std::max(at.y, to.y)}
                          .bloated(70));
      if (rng.below(3) == 0) wires.push_back(Rect{to.x, to.y, to.x, to.y}.bloated(160, 130));
      at = to;
    }
    std::vector<Neighbour> neighbours;
    for (int k = 0; k < 30; ++k) {
      const Dbu x = 100 * (static_cast<Dbu>(rng.below(60)) - 30);
      const Dbu y = 100 * (static_cast<Dbu>(rng.below(60)) - 30);
      const Rect foreign{x, y, x + 140, y + 140};
      bool legal = true;
      for (const Rect& wire : wires) legal &= !foreign.bloated(140).overlaps(wire);
      if (legal) neighbours.push_back({foreign, 140, true});
    }
    const OwnMetal own = met1(wires);
    const Finish result = finish(own, neighbours);
    for (const Rect& added : result.added) {
      for (const Neighbour& neighbour : neighbours) {
        EXPECT_FALSE(neighbour.rect.bloated(140).overlaps(added)) << "trial " << trial;
      }
    }
    repaired += result.left.empty();
    EXPECT_EQ(find_defects(with(own, result.added)).empty(), result.left.empty())
        << "trial " << trial;
  }
  EXPECT_GT(repaired, 200);  // Dense foreign metal leaves a few without room.
}

TEST(MazeFinish, PrefersToYieldToMovableNeighboursOverBreakingFixedOnes) {
  // A short wire between two fixed blocks: the only patch runs past a movable wire.
  const OwnMetal own = met1({{0, 0, 300, 140}});
  const std::vector<Neighbour> walls = {{{-1000, -140, -140, 280}, 140, true},
                                        {{440, -140, 1300, 280}, 140, true},
                                        {{0, -500, 300, -140}, 140, true}};
  std::vector<Neighbour> movable = walls;
  movable.push_back({{0, 280, 300, 420}, 140, false});
  const Finish yields = finish(own, movable);
  EXPECT_TRUE(yields.left.empty());
  ASSERT_FALSE(yields.added.empty());
  std::vector<Neighbour> fixed = walls;
  fixed.push_back({{0, 280, 300, 420}, 140, true});
  const Finish stuck = finish(own, fixed);
  ASSERT_EQ(stuck.left.size(), 1u);
  EXPECT_EQ(stuck.left.front().kind, DefectKind::kArea);
}

}  // namespace
}  // namespace ptah::maze
