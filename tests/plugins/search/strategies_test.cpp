// Strategies on a space whose best is known: what they find, and by how much less than all.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "../../contract/fake_exploration.hpp"
#include "../../contract/small_circuit.hpp"
#include "adapter.hpp"
#include "annealing.hpp"
#include "bayesian.hpp"
#include "cmaes_explorer.hpp"
#include "exhaustive.hpp"
#include "genetic.hpp"
#include "greedy.hpp"
#include "halving.hpp"
#include "random_assignments.hpp"

namespace ptah::search {
namespace {

using test::FakeExploration;

/// 512 assignments; the best is M0=10, M1=M2=4, M3=M4=14, and what has M1 above 10 is not feasible.
double cost(const FingerAssignment& fingers) {
  const double off = std::abs(fingers.at("M0") - 10) + 2 * std::abs(fingers.at("M1") - 4) +
                     std::abs(fingers.at("M3") - 14) +
                     0.2 * std::abs(fingers.at("M0") - fingers.at("M3") + 4);
  return fingers.at("M1") > 10 ? -(1 + off) : 1 + off;
}

std::unique_ptr<FakeExploration> space(std::int64_t budget) {
  Circuit circuit = contract::small_amplifier();
  for (Device& device : circuit.devices) device.fingers = 0;
  Tiles tiles = contract::blank_tiles(circuit);
  return std::make_unique<FakeExploration>(std::move(circuit), std::move(tiles),
                                           std::vector<int>{2, 4, 6, 8, 10, 12, 14, 16}, cost,
                                           budget);
}

template <class S>
Options options(const Json& given = Json::object()) {
  return Options::check(S::options(), given).value();
}

bool is_best(const FakeExploration::Evaluated& one) {
  return one.fingers.at("M0") == 10 && one.fingers.at("M1") == 4 && one.fingers.at("M3") == 14;
}

template <class S>
class FindsTheBest : public ::testing::Test {};
using Strategies = ::testing::Types<Greedy, Genetic, Bayesian, Annealing>;
TYPED_TEST_SUITE(FindsTheBest, Strategies);

TYPED_TEST(FindsTheBest, WithAThirdOfTheEvaluationsOfAll) {
  int found = 0;
  for (const std::uint64_t seed : {1, 2, 3, 4}) {
    auto all = space(170);
    SimpleJobContext job(seed, "");
    StrategyExplorer<TypeParam> explorer(options<TypeParam>());
    const Status status = explorer.explore(*all, job);
    EXPECT_TRUE(status) << status.error().text();
    found += std::any_of(all->evaluated.begin(), all->evaluated.end(), is_best);
    // Chance finds it in a third of the seeds.
  }
  EXPECT_GE(found, 3);
}

TEST(Exhaustive, SeesEveryAssignmentOnceAndEnds) {
  auto all = space(10'000);
  SimpleJobContext job(1, "");
  ASSERT_TRUE(StrategyExplorer<Exhaustive>(options<Exhaustive>()).explore(*all, job));
  EXPECT_EQ(all->evaluated.size(), 512u);
  std::set<FingerAssignment> seen;
  for (const auto& one : all->evaluated) seen.insert(one.fingers);
  EXPECT_EQ(seen.size(), 512u);
}

TEST(RandomAssignments, DrawsNoneTwiceUntilAllAreKnown) {
  auto all = space(600);
  SimpleJobContext job(1, "");
  RandomAssignments strategy;
  ASSERT_TRUE(explore(*all, job, strategy));
  ASSERT_EQ(all->evaluated.size(), 600u);
  std::set<FingerAssignment> seen;
  for (std::size_t i = 0; i < 512; ++i) seen.insert(all->evaluated[i].fingers);
  EXPECT_EQ(seen.size(), 512u);
}

TEST(Halving, SpendsEachRungOnFewer) {
  auto all = space(500);
  SimpleJobContext job(2, "");
  ASSERT_TRUE(StrategyExplorer<Halving>(options<Halving>()).explore(*all, job));
  ASSERT_EQ(all->evaluated.size(), 500u);
  std::size_t before = 1000;
  for (std::size_t rung = 0; rung < 5; ++rung) {
    std::set<FingerAssignment> seen;
    for (std::size_t i = rung * 100 + 5; i < rung * 100 + 100; ++i)
      seen.insert(all->evaluated[i].fingers);
    EXPECT_LT(seen.size(), before) << rung;
    before = seen.size();
  }
  EXPECT_EQ(before, 1u);
}

TEST(CmaesExplorer, ChoosesOutsideThenPlacesInside) {
  auto all = space(400);
  SimpleJobContext job(2, "");
  ASSERT_TRUE(StrategyExplorer<CmaesExplorer>(options<CmaesExplorer>()).explore(*all, job));
  ASSERT_EQ(all->evaluated.size(), 400u);
  const auto assignments = [&](std::size_t from, std::size_t to) {
    std::set<FingerAssignment> seen;
    for (std::size_t i = from; i < to; ++i) seen.insert(all->evaluated[i].fingers);
    return seen.size();
  };
  EXPECT_GT(assignments(0, 195), 50u);
  EXPECT_EQ(assignments(205, 260), 4u);
  EXPECT_EQ(assignments(275, 325), 2u);
  EXPECT_EQ(assignments(340, 400), 1u);
  EXPECT_TRUE(std::any_of(all->evaluated.begin(), all->evaluated.end(), is_best));
}

TEST(Annealing, PlacesBetterThanTheBaselineDoes) {
  for (const char* over : {"sequence_pairs", "moves"}) {
    auto all = space(300);
    SimpleJobContext job(3, "");
    StrategyExplorer<Annealing> explorer(options<Annealing>({{"over", over}, {"starts", 30}}));
    ASSERT_TRUE(explorer.explore(*all, job));
    double baselines = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < 30; ++i) {
      if (all->evaluated[i].cost > 0) baselines = std::min(baselines, all->evaluated[i].cost);
    }
    EXPECT_LT(all->best(), baselines) << over;
  }
}

TEST(Neighbours, DifferInOneGroup) {
  Rng rng(1);
  const Counts counts{0, 1, 2};
  const auto all = neighbours(counts, 3, rng);
  EXPECT_EQ(std::set<Counts>(all.begin(), all.end()).size(), 6u);
  for (const Counts& one : all) {
    int differ = 0;
    for (std::size_t i = 0; i < 3; ++i) differ += one[i] != counts[i];
    EXPECT_EQ(differ, 1);
  }
}

}  // namespace
}  // namespace ptah::search
