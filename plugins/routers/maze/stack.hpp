/// What the maze router knows of the metal stack: the routing layers it may use, bottom up, and the
/// cuts between neighbours, with the pads that a cut needs.
#pragma once

#include <string_view>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/geom/geometry.hpp"
#include "ptah/tech/technology.hpp"

namespace ptah::maze {

struct LayerRules {
  LayerId layer = 0;
  bool horizontal = true;
  Dbu width = 0;
  Dbu spacing = 0;
  Dbu wide_width = 0;    ///< Shapes wider than this in both directions ...
  Dbu wide_spacing = 0;  ///< ... keep this distance (>= spacing).
  DbuArea min_area = 0;
  DbuArea min_hole = 0;

  bool is_wide(const Rect& rect) const noexcept {
    return wide_width > 0 && rect.width() > wide_width && rect.height() > wide_width;
  }
  /// Distance that two shapes keep.
  Dbu distance(bool either_wide) const noexcept { return either_wide ? wide_spacing : spacing; }
  friend bool operator==(const LayerRules&, const LayerRules&) = default;
};

/// Half sides of the metal around a cut: `along` is the longer one. A square pad has both equal.
struct Pad {
  Dbu along = 0;
  Dbu across = 0;
  friend bool operator==(const Pad&, const Pad&) = default;
  bool square() const noexcept { return along == across; }
  /// About `at`, the long side horizontal or vertical.
  Rect rect(Point at, bool horizontal) const noexcept {
    const Rect point{at.x, at.y, at.x, at.y};
    return horizontal ? point.bloated(along, across) : point.bloated(across, along);
  }
};

/// The cut between layers `i` and `i + 1` of the stack.
struct CutRules {
  LayerId layer = 0;
  Dbu half = 0;     ///< Half the side of the exact square.
  Dbu spacing = 0;  ///< Edge to edge, also within a net.
  Pad lower, upper;
  Dbu plate_distance = 0;  ///< To any capacitor plate; the router lands no cut on plates.

  Rect rect(Point at) const noexcept { return Rect{at.x, at.y, at.x, at.y}.bloated(half); }
  friend bool operator==(const CutRules&, const CutRules&) = default;
};

struct Stack {
  std::vector<LayerRules> layers;
  std::vector<CutRules> cuts;  ///< One fewer than layers.
  /// A capacitor plate and the layer of its bottom metal, -1 when the router does not use that.
  struct Plate {
    LayerId layer = 0;
    int bottom = -1;
    friend bool operator==(const Plate&, const Plate&) = default;
  };
  std::vector<Plate> plates;

  /// Index into `layers`, `cuts`; -1 when the router does not use the layer.
  int layer_index(LayerId id) const noexcept;
  int cut_index(LayerId id) const noexcept;
  const Plate* plate(LayerId id) const noexcept;
  int size() const noexcept { return static_cast<int>(layers.size()); }
  friend bool operator==(const Stack&, const Stack&) = default;

  /// The layers from `bottom` to `top`, both by name and both included. Fails when the technology
  /// has no such routing layers or no via between neighbours.
  static Result<Stack> build(const Technology& technology, std::string_view bottom,
                             std::string_view top);
};

}  // namespace ptah::maze
