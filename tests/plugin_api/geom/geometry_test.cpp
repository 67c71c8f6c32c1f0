#include "ptah/geom/geometry.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace ptah {
namespace {

TEST(FromUm, RoundsToTheNearestAndStaysInDbu) {
  EXPECT_EQ(from_um(0.15), 150);
  EXPECT_EQ(from_um(-0.0006), -1);
  EXPECT_EQ(from_um(1e9), std::numeric_limits<Dbu>::max());
  EXPECT_EQ(from_um(-std::numeric_limits<double>::infinity()), -std::numeric_limits<Dbu>::max());
  EXPECT_EQ(from_um(std::numeric_limits<double>::quiet_NaN()), 0);
}

TEST(Rect, NearMeansThatNothingOverflows) {
  constexpr Rect kWafer{-kFarthest, -kFarthest, kFarthest, kFarthest};
  static_assert(kWafer.near() && kWafer.width() == 2 * kFarthest);
  static_assert(kWafer.area() == DbuArea{4} * kFarthest * kFarthest);
  static_assert(kWafer.bloated(kFarthest).width() == 4 * kFarthest);
  static_assert(kWafer.center() == Point{0, 0});
  EXPECT_FALSE(kWafer.moved({1, 0}).near());
  EXPECT_FALSE(kWafer.moved({0, -1}).near());
}

}  // namespace
}  // namespace ptah
