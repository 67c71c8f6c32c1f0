#include "recognition/rect_join.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ptah::native {
namespace {

/// Below this many comparisons every pair is tried.
constexpr std::size_t kFewPairs = 256;

/// Strips in x with the rectangles of one list that the sweep line crosses.
class Strips {
 public:
  Strips(Dbu x0, Dbu width, std::int32_t count)
      : x0_(x0), width_(width), heads_(static_cast<std::size_t>(count), -1) {}
  std::int32_t strip(Dbu x) const noexcept {
    const std::int64_t at = (static_cast<std::int64_t>(x) - x0_) / width_;
    return static_cast<std::int32_t>(
        std::clamp<std::int64_t>(at, 0, static_cast<std::int64_t>(heads_.size()) - 1));
  }
  void insert(std::int32_t index, const Rect& r) {
    for (std::int32_t s = strip(r.x0), last = strip(r.x1); s <= last; ++s) {
      entries_.push_back({index, heads_[static_cast<std::size_t>(s)]});
      heads_[static_cast<std::size_t>(s)] = static_cast<std::int32_t>(entries_.size()) - 1;
    }
  }
  /// Calls `found` for those that reach up to r.y0 and touch r; what ends below is dropped.
  template <typename Found>
  void visit(const Rect& r, std::span<const Rect> rects, Found found) {
    const std::int32_t first = strip(r.x0);
    for (std::int32_t s = first, last = strip(r.x1); s <= last; ++s) {
      std::int32_t* link = &heads_[static_cast<std::size_t>(s)];
      while (*link >= 0) {
        Entry& entry = entries_[static_cast<std::size_t>(*link)];
        const Rect& other = rects[static_cast<std::size_t>(entry.index)];
        if (other.y1 < r.y0) {
          *link = entry.next;
          continue;
        }
        // A pair that shares several strips counts in the first of them.
        if (other.x0 <= r.x1 && r.x0 <= other.x1 && std::max(first, strip(other.x0)) == s) {
          found(entry.index);
        }
        link = &entry.next;
      }
    }
  }

 private:
  struct Entry {
    std::int32_t index, next;
  };
  std::int64_t x0_, width_;
  std::vector<std::int32_t> heads_;
  std::vector<Entry> entries_;
};

template <bool kOverlap>
std::vector<RectPair> join(std::span<const Rect> a, std::span<const Rect> b) {
  std::vector<RectPair> pairs;
  if (a.empty() || b.empty()) return pairs;
  const auto meets = [](const Rect& l, const Rect& r) {
    return kOverlap ? l.overlaps(r) : l.touches(r);
  };
  if (a.size() * b.size() <= kFewPairs) {
    for (std::size_t i = 0; i < a.size(); ++i) {
      for (std::size_t j = 0; j < b.size() && b[j].y0 <= a[i].y1; ++j) {
        if (meets(a[i], b[j])) {
          pairs.push_back({static_cast<std::int32_t>(i), static_cast<std::int32_t>(j)});
        }
      }
    }
    return pairs;
  }
  // The strips span the list of smaller extent: outside of it nothing meets.
  const auto extent = [](std::span<const Rect> rects) {
    Dbu x0 = rects.front().x0, x1 = rects.front().x1;
    for (const Rect& r : rects) {
      x0 = std::min(x0, r.x0);
      x1 = std::max(x1, r.x1);
    }
    return std::pair(x0, x1);
  };
  const auto [a0, a1] = extent(a);
  const auto [b0, b1] = extent(b);
  const Dbu x0 = std::max(a0, b0);
  const std::int64_t span = static_cast<std::int64_t>(std::min(a1, b1)) - x0 + 1;
  if (span <= 0) return pairs;
  const auto wanted =
      static_cast<std::int64_t>(std::sqrt(static_cast<double>(a.size() + b.size())) * 2) + 1;
  const std::int64_t width = std::max<std::int64_t>(1, (span + wanted - 1) / wanted);
  const auto count = static_cast<std::int32_t>((span + width - 1) / width);
  Strips active_a(x0, static_cast<Dbu>(width), count), active_b(x0, static_cast<Dbu>(width), count);
  const auto reachable = [&](const Rect& r) { return r.x1 >= x0 && r.x0 < x0 + span; };
  std::size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    if (j == b.size() || (i < a.size() && a[i].y0 <= b[j].y0)) {
      if (reachable(a[i])) {
        active_b.visit(a[i], b, [&](std::int32_t other) {
          if (meets(a[i], b[static_cast<std::size_t>(other)]))
            pairs.push_back({static_cast<std::int32_t>(i), other});
        });
        if (j < b.size()) active_a.insert(static_cast<std::int32_t>(i), a[i]);
      }
      ++i;
    } else {
      if (reachable(b[j])) {
        active_a.visit(b[j], a, [&](std::int32_t other) {
          if (meets(a[static_cast<std::size_t>(other)], b[j]))
            pairs.push_back({other, static_cast<std::int32_t>(j)});
        });
        if (i < a.size()) active_b.insert(static_cast<std::int32_t>(j), b[j]);
      }
      ++j;
    }
  }
  std::sort(pairs.begin(), pairs.end());
  return pairs;
}

}  // namespace

std::vector<RectPair> touching_pairs(std::span<const Rect> a, std::span<const Rect> b) {
  return join<false>(a, b);
}

std::vector<RectPair> overlapping_pairs(std::span<const Rect> a, std::span<const Rect> b) {
  return join<true>(a, b);
}

std::vector<RectPair> abutting_pairs(std::span<const Rect> region) {
  // Top edges and bottom edges in the same order; those at one height form runs that are disjoint
  // in x, so that two pointers find all pairs.
  std::vector<std::int32_t> tops(region.size());
  std::iota(tops.begin(), tops.end(), 0);
  const auto at = [&](std::int32_t i) -> const Rect& {
    return region[static_cast<std::size_t>(i)];
  };
  std::sort(tops.begin(), tops.end(), [&](std::int32_t l, std::int32_t r) {
    return std::pair(at(l).y1, at(l).x0) < std::pair(at(r).y1, at(r).x0);
  });
  std::vector<RectPair> pairs;
  std::size_t t = 0;
  const auto count = static_cast<std::int32_t>(region.size());
  for (std::int32_t b = 0; b < count;) {
    const Dbu y = at(b).y0;
    while (t < tops.size() && at(tops[t]).y1 < y) ++t;
    std::size_t k = t;
    for (; b < count && at(b).y0 == y; ++b) {
      while (k < tops.size() && at(tops[k]).y1 == y && at(tops[k]).x1 <= at(b).x0) ++k;
      for (std::size_t m = k; m < tops.size() && at(tops[m]).y1 == y && at(tops[m]).x0 < at(b).x1;
           ++m) {
        pairs.push_back({tops[m], b});
      }
    }
  }
  std::sort(pairs.begin(), pairs.end());
  return pairs;
}

std::vector<DbuArea> covered_areas(std::span<const Rect> rects, std::span<const Rect> region) {
  std::vector<DbuArea> areas(rects.size(), 0);
  for (const RectPair& pair : overlapping_pairs(rects, region)) {
    areas[static_cast<std::size_t>(pair.a)] +=
        rects[static_cast<std::size_t>(pair.a)]
            .intersection(region[static_cast<std::size_t>(pair.b)])
            .area();
  }
  return areas;
}

}  // namespace ptah::native
