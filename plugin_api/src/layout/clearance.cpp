/// How far apart two tiles must be for every spacing rule to hold between their shapes.
///
/// For each layer a rule speaks of, drawn or derived, only one number of a tile counts: how far its
/// nearest shape stays inside the outline. Two outlines at distance d then have shapes of layers a
/// and b at d + inset(a) + inset(b) or more, whichever sides face.
#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ptah/geom/region.hpp"
#include "ptah/layout/layout.hpp"

namespace ptah {
namespace {

class TileInsets {
 public:
  TileInsets(const Tile& tile, const Technology& technology)
      : tile_(tile), by_layer_(technology.layers().size()) {
    for (const Shape& shape : tile.shapes) by_layer_.at(shape.layer).push_back(shape.rect);
    for (std::size_t i = 0; i < by_layer_.size(); ++i) {
      if (!by_layer_[i].empty()) insets_[technology.layers()[i].name] = inset(by_layer_[i]);
    }
    for (const DerivedLayer& derived : technology.derived_layers()) {
      const std::vector<Rect> shapes = derive(derived);
      if (!shapes.empty()) insets_[derived.name] = inset(shapes);
    }
  }

  /// nullopt where the tile has no such shape.
  std::optional<Dbu> of(const std::string& layer) const {
    const auto it = insets_.find(layer);
    return it == insets_.end() ? std::nullopt : std::optional(it->second);
  }
  /// A shape of the layer that is wider than `width` in both directions.
  bool has_wide(LayerId layer, Dbu width) const {
    return std::any_of(by_layer_[layer].begin(), by_layer_[layer].end(),
                       [&](const Rect& r) { return std::min(r.width(), r.height()) > width; });
  }

 private:
  Dbu inset(const std::vector<Rect>& rects) const {
    const Rect& o = tile_.outline;
    Dbu least = std::max(o.width(), o.height());
    for (const Rect& r : rects)
      least = std::min({least, r.x0 - o.x0, o.x1 - r.x1, r.y0 - o.y0, o.y1 - r.y1});
    return least;
  }

  /// Of tiles of many shapes, such as blocks, every two are too many to look at.
  bool is_large(const DerivedLayer& derived) const {
    constexpr std::size_t kMany = 300;
    const auto many = [&](LayerId layer) { return by_layer_.at(layer).size() > kMany; };
    return std::any_of(derived.all.begin(), derived.all.end(), many) ||
           std::any_of(derived.none.begin(), derived.none.end(), many);
  }

  /// Where shapes of all layers of `all` overlap, less those that lie wholly in one of `none`: at
  /// least what the derived layer covers.
  std::vector<Rect> derive(const DerivedLayer& derived) const {
    if (derived.all.empty()) return {};
    std::vector<Rect> shapes = by_layer_.at(derived.all.front());
    if (is_large(derived)) {
      for (std::size_t i = 1; i < derived.all.size(); ++i)
        shapes = intersection(shapes, by_layer_.at(derived.all[i]));
      for (const LayerId none : derived.none) shapes = difference(shapes, by_layer_.at(none));
      return shapes;
    }
    for (std::size_t i = 1; i < derived.all.size() && !shapes.empty(); ++i) {
      std::vector<Rect> common;
      for (const Rect& a : shapes) {
        for (const Rect& b : by_layer_.at(derived.all[i])) {
          if (a.overlaps(b)) common.push_back(a.intersection(b));
        }
      }
      shapes = std::move(common);
    }
    for (const LayerId none : derived.none) {
      std::erase_if(shapes, [&](const Rect& r) {
        return std::any_of(by_layer_.at(none).begin(), by_layer_.at(none).end(),
                           [&](const Rect& other) { return other.contains(r); });
      });
    }
    return shapes;
  }

  const Tile& tile_;
  std::vector<std::vector<Rect>> by_layer_;
  std::map<std::string, Dbu, std::less<>> insets_;
};

}  // namespace

Dbu tile_clearance(const Tile& a, const Tile& b, const Technology& technology) {
  const TileInsets insets_a(a, technology), insets_b(b, technology);
  Dbu need = 0;
  const auto demand = [&](std::int64_t distance, std::optional<Dbu> one, std::optional<Dbu> other) {
    if (one && other) need = std::max(need, static_cast<Dbu>(distance) - *one - *other);
  };
  for (const Rule& rule : technology.rules()) {
    if (rule.layers.size() < 2) continue;
    const std::string &first = rule.layers[0], &second = rule.layers[1];
    const auto a1 = insets_a.of(first), a2 = insets_a.of(second);
    const auto b1 = insets_b.of(first), b2 = insets_b.of(second);
    switch (rule.kind) {
      case RuleKind::kSpacing:
      case RuleKind::kPlateToMetalSpacing:
        demand(rule.value, a1, b2);
        demand(rule.value, a2, b1);
        break;
      case RuleKind::kBottomPlateSpacing:  // Layers: plate, metal. Both metals are bottom plates.
        if (a1 && b1) demand(rule.value, a2, b2);
        break;
      case RuleKind::kWideSpacing: {
        const auto layer = technology.find_layer(first);
        if (layer && (insets_a.has_wide(*layer, rule.wider_than) ||
                      insets_b.has_wide(*layer, rule.wider_than)))
          demand(rule.value, a1, b2);
        break;
      }
      default:
        break;
    }
  }
  return (need + kPlacementGrid - 1) / kPlacementGrid * kPlacementGrid;
}

}  // namespace ptah
