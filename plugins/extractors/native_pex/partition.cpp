#include "partition.hpp"

#include <algorithm>
#include <tuple>

#include "recognition/disjoint_sets.hpp"
#include "recognition/rect_join.hpp"

namespace ptah::native {
namespace {

/// `part` lies along an edge of `row`, no longer than it, and is wide: half as wide again as the
/// row is high. A narrower one is a wire that leaves the row.
bool is_plate_on(const Rect& part, const Rect& row) {
  return part.x0 >= row.x0 && part.x1 <= row.x1 &&
         2 * static_cast<std::int64_t>(part.width()) >= 3 * static_cast<std::int64_t>(row.height());
}

}  // namespace

void cut_into_plates(std::vector<NetRect>& wires) {
  std::vector<Rect> rects;
  rects.reserve(wires.size());
  for (const NetRect& wire : wires) rects.push_back(wire.rect);
  const auto net = [&](std::int32_t i) { return wires[static_cast<std::size_t>(i)].net; };
  const std::vector<RectPair> pairs = abutting_pairs(rects);

  struct Cut {
    std::int32_t rect;
    Dbu x;
    auto operator<=>(const Cut&) const = default;
  };
  std::vector<Cut> cuts;
  for (const RectPair& pair : pairs) {
    if (net(pair.a) != net(pair.b)) continue;
    for (const auto& [row, part] : {std::pair{pair.a, pair.b}, std::pair{pair.b, pair.a}}) {
      const Rect &r = rects[static_cast<std::size_t>(row)],
                 &p = rects[static_cast<std::size_t>(part)];
      if (!is_plate_on(p, r)) continue;
      if (p.x0 > r.x0) cuts.push_back({row, p.x0});
      if (p.x1 < r.x1) cuts.push_back({row, p.x1});
    }
  }
  if (cuts.empty()) return;
  std::sort(cuts.begin(), cuts.end());
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());

  std::vector<NetRect> pieces;
  std::vector<std::size_t> start;  // of each rectangle's pieces, from left to right
  std::size_t next = 0;
  for (std::size_t i = 0; i < rects.size(); ++i) {
    start.push_back(pieces.size());
    Rect rest = rects[i];
    for (; next < cuts.size() && cuts[next].rect == static_cast<std::int32_t>(i); ++next) {
      pieces.push_back({{rest.x0, rest.y0, cuts[next].x, rest.y1}, wires[i].net});
      rest.x0 = cuts[next].x;
    }
    pieces.push_back({rest, wires[i].net});
  }
  start.push_back(pieces.size());

  DisjointSets sets(pieces.size());
  for (const RectPair& pair : pairs) {
    if (net(pair.a) != net(pair.b)) continue;
    std::size_t l = start[static_cast<std::size_t>(pair.a)],
                u = start[static_cast<std::size_t>(pair.b)];
    const std::size_t l_end = start[static_cast<std::size_t>(pair.a) + 1],
                      u_end = start[static_cast<std::size_t>(pair.b) + 1];
    while (l < l_end && u < u_end) {
      const Rect &a = pieces[l].rect, &b = pieces[u].rect;
      if (a.x0 == b.x0 && a.x1 == b.x1) {
        sets.unite(static_cast<std::int32_t>(l), static_cast<std::int32_t>(u));
      }
      (a.x1 < b.x1 ? l : u) += 1;
    }
  }
  // Rows that lie on each other over the same width are a rectangle together.
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const auto root = static_cast<std::size_t>(sets.find(static_cast<std::int32_t>(i)));
    if (root == i) continue;
    pieces[root].rect = pieces[root].rect.united(pieces[i].rect);
    pieces[i].rect = Rect{};
  }
  wires.clear();
  for (const NetRect& piece : pieces) {
    if (!piece.rect.empty()) wires.push_back(piece);
  }
  std::sort(wires.begin(), wires.end(), [](const NetRect& a, const NetRect& b) {
    return std::tie(a.rect.y0, a.rect.x0) < std::tie(b.rect.y0, b.rect.x0);
  });
}

}  // namespace ptah::native
