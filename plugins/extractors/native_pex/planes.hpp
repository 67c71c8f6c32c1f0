/// A layout as the capacitance formulas see it: disjoint rectangles of materials on levels, and the
/// edges of the conductors, cut into square bins of a fixed absolute grid.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "ptah/tech/technology.hpp"
#include "recognition/connectivity.hpp"

namespace ptah::native {

/// What a rectangle is made of. Conductors follow `kFirstWire`, bottom up: li1, met1, ...
using Material = std::uint8_t;
constexpr Material kWell = 0, kDiffusion = 1, kPoly = 2, kResistorBody = 3, kFirstWire = 4;
/// Levels shield what lies above them from what lies below; diffusion, poly and poly resistors
/// share one.
constexpr int level_of(Material material) noexcept {
  return material == kWell ? 0 : material < kFirstWire ? 1 : material - kFirstWire + 2;
}

struct Plate {
  Rect rect;
  NetIndex net = kNone;
  Material material = 0;
};

/// A piece of the boundary between a conductor and nothing on its level.
struct Edge {
  Dbu at = 0;          ///< Its x (vertical edges) or y.
  Dbu lo = 0, hi = 0;  ///< Its extent along the other axis.
  NetIndex net = kNone;
  bool ascending = false;  ///< The outside is at larger coordinates.
  Material material = 0;
  Dbu spacing = 0;  ///< Foundry: to the next edge of the level outside; 0: none within reach.
};

/// The conductors of a technology, bottom up.
struct Stack {
  std::vector<LayerId> layers;     ///< By wire: poly, li1, met1, ...
  std::vector<std::string> names;  ///< The same, as Parasitics names them.
  std::vector<Material> of_layer;  ///< By LayerId; kNoMaterial where it is none.
  std::size_t materials() const noexcept { return kFirstWire + layers.size() - 1; }
  static constexpr Material kNoMaterial = 255;
};
Stack conductor_stack(const Technology& technology);

/// Nets of the bodies of metal resistors follow those of the connectivity.
struct Planes {
  std::vector<Plate> plates;
  std::vector<Rect> gates;  ///< Poly over diffusion: no parasitic of the wire.
  std::vector<NetIndex> gate_nets;
  std::vector<Edge> vertical, horizontal;  ///< By material, then by `at`, then by `lo`.
  /// Capacitances to the substrate that no plate and no edge stands for, aF.
  std::vector<std::pair<NetIndex, double>> extra_ground;
  std::size_t nets = 0;
  std::vector<std::size_t> bodies;  ///< Devices whose body is net `nets of the connectivity + i`.
};

/// `into` is overwritten; its memory is reused. `flat` is the layout that `connectivity` was found
/// in. `magic_heads`: heads of precision resistors as Magic takes them.
void find_planes(const gds::Flat& flat, const Connectivity& connectivity,
                 const Technology& technology, const Stack& stack, Planes& into,
                 bool magic_heads = true);
/// Fills `vertical` and `horizontal` from the rest.
void find_edges_of(Planes& planes, const Stack& stack);

}  // namespace ptah::native
