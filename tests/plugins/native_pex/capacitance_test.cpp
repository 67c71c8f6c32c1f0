/// The capacitance formula on drawings small enough to compute by hand.
#include <gtest/gtest.h>

#include "drawing.hpp"

namespace ptah::native {
namespace {

constexpr double kTolerance = 1e-3;  // aF

TEST(MagicFormula, WireOverSubstrate) {
  Drawing d;
  d.wire("met1", "a", {0, 0, 10000, 200});
  // 25.78 aF/um^2 of 2 um^2, 40.57 aF/um of 20.4 um.
  EXPECT_NEAR(d.ground(d.extract(), "a"), 25.78 * 2 + 40.57 * 20.4, kTolerance);
}

TEST(MagicFormula, PiecesOfAWireHaveNoEdgesBetweenThem) {
  Drawing whole, cut;
  whole.wire("met1", "a", {0, 0, 10000, 200});
  cut.wire("met1", "a", {0, 0, 3000, 200}).wire("met1", "a", {3000, 0, 10000, 200});
  EXPECT_NEAR(cut.ground(cut.extract(), "a"), whole.ground(whole.extract(), "a"), kTolerance);
}

TEST(MagicFormula, SideWallsFallWithTheDistanceAndEndAtTheHalo) {
  for (const Dbu gap : {140, 500, 1995, 2000, 2500}) {
    Drawing d;
    d.wire("met1", "a", {0, 0, 10000, 200}).wire("met1", "b", {2000, 200 + gap, 7000, 400 + gap});
    const double wanted = gap < 2000 ? 44.74 * 5 / (gap / 1000.0) : 0;
    EXPECT_NEAR(d.coupling(d.extract(), "a", "b"), wanted, kTolerance) << gap;
  }
}

TEST(MagicFormula, SideWallsSeeThroughWhatStandsBetween) {
  Drawing d;
  d.wire("met2", "a", {0, 0, 140, 4000})
      .wire("met2", "b", {280, 0, 420, 4000})
      .wire("met2", "c", {560, 0, 700, 4000});
  const Capacitances found = d.extract();
  EXPECT_NEAR(d.coupling(found, "a", "b"), 49.68 * 4 / 0.14, kTolerance);
  EXPECT_NEAR(d.coupling(found, "a", "c"), 49.68 * 4 / 0.42, kTolerance);
}

TEST(MagicFormula, CrossingWiresTakeEachOtherFromTheSubstrate) {
  Drawing d;
  d.wire("met1", "a", {-5000, 0, 5000, 200}).wire("met2", "b", {0, -5000, 300, 5000});
  const Capacitances found = d.extract();
  // 0.3 x 0.2 um of overlap; met2's two edges over 0.2 um of met1, met1's two under 0.3 um of met2.
  EXPECT_NEAR(d.coupling(found, "a", "b"), 133.86 * 0.06 + 67.05 * 0.4 + 48.19 * 0.6, kTolerance);
  EXPECT_NEAR(d.ground(found, "a"), 25.78 * 2 + 40.57 * 20.4, kTolerance);
  EXPECT_NEAR(d.ground(found, "b"), 16.94 * (3 - 0.06) + 37.76 * (20.6 - 0.4), kTolerance);
}

TEST(MagicFormula, AreasAreShieldedAndFringesAreNot) {
  Drawing d;
  d.wire("li1", "a", {0, 0, 1000, 1000})
      .wire("met1", "shield", {-100, -100, 1100, 1100})
      .wire("met2", "b", {200, 200, 700, 700});
  const Capacitances found = d.extract();
  // Of met2 only the edges see li1 (2 um downwards; li1's own edges have nothing of met2 above).
  EXPECT_NEAR(d.coupling(found, "a", "b"), 46.28 * 2, kTolerance);
  EXPECT_NEAR(d.coupling(found, "b", "shield"), 133.86 * 0.25 + 67.05 * 2, kTolerance);
}

TEST(MagicFormula, GatesBelongToTheTransistor) {
  Drawing bare, gated;
  bare.wire("poly", "g", {0, -300, 150, 1300});
  gated.wire("poly", "g", {0, -300, 150, 1300})
      .wire("diff", "s", {-500, 0, 0, 1000})
      .wire("diff", "d", {150, 0, 650, 1000})
      .finger({0, 0, 150, 1000}, "g");
  EXPECT_NEAR(bare.ground(bare.extract(), "g"), 106.13 * 0.24 + 55.27 * 3.5, kTolerance);
  EXPECT_NEAR(gated.ground(gated.extract(), "g"), 106.13 * 0.09 + 55.27 * 1.5, kTolerance);
}

TEST(MagicFormula, WhatLiesOverAnNWellCouplesWithIt) {
  Drawing d;
  d.wire("nwell", "w", {-5000, -5000, 5000, 5000}).wire("met1", "a", {0, 0, 1000, 1000});
  const Capacitances found = d.extract();
  EXPECT_NEAR(d.coupling(found, "a", "w"), 25.78 + 40.57 * 4, kTolerance);
  EXPECT_NEAR(d.ground(found, "a"), 0, kTolerance);
  EXPECT_NEAR(d.ground(found, "w"), 120 * 100, kTolerance);
}

TEST(MagicFormula, PlaceDoesNotMatter) {
  const auto at = [](Dbu x, Dbu y) {
    Drawing d;
    d.wire("met1", "a", {x, y, x + 9000, y + 200})
        .wire("met1", "b", {x, y + 400, x + 9000, y + 600})
        .wire("met2", "c", {x + 3000, y - 3000, x + 3300, y + 3000});
    return d.extract();
  };
  const Capacitances here = at(0, 0);
  for (const Point p : {Point{-4000, 4000}, Point{3995, -12005}, Point{-1, 1}}) {
    const Capacitances there = at(p.x, p.y);
    ASSERT_EQ(there.couplings.size(), here.couplings.size());
    for (std::size_t i = 0; i < here.couplings.size(); ++i) {
      EXPECT_NEAR(there.couplings[i].af, here.couplings[i].af, kTolerance);
    }
    for (std::size_t i = 0; i < here.ground.size(); ++i) {
      EXPECT_NEAR(there.ground[i], here.ground[i], kTolerance);
    }
  }
}

TEST(MagicFormula, ManyNetsCoupleAsFewDo) {
  Drawing few, many;
  for (Drawing* d : {&few, &many}) {
    d->wire("met1", "a", {0, 0, 10000, 200}).wire("met1", "b", {0, 400, 10000, 600});
  }
  // Further than any halo; 1500 nets are more than a matrix is made for.
  for (int i = 0; i < 1500; ++i) {
    many.wire("met2", "n" + std::to_string(i), {i * 10000, 50000, i * 10000 + 200, 51000});
  }
  const Capacitances x = few.extract(), y = many.extract();
  ASSERT_EQ(y.couplings.size(), 1u);
  EXPECT_EQ(x.couplings, y.couplings);
  EXPECT_EQ(few.ground(x, "a"), many.ground(y, "a"));
}

/// A kilobyte of GDSII, and bins for 9 GB.
TEST(PexEngine, RefusesALayoutThatIsMostlyEmpty) {
  const Technology& technology = Technology::ptah130();
  const LayerId met1 = technology.layer("met1");
  gds::Flat flat;
  flat.shapes.push_back({met1, {-kFarthest, -kFarthest, -kFarthest + 1000, -kFarthest + 1000}});
  flat.shapes.push_back({met1, {kFarthest - 1000, kFarthest - 1000, kFarthest, kFarthest}});
  PexEngine engine{PexOptions{}};
  const auto refused = engine.extract(flat, Circuit{}, technology, "far");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kLimit);
  EXPECT_NE(refused.error().text().find("400000 by 400000 um"), std::string::npos)
      << refused.error().text();
  // The engine is as good as before.
  flat.shapes.pop_back();
  EXPECT_TRUE(engine.extract(flat, Circuit{}, technology, "near"));
}

TEST(MagicFormula, AnEmptyLayoutHasNone) {
  Drawing d;
  EXPECT_TRUE(d.extract().couplings.empty());
}

}  // namespace
}  // namespace ptah::native
