// Against a plain loop, over random rectangles.
#include "recognition/bins.hpp"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "ptah/core/random.hpp"

namespace ptah::native {
namespace {

constexpr int kSide = 40;

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

TEST(Bins, FindEachNeighbourOnce) {
  Rng rng(3);
  for (int round = 0; round < 400; ++round) {
    auto rects = random_rects(rng, 1 + rng.below(60), round % 2 == 0 ? 4 : 40);
    if (round % 5 == 0) rects.push_back({-1000, 3, 5000, 4});
    const Bins bins{std::span<const Rect>(rects)};
    for (int q = 0; q < 20; ++q) {
      const auto query = random_rects(rng, 1, 10).front();
      std::multiset<std::size_t> found, expected;
      bins.touching(query, [&](std::size_t i) { found.insert(i); });
      for (std::size_t i = 0; i < rects.size(); ++i) {
        if (rects[i].touches(query)) expected.insert(i);
      }
      ASSERT_EQ(found, expected) << round;
    }
  }
}

TEST(Bins, OfNothingFindNothing) {
  const Bins none;
  EXPECT_FALSE(none.any_touching({-10, -10, 10, 10}, [](std::size_t) { return true; }));
}

}  // namespace
}  // namespace ptah::native
