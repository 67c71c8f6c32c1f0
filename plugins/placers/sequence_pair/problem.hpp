/// The placement problem in numbers: what the annealer and the exact solver work on.
#pragma once

#include <string>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/layout/layout.hpp"
#include "ptah/netlist/circuit.hpp"
#include "ptah/stages/design_space.hpp"

namespace ptah::sequence_pair {

/// Tiles and nets are numbered by int.
constexpr std::size_t at(int i) {
  return static_cast<std::size_t>(i);
}

/// Cost weights are integers over this one: a net of weight 1.0 counts kWeightUnit a nanometre.
constexpr int kWeightUnit = 16;

struct Params {
  Dbu halo = 500;         ///< Slot beyond the outline on each side; rounded up to the grid.
  Dbu extra_spacing = 0;  ///< Between slots, added to the clearance; rounded up to the grid.
  Dbu outline_width = 0;  ///< Limit of the box around all slots; 0: free.
  Dbu outline_height = 0;
  double aspect = 0;  ///< Wanted width / height of that box; 0: free.
  double aspect_weight = 0.5;
  double area_weight = 0.0625;  ///< Of the box's width + height against the wire length.
  double pair_weight = 0.0625;  ///< Of the distance of matched devices.
  double tail_weight = 0.0625;  ///< Of a tail device's distance from its pair's axis.
  std::string net_weights;      ///< "vout=2,vdd=0.5"; 1 for every other net.
  NetWeights weights;           ///< Instead of those, net by net.
  int iterations = 0;           ///< Annealing steps; 0: by the size of the circuit.
  int elites = 6;               ///< Best pairs handed to the exact solver.
  int max_nodes = 2000;         ///< Branch-and-bound nodes a solve.
  /// Many placements rather than one good one: a short annealing, and its own packing on the grid
  /// in place of the exact one. Circuits of more than `kExactTiles` are placed like that always,
  /// with a long annealing.
  bool sampling = false;
  bool broken_symmetry = false;  ///< Matched groups are ignored.
};

/// What exact packings are for: each takes time with the cube of the tiles.
constexpr int kExactTiles = 200;
/// Whether placements are estimated and packed on the grid, and none exactly.
inline bool is_estimated(const Params& params, int tiles) noexcept {
  return params.sampling || tiles > kExactTiles;
}

/// A tile's terminals on one net, as a range of centres, twice the distance (nm) from the slot's
/// lower left corner, not flipped.
struct Pin {
  int tile = 0;
  int x_low = 0, x_high = 0;
  int y_low = 0, y_high = 0;
};

/// A net of at least two tiles.
struct WeightedNet {
  int weight = kWeightUnit;
  std::vector<Pin> pins;  ///< One a tile, ascending.
};

struct Pair {
  int a = 0, b = 0;
};

/// Pairs that mirror each other in one vertical axis.
struct AxisCluster {
  std::vector<Pair> pairs;
  std::vector<int> on_axis;  ///< Centred on the axis: the middle of a row of matched devices.
  std::vector<int> tails;    ///< Wanted near the axis.
};

struct Problem {
  int tiles = 0;
  Dbu halo = 0;
  std::vector<Dbu> width, height;  ///< Of the slots.
  std::vector<Dbu> separation;     ///< Between slots i and j: separation[i * tiles + j].
  std::vector<WeightedNet> nets;
  /// Devices that share y and orientation: matched groups, and every other device alone.
  std::vector<std::vector<int>> groups;
  std::vector<int> group_of;
  /// Clusters of pairs. Rows of three and more are clusters too, whose pairs depend on their order:
  /// see `Evaluator`. A tile is in at most one cluster.
  std::vector<AxisCluster> clusters;
  std::vector<int> cluster_of;  ///< -1: none.
  std::vector<int> image_of;    ///< The other half of a pair of a cluster; -1: none, or a row.
  /// Groups of three and more that are symmetric as a row.
  std::vector<int> symmetric_rows;
  int area_weight = 1, pair_weight = 1, tail_weight = 1;
  Dbu outline_width = 0, outline_height = 0;
  double aspect = 0, aspect_weight = 0;

  Dbu gap(int i, int j) const { return separation[static_cast<std::size_t>(i) * tiles + j]; }
};

/// `clearance(i, j)` is what `tile_clearance` says of tiles i and j, nm. Fails naming the device
/// when tiles and circuit do not fit each other or an outline is off the grid.
Result<Problem> make_problem(const Circuit& circuit, const Tiles& tiles,
                             const std::vector<Dbu>& clearance, const Params& params);

/// Twice the centre of a pin in a slot of `size`, mirrored if `flipped`.
constexpr int pin_at(int twice, Dbu size, bool flipped) {
  return flipped ? 2 * size - twice : twice;
}

}  // namespace ptah::sequence_pair
