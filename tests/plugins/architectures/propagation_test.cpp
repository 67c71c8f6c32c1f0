#include "propagation.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

namespace ptah::nets {
namespace {

/// Worth of a network by what it is made of, with noise: a search has something to find.
double synthetic_eta(const std::array<Dag, kDags>& dags, Rng& rng) {
  double eta = 0.8;
  for (std::size_t g = 0; g < kDags; ++g) {
    for (const auto& [from, to] : dags[g].edges)
      eta += (from * 3 + to * 5 + static_cast<int>(g)) % 4 == 0 ? 0.012 : -0.004;
    for (int v = 1; v < kVertices; ++v) {
      if (dags[g].has(v) && dags[g].operations[static_cast<std::size_t>(v)] == Operation::kConv64)
        eta += 0.008;
    }
  }
  return eta + 0.005 * (rng.uniform() - 0.5);
}

TEST(Propagation, DrawsDagsThatCanBeBuilt) {
  Rng rng(1);
  const Propagation propagation;
  for (int i = 0; i < 500; ++i) {
    for (const Dag& dag : propagation.draw(rng)) {
      for (const auto& [from, to] : dag.edges) {
        EXPECT_LT(from, to);
        EXPECT_TRUE(dag.has(from)) << "an edge that begins nowhere";
      }
      EXPECT_TRUE(!dag.has(6) || dag.leads_on(6)) << "v6 has one edge, which is certain";
    }
  }
}

TEST(Propagation, ThirdOfAllFreshDagsIsEmpty) {
  // v0 keeps none of seven edges of p = 1/7 with probability (6/7)^7.
  Rng rng(2);
  const Propagation propagation;
  int empty = 0;
  constexpr int kDraws = 4000;
  for (int i = 0; i < kDraws; ++i) {
    for (const Dag& dag : propagation.draw(rng)) empty += dag.edges.empty() ? 1 : 0;
  }
  EXPECT_NEAR(empty / (kDraws * static_cast<double>(kDags)), std::pow(6.0 / 7, 7), 0.015);
}

TEST(Propagation, WhatDidBetterThanTheMeanIsDrawnMoreOften) {
  Propagation propagation;
  std::array<Dag, kDags> good, poor;
  for (Dag& dag : good) {
    dag.edges = {{0, 3}};
    dag.operations[3] = Operation::kMixed;
  }
  for (Dag& dag : poor) {
    dag.edges = {{0, 5}};
    dag.operations[5] = Operation::kConv32;
  }
  for (int i = 0; i < 10; ++i) {
    propagation.learn(good, 0.95);
    propagation.learn(poor, 0.85);
  }
  Rng rng(3);
  int with_good = 0, with_poor = 0, mixed = 0;
  for (int i = 0; i < 500; ++i) {
    const Dag dag = propagation.draw(rng)[0];
    for (const auto& edge : dag.edges) {
      with_good += edge == std::pair{0, 3} ? 1 : 0;
      with_poor += edge == std::pair{0, 5} ? 1 : 0;
    }
    mixed += dag.has(3) && dag.operations[3] == Operation::kMixed ? 1 : 0;
  }
  EXPECT_GT(with_good, 300);
  EXPECT_LT(with_poor, 50);
  EXPECT_GT(mixed, with_good / 2);
}

TEST(Propagation, EqualWorthMovesNothing) {
  Propagation propagation;
  const double before = propagation.edge_entropy();
  Rng rng(4);
  for (int i = 0; i < 50; ++i) propagation.learn(propagation.draw(rng), 0.9);
  EXPECT_NEAR(propagation.edge_entropy(), before, 1e-9);
}

// On the way, not at the end: a poor draw takes from all that it used, good edges as well, so that
// the published update can forget what it had found.
TEST(Propagation, EdgesLoseAThirdOfTheirEntropyInASearchOf120) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    Propagation propagation;
    Rng rng(seed), noise = rng.fork(1);
    const double before = propagation.edge_entropy();
    double first = 0, last = 0, lowest = before;
    for (int i = 0; i < 120; ++i) {
      const auto dags = propagation.draw(rng);
      const double eta = synthetic_eta(dags, noise);
      propagation.learn(dags, eta);
      lowest = std::min(lowest, propagation.edge_entropy());
      if (i < 30) first += eta;
      if (i >= 90) last += eta;
    }
    EXPECT_LT(lowest, 0.7 * before) << seed;
    EXPECT_LT(propagation.operation_entropy(), 2) << seed;
    EXPECT_GT(last, first) << "what is drawn late is no better than what was drawn early";
  }
}

TEST(Propagation, GoesOnFromItsStateWithTheSameDraws) {
  Propagation one;
  Rng rng(5), noise(6);
  for (int i = 0; i < 20; ++i) {
    const auto dags = one.draw(rng);
    one.learn(dags, synthetic_eta(dags, noise));
  }
  Propagation other;
  ASSERT_TRUE(other.restore(Json::parse(one.save().dump())));
  EXPECT_EQ(other.learnt(), one.learnt());
  Rng again = rng;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(one.draw(rng), other.draw(again));
  EXPECT_FALSE(other.restore(Json{{"alpha", 1}}));
  EXPECT_FALSE(other.restore(Json("text")));
}

}  // namespace
}  // namespace ptah::nets
