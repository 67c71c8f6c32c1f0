#include "placer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "checks.hpp"

namespace ptah::sequence_pair {
namespace {

using synthetic::Case;
using synthetic::is_legal;
using synthetic::twice_axis;
using testing::HasSubstr;

Result<Placement> run(const Case& c, const Params& params = {}, std::uint64_t seed = 1) {
  SimpleJobContext job(seed);
  Stats stats;
  return place(c.circuit, c.tiles, c.clearance(), params, job, stats);
}

TEST(SequencePairPlacer, SlotsKeepClearanceAndGroupsMatchOnRandomProblems) {
  Rng rng(20240711);
  Params params;
  params.elites = 1;
  for (int k = 0; k < 1500; ++k) {
    const Case c = synthetic::random_case(rng, 9);
    params.iterations = 1 + static_cast<int>(rng.below(60));
    params.halo = 100 * static_cast<Dbu>(rng.below(8));
    const auto placement = run(c, params, rng.next());
    ASSERT_TRUE(placement) << k << ": " << placement.error().text();
    ASSERT_TRUE(is_legal(c, placement.value(), params.halo)) << "problem " << k;
  }
}

TEST(SequencePairPlacer, RowsOfThreeAndMoreAreSymmetricInTheirMiddle) {
  Rng rng(5);
  Params params;
  params.iterations = 100;
  int rows = 0;
  for (int k = 0; k < 150; ++k) {
    const Case c = synthetic::random_case(rng, 10);
    const auto placement = run(c, params, rng.next());
    ASSERT_TRUE(placement) << placement.error().text();
    for (const MatchedGroup& group : c.circuit.matched) {
      if (group.size() < 3) continue;
      ++rows;
      std::vector<Dbu> left;
      for (const DeviceId id : group) {
        left.push_back(placement.value().tiles[static_cast<std::size_t>(id)].origin.x);
      }
      std::sort(left.begin(), left.end());
      for (std::size_t i = 0; i < left.size(); ++i) {
        EXPECT_EQ(left[i] + left[left.size() - 1 - i], left.front() + left.back());
      }
    }
  }
  EXPECT_GT(rows, 30);
}

TEST(SequencePairPlacer, LinkedPairsShareAnAxis) {
  const Case five = synthetic::five_transistors();
  const Case ahuja = synthetic::ahuja();
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    const auto a = run(five, {}, seed);
    ASSERT_TRUE(a);
    EXPECT_EQ(twice_axis(five, a.value(), "M1", "M2"), twice_axis(five, a.value(), "M3", "M4"));
    Params quick;
    quick.iterations = 1500;
    const auto b = run(ahuja, quick, seed);
    ASSERT_TRUE(b);
    EXPECT_TRUE(is_legal(ahuja, b.value(), 500));
    const Dbu axis = twice_axis(ahuja, b.value(), "M0", "M2");
    EXPECT_EQ(twice_axis(ahuja, b.value(), "M12", "M13"), axis);
    EXPECT_EQ(twice_axis(ahuja, b.value(), "M3", "M4"), axis);
  }
}

TEST(SequencePairPlacer, ATailComesToTheAxisAsItsWeightSays) {
  const Case c = synthetic::five_transistors();
  const auto off = [&](double weight) {
    Params params;
    params.tail_weight = weight;
    const auto placement = run(c, params);
    EXPECT_TRUE(placement);
    return std::abs(twice_axis(c, placement.value(), "M0", "M0") -
                    twice_axis(c, placement.value(), "M1", "M2")) /
           4;
  };
  EXPECT_LE(off(5), kPlacementGrid / 2);
  EXPECT_GE(off(0), off(5));
}

TEST(SequencePairPlacer, MatchedDevicesOfDifferentSizeStandOnOneLine) {
  Case c;
  c.nmos("A", {"a", "g", "s", "b"}, 2300, 4000)
      .nmos("B", {"d", "g", "s", "b"}, 2400, 5200)
      .pmos("C", {"a", "d", "v", "v"})
      .pmos("D", {"d", "d", "v", "v"})
      .match({"A", "B"})
      .match({"C", "D"});
  const auto placement = run(c);
  ASSERT_TRUE(placement) << placement.error().text();
  EXPECT_TRUE(is_legal(c, placement.value(), 500));
}

TEST(SequencePairPlacer, SameSeedSamePlacement) {
  const Case c = synthetic::ahuja();
  Params params;
  params.iterations = 800;
  const auto a = run(c, params, 3), b = run(c, params, 3), other = run(c, params, 4);
  ASSERT_TRUE(a && b && other);
  EXPECT_EQ(a.value(), b.value());
  EXPECT_NE(a.value(), other.value());
}

TEST(SequencePairPlacer, MoreAnnealingShortensTheWires) {
  const Case c = synthetic::ahuja();
  std::int64_t few = 0, many = 0;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    Params params;
    params.iterations = 1;
    params.elites = 1;
    SimpleJobContext job(seed);
    Stats stats;
    // The polishing descent is part of both.
    const auto a = place(c.circuit, c.tiles, c.clearance(), params, job, stats);
    params.iterations = 8000;
    const auto b = place(c.circuit, c.tiles, c.clearance(), params, job, stats);
    ASSERT_TRUE(a && b);
    few += hpwl(c.circuit, c.tiles, a.value());
    many += hpwl(c.circuit, c.tiles, b.value());
  }
  EXPECT_LT(many, few);
}

TEST(SequencePairPlacer, AnEmptyCircuitHasAnEmptyPlacement) {
  const auto placement = run(Case{});
  ASSERT_TRUE(placement);
  EXPECT_TRUE(placement.value().tiles.empty());
}

TEST(SequencePairPlacer, ASingleDeviceStandsInItsSlotAtTheOrigin) {
  Case c;
  c.nmos("M0", {"d", "g", "s", "b"});
  const auto placement = run(c);
  ASSERT_TRUE(placement) << placement.error().text();
  EXPECT_EQ(placement.value().tiles[0].slot, (Rect{0, 0, 3300, 5000}));
}

TEST(SequencePairPlacer, HundredsOfTilesAreLegalAndBesideThoseThatTheyAreWiredTo) {
  Rng rng(7);
  Case c;
  constexpr int kTiles = kExactTiles + 30;
  for (int i = 0; i < kTiles; ++i) {
    const auto net = [&](int k) { return "n" + std::to_string(k); };
    c.nmos("M" + std::to_string(i), {net(i), net(i + 1), "s", "b"},
           1000 + 100 * static_cast<Dbu>(rng.below(30)),
           2000 + 100 * static_cast<Dbu>(rng.below(30)));
  }
  Params params;
  params.iterations = 3000;
  const auto placed = run(c, params);
  ASSERT_TRUE(placed) << placed.error().text();
  EXPECT_TRUE(is_legal(c, placed.value(), params.halo));
  params.iterations = 1;
  const auto at_random = run(c, params);
  ASSERT_TRUE(at_random);
  EXPECT_LT(10 * hpwl(c.circuit, c.tiles, placed.value()),
            8 * hpwl(c.circuit, c.tiles, at_random.value()));
}

class CancelAfter final : public JobContext {
 public:
  explicit CancelAfter(int polls) : left_(polls) {}
  bool cancelled() const noexcept override { return left_-- <= 0; }
  void progress(double fraction, std::string_view) override {
    monotonic = monotonic && fraction >= last && fraction <= 1.0;
    last = fraction;
  }
  void log(LogLevel, std::string_view) override {}
  std::uint64_t seed() const noexcept override { return 0; }
  const std::filesystem::path& scratch_dir() const noexcept override { return scratch_; }
  double last = 0;
  bool monotonic = true;

 private:
  mutable int left_;
  std::filesystem::path scratch_;
};

TEST(SequencePairPlacer, StopsWhenCancelledWhereverItIs) {
  const Case c = synthetic::ahuja();
  Params params;
  params.iterations = 2000;
  for (const int polls : {0, 1, 5, 33, 60}) {
    CancelAfter job(polls);
    Stats stats;
    const auto placement = place(c.circuit, c.tiles, c.clearance(), params, job, stats);
    ASSERT_FALSE(placement) << polls;
    EXPECT_EQ(placement.error().code, ErrorCode::kCancelled);
  }
}

TEST(SequencePairPlacer, ProgressOnlyGrowsAndEndsAtOne) {
  const Case c = synthetic::five_transistors();
  CancelAfter job(1'000'000);
  Stats stats;
  ASSERT_TRUE(place(c.circuit, c.tiles, c.clearance(), {}, job, stats));
  EXPECT_TRUE(job.monotonic);
  EXPECT_DOUBLE_EQ(job.last, 1.0);
}

TEST(SequencePairPlacer, StaysWithinAnOutline) {
  const Case c = synthetic::five_transistors();
  Params params;
  params.outline_width = 9000;
  const auto narrow = run(c, params);
  ASSERT_TRUE(narrow) << narrow.error().text();
  Rect box;
  for (const PlacedTile& tile : narrow.value().tiles) box = box.united(tile.slot);
  EXPECT_LE(box.width(), 9000);
  EXPECT_TRUE(is_legal(c, narrow.value(), 500));
  params = {};
  params.outline_height = 11500;
  const auto low = run(c, params);
  ASSERT_TRUE(low) << low.error().text();
  box = {};
  for (const PlacedTile& tile : low.value().tiles) box = box.united(tile.slot);
  EXPECT_LE(box.height(), 11500);
}

TEST(SequencePairPlacer, SaysWhyAnOutlineCannotHold) {
  const Case c = synthetic::five_transistors();
  Params params;
  params.outline_width = 3000;
  const auto tile = run(c, params);
  ASSERT_FALSE(tile);
  EXPECT_EQ(tile.error().code, ErrorCode::kInfeasible);
  EXPECT_THAT(tile.error().where, HasSubstr("M0"));
  params.outline_width = params.outline_height = 8000;
  const auto area = run(c, params);
  ASSERT_FALSE(area);
  EXPECT_EQ(area.error().code, ErrorCode::kInfeasible);
  EXPECT_THAT(area.error().message, HasSubstr("um2"));
  // Room for the area, but not for a matched pair side by side.
  params.outline_width = 4500;
  params.outline_height = 40000;
  const auto pair = run(c, params);
  ASSERT_FALSE(pair);
  EXPECT_EQ(pair.error().code, ErrorCode::kInfeasible);
  EXPECT_THAT(pair.error().message, HasSubstr("4.5"));
  EXPECT_THAT(pair.error().hint, HasSubstr("outline_width_um"));
}

TEST(SequencePairPlacer, AHeavyNetGetsShorter) {
  const Case c = synthetic::ahuja();
  const auto length = [&](const Params& params) {
    std::int64_t sum = 0;
    for (std::uint64_t seed = 0; seed < 3; ++seed) {
      const auto placement = run(c, params, seed);
      EXPECT_TRUE(placement);
      Circuit only = c.circuit;
      const NetId net = c.circuit.devices[0].nets[1];  // out1
      for (Device& device : only.devices) {
        for (NetId& id : device.nets) id = id == net ? net : kNoNet;
      }
      sum += hpwl(only, c.tiles, placement.value());
    }
    return sum;
  };
  Params params;
  params.iterations = 3000;
  const std::int64_t plain = length(params);
  params.net_weights = "OUT1=20";
  EXPECT_LT(length(params), plain);
}

TEST(SequencePairPlacer, AspectPullsTheShape) {
  const Case c = synthetic::five_transistors();
  const auto ratio = [&](double aspect) {
    Params params;
    params.aspect = aspect;
    params.aspect_weight = 10;
    const auto placement = run(c, params);
    EXPECT_TRUE(placement);
    const Rect box = placement_outline(c.tiles, placement.value());
    return static_cast<double>(box.width()) / box.height();
  };
  EXPECT_GT(ratio(4), ratio(0.3));
}

TEST(SequencePairPlacer, ClearancesAreThoseOfEveryTwoTilesHoweverOftenAsked) {
  const Technology& technology = Technology::ptah130();
  Rng rng(11);
  KeptClearances kept;
  std::set<Dbu> seen;
  Tiles tiles = synthetic::random_case(rng, 9).tiles;
  for (Tile& tile : tiles) tile.shapes = {{technology.layer("nwell"), tile.outline}};
  for (int round = 0; round < 20; ++round) {
    if (round % 2 == 1) {  // Every other round asks for the same once more.
      const Dbu inset = 100 * static_cast<Dbu>(rng.below(5));
      Tile& tile = tiles[rng.below(tiles.size())];
      tile.shapes.front().rect = tile.outline.bloated(-inset);
    }
    std::vector<Dbu> expected;
    for (const Tile& a : tiles) {
      for (const Tile& b : tiles)
        expected.push_back(&a == &b ? 0 : tile_clearance(a, b, technology));
    }
    seen.insert(expected.begin(), expected.end());
    EXPECT_EQ(kept.of(tiles, technology), expected);
    EXPECT_EQ(clearances(tiles, technology), expected);
  }
  EXPECT_GT(seen.size(), 3u);
}

TEST(SequencePairPlacer, NamesWhatIsWrongWithItsInput) {
  Case c = synthetic::five_transistors();
  Params params;
  params.net_weights = "nosuch=2";
  EXPECT_THAT(run(c, params).error().message, HasSubstr("nosuch"));
  params.net_weights = "VOUT=heavy";
  EXPECT_THAT(run(c, params).error().where, HasSubstr("VOUT=heavy"));
  c.tiles[2].outline.x1 += 30;
  EXPECT_THAT(run(c).error().where, HasSubstr("M2"));
  c = synthetic::five_transistors();
  c.tiles[3].pins.pop_back();
  EXPECT_THAT(run(c).error().text(), HasSubstr("terminal B"));
  c = synthetic::five_transistors();
  c.circuit.matched.push_back({0, 1});
  EXPECT_THAT(run(c).error().where, HasSubstr("M1"));
  c = synthetic::five_transistors();
  c.tiles.pop_back();
  EXPECT_EQ(run(c).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace ptah::sequence_pair
