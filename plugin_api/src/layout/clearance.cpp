/// How far apart two tiles must be for every spacing rule to hold between their shapes.
#include <algorithm>
#include <limits>
#include <vector>

#include "ptah/layout/layout.hpp"

namespace ptah {
namespace {

constexpr Dbu kAbsent = std::numeric_limits<Dbu>::max();

/// For each layer, how far its nearest shape stays inside the outline; kAbsent where it has none.
std::vector<Dbu> insets(const Tile& tile, const Technology& technology) {
  std::vector<Dbu> result(technology.layers().size(), kAbsent);
  const Rect& o = tile.outline;
  for (const Shape& shape : tile.shapes) {
    const Rect& r = shape.rect;
    Dbu& inset = result.at(shape.layer);
    inset = std::min({inset, r.x0 - o.x0, o.x1 - r.x1, r.y0 - o.y0, o.y1 - r.y1});
  }
  return result;
}

/// Distances that hold between shapes which more than their two layers make special. A rule holds
/// when tile a has `marker_a` and tile b has `marker_b`, between the layers `a` and `b`.
struct MarkedRule {
  const char* rule;
  const char* marker_a;
  const char* a;
  const char* marker_b;
  const char* b;
};

constexpr MarkedRule kMarkedRules[] = {
    // Bottom plates of two capacitors: more than plain metal.
    {"capm.2b", "capm", "met3", "capm", "met3"},
    {"cap2m.2b", "cap2m", "met4", "cap2m", "met4"},
    // A plate to metal that is not its own.
    {"capm.11", "capm", "capm", "met3", "met3"},
    {"cap2m.11", "cap2m", "cap2m", "met4", "met4"},
    // The body of a poly resistor to other poly and active.
    {"poly.9", "poly.res", "poly", "poly", "poly"},
    {"poly.9", "poly.res", "poly", "diff", "diff"},
    {"poly.9", "poly.res", "poly", "tap", "tap"},
};

}  // namespace

Dbu tile_clearance(const Tile& a, const Tile& b, const Technology& technology) {
  const std::vector<Dbu> inset_a = insets(a, technology);
  const std::vector<Dbu> inset_b = insets(b, technology);
  Dbu need = 0;
  const auto demand = [&](std::size_t la, std::size_t lb, Dbu spacing) {
    if (inset_a[la] == kAbsent || inset_b[lb] == kAbsent) return;
    need = std::max(need, spacing - inset_a[la] - inset_b[lb]);
  };
  const auto layer_count = technology.layers().size();
  for (std::size_t la = 0; la < layer_count; ++la) {
    if (inset_a[la] == kAbsent) continue;
    for (std::size_t lb = 0; lb < layer_count; ++lb) {
      if (inset_b[lb] == kAbsent) continue;
      demand(la, lb, technology.spacing(static_cast<LayerId>(la), static_cast<LayerId>(lb)));
    }
  }
  return (need + kPlacementGrid - 1) / kPlacementGrid * kPlacementGrid;
}

}  // namespace ptah
