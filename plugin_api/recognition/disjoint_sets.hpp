/// Union-find.
#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace ptah::native {

class DisjointSets {
 public:
  explicit DisjointSets(std::size_t count = 0) : parent_(count) {
    std::iota(parent_.begin(), parent_.end(), 0);
  }
  std::int32_t find(std::int32_t element) noexcept {
    while (parent_[static_cast<std::size_t>(element)] != element) {
      std::int32_t& parent = parent_[static_cast<std::size_t>(element)];
      parent = parent_[static_cast<std::size_t>(parent)];
      element = parent;
    }
    return element;
  }
  /// The smallest element is the representative, whatever the order of calls.
  void unite(std::int32_t a, std::int32_t b) noexcept {
    a = find(a);
    b = find(b);
    if (a == b) return;
    if (b < a) std::swap(a, b);
    parent_[static_cast<std::size_t>(b)] = a;
  }
  std::size_t size() const noexcept { return parent_.size(); }

 private:
  std::vector<std::int32_t> parent_;
};

}  // namespace ptah::native
