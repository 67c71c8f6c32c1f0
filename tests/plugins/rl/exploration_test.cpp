#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "rl/explorer.hpp"
#include "toy_space.hpp"

namespace ptah::rl {
namespace {

using test::ToySpace;

class RecordingJob final : public JobContext {
 public:
  explicit RecordingJob(std::uint64_t seed = 7) : seed_(seed) {}
  bool cancelled() const noexcept override {
    return space != nullptr && space->spent().evaluations >= cancel_at;
  }
  void progress(double, std::string_view) override {}
  void log(LogLevel, std::string_view message) override { logs.emplace_back(message); }
  void metric(std::string_view name, std::int64_t step, double value) override {
    EXPECT_TRUE(std::isfinite(value)) << name;
    metrics[std::string(name)][step] = value;
  }
  std::uint64_t seed() const noexcept override { return seed_; }
  const std::filesystem::path& scratch_dir() const noexcept override { return scratch_; }

  const ToySpace* space = nullptr;
  std::int64_t cancel_at = 0;
  std::vector<std::string> logs;
  std::map<std::string, std::map<std::int64_t, double>> metrics;

 private:
  std::uint64_t seed_;
  std::filesystem::path scratch_;
};

Params params_of(const Json& given) {
  const auto checked = Options::check(options(), given);
  EXPECT_TRUE(checked) << (checked ? "" : checked.error().text());
  Params params = params_from(checked.value());
  params.checkpoint_seconds = 0;
  return params;
}

/// Until the budget ends.
void run(ToySpace& space, const Params& params, RecordingJob& job) {
  const Status status = explore(space, params, job);
  EXPECT_TRUE(status || status.error().code == ErrorCode::kLimit) << status.error().text();
  EXPECT_TRUE(exhausted(space));
}

double mean(const std::map<std::int64_t, double>& curve, std::size_t last) {
  double sum = 0;
  auto at = curve.end();
  for (std::size_t i = 0; i < last; ++i) sum += (--at)->second;
  return sum / static_cast<double>(last);
}

TEST(RlExploration, ReinforceFindsWhichFingersAreCheap) {
  // Fingers alone, and an assignment may come again, so that the curve shows the policy. The
  // optimum is worth 0; of 64 assignments the mean is log(1 / 2.5).
  const auto worth = [](Json control, RecordingJob& job) {
    Json given{{"inner_share", 0}, {"redraw_explored", false}};
    given.update(control);
    Params params = params_of(given);
    params.checkpoints = false;
    ToySpace space(800);
    run(space, params, job);
    return mean(job.metrics["rl_outer_reward"], 200);
  };
  RecordingJob learnt, again, frozen, shuffled;
  const double policy = worth(Json::object(), learnt);
  const double still = worth({{"frozen", true}}, frozen);
  const double dealt = worth({{"shuffle_reward", true}}, shuffled);
  RecordProperty("policy", std::to_string(policy));
  RecordProperty("frozen", std::to_string(still));
  RecordProperty("shuffled", std::to_string(dealt));
  EXPECT_GT(policy, -0.25);
  EXPECT_LT(still, -0.6);
  EXPECT_LT(dealt, -0.4);
  worth(Json::object(), again);
  EXPECT_EQ(learnt.metrics["rl_outer_reward"], again.metrics["rl_outer_reward"]);
  EXPECT_EQ(learnt.metrics["rl_outer_entropy"], again.metrics["rl_outer_entropy"]);
}

TEST(RlExploration, PpoFindsWhichMovesAreCheap) {
  // Only the height of tiles costs; the best of eight steps lower a pair, or a tile, by 0.5 um.
  const auto worth = [](Json control, RecordingJob& job) {
    Json given{{"inner_share", 0.95}, {"inner_learning_rate", 1e-3}};
    given.update(control);
    Params params = params_of(given);
    params.checkpoints = false;
    ToySpace space(3000);
    space.cost = [](const FingerAssignment&, const Placement& placement) {
      double sum = 1;
      for (const PlacedTile& tile : placement.tiles) sum += tile.origin.y * 1e-5;
      return sum;
    };
    run(space, params, job);
    EXPECT_EQ(space.refused, 0) << "the mask lets through what is refused";
    return mean(job.metrics["rl_episode_return"], 100);
  };
  RecordingJob learnt, again, frozen, shuffled;
  const double policy = worth(Json::object(), learnt);
  const double still = worth({{"frozen", true}}, frozen);
  const double dealt = worth({{"shuffle_reward", true}}, shuffled);
  RecordProperty("policy", std::to_string(policy));
  RecordProperty("frozen", std::to_string(still));
  RecordProperty("shuffled", std::to_string(dealt));
  EXPECT_GT(policy, std::max(still, dealt) + 0.02);
  worth(Json::object(), again);
  for (const char* curve : {"rl_episode_return", "rl_loss", "rl_kl", "rl_entropy"}) {
    EXPECT_FALSE(learnt.metrics[curve].empty()) << curve;
    EXPECT_EQ(learnt.metrics[curve], again.metrics[curve]) << curve;
  }
  EXPECT_GT(learnt.metrics["rl_kl"].begin()->second, 0);
  EXPECT_LT(frozen.metrics["rl_kl"].rbegin()->second, 1e-6);
  RecordProperty("share", std::to_string(learnt.metrics["rl_learner_share"].rbegin()->second));
}

/// Small networks, so that a test takes no minutes.
Json small_paper() {
  return {{"profile", "paper"},
          {"inner_units", 32},
          {"outer_units", 16},
          {"episodes", 4},
          {"rollout", 32}};
}

void expect_resumable(const Json& given, std::int64_t evaluations,
                      const std::function<void(ToySpace&)>& prepare = {}) {
  const Params params = params_of(given);
  ToySpace whole(evaluations);
  if (prepare) prepare(whole);
  RecordingJob job;
  run(whole, params, job);
  ASSERT_GT(whole.left.size(), 10u);
  const auto goes_on = [&](const ToySpace::Left& left, const std::vector<std::string>& before) {
    ToySpace rest(evaluations);
    if (prepare) prepare(rest);
    rest.resume(left);
    RecordingJob second;
    run(rest, params, second);
    std::vector<std::string> log(before.begin(),
                                 before.begin() + static_cast<std::ptrdiff_t>(left.logged));
    log.insert(log.end(), rest.log.begin(), rest.log.end());
    EXPECT_EQ(log, whole.log) << "from evaluation " << left.spent;
    for (const char* curve : {"rl_outer_reward", "rl_episode_return", "rl_loss"}) {
      for (const auto& [step, value] : second.metrics[curve])
        EXPECT_EQ(value, job.metrics[curve][step]) << curve << " at " << step;
    }
  };
  // Killed, with a checkpoint of some time before.
  for (const std::size_t one : {std::size_t{0}, whole.left.size() / 5, whole.left.size() * 2 / 3})
    goes_on(whole.left[one], whole.log);
  for (const std::int64_t cut :
       {std::int64_t{1}, evaluations / 7, evaluations / 3, evaluations / 2, evaluations - 3}) {
    ToySpace part(evaluations);
    if (prepare) prepare(part);
    RecordingJob cancelled;
    cancelled.space = &part;
    cancelled.cancel_at = cut;
    const Status status = explore(part, params, cancelled);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::kCancelled);
    EXPECT_LE(part.spent().evaluations, cut + 1);
    ASSERT_FALSE(part.left.empty());
    goes_on(part.left.back(), part.log);
  }
}

TEST(RlExploration, GoesOnAsIfNeverInterrupted) {
  expect_resumable({{"rollout", 16}}, 200);
  expect_resumable({{"rollout", 16}, {"plays", "latest"}}, 100);
}

TEST(RlExploration, GoesOnAsIfNeverInterruptedWithControlsAndFailures) {
  expect_resumable(
      {{"rollout", 16}, {"shuffle_reward", true}, {"inner_share", 0.8}}, 200, [](ToySpace& space) {
        space.is_infeasible = [](const FingerAssignment& fingers) { return fingers.at("M2") == 6; };
        space.fails = [](const Moves& moves) {
          return std::holds_alternative<Swap>(moves.front()) ? "router: no path" : "";
        };
        space.is_feasible = [](const Placement& placement) {
          return placement.tiles[1].origin.y < 500;
        };
      });
}

TEST(RlExploration, ThePublishedProfileGoesOnAsIfNeverInterrupted) {
  expect_resumable(small_paper(), 200);
}

TEST(RlExploration, ThePublishedProfileDrawsByTransistor) {
  // The pair agrees in one draw of four.
  Params params = params_of(small_paper());
  ToySpace space(400);
  RecordingJob job;
  run(space, params, job);
  double redraws = 0;
  for (const auto& [step, value] : job.metrics["rl_redraws"]) redraws += value;
  EXPECT_GT(redraws, 0);
  std::set<std::string> opened;
  for (const std::string& line : space.log) {
    if (!line.starts_with("open")) continue;
    EXPECT_TRUE(opened.insert(line).second) << line << ", again";
  }
  EXPECT_GT(opened.size(), 3u);
  EXPECT_FALSE(job.metrics["rl_loss"].empty());
}

TEST(RlExploration, AnAssignmentWithoutBaselineIsWorthMinusTen) {
  Params params = params_of(small_paper());
  ToySpace space(100);
  space.is_infeasible = [](const FingerAssignment&) { return true; };
  RecordingJob job;
  run(space, params, job);
  for (const auto& [step, value] : job.metrics["rl_outer_reward"]) EXPECT_EQ(value, -10);
}

TEST(RlExploration, TheOuterRewardIsOfEpisodesOrOfSteps) {
  Json given = small_paper();
  given["episodes"] = 1;
  RecordingJob by_episode, by_step;
  ToySpace one(60), two(60);
  run(one, params_of(given), by_episode);
  EXPECT_EQ(by_episode.metrics["rl_outer_reward"][0], by_episode.metrics["rl_episode_return"][0]);
  given["outer_reward"] = "step";
  run(two, params_of(given), by_step);
  EXPECT_NE(by_step.metrics["rl_outer_reward"][0], by_step.metrics["rl_episode_return"][0]);
}

TEST(RlExploration, PublishedNetworksOfManyComponentsFitNoCheckpoint) {
  ToySpace space(10);
  RecordingJob job;
  const Status status =
      explore(space, params_of({{"profile", "paper"}, {"inner_units", 4096}}), job);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kLimit);
  EXPECT_THAT(status.error().text(), testing::HasSubstr("checkpoints: false"));
  EXPECT_TRUE(space.log.empty());
}

TEST(RlExploration, OfTheFourDevicesPublishedNetworksFitACheckpoint) {
  ToySpace space(6);
  RecordingJob job;
  run(space, params_of({{"profile", "paper"}}), job);
  ASSERT_FALSE(space.left.empty());
  EXPECT_LT(space.left.back().bytes.size(), Checkpoints::kMaxCheckpoint);
  RecordProperty("bytes", std::to_string(space.left.back().bytes.size()));
}

TEST(RlExploration, RefusesCheckpointsOfAnother) {
  ToySpace space(10);
  space.resume({0, 0, "{}"});
  RecordingJob job;
  const Status status = explore(space, params_of(Json::object()), job);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kParse);
}

TEST(RlExploration, AnotherSeedTakesAnotherWay) {
  ToySpace a(50), b(50);
  RecordingJob one(1), two(2);
  run(a, params_of(Json::object()), one);
  run(b, params_of(Json::object()), two);
  EXPECT_NE(a.log, b.log);
}

TEST(RlExploration, SplitsTheBudgetBetweenFingersAndMoves) {
  for (const double share : {0.0, 0.3, 0.8}) {
    ToySpace space(600);
    RecordingJob job;
    Params params = params_of({{"inner_share", share}, {"redraw_explored", false}});
    params.checkpoints = false;
    run(space, params, job);
    const auto opened = std::count_if(space.log.begin(), space.log.end(),
                                      [](const auto& line) { return line.starts_with("open"); });
    EXPECT_NEAR(static_cast<double>(opened) / 600, 1 - share, 0.03);
  }
}

TEST(RlExploration, MovesGetTheRestOnceAllFingersAreKnown) {
  ToySpace space(1000, {2, 4});
  RecordingJob job;
  run(space, params_of({{"rollout", 64}}), job);
  const auto opened = std::count_if(space.log.begin(), space.log.end(),
                                    [](const auto& line) { return line.starts_with("open"); });
  EXPECT_GT(opened, 8);
  EXPECT_LT(opened, 8 + 0.07 * 1000);
}

TEST(RlExploration, WithoutFreeFingersItMoves) {
  Circuit circuit = test::toy_circuit();
  for (Device& device : circuit.devices) device.fingers = 2;
  const auto prepare = [](ToySpace& space) {
    space.cost = [](const FingerAssignment&, const Placement& placement) {
      return 1 + placement.tiles[2].origin.y * 1e-5;
    };
  };
  ToySpace whole(200, {2, 4}, circuit), rest(200, {2, 4}, circuit);
  prepare(whole);
  prepare(rest);
  RecordingJob job;
  run(whole, params_of({{"rollout", 32}}), job);
  EXPECT_FALSE(job.metrics["rl_loss"].empty());
  rest.resume(whole.left[whole.left.size() / 2]);
  run(rest, params_of({{"rollout", 32}}), job);
  EXPECT_TRUE(std::equal(rest.log.rbegin(), rest.log.rend(), whole.log.rbegin()));
}

TEST(RlExploration, PlaysTheBestAssignmentUntilABetterOneComes) {
  ToySpace space(300);
  RecordingJob job;
  run(space, params_of({{"zero_state", true}}), job);
  // Baselines cost more than what moves change; each run of moves is of the least one so far.
  double best = 1e9, latest = 0;
  std::size_t moved = 0;
  for (std::size_t i = 0; i < space.log.size(); ++i) {
    if (space.log[i].starts_with("open")) {
      latest = space.costs[i + 1];  // The home's baseline comes first.
      best = std::min(best, latest);
    } else {
      EXPECT_LT(std::abs(space.costs[i + 1] - best), 0.1) << i;
      ++moved;
    }
  }
  EXPECT_GT(moved, 100u);
}

}  // namespace
}  // namespace ptah::rl
