/// What lies fixed on the routing layers once the tiles are placed, and which net it belongs to.
#pragma once

#include <string>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/layout/layout.hpp"
#include "stack.hpp"

namespace ptah::maze {

/// Metal of a tile. Shapes that belong to no terminal (or to two) are foreign to every net.
struct Fixed {
  Rect rect;
  NetId net = kNoNet;
  bool wide = false;
  /// Bottom metal of a capacitor. All metal of its layer that hangs on it counts as bottom plate
  /// and keeps the large distance between bottom plates even from itself (capm.2b), so the router
  /// leaves it by cuts only: no wire of the layer touches it.
  bool bottom_plate = false;
};

/// Metal on one layer of the stack.
struct Metal {
  int layer = 0;
  Rect rect;
  friend constexpr auto operator<=>(const Metal&, const Metal&) = default;
};

/// A terminal of a device that a net must reach.
struct Pin {
  std::string name;  ///< "M0.D"
  std::vector<Metal> access;
  Rect box;  ///< Around `access`.
};

struct Scene {
  const Circuit* circuit = nullptr;
  const Stack* stack = nullptr;
  Rect outline;                           ///< Of all placed tiles.
  std::vector<Rect> tiles;                ///< Placed outlines, one a device.
  std::vector<std::vector<Fixed>> fixed;  ///< By layer of the stack.
  std::vector<std::vector<Rect>> cuts;    ///< By cut of the stack.
  std::vector<Rect> plates;               ///< Capacitor plates.
  std::vector<std::vector<Pin>> pins;     ///< By net.

  const std::string& net_name(NetId net) const { return circuit->nets.at(net).name; }
};

/// Fails when tiles, placement and circuit do not belong together, naming the device.
Result<Scene> build_scene(const Circuit& circuit, const Tiles& tiles, const Placement& placement,
                          const Stack& stack);

}  // namespace ptah::maze
