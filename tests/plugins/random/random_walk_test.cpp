#include "random_walk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "../../contract/fake_space.hpp"

namespace ptah::random_walk {
namespace {

using testing::HasSubstr;

using test::FakeSpace;

/// Tiles in a row with a halo.
FakeSpace row(int count, int last, Dbu halo = 500) {
  Circuit circuit;
  Tiles tiles;
  Placement placement;
  test::put_row(count, halo, circuit, tiles, placement);
  return {std::move(circuit), std::move(tiles), std::move(placement), 1, last};
}

class RecordingJob final : public JobContext {
 public:
  explicit RecordingJob(std::uint64_t seed = 7) : seed_(seed) {}
  bool cancelled() const noexcept override { return cancel_after >= 0 && polls_++ >= cancel_after; }
  void progress(double fraction, std::string_view message) override {
    fractions.push_back(fraction);
    last_message = message;
  }
  void log(LogLevel, std::string_view message) override { logs.emplace_back(message); }
  std::uint64_t seed() const noexcept override { return seed_; }
  const std::filesystem::path& scratch_dir() const noexcept override { return scratch_; }

  int cancel_after = -1;
  std::vector<double> fractions;
  std::string last_message;
  std::vector<std::string> logs;

 private:
  std::uint64_t seed_;
  mutable int polls_ = 0;
  std::filesystem::path scratch_;
};

Stats run(FakeSpace& space, JobContext& job, Params params = {}) {
  Stats stats;
  const Status status = walk(space, params, job, stats);
  EXPECT_TRUE(status) << status.error().text();
  return stats;
}

bool in_slots(const FakeSpace& space) {
  for (std::size_t i = 0; i < space.tiles_.size(); ++i) {
    const PlacedTile& placed = space.placement_.tiles[i];
    if (!placed.slot.contains(placed_outline(space.tiles_[i], placed))) return false;
  }
  return true;
}

TEST(RandomWalk, AcceptsEveryVariantWithOneStepOfTheGrid) {
  FakeSpace space = row(5, 300);
  RecordingJob job;
  const Stats stats = run(space, job);
  EXPECT_EQ(space.accepted.size(), 300u);
  EXPECT_EQ(stats.accepted, 300);
  EXPECT_EQ(stats.reverted, 0);
  for (const Shift& move : space.accepted) {
    EXPECT_EQ(std::abs(move.by.x) + std::abs(move.by.y), kPlacementGrid);
  }
  EXPECT_TRUE(in_slots(space));
  EXPECT_DOUBLE_EQ(job.fractions.back(), 1.0);
}

TEST(RandomWalk, DividesARunIntoPlacementsWithMovesAfterEach) {
  Params params;
  params.placements = 3;
  FakeSpace space = row(5, 11);  // 12 layouts: three placements of four.
  RecordingJob job;
  run(space, job, params);
  EXPECT_EQ(space.next_variant(), 12);
  EXPECT_EQ(space.evaluated.size(), 9u) << "Shifts; variants 4 and 8 were placed anew.";
  FakeSpace same = row(5, 11);
  run(same, job, params);
  EXPECT_EQ(same.save(), space.save());
}

TEST(RandomWalk, RefusesPlacementsThatDoNotDivideTheRun) {
  Params params;
  params.placements = 5;
  FakeSpace space = row(5, 11);
  RecordingJob job;
  Stats stats;
  const Status status = walk(space, params, job, stats);
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().text(), HasSubstr("12 layouts"));
}

TEST(RandomWalk, PicksComponentsAndDirectionsUniformly) {
  FakeSpace space = row(4, 4000, 1'000'000);
  RecordingJob job;
  run(space, job);
  std::map<std::pair<DeviceId, Point>, int> counts;
  for (const Shift& move : space.accepted) ++counts[{move.device, move.by}];
  ASSERT_EQ(counts.size(), 16u);
  // Expected 250 each; six standard deviations of a binomial are 92.
  for (const auto& [move, count] : counts) EXPECT_NEAR(count, 250, 92);
}

TEST(RandomWalk, NeverEvaluatesAMoveThatLeavesItsSlot) {
  FakeSpace space = row(3, 500, 100);
  RecordingJob job;
  bool stayed = true;
  space.is_valid = [&](const Shift& move, int) {
    const auto i = static_cast<std::size_t>(move.device);
    const PlacedTile& placed = space.placement_.tiles[i];
    stayed = stayed && placed.slot.contains(placed_outline(space.tiles_[i], placed).moved(move.by));
    return true;
  };
  run(space, job);
  EXPECT_TRUE(stayed);
  EXPECT_EQ(space.evaluated.size(), 500u);
}

TEST(RandomWalk, RepeatsAFailedStepFromTheSamePlacement) {
  FakeSpace space = row(4, 50);
  RecordingJob job;
  space.is_valid = [](const Shift&, int count) { return count % 3 == 0; };
  const Stats stats = run(space, job);
  EXPECT_EQ(stats.accepted, 50);
  EXPECT_EQ(stats.reverted, 100);
  EXPECT_EQ(space.evaluated.size(), 150u);
  EXPECT_THAT(job.last_message, HasSubstr("100 moves reverted"));
  EXPECT_THAT(job.logs.back(), HasSubstr("100 by router"));
  EXPECT_THAT(job.logs.front(), HasSubstr("no path for net n1"));
}

TEST(RandomWalk, GoesOnFromWhereItWasWhenTheJudgesRejectALayout) {
  FakeSpace space = row(4, 50);
  RecordingJob job;
  int asked = 0;
  space.is_signed_off = [&](const Shift&) { return ++asked % 2 == 0; };
  const Stats stats = run(space, job);
  EXPECT_EQ(stats.accepted, 50);
  EXPECT_EQ(stats.reverted, 50);
  // Each recorded layout is one shift from the one before.
  for (std::size_t i = 1; i < space.placements.size(); ++i) {
    int moved = 0;
    for (std::size_t tile = 0; tile < 4; ++tile)
      moved += space.placements[i].tiles[tile] != space.placements[i - 1].tiles[tile];
    EXPECT_EQ(moved, 1);
  }
}

TEST(RandomWalk, ContinuesAsIfNeverInterrupted) {
  const auto picky = [](const Shift& move, int) { return move.by.x >= 0 || move.device % 2 == 0; };
  FakeSpace whole = row(5, 60);
  whole.is_valid = picky;
  RecordingJob job;
  run(whole, job);
  for (const int cut : {1, 7, 30, 59}) {
    FakeSpace part = row(5, cut);
    part.is_valid = picky;
    RecordingJob first;
    run(part, first);
    part.last_ = 60;
    RecordingJob second;
    run(part, second);
    EXPECT_EQ(part.accepted, whole.accepted) << "cut after variant " << cut;
    EXPECT_EQ(part.evaluated, whole.evaluated);
    EXPECT_EQ(part.placement_, whole.placement_);
  }
}

TEST(RandomWalk, ContinuesAfterCancellationWithTheSameMoves) {
  FakeSpace whole = row(5, 40);
  RecordingJob job;
  run(whole, job);
  FakeSpace part = row(5, 40);
  RecordingJob cancelled;
  cancelled.cancel_after = 17;
  Stats stats;
  const Status status = walk(part, {}, cancelled, stats);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(part.accepted.size(), 17u);
  RecordingJob again;
  run(part, again);
  EXPECT_EQ(part.accepted, whole.accepted);
}

TEST(RandomWalk, AnotherSeedTakesAnotherWay) {
  FakeSpace a = row(5, 20), b = row(5, 20);
  RecordingJob one(1), two(2);
  run(a, one);
  run(b, two);
  EXPECT_NE(a.accepted, b.accepted);
}

TEST(RandomWalk, GivesUpAfterTheAllowedAttemptsWithTheReason) {
  FakeSpace space = row(3, 5);
  space.is_valid = [&](const Shift&, int) { return space.accepted.size() < 2; };
  RecordingJob job;
  Stats stats;
  Params params;
  params.max_attempts = 11;
  const Status status = walk(space, params, job, stats);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kLimit);
  EXPECT_THAT(status.error().text(), HasSubstr("variant 3"));
  EXPECT_THAT(status.error().text(), HasSubstr("11 moves"));
  EXPECT_THAT(status.error().text(), HasSubstr("no path for net n1"));
  EXPECT_EQ(space.accepted.size(), 2u);
  EXPECT_EQ(space.evaluated.size(), 13u);
}

TEST(RandomWalk, SaysThatNothingCanMove) {
  FakeSpace space = row(3, 5, 0);
  RecordingJob job;
  Stats stats;
  const Status status = walk(space, {}, job, stats);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kInfeasible);
  EXPECT_THAT(status.error().hint, HasSubstr("halo"));
  EXPECT_TRUE(space.evaluated.empty());
}

TEST(RandomWalk, PassesOnWhatTheSpaceFailsWith) {
  FakeSpace space = row(3, 5);
  space.fail_at = 2;
  RecordingJob job;
  Stats stats;
  const Status status = walk(space, {}, job, stats);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kToolFailed);
  EXPECT_EQ(space.accepted.size(), 1u);
}

TEST(RandomWalk, DoesNothingWhenEveryVariantIsThere) {
  FakeSpace space = row(0, 5);
  space.next_ = 6;
  RecordingJob job;
  run(space, job);
  EXPECT_TRUE(space.evaluated.empty());
  EXPECT_TRUE(space.accepted.empty());
}

TEST(RandomWalk, RefusesAStepOffTheGrid) {
  FakeSpace space = row(3, 5);
  RecordingJob job;
  Stats stats;
  Params params;
  params.step = 150;
  const Status status = walk(space, params, job, stats);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace ptah::random_walk
