// Sweep upwards over horizontal edges. The sweep line is a sorted list of breaks with the depth of
// each set to their right; an event changes and re-examines only the runs that it touches, so the
// cost follows the edges, not the width of the layout.
#include "ptah/geom/region.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace ptah {
namespace {

/// (y, x) as one number in the same order: half of the time goes into sorting by them.
std::uint64_t sweep_key(Dbu y, Dbu x) {
  constexpr std::uint32_t kSign = 0x80000000u;
  return std::uint64_t{static_cast<std::uint32_t>(y) ^ kSign} << 32 |
         (static_cast<std::uint32_t>(x) ^ kSign);
}

/// An edge of a rectangle that the sweep line meets: at `y`, `delta` is added over [x0, x1).
struct Edge {
  std::uint64_t key;  ///< sweep_key(y, x0)
  Dbu x1;
  std::int16_t delta;
  std::int16_t set;  ///< 0: a, 1: b

  Dbu y() const { return static_cast<Dbu>(static_cast<std::uint32_t>(key >> 32) ^ 0x80000000u); }
  Dbu x0() const { return static_cast<Dbu>(static_cast<std::uint32_t>(key) ^ 0x80000000u); }
};

void append_edges(std::span<const Rect> rects, std::int16_t set, std::vector<Edge>& edges) {
  for (const Rect& r : rects) {
    if (r.x1 <= r.x0 || r.y1 <= r.y0) continue;
    edges.push_back({sweep_key(r.y0, r.x0), r.x1, +1, set});
    edges.push_back({sweep_key(r.y1, r.x0), r.x1, -1, set});
  }
}

/// Depth of both sets from `x` to the next break.
struct Break {
  Dbu x;
  std::int32_t depth[2];
};

struct Run {
  Dbu x0, x1;
  Dbu y0;  ///< Where the run began.
};

class SweepLine {
 public:
  SweepLine() { breaks_.push_back({std::numeric_limits<Dbu>::min(), {0, 0}}); }

  void add(const Edge& edge) {
    std::size_t i = break_at(edge.x0());
    const std::size_t first = i;
    for (; i < breaks_.size() && breaks_[i].x < edge.x1; ++i) {
      breaks_[i].depth[edge.set] += edge.delta;
    }
    if (i == breaks_.size() || breaks_[i].x != edge.x1) {
      Break end = breaks_[i - 1];
      end.x = edge.x1;
      end.depth[edge.set] -= edge.delta;
      breaks_.insert(breaks_.begin() + static_cast<std::ptrdiff_t>(i), end);
    }
    drop_if_equal(i);
    drop_if_equal(first);
  }

  /// The runs inside [lo, hi], joined where they touch.
  template <typename Inside>
  void runs(Dbu lo, Dbu hi, Dbu y, const Inside& inside, std::vector<Run>& out) const {
    auto at = std::upper_bound(breaks_.begin(), breaks_.end(), lo,
                               [](Dbu v, const Break& b) { return v < b.x; });
    --at;  // The sentinel lies before everything.
    for (; at != breaks_.end() && at->x < hi; ++at) {
      if (!inside(at->depth[0] > 0, at->depth[1] > 0)) continue;
      const Dbu begin = std::max(at->x, lo);
      const Dbu end = at + 1 == breaks_.end() ? hi : std::min((at + 1)->x, hi);
      if (!out.empty() && out.back().x1 == begin) {
        out.back().x1 = end;
      } else {
        out.push_back({begin, end, y});
      }
    }
  }

 private:
  /// Index of the break at `x`, made where there is none.
  std::size_t break_at(Dbu x) {
    const auto at = std::lower_bound(breaks_.begin(), breaks_.end(), x,
                                     [](const Break& b, Dbu v) { return b.x < v; });
    const auto index = static_cast<std::size_t>(at - breaks_.begin());
    if (at == breaks_.end() || at->x != x) {
      Break start = breaks_[index - 1];
      start.x = x;
      breaks_.insert(at, start);
    }
    return index;
  }
  void drop_if_equal(std::size_t i) {
    if (i == 0 || i >= breaks_.size()) return;
    const Break &left = breaks_[i - 1], &right = breaks_[i];
    if (left.depth[0] == right.depth[0] && left.depth[1] == right.depth[1]) {
      breaks_.erase(breaks_.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }

  std::vector<Break> breaks_;
};

/// `inside(in_a, in_b)` says which points belong to the result.
template <typename Inside>
Region sweep(std::span<const Rect> a, std::span<const Rect> b, Inside inside) {
  Region result;
  std::vector<Edge> edges;
  edges.reserve(2 * (a.size() + b.size()));
  append_edges(a, 0, edges);
  append_edges(b, 1, edges);
  std::sort(edges.begin(), edges.end(), [](const Edge& l, const Edge& r) { return l.key < r.key; });

  SweepLine line;
  std::vector<Run> open, fresh;
  for (std::size_t i = 0; i < edges.size();) {
    const Dbu y = edges[i].y();
    const std::size_t begin = i;
    for (; i < edges.size() && edges[i].y() == y; ++i) line.add(edges[i]);
    // Each stretch that events touched, with the open runs that meet it.
    for (std::size_t k = begin; k < i;) {
      Dbu lo = edges[k].x0(), hi = edges[k].x1;
      auto first = std::lower_bound(open.begin(), open.end(), lo,
                                    [](const Run& r, Dbu v) { return r.x1 < v; });
      if (first != open.end()) lo = std::min(lo, first->x0);
      auto last = first;
      for (bool grew = true; grew;) {
        grew = false;
        for (; k < i && edges[k].x0() <= hi; ++k) hi = std::max(hi, edges[k].x1);
        for (; last != open.end() && last->x0 <= hi; ++last) {
          if (last->x1 > hi) {
            hi = last->x1;
            grew = true;
          }
        }
      }
      fresh.clear();
      line.runs(lo, hi, y, inside, fresh);
      auto candidate = fresh.begin();
      for (auto run = first; run != last; ++run) {
        while (candidate != fresh.end() && candidate->x0 < run->x0) ++candidate;
        if (candidate != fresh.end() && candidate->x0 == run->x0 && candidate->x1 == run->x1) {
          candidate->y0 = run->y0;
        } else {
          result.push_back({run->x0, run->y0, run->x1, y});
        }
      }
      const auto old_count = last - first, new_count = static_cast<std::ptrdiff_t>(fresh.size());
      const auto common = std::min(old_count, new_count);
      std::copy(fresh.begin(), fresh.begin() + common, first);
      if (new_count > old_count) {
        open.insert(first + common, fresh.begin() + common, fresh.end());
      } else {
        open.erase(first + common, last);
      }
    }
  }
  std::sort(result.begin(), result.end(), [](const Rect& l, const Rect& r) {
    return sweep_key(l.y0, l.x0) < sweep_key(r.y0, r.x0);
  });
  return result;
}

/// Those of `rects` that touch `box`.
std::vector<Rect> near(std::span<const Rect> rects, const Rect& box) {
  std::vector<Rect> kept;
  kept.reserve(rects.size());
  for (const Rect& r : rects) {
    if (r.touches(box)) kept.push_back(r);
  }
  return kept;
}

}  // namespace

Region united(std::span<const Rect> rects) {
  return sweep(rects, {}, [](bool a, bool) { return a; });
}

Region united(std::span<const Rect> a, std::span<const Rect> b) {
  return sweep(a, b, [](bool in_a, bool in_b) { return in_a || in_b; });
}

Region intersection(std::span<const Rect> a, std::span<const Rect> b) {
  const Rect box = bounding_box(a).intersection(bounding_box(b));
  if (box.empty()) return {};
  return sweep(near(a, box), near(b, box), [](bool in_a, bool in_b) { return in_a && in_b; });
}

Region difference(std::span<const Rect> a, std::span<const Rect> b) {
  return sweep(a, near(b, bounding_box(a)), [](bool in_a, bool in_b) { return in_a && !in_b; });
}

Region grown(std::span<const Rect> rects, Dbu d) {
  std::vector<Rect> larger;
  larger.reserve(rects.size());
  for (const Rect& r : rects) {
    if (r.x0 < r.x1 && r.y0 < r.y1) larger.push_back(r.bloated(d));
  }
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

}  // namespace ptah
