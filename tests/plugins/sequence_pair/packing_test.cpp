/// Sequence pairs and the two packings, the annealer's and the exact one, against definitions.
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "annealer.hpp"
#include "checks.hpp"
#include "evaluator.hpp"
#include "exact_packing.hpp"

namespace ptah::sequence_pair {
namespace {

using synthetic::Case;

State random_state(const Problem& problem, Rng& rng) {
  State state;
  state.pair = SequencePair::identity(problem.tiles);
  rng.shuffle(std::span(state.pair.first));
  rng.shuffle(std::span(state.pair.second));
  state.pair.index();
  make_symmetric_feasible(problem, state.pair);
  state.flips.resize(problem.groups.size());
  for (Flips& flips : state.flips) flips = {rng.below(2) == 1, rng.below(2) == 1};
  return state;
}

Problem problem_of(const Case& c, const Params& params = {}) {
  auto problem = make_problem(c.circuit, c.tiles, c.clearance(), params);
  EXPECT_TRUE(problem) << problem.error().text();
  return std::move(problem).value();
}

/// Without the terms that serve as tie-breaks.
Params plain() {
  Params params;
  params.area_weight = params.pair_weight = params.tail_weight = 0;
  return params;
}

/// Weighted wire length of slots at `corner`, nm times kWeightUnit, straight from its definition.
double wire_cost(const Problem& problem, const State& state, const std::vector<Point>& corner,
                 bool count_x = true, bool count_y = true) {
  double sum = 0;
  for (const WeightedNet& net : problem.nets) {
    double low[2] = {1e18, 1e18}, high[2] = {-1e18, -1e18};
    for (const Pin& pin : net.pins) {
      const auto tile = static_cast<std::size_t>(pin.tile);
      const Flips flips = state.flips[static_cast<std::size_t>(problem.group_of[tile])];
      for (const int end : {0, 1}) {
        const double x = corner[tile].x +
                         pin_at(end ? pin.x_high : pin.x_low, problem.width[tile], flips.x) / 2.0;
        const double y = corner[tile].y +
                         pin_at(end ? pin.y_high : pin.y_low, problem.height[tile], flips.y) / 2.0;
        low[0] = std::min(low[0], x), high[0] = std::max(high[0], x);
        low[1] = std::min(low[1], y), high[1] = std::max(high[1], y);
      }
    }
    if (count_x) sum += net.weight * (high[0] - low[0]);
    if (count_y) sum += net.weight * (high[1] - low[1]);
  }
  return sum;
}

TEST(SequencePair, RelatesEveryTwoTilesInExactlyOneWay) {
  Rng rng(1);
  SequencePair pair = SequencePair::identity(12);
  rng.shuffle(std::span(pair.first));
  rng.shuffle(std::span(pair.second));
  pair.index();
  for (int i = 0; i < 12; ++i) {
    for (int j = 0; j < 12; ++j) {
      const int relations =
          pair.left_of(i, j) + pair.left_of(j, i) + pair.below(i, j) + pair.below(j, i);
      EXPECT_EQ(relations, i == j ? 0 : 1);
    }
  }
}

TEST(SequencePair, RepairMakesEveryClusterSymmetricFeasible) {
  Rng rng(2);
  const Problem problem = problem_of(synthetic::ahuja());
  ASSERT_FALSE(problem.clusters.empty());
  for (int k = 0; k < 500; ++k) {
    const State state = random_state(problem, rng);
    const SequencePair& pair = state.pair;
    std::vector<int> sorted = pair.second;
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(sorted, SequencePair::identity(problem.tiles).first);
    for (const auto& group : problem.groups) {
      for (const int a : group) {
        for (const int b : group) EXPECT_TRUE(a == b || pair.left_of(a, b) || pair.left_of(b, a));
      }
    }
    for (const AxisCluster& cluster : problem.clusters) {
      for (const Pair& p : cluster.pairs) {
        for (const Pair& q : cluster.pairs) {
          // a before c in the first order exactly when c's image is before a's in the second.
          const auto first = [&](int i) { return pair.at_first[static_cast<std::size_t>(i)]; };
          const auto second = [&](int i) { return pair.at_second[static_cast<std::size_t>(i)]; };
          if (p.a == q.a) continue;
          EXPECT_EQ(first(p.a) < first(q.a), second(q.b) < second(p.b));
          EXPECT_EQ(first(p.a) < first(q.b), second(q.a) < second(p.b));
        }
      }
    }
  }
}

/// Checks a packing against its sequence pair; fails the test otherwise.
void expect_follows(const Problem& problem, const State& state, const ExactPacking& packing) {
  for (int i = 0; i < problem.tiles; ++i) {
    for (int j = 0; j < problem.tiles; ++j) {
      const Point a = packing.corner[static_cast<std::size_t>(i)];
      const Point b = packing.corner[static_cast<std::size_t>(j)];
      if (state.pair.left_of(i, j)) {
        EXPECT_GE(b.x - a.x, problem.width[static_cast<std::size_t>(i)] + problem.gap(i, j));
      } else if (state.pair.below(i, j)) {
        EXPECT_GE(b.y - a.y, problem.height[static_cast<std::size_t>(i)] + problem.gap(i, j));
      }
    }
  }
}

TEST(ExactPacking, DecodesWithoutOverlapAndNeverCostsMoreThanTheAnnealersPacking) {
  Rng rng(3);
  SimpleJobContext job;
  int packed = 0;
  for (int k = 0; k < 2000; ++k) {
    const Case c = synthetic::random_case(rng, 8);
    const Problem problem = problem_of(c, plain());
    const State state = random_state(problem, rng);
    Evaluator evaluator(problem);
    const auto quick = evaluator.evaluate(state);
    const auto exact = pack_exactly(problem, state, 2000, job);
    if (!quick) continue;  // Orders of several clusters may contradict each other.
    ASSERT_TRUE(exact) << k << ": " << exact.error().text();
    ++packed;
    expect_follows(problem, state, exact.value());
    EXPECT_NEAR(exact.value().cost, wire_cost(problem, state, exact.value().corner), 1e-3);
    // Rigid clusters of the quick packing cost something; its half nanometres and the other's grid
    // may differ by a step for every end of a net.
    const double slack =
        kPlacementGrid * kWeightUnit * 2.0 * static_cast<double>(problem.nets.size());
    EXPECT_LE(exact.value().cost, static_cast<double>(quick->total) / 2 + slack);
  }
  EXPECT_GT(packed, 1500);
}

TEST(ExactPacking, EqualsTheNetworkFlowWhereNoClusterIsRigid) {
  Rng rng(4);
  SimpleJobContext job;
  for (int k = 0; k < 500; ++k) {
    Case c = synthetic::random_case(rng, 8);
    c.circuit.matched.clear();
    const Problem problem = problem_of(c, plain());
    const State state = random_state(problem, rng);
    const auto quick = Evaluator(problem).evaluate(state);
    const auto exact = pack_exactly(problem, state, 2000, job);
    ASSERT_TRUE(quick && exact);
    // Pins of the synthetic tiles and slots lie on the grid, so that both optima do.
    EXPECT_NEAR(exact.value().cost, static_cast<double>(quick->total) / 2, 1e-3) << k;
  }
}

/// The least cost over all corners on the grid within a window, by trying them all.
double brute_force(const Problem& problem, const State& state, const std::vector<AxisCluster>& axes,
                   int steps) {
  const auto n = static_cast<std::size_t>(problem.tiles);
  double total = 0;
  for (const bool horizontal : {true, false}) {
    const auto& size = horizontal ? problem.width : problem.height;
    std::vector<Point> corner(n);
    double best = std::numeric_limits<double>::infinity();
    const std::function<void(std::size_t)> next = [&](std::size_t i) {
      if (i == n) {
        for (const auto& group : problem.groups) {
          for (const int tile : group) {
            if (!horizontal && corner[static_cast<std::size_t>(tile)].y !=
                                   corner[static_cast<std::size_t>(group[0])].y) {
              return;
            }
          }
        }
        for (const AxisCluster& cluster : axes) {
          const auto axis = [&](const Pair& p) {
            const auto a = static_cast<std::size_t>(p.a), b = static_cast<std::size_t>(p.b);
            return 2 * (corner[a].x + corner[b].x) + size[a] + size[b];
          };
          for (const Pair& p : cluster.pairs) {
            if (horizontal && axis(p) != axis(cluster.pairs.front())) return;
          }
        }
        best = std::min(best, wire_cost(problem, state, corner, horizontal, !horizontal));
        return;
      }
      for (int s = 0; s <= steps; ++s) {
        (horizontal ? corner[i].x : corner[i].y) = s * kPlacementGrid;
        bool fits = true;
        for (std::size_t j = 0; j < i && fits; ++j) {
          for (const auto& [a, b] : {std::pair{i, j}, std::pair{j, i}}) {
            const int u = static_cast<int>(a), v = static_cast<int>(b);
            if (horizontal ? !state.pair.left_of(u, v) : !state.pair.below(u, v)) continue;
            const Dbu from = horizontal ? corner[a].x : corner[a].y;
            const Dbu to = horizontal ? corner[b].x : corner[b].y;
            fits = fits && to - from >= size[a] + problem.gap(u, v);
          }
        }
        if (fits) next(i + 1);
      }
    };
    next(0);
    total += best;
  }
  return total;
}

/// Tiny tiles with pins anywhere on a 10 nm raster, so that the optimum is not on the grid by luck.
Case tiny_case(Rng& rng, int tiles, bool pairs) {
  Case c;
  for (int i = 0; i < tiles; ++i) {
    const bool second = pairs && i % 2 == 1;
    const Dbu width =
        second ? c.tiles.back().outline.x1 : 100 + 100 * static_cast<Dbu>(rng.below(3));
    const Dbu height =
        second ? c.tiles.back().outline.y1 : 100 + 100 * static_cast<Dbu>(rng.below(3));
    const auto net = [&] { return "n" + std::to_string(rng.below(4)); };
    c.device("M" + std::to_string(i), DeviceKind::kNmos, {net(), net(), net(), net()}, 3000, 3000);
    Tile& tile = c.tiles.back();
    tile.outline = {0, 0, width, height};
    for (TilePin& pin : tile.pins) {
      const Point p{10 * static_cast<Dbu>(rng.below(static_cast<std::uint64_t>(width) / 10)),
                    10 * static_cast<Dbu>(rng.below(static_cast<std::uint64_t>(height) / 10))};
      pin.access = {{0, {p.x, p.y, p.x + 10, p.y + 10}}};
    }
  }
  if (pairs) {
    for (int i = 0; i + 1 < tiles; i += 2) c.circuit.matched.push_back({i, i + 1});
  }
  return c;
}

void compare_with_brute_force(bool pairs, int tiles, int steps, int rounds, std::uint64_t seed) {
  Rng rng(seed);
  SimpleJobContext job;
  Params params = plain();
  params.halo = 0;
  int compared = 0, shared = 0;
  for (int k = 0; k < rounds; ++k) {
    const Case c = tiny_case(rng, tiles, pairs);
    std::vector<Dbu> clearance(c.tiles.size() * c.tiles.size());
    for (std::size_t i = 0; i < c.tiles.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        clearance[i * c.tiles.size() + j] = clearance[j * c.tiles.size() + i] =
            100 * static_cast<Dbu>(rng.below(2));
      }
    }
    const auto problem = make_problem(c.circuit, c.tiles, clearance, params);
    ASSERT_TRUE(problem) << problem.error().text();
    const State state = random_state(problem.value(), rng);
    const auto exact = pack_exactly(problem.value(), state, 10000, job);
    const double brute = brute_force(problem.value(), state, problem.value().clusters, steps);
    if (!exact) {
      EXPECT_EQ(exact.error().code, ErrorCode::kInfeasible);
      EXPECT_EQ(brute, std::numeric_limits<double>::infinity()) << k;
      continue;
    }
    EXPECT_TRUE(exact.value().proven);
    EXPECT_NEAR(exact.value().cost, brute, 1e-3) << "round " << k;
    ++compared;
    shared += problem.value().clusters.empty() ? 0 : 1;
  }
  EXPECT_GT(compared, rounds / 2);
  EXPECT_EQ(shared > 0, pairs);
}

TEST(ExactPacking, IsAsShortAsTryingEveryGridPoint) {
  compare_with_brute_force(false, 3, 12, 120, 11);
  compare_with_brute_force(false, 4, 15, 25, 12);
}

TEST(ExactPacking, IsAsShortAsTryingEveryGridPointWithSharedAxes) {
  compare_with_brute_force(true, 4, 17, 40, 13);
}

TEST(Evaluator, ABoundCutsExactlyWhatIsWorse) {
  Rng rng(6);
  const Problem problem = problem_of(synthetic::ahuja());
  Evaluator evaluator(problem), fresh(problem);
  for (int k = 0; k < 300; ++k) {
    const State state = random_state(problem, rng);
    const auto cost = evaluator.evaluate(state);
    if (!cost) continue;
    EXPECT_EQ(fresh.evaluate(state, cost->total)->total, cost->total);
    EXPECT_FALSE(fresh.evaluate(state, cost->total - 1));
  }
}

TEST(Evaluator, AFlipCostsWhatAFullEvaluationSays) {
  Rng rng(7);
  const Problem problem = problem_of(synthetic::ahuja());
  Evaluator evaluator(problem);
  int compared = 0;
  for (int k = 0; k < 300; ++k) {
    State state = random_state(problem, rng);
    const auto before = evaluator.evaluate(state);
    if (!before) continue;
    Flips& flips = state.flips[rng.below(state.flips.size())];
    const bool x = rng.below(2) == 1;
    (x ? flips.x : flips.y) ^= true;
    EXPECT_EQ(evaluator.evaluate_flip(state, *before, x)->total, evaluator.evaluate(state)->total);
    ++compared;
  }
  EXPECT_GT(compared, 100);
}

TEST(Annealer, TheBestStateIsALocalOptimum) {
  const Problem problem = problem_of(synthetic::five_transistors());
  SimpleJobContext job;
  AnnealStats stats;
  Params params;
  params.iterations = 50;
  const auto found = anneal(problem, params, Rng(1), job, stats);
  ASSERT_FALSE(found.empty());
  Evaluator evaluator(problem);
  for (std::size_t g = 0; g < problem.groups.size(); ++g) {
    for (const bool x : {true, false}) {
      State state = found.front().state;
      (x ? state.flips[g].x : state.flips[g].y) ^= true;
      EXPECT_GE(evaluator.evaluate(state)->total, found.front().cost.total);
    }
  }
  for (std::size_t i = 1; i < found.size(); ++i) {
    EXPECT_LE(found[i - 1].cost.total, found[i].cost.total);
  }
}

}  // namespace
}  // namespace ptah::sequence_pair
