/// Memory for the maps of a grid. A search walks through all of them at once, along rows that lie
/// far apart: with pages of the usual size it waits for translations of addresses more than for the
/// maps.
#pragma once

#include <sys/mman.h>

#include <cstdlib>
#include <new>
#include <vector>

namespace ptah::maze {

template <class T>
struct HugePages {
  using value_type = T;
  HugePages() = default;
  template <class U>
  HugePages(const HugePages<U>&) noexcept {}

  T* allocate(std::size_t count) {
    constexpr std::size_t kPage = std::size_t{2} << 20;
    const std::size_t bytes = count * sizeof(T);
    const bool large = bytes >= kPage;
    void* memory =
        large ? std::aligned_alloc(kPage, (bytes + kPage - 1) / kPage * kPage) : std::malloc(bytes);
    if (memory == nullptr) throw std::bad_alloc();
    if (large) ::madvise(memory, bytes, MADV_HUGEPAGE);  // Advice: nothing is lost without.
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t) noexcept { std::free(memory); }
  friend bool operator==(const HugePages&, const HugePages&) noexcept { return true; }
};

template <class T>
using Map = std::vector<T, HugePages<T>>;

/// Makes room for so many items, and as many for larger maps to come: what no map has touched takes
/// no memory. Where there is no room yet the map is empty afterwards, so that nothing is
/// copied and its memory is given back first.
template <class T>
void make_room(Map<T>& map, std::size_t items) {
  if (map.capacity() >= items) return;
  map = {};
  map.reserve(2 * items);
}

}  // namespace ptah::maze
