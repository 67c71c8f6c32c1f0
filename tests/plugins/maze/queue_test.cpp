#include "queue.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "ptah/core/random.hpp"

namespace ptah::maze {
namespace {

/// Pushes and takes as A* does: no estimate below the one taken last. `rise` bounds by how much an
/// estimate may exceed that.
void expect_lowest_first(std::uint64_t seed, int rise) {
  Rng rng(seed);
  OpenList list;
  for (int search = 0; search < 20; ++search) {
    list.clear();
    std::map<int, std::multiset<std::uint32_t>> reference;  // Nodes by estimate.
    const auto push = [&](int estimate) {
      const OpenList::Entry entry{estimate, static_cast<std::uint32_t>(rng.below(1000))};
      list.push(entry);
      reference[estimate].insert(entry.node);
    };
    for (int k = 0; k < 30; ++k) push(static_cast<int>(rng.below(rise)));
    OpenList::Entry taken{};
    // Every other search ends early, and leaves entries behind.
    for (int step = 0; step < (search % 2 == 0 ? 500 : 100'000) && list.pop(taken); ++step) {
      ASSERT_FALSE(reference.empty());
      auto& [lowest, nodes] = *reference.begin();
      ASSERT_EQ(taken.estimate, lowest);
      const auto node = nodes.find(taken.node);
      ASSERT_NE(node, nodes.end());
      nodes.erase(node);
      if (nodes.empty()) reference.erase(reference.begin());
      if (step > 3000) continue;
      for (auto more = rng.below(4); more > 0; --more) {
        push(taken.estimate + (rng.below(2) == 0 ? 0 : static_cast<int>(rng.below(rise))));
      }
    }
    if (search % 2 == 1) {
      EXPECT_TRUE(reference.empty());
      EXPECT_FALSE(list.pop(taken));
    }
  }
}

TEST(MazeOpenList, TakesTheLowestEstimateFirst) {
  expect_lowest_first(1, 40);
}

TEST(MazeOpenList, EstimatesMayLieFarApart) {
  expect_lowest_first(2, 3000);
  expect_lowest_first(3, 90'000);
}

TEST(MazeOpenList, NothingComesOutOfAnEmptyList) {
  OpenList list;
  OpenList::Entry taken{};
  EXPECT_FALSE(list.pop(taken));
  list.push({7, 7});
  list.clear();
  EXPECT_FALSE(list.pop(taken));
}

}  // namespace
}  // namespace ptah::maze
