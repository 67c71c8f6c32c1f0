#include "connectivity.hpp"

#include <numeric>

namespace ptah::test {
namespace {

struct Groups {
  std::vector<int> parent;
  int find(int i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
  }
  void join(int a, int b) { parent[find(a)] = find(b); }
};

/// `r` less `hole`.
std::vector<Rect> minus(const Rect& r, const Rect& hole) {
  if (!r.overlaps(hole)) return {r};
  const Rect h = r.intersection(hole);
  std::vector<Rect> parts;
  if (r.y0 < h.y0) parts.push_back({r.x0, r.y0, r.x1, h.y0});
  if (h.y1 < r.y1) parts.push_back({r.x0, h.y1, r.x1, r.y1});
  if (r.x0 < h.x0) parts.push_back({r.x0, h.y0, h.x0, h.y1});
  if (h.x1 < r.x1) parts.push_back({h.x1, h.y0, r.x1, h.y1});
  return parts;
}

}  // namespace

std::vector<std::vector<int>> pin_groups(const Tile& tile, const Technology& technology) {
  const auto rects_of = [&](const std::string& layer) {
    std::vector<Rect> rects;
    const auto id = technology.find_layer(layer);
    for (const Shape& s : tile.shapes) {
      if (id && s.layer == *id) rects.push_back(s.rect);
    }
    return rects;
  };
  std::vector<Shape> pieces;
  for (const Shape& shape : tile.shapes) {
    const Layer& layer = technology.layer(shape.layer);
    const bool conducts = layer.type == LayerType::kConductor || layer.type == LayerType::kPoly ||
                          layer.type == LayerType::kDiffusion || layer.type == LayerType::kPlate;
    if (!conducts) continue;
    std::vector<Rect> holes = rects_of(layer.name + ".res");
    if (layer.name == "diff") holes = rects_of("poly");
    std::vector<Rect> parts = {shape.rect};
    for (const Rect& hole : holes) {
      std::vector<Rect> next;
      for (const Rect& part : parts) {
        for (const Rect& rest : minus(part, hole)) next.push_back(rest);
      }
      parts = std::move(next);
    }
    for (const Rect& part : parts) pieces.push_back({shape.layer, part});
  }
  Groups groups;
  groups.parent.resize(pieces.size());
  std::iota(groups.parent.begin(), groups.parent.end(), 0);
  const auto n = static_cast<int>(pieces.size());
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < i; ++j) {
      if (pieces[i].layer == pieces[j].layer && pieces[i].rect.touches(pieces[j].rect))
        groups.join(i, j);
    }
  }
  for (const Via& via : technology.vias()) {
    for (const Shape& cut : tile.shapes) {
      if (cut.layer != via.cut) continue;
      // Over a plate, the cut ends on the plate.
      bool on_plate = false;
      for (const Shape& s : tile.shapes) {
        on_plate |= technology.layer(s.layer).type == LayerType::kPlate &&
                    technology.layer(via.lower).type == LayerType::kConductor &&
                    technology.via_between(s.layer, via.upper) &&
                    technology.via_between(s.layer, via.upper)->cut == via.cut &&
                    s.rect.contains(cut.rect);
      }
      if (on_plate) continue;
      int first = -1;
      for (int i = 0; i < n; ++i) {
        const bool meets = pieces[i].layer == via.lower || pieces[i].layer == via.upper;
        if (!meets || !pieces[i].rect.overlaps(cut.rect)) continue;
        if (first >= 0) groups.join(first, i);
        first = i;
      }
    }
  }
  std::vector<std::vector<int>> result;
  for (const TilePin& pin : tile.pins) {
    result.emplace_back();
    for (const Shape& access : pin.access) {
      for (int i = 0; i < n; ++i) {
        if (pieces[i].layer == access.layer && pieces[i].rect.overlaps(access.rect)) {
          result.back().push_back(groups.find(i));
          break;
        }
      }
    }
  }
  return result;
}

}  // namespace ptah::test
