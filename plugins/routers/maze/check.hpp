/// The router's own judge: exact rules of the wiring layers over what is drawn, and connectivity.
/// It knows nothing of grids, costs or how the wires came about.
#pragma once

#include <string>
#include <vector>

#include "finish.hpp"
#include "ptah/layout/layout.hpp"
#include "scene.hpp"
#include "search.hpp"

namespace ptah::maze {

struct NetWires {
  std::vector<Metal> metal;
  std::vector<CutAt> cuts;
  bool empty() const noexcept { return metal.empty() && cuts.empty(); }
};

struct WiringViolation {
  std::string rule;  ///< "spacing", "width", "area", "cut spacing", "open", ...
  NetId net = kNoNet;
  NetId other = kNoNet;  ///< The other net, where there is one whose wires could move.
  int layer = 0;         ///< Of the stack.
  Rect place;
};

/// Wires by net; what lies on layers that the stack does not use is left out.
std::vector<NetWires> wires_of(const Layout& layout, const Circuit& circuit, const Stack& stack);

/// Wires against fixed metal, cuts and plates of the tiles: what moving a tile can break.
std::vector<WiringViolation> check_against_tiles(const Scene& scene, NetId net,
                                                 const NetWires& wires);
/// Spacing of the wires of different nets.
std::vector<WiringViolation> check_between_nets(const Scene& scene,
                                                const std::vector<NetWires>& nets);
/// A net by itself: width, spacing, area, holes, cuts with their pads, and all its pins connected.
/// Layers that are marked in `proven` have been found without defects as they are; it may be empty.
std::vector<WiringViolation> check_net(const Scene& scene, NetId net, const NetWires& wires,
                                       const std::vector<bool>& proven = {});
/// All of these for all nets.
std::vector<WiringViolation> check_wiring(const Scene& scene, const std::vector<NetWires>& nets);

/// The net's metal on that layer, with the rules that it keeps by itself; without wires where it
/// has none there.
OwnMetal own_metal(const Scene& scene, NetId net, int layer, const NetWires& wires);

}  // namespace ptah::maze
