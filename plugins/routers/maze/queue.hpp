/// The open list of A*: buckets by estimate, for a search whose estimates never fall below that of
/// the entry taken last (a consistent heuristic). Entries of equal estimate come in no particular
/// order, so that those which a search leaves behind cost next to nothing.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

namespace ptah::maze {

class OpenList {
 public:
  struct Entry {
    int estimate;
    std::uint32_t node;
  };

  void clear() {
    for (std::size_t word = 0; word < filled_.size(); ++word) {
      for (; filled_[word] != 0; filled_[word] &= filled_[word] - 1) {
        buckets_[word * 64 + std::countr_zero(filled_[word])] = kNone;
      }
    }
    links_.clear();
    unused_ = kNone;
    far_.clear();
    base_ = 0;
    current_ = 0;
  }

  void push(const Entry& entry) {
    const std::uint32_t offset = static_cast<std::uint32_t>(entry.estimate - base_);
    if (offset >= kBuckets) {
      far_.push_back(entry);
      return;
    }
    filled_[offset / 64] |= std::uint64_t{1} << offset % 64;
    const Link link{entry.node, buckets_[offset]};
    if (unused_ == kNone) {
      buckets_[offset] = static_cast<std::uint32_t>(links_.size());
      links_.push_back(link);
    } else {
      buckets_[offset] = unused_;
      unused_ = std::exchange(links_[unused_], link).next;
    }
  }

  /// Takes an entry of the lowest estimate. False when there is none.
  bool pop(Entry& entry) {
    if (buckets_[current_] == kNone && !advance()) return false;
    Link& link = links_[buckets_[current_]];
    entry = {base_ + static_cast<int>(current_), link.node};
    unused_ = std::exchange(buckets_[current_], std::exchange(link.next, unused_));
    return true;
  }

 private:
  /// Prices of single steps stay below this until nets have disagreed for some rounds.
  static constexpr std::uint32_t kBuckets = 2048;

  static constexpr std::array<std::uint32_t, kBuckets> empty_buckets() {
    std::array<std::uint32_t, kBuckets> buckets{};
    buckets.fill(kNone);
    return buckets;
  }

  /// Puts the next bucket that holds something in turn.
  bool advance() {
    filled_[current_ / 64] &= ~(std::uint64_t{1} << current_ % 64);
    std::size_t word = current_ / 64;
    while (word < filled_.size() && filled_[word] == 0) ++word;
    if (word == filled_.size()) {
      if (far_.empty()) return false;
      refill();
      for (word = 0; filled_[word] == 0;) ++word;
    }
    current_ = static_cast<std::uint32_t>(word * 64 + std::countr_zero(filled_[word]));
    return true;
  }

  /// Starts the buckets at the lowest estimate of those beyond them; all buckets are empty.
  void refill() {
    const auto lower = [](const Entry& a, const Entry& b) { return a.estimate < b.estimate; };
    base_ = std::min_element(far_.begin(), far_.end(), lower)->estimate;
    std::vector<Entry> waiting;
    waiting.swap(far_);
    for (const Entry& entry : waiting) push(entry);
  }

  /// An entry in a bucket, or one that is not in use any more. All of them lie together, and those
  /// in use last are used next: buckets of their own would lie all over the memory.
  struct Link {
    std::uint32_t node, next;
  };
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  std::vector<Link> links_;
  std::uint32_t unused_ = kNone;                                   ///< The first of a list.
  std::array<std::uint32_t, kBuckets> buckets_ = empty_buckets();  ///< The first entry of each.
  std::array<std::uint64_t, kBuckets / 64> filled_{};
  std::vector<Entry> far_;
  int base_ = 0;
  std::uint32_t current_ = 0;
};

}  // namespace ptah::maze
