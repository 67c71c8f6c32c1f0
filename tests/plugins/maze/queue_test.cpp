#include "queue.hpp"

#include <gtest/gtest.h>

#include <queue>
#include <tuple>

#include "ptah/core/random.hpp"

namespace ptah::maze {
namespace {

using Key = std::tuple<int, int, std::uint32_t>;

Key key(const OpenList::Entry& entry) {
  return {entry.estimate, -entry.cost, entry.node};
}

/// Pushes and takes as A* does: no estimate below the one taken last. `rise` bounds by how much an
/// estimate may exceed that.
void expect_total_order(std::uint64_t seed, int rise) {
  Rng rng(seed);
  OpenList list;
  for (int search = 0; search < 20; ++search) {
    list.clear();
    std::priority_queue<Key, std::vector<Key>, std::greater<>> reference;
    const auto push = [&](int estimate) {
      const OpenList::Entry entry{estimate, static_cast<int>(rng.below(estimate + 1)),
                                  static_cast<std::uint32_t>(rng.below(1000))};
      list.push(entry);
      reference.push(key(entry));
    };
    for (int k = 0; k < 30; ++k) push(static_cast<int>(rng.below(rise)));
    OpenList::Entry taken{};
    // Every other search ends early, and leaves entries behind.
    for (int step = 0; step < (search % 2 == 0 ? 500 : 100'000) && list.pop(taken); ++step) {
      ASSERT_EQ(key(taken), reference.top());
      reference.pop();
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

TEST(MazeOpenList, TakesEntriesInTotalOrder) {
  expect_total_order(1, 40);
}

TEST(MazeOpenList, EstimatesMayLieFarApart) {
  expect_total_order(2, 3000);
  expect_total_order(3, 90'000);
}

TEST(MazeOpenList, NothingComesOutOfAnEmptyList) {
  OpenList list;
  OpenList::Entry taken{};
  EXPECT_FALSE(list.pop(taken));
  list.push({7, 7, 7});
  list.clear();
  EXPECT_FALSE(list.pop(taken));
}

}  // namespace
}  // namespace ptah::maze
