#include "ptah/geom/geometry.hpp"

#include <map>
#include <tuple>

namespace ptah {
namespace {

struct Event {
  Dbu y;
  Dbu x0, x1;
  int delta;
};

/// How many rectangles begin (positive) or end (negative) at each x of the present slab.
using Coverage = std::map<Dbu, int>;

void add(Coverage& coverage, Dbu x, int delta) {
  const auto it = coverage.try_emplace(x, 0).first;
  it->second += delta;
  if (it->second == 0) coverage.erase(it);
}

}  // namespace

std::vector<Rect> disjoint_union(std::vector<Rect> rects) {
  std::vector<Event> events;
  events.reserve(rects.size() * 2);
  for (const Rect& r : rects) {
    if (r.x1 <= r.x0 || r.y1 <= r.y0) continue;
    events.push_back({r.y0, r.x0, r.x1, +1});
    events.push_back({r.y1, r.x0, r.x1, -1});
  }
  std::sort(events.begin(), events.end(), [](const Event& a, const Event& b) {
    return std::tie(a.y, a.x0, a.x1, a.delta) < std::tie(b.y, b.x0, b.x1, b.delta);
  });

  // Slab by slab upwards; a run of x that goes on unchanged keeps its rectangle open.
  std::vector<Rect> result;
  std::vector<Rect> open, next;
  Coverage coverage;
  for (std::size_t i = 0; i < events.size();) {
    const Dbu y = events[i].y;
    for (; i < events.size() && events[i].y == y; ++i) {
      add(coverage, events[i].x0, events[i].delta);
      add(coverage, events[i].x1, -events[i].delta);
    }
    next.clear();
    int depth = 0;
    Dbu begin = 0;
    for (const auto& [x, delta] : coverage) {
      if (depth == 0) begin = x;
      depth += delta;
      if (depth == 0) next.push_back({begin, y, x, y});
    }
    // Both lists are sorted by x0, so one pass matches runs that continue.
    auto continuing = next.begin();
    for (Rect& r : open) {
      while (continuing != next.end() && continuing->x0 < r.x0) ++continuing;
      if (continuing != next.end() && continuing->x0 == r.x0 && continuing->x1 == r.x1) {
        continuing->y0 = r.y0;
      } else {
        r.y1 = y;
        result.push_back(r);
      }
    }
    open.swap(next);
  }
  std::sort(result.begin(), result.end(), [](const Rect& a, const Rect& b) {
    return std::tie(a.y0, a.x0, a.y1, a.x1) < std::tie(b.y0, b.x0, b.y1, b.x1);
  });
  return result;
}

DbuArea union_area(const std::vector<Rect>& rects) {
  DbuArea area = 0;
  for (const Rect& r : disjoint_union(rects)) area += r.area();
  return area;
}

}  // namespace ptah
