#include "region.hpp"

#include <algorithm>
#include <tuple>

namespace ptah::native {
namespace {

/// An edge of a rectangle that the sweep line meets: at `y`, `delta` is added over [x0, x1).
struct Edge {
  Dbu y;
  Dbu x0, x1;
  std::int32_t delta;
  std::int32_t set;  ///< 0: a, 1: b
};

void append_edges(std::span<const Rect> rects, std::int32_t set, std::vector<Edge>& edges) {
  for (const Rect& r : rects) {
    if (r.x1 <= r.x0 || r.y1 <= r.y0) continue;
    edges.push_back({r.y0, r.x0, r.x1, +1, set});
    edges.push_back({r.y1, r.x0, r.x1, -1, set});
  }
}

/// What starts at an x on the sweep line.
struct Step {
  Dbu x;
  std::int32_t delta[2];
};

/// Adds one to the step at `x`; the list is sorted, steps that cancel out are dropped.
void add_step(std::vector<Step>& steps, Dbu x, std::int32_t set, std::int32_t delta) {
  const auto at =
      std::lower_bound(steps.begin(), steps.end(), x, [](const Step& s, Dbu v) { return s.x < v; });
  if (at == steps.end() || at->x != x) {
    Step step{x, {0, 0}};
    step.delta[set] = delta;
    steps.insert(at, step);
    return;
  }
  at->delta[set] += delta;
  if (at->delta[0] == 0 && at->delta[1] == 0) steps.erase(at);
}

/// Sweep upwards; `inside(depth_a, depth_b)` says which points belong to the result.
template <typename Inside>
Region sweep(std::span<const Rect> a, std::span<const Rect> b, Inside inside) {
  std::vector<Edge> edges;
  edges.reserve(2 * (a.size() + b.size()));
  append_edges(a, 0, edges);
  append_edges(b, 1, edges);
  std::sort(edges.begin(), edges.end(), [](const Edge& l, const Edge& r) { return l.y < r.y; });

  Region result;
  std::vector<Step> steps;
  std::vector<Rect> open, next;
  for (std::size_t i = 0; i < edges.size();) {
    const Dbu y = edges[i].y;
    for (; i < edges.size() && edges[i].y == y; ++i) {
      add_step(steps, edges[i].x0, edges[i].set, edges[i].delta);
      add_step(steps, edges[i].x1, edges[i].set, -edges[i].delta);
    }
    next.clear();
    std::int32_t depth_a = 0, depth_b = 0;
    bool was_inside = false;
    Dbu begin = 0;
    for (const Step& step : steps) {
      depth_a += step.delta[0];
      depth_b += step.delta[1];
      const bool is_inside = inside(depth_a > 0, depth_b > 0);
      if (is_inside == was_inside) continue;
      if (is_inside) {
        begin = step.x;
      } else {
        next.push_back({begin, y, step.x, y});
      }
      was_inside = is_inside;
    }
    // Both lists are sorted by x0: one pass finds the runs that go on unchanged.
    auto candidate = next.begin();
    for (Rect& run : open) {
      while (candidate != next.end() && candidate->x0 < run.x0) ++candidate;
      if (candidate != next.end() && candidate->x0 == run.x0 && candidate->x1 == run.x1) {
        candidate->y0 = run.y0;
      } else {
        run.y1 = y;
        result.push_back(run);
      }
    }
    open.swap(next);
  }
  std::sort(result.begin(), result.end(), [](const Rect& l, const Rect& r) {
    return std::tie(l.y0, l.x0) < std::tie(r.y0, r.x0);
  });
  return result;
}

}  // namespace

Region united(std::span<const Rect> rects) {
  return sweep(rects, {}, [](bool a, bool) { return a; });
}

Region united(std::span<const Rect> a, std::span<const Rect> b) {
  return sweep(a, b, [](bool in_a, bool in_b) { return in_a || in_b; });
}

Region intersection(std::span<const Rect> a, std::span<const Rect> b) {
  return sweep(a, b, [](bool in_a, bool in_b) { return in_a && in_b; });
}

Region difference(std::span<const Rect> a, std::span<const Rect> b) {
  return sweep(a, b, [](bool in_a, bool in_b) { return in_a && !in_b; });
}

Region grown(std::span<const Rect> rects, Dbu d) {
  std::vector<Rect> larger;
  larger.reserve(rects.size());
  for (const Rect& r : rects) larger.push_back(r.bloated(d));
  return united(larger);
}

Region shrunk(std::span<const Rect> rects, Dbu d) {
  const Rect box = bounding_box(rects);
  if (box.empty()) return {};
  const Rect frame[] = {box.bloated(d + 1)};
  return difference(rects, grown(difference(frame, rects), d));
}

DbuArea area(const Region& region) noexcept {
  DbuArea sum = 0;
  for (const Rect& r : region) sum += r.area();
  return sum;
}

Rect bounding_box(std::span<const Rect> rects) noexcept {
  Rect box;
  for (const Rect& r : rects) box = box.united(r);
  return box;
}

}  // namespace ptah::native
