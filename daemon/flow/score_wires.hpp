/// The wires of a layout that somebody draws, as the router takes them up again: what a moved
/// device tears is routed anew, all else stays as it was drawn.
#pragma once

#include <string>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/core/json.hpp"
#include "ptah/layout/gds.hpp"
#include "ptah/layout/layout.hpp"

namespace ptah {

/// What cell `top` draws itself on layers of conductors and cuts: wires. `placement` says where the
/// tiles lie now, its (0, 0) at `at` of the cell; what is drawn in cells below is tiles' and not
/// looked at.
class DrawnWires {
 public:
  DrawnWires(const gds::Library& library, const std::string& top, Point at,
             const Technology& technology);

  /// For `Router::reroute`: the wires of each net, in the coordinates of `placement`. A net's are
  /// those joined to its terminals, by most of them where several nets are. Others, joined to
  /// nothing or to a label alone, are not among them.
  Layout layout(const Circuit& circuit, const Tiles& tiles, const Placement& placement) const;

  /// What has to be done to the cell for its wires to be those of `routed`: {"remove": [{"layer",
  /// "datatype", "points_um"}], "add": the same, "remove_texts": [{"layer", "datatype", "at_um",
  /// "text"}], "add_texts": the same}. Shapes and labels that are right stay. The drawing's wires
  /// were made for `before`: what was joined to a device there, and is joined to nothing now, goes.
  Json changes(const Circuit& circuit, const Tiles& tiles, const Layout& routed,
               const Placement& before) const;

 private:
  struct Wire {
    GdsLayer gds;
    LayerId layer = 0;
    bool pin = false;           ///< On a pin purpose: the metal of a port.
    std::vector<Point> points;  ///< Of the cell.
    std::vector<Rect> rects;    ///< Of the placement.
    /// It is a tile's own, of one that is not a cell below but drawn here.
    bool is_of(const std::vector<Shape>& tiles) const;
  };

  /// What is no tile's own, and the net of each of its rectangles.
  struct Joined {
    std::vector<const Wire*> wires;
    std::vector<std::vector<NetId>> nets;
  };
  Joined joined(const Circuit& circuit, const Tiles& tiles, const Placement& placement) const;
  std::vector<const Wire*> torn_off(const Circuit& circuit, const Tiles& tiles,
                                    const Placement& placement, const Placement& before) const;

  const Technology& technology_;
  Point at_;
  std::vector<Wire> wires_;
  std::vector<gds::Text> texts_;  ///< On pin purposes, of the cell.
};

}  // namespace ptah
