#include "ladder.hpp"

#include <gmock/gmock.h>

#include <map>

namespace ptah::nets {
namespace {

/// Judges by what a network is made of, and not by how long it is trained; counts.
struct Judge {
  std::vector<Trial> seen;
  int stop_after = -1;

  Result<std::vector<Outcome>> operator()(const std::vector<Trial>& trials) {
    if (stop_after == 0) return cancelled();
    --stop_after;
    std::vector<Outcome> outcomes;
    for (const Trial& trial : trials) {
      seen.push_back(trial);
      outcomes.push_back({worth(trial.architecture), 0.1});
    }
    return outcomes;
  }
  static double worth(const Architecture& architecture) {
    double worth = 0.5;
    for (const Dag& dag : architecture.dags) worth += 0.01 * static_cast<double>(dag.edges.size());
    return worth;
  }
  static Error cancelled() { return make_error(ErrorCode::kCancelled, "Stopped."); }
};

SearchOptions small(Method method) {
  SearchOptions options;
  options.method = method;
  options.candidates = 24;
  options.side_by_side = 2;
  options.common = plain_nas();
  options.proxy = {100, 16, 32};
  options.rungs = {{4, {100, 16, 64}}, {2, {0, 6, 64}}};
  return options;
}

Result<Found> run(const SearchOptions& options, Judge& judge,
                  const std::optional<Json>& state = std::nullopt, SearchWatch watch = {}) {
  return search(
      options, 7, [&](const std::vector<Trial>& trials) { return judge(trials); }, watch, state);
}

class EveryMethod : public ::testing::TestWithParam<Method> {};

TEST_P(EveryMethod, FindsTheBestThatItJudged) {
  Judge judge;
  const auto found = run(small(GetParam()), judge);
  ASSERT_TRUE(found) << found.error().text();
  double best = 0;
  for (const Trial& trial : judge.seen) best = std::max(best, Judge::worth(trial.architecture));
  EXPECT_EQ(Judge::worth(found.value().best), best);
  EXPECT_EQ(found.value().history.size(), judge.seen.size());
  EXPECT_EQ(judge.seen.back().fidelity, (Fidelity{0, 6, 64}));
}

TEST_P(EveryMethod, IsTheSameTwiceAndWhereverItIsInterrupted) {
  Judge whole;
  const auto found = run(small(GetParam()), whole);
  ASSERT_TRUE(found);
  for (int rounds = 1; rounds < 16; rounds += 2) {
    Judge first;
    first.stop_after = rounds;
    std::optional<Json> state;
    SearchWatch watch;
    watch.checkpoint = [&](const Json& left) {
      state = Json::parse(left.dump());
      return ok();
    };
    if (run(small(GetParam()), first, std::nullopt, watch)) break;
    ASSERT_TRUE(state);
    Judge rest;
    const auto resumed = run(small(GetParam()), rest, state);
    ASSERT_TRUE(resumed) << resumed.error().text();
    EXPECT_EQ(first.seen.size() + rest.seen.size(), whole.seen.size()) << rounds;
    EXPECT_EQ(to_json(resumed.value().history), to_json(found.value().history)) << rounds;
    EXPECT_EQ(to_json(resumed.value().best), to_json(found.value().best));
  }
}

INSTANTIATE_TEST_SUITE_P(Ladder, EveryMethod,
                         ::testing::Values(Method::kGraphPropagation, Method::kRandom,
                                           Method::kHalving));

TEST(Ladder, GraphPropagationJudgesAtOneFidelityUntilItClimbs) {
  Judge judge;
  const SearchOptions options = small(Method::kGraphPropagation);
  ASSERT_TRUE(run(options, judge));
  for (std::size_t i = 0; i < judge.seen.size(); ++i) {
    const Fidelity& expected = i < 24   ? options.proxy
                               : i < 28 ? options.rungs[0].fidelity
                                        : options.rungs[1].fidelity;
    EXPECT_EQ(judge.seen[i].fidelity, expected) << i;
  }
}

TEST(Ladder, HalvingDoublesEpochsAndHalvesCandidates) {
  Judge judge;
  ASSERT_TRUE(run(small(Method::kHalving), judge));
  std::map<int, int> at_32;
  for (const Trial& trial : judge.seen)
    at_32[trial.fidelity.epochs] += trial.fidelity.grid == 32 ? 1 : 0;
  EXPECT_EQ(at_32[2], 24);
  EXPECT_LE(at_32[4], 12);
  EXPECT_LE(at_32[8], 6);
  EXPECT_LE(at_32[16], 3);
  EXPECT_GT(at_32[16], 0);
}

TEST(Ladder, ACostPrefersTheCheaperOfEqualNetworks) {
  SearchOptions options = small(Method::kRandom);
  options.cost_per_ms = 1;
  const Evaluate equal = [](const std::vector<Trial>& trials) -> Result<std::vector<Outcome>> {
    return std::vector<Outcome>(trials.size(), Outcome{0.9, 0.1});
  };
  const auto found = search(options, 7, equal, {}, std::nullopt);
  ASSERT_TRUE(found);
  const double least = size_of(found.value().best, 64).milliseconds;
  for (const Judged& judged : found.value().history)
    EXPECT_GE(size_of(judged.trial.architecture, 64).milliseconds, least);
}

TEST(Ladder, RandomSearchLearnsNothing) {
  Judge judge;
  const auto found = run(small(Method::kRandom), judge);
  ASSERT_TRUE(found);
  EXPECT_EQ(found.value().first_edge_entropy, found.value().last_edge_entropy);
}

}  // namespace
}  // namespace ptah::nets
