/// Who is to blame: parasitics by net of the schematic, what halving them does to the score, and
/// how that spreads over the devices of the layout.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "flow/score_match.hpp"
#include "ptah/core/json.hpp"
#include "ptah/layout/layout.hpp"
#include "recognition/connectivity.hpp"

namespace ptah {

/// A net of the circuit, or of the layout alone.
struct NetLoad {
  std::string name;
  NetId net = kNoNet;  ///< Of the circuit.
  /// A supply or the substrate: a port that is some device's bulk. Capacitance towards it is the
  /// other net's burden alone, so it has no blame of its own: halving the capacitances of ground
  /// would be halving everybody's.
  bool rail = false;
  double ground = 0, coupled = 0;  ///< F, towards rails and towards other nets.
  double blame_V = 0;              ///< pscore minus pscore with its capacitances halved.
  double blame = 0;                ///< Share of the sum of positive blame_V.

  double total() const noexcept { return ground + coupled; }
};

/// An extracted netlist seen through the schematic.
struct NetLoads {
  std::vector<NetLoad> nets;  ///< Every net of the circuit in its order, then those of the layout.
  std::vector<std::pair<int, int>> ends;  ///< Of each capacitor: indices into `nets`.
};
NetLoads net_loads(const ExtractedNetlist& netlist, const Circuit& circuit,
                   const Technology& technology);

/// `netlist` with every capacitance between `net` and another one halved.
ExtractedNetlist halved(const ExtractedNetlist& netlist, const NetLoads& loads, int net);

/// Fills in the shares from `blame_V`.
void share_blame(NetLoads& loads);

/// A device of the circuit as drawn.
struct DrawnDevice {
  Rect box;  ///< Around its fingers: channels with their source and drain, plates, bodies.
  double blame_V = 0, blame = 0;
};

/// Around one drawn part: its channel with source and drain, its plate, its body.
Rect drawn_box(const native::FoundDevice& part, DeviceKind kind);

/// The layout against the schematic.
struct Drawing {
  const native::Connectivity* connectivity = nullptr;
  FoundParts found;
  Correspondence match;
};
FoundParts parts_of(const native::Connectivity& connectivity, const Technology& technology);

/// By DeviceId; a device that is not drawn has an empty box. `placed`: the boxes, where they are
/// known. The blame of a net is shared out by how much of its wires' capacitance to the substrate
/// lies within each of its devices' boxes.
std::vector<DrawnDevice> drawn_devices(const Drawing& drawing, const Circuit& circuit,
                                       const std::vector<Rect>& placed);
void blame_devices(const Drawing& drawing, const Circuit& circuit, const Technology& technology,
                   const NetLoads& loads, std::vector<DrawnDevice>& devices);

/// Half-perimeter wire length in nm: the box around the centres of the terminals, by net. Of
/// devices that `placed` has, terminals are those of their tiles: `hpwl`, where all are there. Of
/// others they are what was recognised.
std::int64_t drawn_hpwl(const Drawing& drawing, const Circuit& circuit, const Tiles& tiles,
                        const std::vector<std::optional<PlacedTile>>& placed);

/// {"net", "total_fF", ...} of each net, sorted by blame, then name; "shapes" where asked for.
Json nets_json(const NetLoads& loads, bool blamed, const Drawing* shapes,
               const Technology& technology);

}  // namespace ptah
