/// Tiles, placements and layouts: the values that the stages hand on.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/core/json.hpp"
#include "ptah/geom/geometry.hpp"
#include "ptah/netlist/circuit.hpp"
#include "ptah/tech/technology.hpp"

namespace ptah {

/// Placement and routing lie on this grid, the step of an OSIRIS move. Tile outlines are multiples
/// of it and centres of pin bars lie on it, so that everything meets without jogs.
constexpr Dbu kPlacementGrid = 100;

/// Where a router may connect to a terminal.
struct TilePin {
  std::string terminal;  ///< As `terminal_names` has it: "D", "TOP", "A", "ANODE".
  /// Conductor rectangles of the terminal, all connected inside the tile. The rectangles are also
  /// among the tile's shapes. A via of the next level may land anywhere on a rectangle that can
  /// enclose it; bars are tall and wide enough for one, centred on the placement grid.
  std::vector<Shape> access;
};

/// One drawn device: DRC-clean alone, with its own tap and well.
/// Coordinates: the lower left corner of `outline` is the origin.
struct Tile {
  std::string cell;  ///< GDS cell name; equal geometry, equal name.
  DeviceKind kind = DeviceKind::kNmos;
  Rect outline;  ///< (0,0)..(w,h); holds every shape; multiples of kPlacementGrid.
  std::vector<Shape> shapes;
  std::vector<TilePin> pins;

  const TilePin* find_pin(std::string_view terminal) const noexcept;
};

/// One tile a device, in the order of `Circuit::devices`.
using Tiles = std::vector<Tile>;

struct PlacedTile {
  Point origin;  ///< Lower left corner of the placed (oriented) outline, multiples of the grid.
  Orientation orientation = Orientation::kR0;
  /// Where the tile's outline may be shifted: the baseline outline grown by its halo. Slots of
  /// different tiles are far enough apart that any two tiles inside theirs are legal together.
  Rect slot;
  friend bool operator==(const PlacedTile&, const PlacedTile&) = default;
};

/// One PlacedTile a device, in the order of `Circuit::devices`.
struct Placement {
  std::vector<PlacedTile> tiles;
  friend bool operator==(const Placement&, const Placement&) = default;
};

/// From tile to layout coordinates: `transform(tile, placed)(rect)`.
Transform transform(const Tile& tile, const PlacedTile& placed) noexcept;
Rect placed_outline(const Tile& tile, const PlacedTile& placed) noexcept;
/// The box around all placed outlines.
Rect placement_outline(const Tiles& tiles, const Placement& placement) noexcept;

/// Half-perimeter wire length in nm: for each net the box around the centres of its terminals
/// (centre of the box around a terminal's access shapes), width + height, summed over all nets.
std::int64_t hpwl(const Circuit& circuit, const Tiles& tiles, const Placement& placement);
/// The same by net, in the order of `Circuit::nets`.
std::vector<std::int64_t> net_hpwl(const Circuit& circuit, const Tiles& tiles,
                                   const Placement& placement);
/// OSIRIS's area: the sum over components of their outlines, nm^2.
DbuArea component_area(const Tiles& tiles);

/// The distance that outlines of two tiles need for their shapes to be legal next to each other,
/// on whichever sides they face (>= 0, rounded up to the placement grid). Symmetric.
Dbu tile_clearance(const Tile& a, const Tile& b, const Technology& technology);

/// A rectangle of wiring that belongs to a net; cuts included.
struct NetShape {
  NetId net = kNoNet;
  LayerId layer = 0;
  Rect rect;
  friend constexpr auto operator<=>(const NetShape&, const NetShape&) = default;
};

/// A port label: the text lies on a shape of `layer` that belongs to the net.
struct PortLabel {
  NetId net = kNoNet;
  LayerId layer = 0;
  Point at;
  friend constexpr auto operator<=>(const PortLabel&, const PortLabel&) = default;
};

/// A routed placement. Values only: with the circuit, the tiles and the technology it says
/// everything that is drawn.
struct Layout {
  Placement placement;
  std::vector<NetShape> wires;   ///< Sorted by net, then layer, then rectangle.
  std::vector<PortLabel> ports;  ///< One for each port of the circuit, in its order.
  friend bool operator==(const Layout&, const Layout&) = default;
};

/// Length of the wires' centre lines over all conductors, nm (overlaps counted once).
std::int64_t wirelength(const Layout& layout, const Technology& technology);

/// Stored state of a variant; `layout_from_json` fails naming the field. Exact inverses.
Json layout_to_json(const Layout& layout, const Technology& technology);
Result<Layout> layout_from_json(const Json& json, const Technology& technology);

}  // namespace ptah
