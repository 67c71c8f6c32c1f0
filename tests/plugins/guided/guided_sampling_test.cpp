#include "guided_sampling.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "../../contract/fake_space.hpp"

namespace ptah::guided {
namespace {

using test::FakeSpace;

FakeSpace space(int last) {
  Circuit circuit;
  Tiles tiles;
  Placement placement;
  test::put_row(4, 500, circuit, tiles, placement);
  circuit.nets.push_back({"n"});
  return {std::move(circuit), std::move(tiles), std::move(placement), 1, last};
}

Params params(Ranking ranking = Ranking::kPredictor) {
  Params some;
  some.samples = 50;
  some.keep = 5;
  some.ranking = ranking;
  return some;
}

Stats run(FakeSpace& space, const Params& params) {
  SimpleJobContext job(7, "");
  Stats stats;
  const Status status = explore(space, params, job, stats);
  EXPECT_TRUE(status) << (status ? "" : status.error().text());
  return stats;
}

std::vector<double> heights(const std::vector<Placement>& placements) {
  std::vector<double> all;
  for (const Placement& one : placements) all.push_back(FakeSpace::height(one));
  return all;
}

TEST(GuidedSampling, ScoresTheBestOfEachRoundInTheirOrder) {
  for (const Ranking ranking : {Ranking::kPredictor, Ranking::kWires}) {
    FakeSpace one = space(10);
    const Stats stats = run(one, params(ranking));
    EXPECT_EQ(stats.drawn, 100);
    EXPECT_EQ(stats.scored, 10);
    ASSERT_EQ(one.placements.size(), 10u);
    for (int round = 0; round < 2; ++round) {
      std::vector<double> drawn =
          heights({one.drawn.begin() + 50 * round, one.drawn.begin() + 50 * (round + 1)});
      std::sort(drawn.begin(), drawn.end());
      drawn.resize(5);
      EXPECT_EQ(
          heights({one.placements.begin() + 5 * round, one.placements.begin() + 5 * round + 5}),
          drawn);
    }
  }
}

TEST(GuidedSampling, ByChanceItTakesThemAsTheyCome) {
  FakeSpace one = space(5);
  run(one, params(Ranking::kChance));
  EXPECT_EQ(heights(one.placements), heights({one.drawn.begin(), one.drawn.begin() + 5}));
}

TEST(GuidedSampling, WhatTheModelDoesNotKnowComesLast) {
  FakeSpace one = space(5);
  one.is_far = [](const Placement& placement) { return FakeSpace::height(placement) < 200'000; };
  run(one, params());
  for (const double height : heights(one.placements)) EXPECT_GE(height, 200'000);
}

TEST(GuidedSampling, RefusedLayoutsAreNoVariantsAndTheNextOnesFollow) {
  FakeSpace one = space(7);
  int asked = 0;
  one.is_signed_off = [&](const Shift&) { return ++asked % 2 == 0; };
  const Stats stats = run(one, params());
  EXPECT_EQ(one.placements.size(), 7u);
  EXPECT_EQ(stats.recorded, 7);
  EXPECT_EQ(stats.scored, 14);
}

TEST(GuidedSampling, GivesUpWhereNothingIsEverValid) {
  FakeSpace one = space(3);
  one.is_signed_off = [](const Shift&) { return false; };
  SimpleJobContext job(7, "");
  Stats stats;
  const Status status = explore(one, params(), job, stats);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kInfeasible);
}

TEST(GuidedSampling, WithoutAPredictorItSaysSo) {
  FakeSpace one = space(3);
  one.has_predictor = false;
  SimpleJobContext job(7, "");
  Stats stats;
  const Status status = explore(one, params(), job, stats);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kUnsupported);
  run(one, params(Ranking::kWires));
}

TEST(GuidedSampling, GoesOnFromAnyOfItsCheckpoints) {
  FakeSpace whole = space(12);
  run(whole, params());
  for (const auto& [next, checkpoint] : whole.checkpoints) {
    if (next > 12) continue;
    FakeSpace rest = space(12);
    rest.next_ = next;
    rest.placement_ = whole.placements[static_cast<std::size_t>(next - 2)];
    rest.resumed_ = checkpoint;
    run(rest, params());
    EXPECT_EQ(rest.placements,
              std::vector<Placement>(whole.placements.begin() + (next - 1), whole.placements.end()))
        << "from variant " << next;
  }
}

}  // namespace
}  // namespace ptah::guided
