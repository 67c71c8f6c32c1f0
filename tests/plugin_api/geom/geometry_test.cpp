#include "ptah/geom/geometry.hpp"

#include <gtest/gtest.h>

#include <bitset>

#include "ptah/core/random.hpp"

namespace ptah {
namespace {

constexpr int kSide = 40;
using Picture = std::bitset<kSide * kSide>;

Picture draw(const std::vector<Rect>& rects) {
  Picture picture;
  for (const Rect& r : rects) {
    for (Dbu y = r.y0; y < r.y1; ++y) {
      for (Dbu x = r.x0; x < r.x1; ++x) picture.set(static_cast<std::size_t>(y * kSide + x));
    }
  }
  return picture;
}

std::vector<Rect> random_rects(Rng& rng) {
  std::vector<Rect> rects;
  const auto count = rng.below(30);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto at = [&] { return static_cast<Dbu>(rng.below(kSide)); };
    const Dbu x0 = at(), y0 = at();
    const auto size = [&](Dbu from) {
      return static_cast<Dbu>(rng.below(static_cast<std::uint64_t>(kSide - from) + 1));
    };
    rects.push_back({x0, y0, x0 + size(x0), y0 + size(y0)});
  }
  return rects;
}

TEST(DisjointUnion, CoversTheSamePointsOnce) {
  Rng rng(11);
  for (int round = 0; round < 2000; ++round) {
    const std::vector<Rect> rects = random_rects(rng);
    const std::vector<Rect> pieces = disjoint_union(rects);
    EXPECT_EQ(draw(pieces), draw(rects));
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) ASSERT_FALSE(pieces[i].overlaps(pieces[j]));
    }
    EXPECT_EQ(union_area(rects), static_cast<DbuArea>(draw(rects).count()));
  }
}

TEST(DisjointUnion, DoesNotDependOnTheOrder) {
  Rng rng(5);
  for (int round = 0; round < 200; ++round) {
    std::vector<Rect> rects = random_rects(rng);
    const auto before = disjoint_union(rects);
    rng.shuffle(std::span<Rect>(rects));
    EXPECT_EQ(disjoint_union(rects), before);
  }
}

TEST(DisjointUnion, KeepsOneRectangleWhereOneIsEnough) {
  EXPECT_EQ(disjoint_union({{0, 0, 10, 5}, {0, 5, 10, 9}, {2, 2, 4, 8}}),
            (std::vector<Rect>{{0, 0, 10, 9}}));
  EXPECT_EQ(disjoint_union({{0, 0, 5, 5}, {5, 0, 9, 5}}), (std::vector<Rect>{{0, 0, 9, 5}}));
}

TEST(DisjointUnion, IgnoresWhatHasNoArea) {
  EXPECT_TRUE(disjoint_union({{0, 0, 0, 9}, {3, 3, 8, 3}, Rect{}}).empty());
  EXPECT_EQ(union_area({}), 0);
}

TEST(UnionArea, DoesNotOverflow) {
  constexpr Dbu kFar = 2'000'000'000;
  EXPECT_EQ(union_area({{0, 0, kFar, kFar}}), 4'000'000'000'000'000'000);
}

}  // namespace
}  // namespace ptah
