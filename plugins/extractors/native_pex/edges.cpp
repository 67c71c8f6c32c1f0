#include "edges.hpp"

#include <algorithm>

namespace ptah::native {
namespace {

struct Interval {
  Dbu lo = 0, hi = 0;
};

/// Disjoint and ascending; `items` come in ascending `lo`.
void add_interval(std::vector<Interval>& list, Dbu lo, Dbu hi) {
  if (!list.empty() && lo <= list.back().hi) {
    list.back().hi = std::max(list.back().hi, hi);
  } else {
    list.push_back({lo, hi});
  }
}

/// Calls f(lo, hi) for the parts of [lo, hi] outside of `cuts`. `next` only moves forward: callers
/// ask in ascending order.
template <class F>
void outside(Dbu lo, Dbu hi, const std::vector<Interval>& cuts, std::size_t& next, F&& f) {
  while (next < cuts.size() && cuts[next].hi <= lo) ++next;
  for (std::size_t i = next; i < cuts.size() && cuts[i].lo < hi; ++i) {
    if (lo < cuts[i].lo) f(lo, cuts[i].lo);
    lo = std::max(lo, cuts[i].hi);
  }
  if (lo < hi) f(lo, hi);
}

struct Line {
  std::vector<Interval> hide;
  std::vector<Edge> edges;

  void clear() {
    hide.clear();
    edges.clear();
  }
  void finish(std::vector<Edge>& out) {
    std::size_t next = 0;
    for (const Edge& edge : edges) {
      outside(edge.lo, edge.hi, hide, next, [&](Dbu lo, Dbu hi) {
        out.push_back(edge);
        out.back().lo = lo;
        out.back().hi = hi;
      });
    }
  }
};

}  // namespace

void find_edges(std::vector<EdgeItem>& items, Material material, std::vector<Edge>& edges) {
  std::sort(items.begin(), items.end(), [](const EdgeItem& a, const EdgeItem& b) {
    if (a.at != b.at) return a.at < b.at;
    if (a.lo != b.lo) return a.lo < b.lo;
    return a.kind != b.kind ? a.kind < b.kind : a.hi < b.hi;
  });
  static thread_local Line falling, rising;
  for (std::size_t i = 0; i < items.size();) {
    const Dbu at = items[i].at;
    falling.clear();
    rising.clear();
    for (; i < items.size() && items[i].at == at; ++i) {
      const EdgeItem& item = items[i];
      switch (item.kind) {
        case EdgeItem::kStart:
          falling.edges.push_back({at, item.lo, item.hi, item.net, false, material, 0});
          add_interval(rising.hide, item.lo, item.hi);
          break;
        case EdgeItem::kEnd:
          rising.edges.push_back({at, item.lo, item.hi, item.net, true, material, 0});
          add_interval(falling.hide, item.lo, item.hi);
          break;
        case EdgeItem::kHideStart:
          add_interval(falling.hide, item.lo, item.hi);
          break;
        case EdgeItem::kHideEnd:
          add_interval(rising.hide, item.lo, item.hi);
          break;
      }
    }
    falling.finish(edges);
    rising.finish(edges);
  }
}

}  // namespace ptah::native
