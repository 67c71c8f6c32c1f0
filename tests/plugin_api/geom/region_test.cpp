// Against a bitmap, over random rectangles.
#include "ptah/geom/region.hpp"

#include <gtest/gtest.h>

#include <array>
#include <tuple>

#include "ptah/core/random.hpp"

namespace ptah {
namespace {

constexpr int kSide = 40;
using Bitmap = std::array<std::array<bool, kSide>, kSide>;  // [y][x], unit squares

std::vector<Rect> random_rects(Rng& rng, std::size_t count, Dbu largest) {
  std::vector<Rect> rects;
  for (std::size_t i = 0; i < count; ++i) {
    const Dbu x = static_cast<Dbu>(rng.below(kSide)), y = static_cast<Dbu>(rng.below(kSide));
    const Dbu w = static_cast<Dbu>(rng.below(static_cast<std::uint64_t>(largest) + 1));
    const Dbu h = static_cast<Dbu>(rng.below(static_cast<std::uint64_t>(largest) + 1));
    rects.push_back({x, y, std::min(kSide, x + w), std::min(kSide, y + h)});
  }
  return rects;
}

Bitmap painted(const std::vector<Rect>& rects) {
  Bitmap map{};
  for (const Rect& r : rects) {
    for (Dbu y = std::max(0, r.y0); y < std::min(kSide, r.y1); ++y) {
      for (Dbu x = std::max(0, r.x0); x < std::min(kSide, r.x1); ++x) map[y][x] = true;
    }
  }
  return map;
}

/// Canonical by the definition in region.hpp: sorted, disjoint, maximal in x, joined in y.
void expect_canonical(const Region& region) {
  for (std::size_t i = 0; i < region.size(); ++i) {
    EXPECT_GT(region[i].area(), 0);
    if (i > 0) {
      EXPECT_LT(std::tie(region[i - 1].y0, region[i - 1].x0), std::tie(region[i].y0, region[i].x0));
    }
    for (std::size_t k = i + 1; k < region.size(); ++k) {
      EXPECT_FALSE(region[i].overlaps(region[k]));
      const Rect common = region[i].intersection(region[k]);
      if (common.empty()) continue;
      EXPECT_EQ(common.height() == 0 || common.width() > 0, true) << "touch side by side";
      if (common.height() == 0) {
        EXPECT_FALSE(region[i].x0 == region[k].x0 && region[i].x1 == region[k].x1);
      }
    }
  }
}

TEST(Region, AgreesWithABitmapOnRandomRectangles) {
  Rng rng(7);
  for (int round = 0; round < 1500; ++round) {
    const Dbu largest = round % 3 == 0 ? 3 : round % 3 == 1 ? 9 : 30;
    const auto a = random_rects(rng, 1 + rng.below(25), largest);
    const auto b = random_rects(rng, rng.below(25), largest);
    const Bitmap in_a = painted(a), in_b = painted(b);
    const Region all = united(a), either = united(a, b), both = intersection(a, b),
                 less = difference(a, b);
    for (const Region* region : {&all, &either, &both, &less}) expect_canonical(*region);
    const Bitmap map_all = painted(all), map_either = painted(either), map_both = painted(both),
                 map_less = painted(less);
    for (int y = 0; y < kSide; ++y) {
      for (int x = 0; x < kSide; ++x) {
        ASSERT_EQ(map_all[y][x], in_a[y][x]) << round;
        ASSERT_EQ(map_either[y][x], in_a[y][x] || in_b[y][x]) << round;
        ASSERT_EQ(map_both[y][x], in_a[y][x] && in_b[y][x]) << round;
        ASSERT_EQ(map_less[y][x], in_a[y][x] && !in_b[y][x]) << round;
      }
    }
    ASSERT_EQ(area(either), area(all) + area(united(b)) - area(both));
    ASSERT_EQ(united(either), either) << "canonical lists are fixed points";
  }
}

TEST(Region, GrowingAndShrinkingAreEachOthersComplement) {
  Rng rng(11);
  for (int round = 0; round < 300; ++round) {
    const auto rects = random_rects(rng, 1 + rng.below(12), 12);
    const Dbu d = 1 + static_cast<Dbu>(rng.below(4));
    const Bitmap in = painted(rects);
    const Bitmap small = painted(shrunk(rects, d));
    for (int y = 0; y < kSide; ++y) {
      for (int x = 0; x < kSide; ++x) {
        bool whole = true;
        for (int dy = -d; dy <= d; ++dy) {
          for (int dx = -d; dx <= d; ++dx) {
            const int px = x + dx, py = y + dy;
            whole = whole && px >= 0 && py >= 0 && px < kSide && py < kSide && in[py][px];
          }
        }
        ASSERT_EQ(small[y][x], whole) << round << " " << x << " " << y;
      }
    }
    EXPECT_EQ(shrunk(grown(rects, d), d), shrunk(grown(united(rects), d), d));
  }
}

TEST(Region, AreasDoNotOverflow) {
  constexpr Dbu kFar = 2'000'000'000;
  EXPECT_EQ(area(united(std::vector<Rect>{{0, 0, kFar, kFar}})), 4'000'000'000'000'000'000);
}

}  // namespace
}  // namespace ptah
