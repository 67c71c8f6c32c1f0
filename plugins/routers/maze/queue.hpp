/// The open list of A*: buckets by estimate, for a search whose estimates never fall below that of
/// the entry taken last (a consistent heuristic). Only the bucket in turn is ordered, so that
/// entries which a search leaves behind cost next to nothing.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <functional>
#include <vector>

namespace ptah::maze {

class OpenList {
 public:
  struct Entry {
    int estimate;
    int cost;
    std::uint32_t node;
  };

  void clear() {
    for (std::size_t word = 0; word < filled_.size(); ++word) {
      for (; filled_[word] != 0; filled_[word] &= filled_[word] - 1) {
        buckets_[word * 64 + std::countr_zero(filled_[word])].clear();
      }
    }
    far_.clear();
    run_.clear();
    // The first entries may come in any order: `advance` sorts them into buckets.
    base_ = kBeforeAll;
    ordered_ = false;
  }

  void push(const Entry& entry) {
    const std::uint32_t offset = static_cast<std::uint32_t>(entry.estimate - base_);
    if (offset >= kBuckets) {
      far_.push_back(entry);
      return;
    }
    const std::uint64_t key = key_of(entry);
    if (ordered_ && offset == current_ && enter_run(key)) return;
    std::vector<std::uint64_t>& bucket = buckets_[offset];
    filled_[offset / 64] |= std::uint64_t{1} << offset % 64;
    bucket.push_back(key);
    if (ordered_ && offset == current_) {
      std::push_heap(bucket.begin(), bucket.end(), std::greater<>());
    }
  }

  /// Takes the entry of the lowest estimate; ties: the longer way behind, then the lower node, so
  /// that the order is total. False when there is none.
  bool pop(Entry& entry) {
    if (!ordered_ || (run_.empty() && buckets_[current_].empty())) {
      if (!advance()) return false;
    }
    std::vector<std::uint64_t>& bucket = buckets_[current_];
    std::uint64_t taken = 0;
    if (!run_.empty() && (bucket.empty() || run_.back() <= bucket.front())) {
      taken = run_.back();
      run_.pop_back();
    } else {
      taken = bucket.front();
      std::pop_heap(bucket.begin(), bucket.end(), std::greater<>());
      bucket.pop_back();
    }
    entry = {base_ + static_cast<int>(current_),
             static_cast<int>(~static_cast<std::uint32_t>(taken >> 32)),
             static_cast<std::uint32_t>(taken)};
    return true;
  }

 private:
  /// Prices of single steps stay below this until nets have disagreed for some rounds.
  static constexpr std::uint32_t kBuckets = 2048;
  static constexpr int kBeforeAll = -static_cast<int>(kBuckets);

  /// Less is sooner.
  static std::uint64_t key_of(const Entry& entry) noexcept {
    return static_cast<std::uint64_t>(~static_cast<std::uint32_t>(entry.cost)) << 32 | entry.node;
  }

  /// Puts a key that belongs near the end of the run there.
  bool enter_run(std::uint64_t key) {
    constexpr std::size_t kReach = 4;
    std::size_t at = run_.size();
    while (at > 0 && run_[at - 1] < key) {
      if (run_.size() - --at == kReach) return false;
    }
    run_.insert(run_.begin() + static_cast<std::ptrdiff_t>(at), key);
    return true;
  }

  /// Puts the next bucket that holds something in turn.
  bool advance() {
    if (ordered_) filled_[current_ / 64] &= ~(std::uint64_t{1} << current_ % 64);
    std::size_t word = ordered_ ? current_ / 64 : 0;
    while (word < filled_.size() && filled_[word] == 0) ++word;
    if (word == filled_.size()) {
      if (far_.empty()) return false;
      refill();
      word = 0;
      while (filled_[word] == 0) ++word;
    }
    current_ = static_cast<std::uint32_t>(word * 64 + std::countr_zero(filled_[word]));
    std::make_heap(buckets_[current_].begin(), buckets_[current_].end(), std::greater<>());
    ordered_ = true;
    return true;
  }

  /// Starts the buckets at the lowest estimate of those beyond them; all buckets are empty.
  void refill() {
    const auto lower = [](const Entry& a, const Entry& b) { return a.estimate < b.estimate; };
    base_ = std::min_element(far_.begin(), far_.end(), lower)->estimate;
    ordered_ = false;
    std::vector<Entry> waiting;
    waiting.swap(far_);
    for (const Entry& entry : waiting) push(entry);
  }

  std::array<std::vector<std::uint64_t>, kBuckets> buckets_;
  std::array<std::uint64_t, kBuckets / 64> filled_{};
  std::vector<std::uint64_t> run_;  ///< Of the current bucket; the first to go is the last.
  std::vector<Entry> far_;
  int base_ = kBeforeAll;
  std::uint32_t current_ = 0;
  bool ordered_ = false;  ///< The current bucket is a heap.
};

}  // namespace ptah::maze
