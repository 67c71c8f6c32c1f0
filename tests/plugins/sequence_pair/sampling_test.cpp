// Placements by the thousand: legal and symmetric as those that are packed exactly, and many.
#include <gtest/gtest.h>

#include <set>

#include "checks.hpp"
#include "placer.hpp"

namespace ptah::sequence_pair {
namespace {

using synthetic::Case;
using synthetic::is_legal;
using synthetic::twice_axis;

Params sampling() {
  Params params;
  params.sampling = true;
  params.elites = 3;
  return params;
}

Result<Placement> sampled(const Case& c, const Params& params, std::uint64_t seed) {
  SimpleJobContext job(seed);
  Stats stats;
  auto placement = place(c.circuit, c.tiles, c.clearance(), params, job, stats);
  if (params.sampling) {
    EXPECT_EQ(stats.exact_solves, 0);
  }
  return placement;
}

NetWeights random_weights(const Case& c, Rng& rng) {
  NetWeights weights;
  for (std::size_t i = 0; i < c.circuit.nets.size(); ++i)
    weights[static_cast<NetId>(i)] = std::pow(10.0, 2 * rng.uniform() - 1);
  return weights;
}

/// Whatever stands at places of these tiles: origins and orientations.
std::string key_of(const Placement& placement) {
  std::string key;
  for (const PlacedTile& tile : placement.tiles) {
    key += std::to_string(tile.origin.x) + " " + std::to_string(tile.origin.y) + " " +
           std::to_string(static_cast<int>(tile.orientation)) + ";";
  }
  return key;
}

TEST(SequencePairSampling, SlotsKeepClearanceAndGroupsMatchOnRandomProblems) {
  Rng rng(99);
  for (int k = 0; k < 1000; ++k) {
    const Case c = synthetic::random_case(rng, 12);
    Params params = sampling();
    params.iterations = 1 + static_cast<int>(rng.below(60));
    params.halo = 100 * static_cast<Dbu>(rng.below(8));
    params.weights = random_weights(c, rng);
    const auto placement = sampled(c, params, rng.next());
    ASSERT_TRUE(placement) << k << ": " << placement.error().text();
    ASSERT_TRUE(is_legal(c, placement.value(), params.halo)) << "problem " << k;
    Rect box;
    for (const PlacedTile& tile : placement.value().tiles) box = box.united(tile.slot);
    EXPECT_EQ(box.x0, 0);
    EXPECT_EQ(box.y0, 0);
  }
}

TEST(SequencePairSampling, PairsThatBelongTogetherMirrorInOneAxis) {
  const Case five = synthetic::five_transistors(), ahuja = synthetic::ahuja();
  Rng rng(3);
  for (int k = 0; k < 100; ++k) {
    Params params = sampling();
    params.weights = random_weights(five, rng);
    const auto a = sampled(five, params, rng.next());
    ASSERT_TRUE(a) << a.error().text();
    EXPECT_EQ(twice_axis(five, a.value(), "M1", "M2"), twice_axis(five, a.value(), "M3", "M4"));
    params.weights = random_weights(ahuja, rng);
    const auto b = sampled(ahuja, params, rng.next());
    ASSERT_TRUE(b) << b.error().text();
    EXPECT_TRUE(is_legal(ahuja, b.value(), params.halo));
    const Dbu axis = twice_axis(ahuja, b.value(), "M0", "M2");
    EXPECT_EQ(twice_axis(ahuja, b.value(), "M12", "M13"), axis);
    EXPECT_EQ(twice_axis(ahuja, b.value(), "M3", "M4"), axis);
  }
}

TEST(SequencePairSampling, WidthsOfHalfAGridStepFromTheAxisComeOutOnTheGrid) {
  // The pair's tiles are an odd number of steps wide together: the axis is between two grid lines.
  Case c;
  c.nmos("A", {"x", "g", "s", "b"}, 2300, 4000)
      .nmos("B", {"y", "g", "s", "b"}, 2400, 4000)
      .pmos("C", {"x", "d", "v", "v"}, 2500, 4000)
      .pmos("D", {"y", "d", "v", "v"}, 2600, 4000)
      .match({"A", "B"})
      .match({"C", "D"});
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto placement = sampled(c, sampling(), seed);
    ASSERT_TRUE(placement) << placement.error().text();
    EXPECT_TRUE(is_legal(c, placement.value(), 500));
    EXPECT_EQ(twice_axis(c, placement.value(), "A", "B"),
              twice_axis(c, placement.value(), "C", "D"));
  }
}

TEST(SequencePairSampling, WithoutSymmetryMatchedDevicesGoTheirOwnWays) {
  Case c = synthetic::ahuja();
  Params params = sampling();
  params.broken_symmetry = true;
  Rng rng(5);
  int apart = 0;
  for (int k = 0; k < 20; ++k) {
    params.weights = random_weights(c, rng);
    const auto placement = sampled(c, params, rng.next());
    ASSERT_TRUE(placement) << placement.error().text();
    const auto& tiles = placement.value().tiles;
    apart += tiles[static_cast<std::size_t>(c.find("M0"))].origin.y !=
             tiles[static_cast<std::size_t>(c.find("M2"))].origin.y;
    Case unmatched = c;
    unmatched.circuit.matched.clear();
    EXPECT_TRUE(is_legal(unmatched, placement.value(), params.halo));
  }
  EXPECT_GT(apart, 10);
}

TEST(SequencePairSampling, SameSeedAndWeightsSamePlacementAndOthersMostlyDiffer) {
  const Case c = synthetic::ahuja();
  Rng rng(7);
  std::set<std::string> seen;
  for (int k = 0; k < 80; ++k) {
    Params params = sampling();
    params.weights = random_weights(c, rng);
    const std::uint64_t seed = rng.next();
    const auto first = sampled(c, params, seed), again = sampled(c, params, seed);
    ASSERT_TRUE(first && again);
    EXPECT_EQ(first.value(), again.value());
    seen.insert(key_of(first.value()));
  }
  EXPECT_GT(seen.size(), 77u);
}

TEST(SequencePairSampling, WiresAreLittleLongerThanWithExactPacking) {
  const Case c = synthetic::ahuja();
  double sampled = 0, packed = 0;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    Params params = sampling();
    const auto quick = sampled(c, params, seed);
    params.sampling = false;
    const auto best = sampled(c, params, seed);
    ASSERT_TRUE(quick && best);
    sampled += static_cast<double>(hpwl(c.circuit, c.tiles, quick.value()));
    packed += static_cast<double>(hpwl(c.circuit, c.tiles, best.value()));
  }
  EXPECT_LT(sampled, 1.5 * packed);
}

TEST(SequencePairSampling, AnOutlineThatIsTooSmallIsSaid) {
  const Case c = synthetic::five_transistors();
  Params params = sampling();
  params.outline_width = 9000;
  const auto narrow = sampled(c, params, 1);
  ASSERT_TRUE(narrow) << narrow.error().text();
  Rect box;
  for (const PlacedTile& tile : narrow.value().tiles) box = box.united(tile.slot);
  EXPECT_LE(box.width(), 9000);
  params.outline_height = 9000;
  const auto none = sampled(c, params, 1);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kInfeasible);
}

}  // namespace
}  // namespace ptah::sequence_pair
