#include "rl/environment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "toy_space.hpp"

namespace ptah::rl {
namespace {

using test::ToySpace;

constexpr int kRight = 0, kUp = 2, kDown = 3;

EnvironmentParams paper_params() {
  EnvironmentParams params;
  params.paper = true;
  params.episode_steps = 31;
  params.failed_step = -0.001;
  return params;
}

std::shared_ptr<LayoutSpace> open(ToySpace& toy) {
  return toy.open(toy.assignments().at(0)).value();
}

Outcome make(Environment& environment, const std::vector<int>& action) {
  auto outcome = environment.step(action);
  EXPECT_TRUE(outcome) << outcome.error().text();
  return outcome.value();
}

TEST(RlEnvironment, ResetGivesTheBaseline) {
  ToySpace toy(1000);
  const auto space = open(toy);
  const Placement start = space->placement();
  for (const EnvironmentParams& params : {paper_params(), EnvironmentParams{}}) {
    Environment environment(params, toy.circuit(), Rng(1));
    ASSERT_TRUE(environment.enter(space));
    ASSERT_TRUE(environment.reset());
    const std::vector<float> first = environment.state();
    EXPECT_EQ(first.size(), environment.state_size());
    make(environment, params.paper ? std::vector{1, kUp} : std::vector{2});
    EXPECT_NE(environment.state(), first);
    ASSERT_TRUE(environment.reset());
    EXPECT_EQ(space->placement(), start);
    EXPECT_EQ(environment.state(), first);
  }
}

TEST(RlEnvironment, EqualActionsFromTheBaselineGiveEqualRewards) {
  ToySpace toy(1000);
  const auto space = open(toy);
  Environment environment({}, toy.circuit(), Rng(1));
  ASSERT_TRUE(environment.enter(space));
  ASSERT_TRUE(environment.reset());
  const Mask mask = environment.mask().value();
  ASSERT_EQ(mask.size(), environment.heads().front());
  for (std::size_t action = 0; action < mask.size(); ++action) {
    if (mask[action] == 0) continue;
    std::vector<double> rewards;
    std::vector<Placement> placements;
    for (int i = 0; i < 2; ++i) {
      ASSERT_TRUE(environment.reset());
      rewards.push_back(make(environment, {static_cast<int>(action)}).reward);
      placements.push_back(space->placement());
    }
    EXPECT_EQ(rewards[0], rewards[1]) << "action " << action;
    EXPECT_EQ(placements[0], placements[1]);
  }
}

TEST(RlEnvironment, ALowerPscoreIsAPositiveReward) {
  ToySpace toy(1000);
  const auto space = open(toy);
  Environment environment(paper_params(), toy.circuit(), Rng(1));
  ASSERT_TRUE(environment.enter(space));
  ASSERT_TRUE(environment.reset());
  // 100 nm of height are 1 mV here, and alpha is 5 a volt.
  EXPECT_NEAR(make(environment, {2, kDown}).reward, 5 * 0.001, 1e-12);
  // Rewards are relative to the baseline, not to the step before.
  EXPECT_NEAR(make(environment, {2, kDown}).reward, 5 * 0.002, 1e-12);
  EXPECT_NEAR(make(environment, {2, kUp}).reward, 5 * 0.001, 1e-12);
  ASSERT_TRUE(environment.reset());
  EXPECT_NEAR(make(environment, {2, kUp}).reward, -5 * 0.001, 1e-12);
}

TEST(RlEnvironment, AFailedStepEndsThePublishedEpisode) {
  ToySpace toy(1000);
  toy.fails = [](const Moves& moves) {
    return std::get<Shift>(moves.front()).device == 3 ? "router: no path" : "";
  };
  const auto space = open(toy);
  Environment environment(paper_params(), toy.circuit(), Rng(1));
  ASSERT_TRUE(environment.enter(space));
  ASSERT_TRUE(environment.reset());
  EXPECT_FALSE(make(environment, {0, kRight}).done);
  const Outcome failed = make(environment, {3, kUp});
  EXPECT_TRUE(failed.done);
  EXPECT_EQ(failed.reward, -0.001);
  // What leaves its slot fails as well; nothing is masked.
  EXPECT_TRUE(environment.mask().value().empty());
  ASSERT_TRUE(environment.reset());
  int steps = 0;
  Outcome last;
  while (!last.done) {
    last = make(environment, {1, kUp});
    ++steps;
  }
  EXPECT_EQ(steps, ToySpace::halo / kPlacementGrid + 1);
  EXPECT_EQ(last.reward, -0.001);
}

TEST(RlEnvironment, APublishedEpisodeHas31Steps) {
  ToySpace toy(1000);
  Environment environment(paper_params(), toy.circuit(), Rng(1));
  ASSERT_TRUE(environment.enter(open(toy)));
  ASSERT_TRUE(environment.reset());
  int steps = 0;
  for (bool done = false; !done; ++steps)
    done = make(environment, {0, steps % 2 == 0 ? kUp : kDown}).done;
  EXPECT_EQ(steps, 31);
}

TEST(RlEnvironment, WhatBreaksSpecsCountsAsFailed) {
  ToySpace toy(1000);
  toy.is_feasible = [](const Placement& placement) { return placement.tiles[2].origin.y >= 0; };
  const auto space = open(toy);
  Environment paper(paper_params(), toy.circuit(), Rng(1));
  ASSERT_TRUE(paper.enter(space));
  ASSERT_TRUE(paper.reset());
  const Outcome failed = make(paper, {2, kDown});
  EXPECT_EQ(failed.reward, -0.001);
  EXPECT_TRUE(failed.done);
  EXPECT_EQ(space->placement().tiles[2].origin.y, 0) << "it is taken back";

  Environment tuned({}, toy.circuit(), Rng(1));
  ASSERT_TRUE(tuned.enter(space));
  ASSERT_TRUE(tuned.reset());
  for (int action = 0; action < static_cast<int>(tuned.heads().front()); ++action) {
    ASSERT_TRUE(tuned.reset());
    const auto moves = tuned.moves_of({action});
    if (!moves || *moves != Moves{Shift{2, {0, -kPlacementGrid}}}) continue;
    EXPECT_EQ(make(tuned, {action}).reward, -0.1);
    EXPECT_EQ(space->placement().tiles[2].origin.y, 0);
    return;
  }
  FAIL() << "no action moves the third device down";
}

TEST(RlEnvironment, TheStateIsRelativeToTheLayout) {
  ToySpace toy(1000);
  const auto space = open(toy);
  Environment environment(paper_params(), toy.circuit(), Rng(1));
  ASSERT_TRUE(environment.enter(space));
  ASSERT_TRUE(environment.reset());
  const std::vector<float> state = environment.state();
  ASSERT_EQ(state.size(), 32u);
  // One scale for both axes: 26 um wide, the tiles are 2 by 3 um.
  EXPECT_FLOAT_EQ(state[0], 0);
  EXPECT_FLOAT_EQ(state[2], 2.0F / 26);
  EXPECT_FLOAT_EQ(state[3], 3.0F / 26);
  EXPECT_FLOAT_EQ(state[24 + 2], 1);
  EXPECT_THAT(std::vector<float>(state.begin() + 4, state.begin() + 8),
              testing::ElementsAre(1, 0, 0, 0));
  EXPECT_THAT(std::vector<float>(state.begin() + 20, state.begin() + 24),
              testing::ElementsAre(0, 1, 0, 0));
}

TEST(RlEnvironment, TheFirstStateIsStaleWherePublished) {
  ToySpace toy(1000);
  EnvironmentParams params = paper_params();
  params.stale_first_state = true;
  const auto space = open(toy);
  Environment environment(params, toy.circuit(), Rng(1));
  ASSERT_TRUE(environment.enter(space));
  ASSERT_TRUE(environment.reset());
  const std::vector<float> first = environment.state();
  make(environment, {2, kUp});
  const std::vector<float> last = environment.state();
  ASSERT_TRUE(environment.reset());
  EXPECT_EQ(environment.state(), last);
  EXPECT_EQ(space->placement().tiles[2].origin.y, 0) << "only seen, not made";
  // Another assignment begins with its own baseline.
  ASSERT_TRUE(environment.enter(open(toy)));
  ASSERT_TRUE(environment.reset());
  EXPECT_EQ(environment.state(), first);
}

TEST(RlEnvironment, PairsMoveAsMirrorImages) {
  ToySpace toy(1000);
  Environment environment({}, toy.circuit(), Rng(1));
  ASSERT_TRUE(environment.enter(open(toy)));
  ASSERT_TRUE(environment.reset());
  EXPECT_EQ(environment.moves_of({kRight}), (Moves{Shift{0, {100, 0}}, Shift{1, {-100, 0}}}));
  EXPECT_EQ(environment.moves_of({kUp}), (Moves{Shift{0, {0, 100}}, Shift{1, {0, 100}}}));
}

TEST(RlEnvironment, TheMaskIsWhatTheSpaceRefuses) {
  ToySpace toy(1000);
  const auto space = open(toy);
  Environment environment({}, toy.circuit(), Rng(1));
  ASSERT_TRUE(environment.enter(space));
  ASSERT_TRUE(environment.reset());
  const Mask mask = environment.mask().value();
  EXPECT_THAT(mask, testing::Contains(0)) << "2 um are more than the halo";
  for (std::size_t action = 0; action < mask.size(); ++action) {
    ASSERT_TRUE(environment.reset());
    const auto moves = environment.moves_of({static_cast<int>(action)});
    ASSERT_TRUE(moves);
    const int before = toy.refused;
    make(environment, {static_cast<int>(action)});
    EXPECT_EQ(toy.refused - before, mask[action] == 0 ? 1 : 0) << "action " << action;
  }
}

TEST(RlEnvironment, ZeroedItSeesNothing) {
  ToySpace toy(1000);
  EnvironmentParams params;
  params.zero_state = true;
  Environment environment(params, toy.circuit(), Rng(1));
  ASSERT_TRUE(environment.enter(open(toy)));
  ASSERT_TRUE(environment.reset());
  make(environment, {kUp});
  EXPECT_THAT(environment.state(), testing::Each(0.0F));
}

}  // namespace
}  // namespace ptah::rl
