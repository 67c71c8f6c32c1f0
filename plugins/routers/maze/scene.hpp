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
  friend bool operator==(const Fixed&, const Fixed&) = default;
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

/// Builds one scene after the other. What a tile brings does not depend on where it lies, so it is
/// worked out once and only placed anew as long as circuit and tiles stay the same.
class SceneBuilder {
 public:
  /// Fails when tiles, placement and circuit do not belong together, naming the device; the scene
  /// is worth nothing then.
  Status update(const Circuit& circuit, const Tiles& tiles, const Placement& placement,
                const Stack& stack);

  /// Refers to the circuit and the stack of the last update.
  const Scene& scene() const noexcept { return scene_; }
  /// Whether the last two updates, both of them successful, had equal tiles, nets and stacks.
  bool same_tiles() const noexcept { return same_tiles_; }

  /// What fixed metal can be nearer to anything than it was at `before`, a placement of the same
  /// tiles: that of tiles that have moved, and all that is wide, for it matters to what lies about
  /// it, too. Without pins.
  Scene moved_since(const Placement& before, const Placement& now) const;

 private:
  struct PinPiece {
    NetId net;
    std::size_t index;  ///< Among the net's pins.
    std::vector<Metal> access;
  };
  /// What a tile brings, in its own coordinates, with a copy of all that this depends on.
  struct Piece {
    std::string device;
    DeviceKind kind;
    std::vector<NetId> nets;
    std::vector<Shape> shapes;
    std::vector<TilePin> pins;

    std::vector<std::pair<int, Fixed>> fixed;
    std::vector<std::pair<int, Rect>> cuts;
    std::vector<std::pair<int, Rect>> plates;  ///< With the layer below, -1 for none.
    std::vector<PinPiece> access;
  };

  static bool holds(const Piece& piece, const Device& device, const Tile& tile);
  Status add_piece(const Circuit& circuit, const Device& device, const Tile& tile);
  void place(const Tiles& tiles, const Placement& placement);

  Scene scene_;
  Stack stack_;
  std::vector<Piece> pieces_;
  std::size_t nets_ = 0;
  bool same_tiles_ = false;
};

/// The scene of a single layout. Fails as SceneBuilder does.
Result<Scene> build_scene(const Circuit& circuit, const Tiles& tiles, const Placement& placement,
                          const Stack& stack);

}  // namespace ptah::maze
