#include "recognition/rect_join.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "ptah/core/random.hpp"
#include "ptah/geom/region.hpp"

namespace ptah::native {
namespace {

std::vector<Rect> random_rects(Rng& rng, std::size_t count, Dbu extent, Dbu largest) {
  std::vector<Rect> rects;
  for (std::size_t i = 0; i < count; ++i) {
    const auto some = [&](Dbu below) {
      return static_cast<Dbu>(rng.below(static_cast<std::uint64_t>(below))) * 5;
    };
    const Dbu x = some(extent), y = some(extent);
    // Long thin ones now and then, as wires are.
    const bool wire = rng.below(8) == 0;
    rects.push_back({x, y, x + 5 + some(wire ? largest * 10 : largest), y + 5 + some(largest)});
  }
  std::sort(rects.begin(), rects.end(), [](const Rect& l, const Rect& r) {
    return std::pair(l.y0, l.x0) < std::pair(r.y0, r.x0);
  });
  return rects;
}

TEST(RectJoin, FindsTheSamePairsAsTryingAll) {
  Rng rng(3);
  for (int round = 0; round < 60; ++round) {
    const auto a = random_rects(rng, 1 + rng.below(150), 200, 12);
    const auto b = random_rects(rng, 1 + rng.below(150), 200, 12);
    std::vector<RectPair> touching, overlapping;
    for (std::size_t i = 0; i < a.size(); ++i) {
      for (std::size_t j = 0; j < b.size(); ++j) {
        const RectPair pair{static_cast<std::int32_t>(i), static_cast<std::int32_t>(j)};
        if (a[i].touches(b[j])) touching.push_back(pair);
        if (a[i].overlaps(b[j])) overlapping.push_back(pair);
      }
    }
    ASSERT_EQ(touching_pairs(a, b), touching) << "round " << round;
    ASSERT_EQ(overlapping_pairs(a, b), overlapping) << "round " << round;
  }
}

TEST(RectJoin, NeighboursOfARegionShareAPieceOfAnEdge) {
  Rng rng(4);
  for (int round = 0; round < 60; ++round) {
    const Region region = united(random_rects(rng, 1 + rng.below(200), 100, 12));
    std::vector<RectPair> pairs;
    for (std::size_t i = 0; i < region.size(); ++i) {
      for (std::size_t j = 0; j < region.size(); ++j) {
        const Rect common = region[i].intersection(region[j]);
        if (i != j && region[i].y1 == region[j].y0 && common.width() > 0)
          pairs.push_back({static_cast<std::int32_t>(i), static_cast<std::int32_t>(j)});
        // Canonical regions have no other neighbours.
        if (i != j && common.height() > 0) {
          ASSERT_LT(common.width(), 0);
        }
      }
    }
    ASSERT_EQ(abutting_pairs(region), pairs) << "round " << round;
  }
}

TEST(RectJoin, CoveredAreasAddUpToTheIntersection) {
  Rng rng(5);
  for (int round = 0; round < 20; ++round) {
    const Region a = united(random_rects(rng, 80, 100, 12));
    const Region b = united(random_rects(rng, 80, 100, 12));
    DbuArea sum = 0;
    for (const DbuArea part : covered_areas(a, b)) sum += part;
    EXPECT_EQ(sum, area(intersection(a, b)));
  }
}

TEST(RectJoin, HoldsAtTheEdgeOfTheCoordinates) {
  constexpr Dbu kFar = 2'000'000'000;
  std::vector<Rect> a, b;
  for (Dbu i = 0; i < 40; ++i) {
    a.push_back({-kFar, i * 10, -kFar + 20, i * 10 + 5});
    a.push_back({kFar - 20, i * 10, kFar, i * 10 + 5});
    b.push_back({-kFar, i * 10, kFar, i * 10 + 5});
  }
  EXPECT_EQ(overlapping_pairs(a, b).size(), a.size());
}

}  // namespace
}  // namespace ptah::native
