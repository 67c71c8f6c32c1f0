/// Capacitances between the nets of a layout, to the substrate and to each other.
///
/// Sums are integers of a millionth of an attofarad, so that they do not depend on the order in
/// which the pieces of a layout are visited.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "bins.hpp"
#include "planes.hpp"

namespace ptah::native {

/// Of a technology, aF per um^2 and per um; indices are Materials.
struct CapacitanceLaw {
  static constexpr std::size_t kMaterials = 24;
  double area[kMaterials] = {};                 ///< To the substrate.
  double perimeter[kMaterials] = {};            ///< From an edge to the substrate.
  double overlap[kMaterials][kMaterials] = {};  ///< [upper][lower]
  double fringe[kMaterials][kMaterials] = {};   ///< [edge][plate above or below]
  double sidewall[kMaterials] = {};             ///< k: aF = k * length / spacing
  Dbu halo = 0;
  std::size_t materials = 0;
};
CapacitanceLaw magic_law(const Technology& technology, const Stack& stack);

/// The foundry's line tables. Between their points both values are interpolated, logarithm over
/// logarithm of the spacing.
class LineLaw {
 public:
  /// Fails naming the conductor that has no table.
  static Result<LineLaw> of(const Technology& technology, const Stack& stack);
  Dbu reach(Material material) const { return lines_[material].reach; }
  /// aF per um between two facing edges.
  double coupling(Material material, Dbu spacing) const;
  /// What a neighbour at `spacing` leaves of an edge's fringes; 0: no neighbour.
  double fringe_factor(Material material, Dbu spacing) const;

 private:
  struct Point {
    double spacing, coupling, fringe;  ///< Logarithms.
  };
  struct Line {
    std::vector<Point> points;
    double alone = 0;  ///< Fringe to the substrate without neighbours, aF per um.
    Dbu reach = 0;
  };
  static double at(const Line& line, Dbu spacing, double Point::*value);
  Line lines_[CapacitanceLaw::kMaterials];
};

struct Capacitances {
  struct Coupling {
    NetIndex a = kNone, b = kNone;  ///< a < b
    double af = 0;
    friend bool operator==(const Coupling&, const Coupling&) = default;
  };
  /// To the substrate, aF, by net. Magic's formula may take more away from a shielded wire than it
  /// had: negative values.
  std::vector<double> ground;
  std::vector<Coupling> couplings;  ///< By (a, b); none is zero.
  friend bool operator==(const Capacitances&, const Capacitances&) = default;
};

/// Keeps memory from one layout to the next; results depend on the arguments alone.
class CapacitanceEngine {
 public:
  /// What Magic 8.3.105 computes (its rules are in the README). Couplings to `substrate` are part
  /// of `ground`.
  void magic(const Planes& planes, const CapacitanceLaw& law, NetIndex substrate,
             Capacitances& into);
  /// What the foundry's tables say: areas and fringes to the nearest level below and above, fringes
  /// and couplings by the distance to the nearest neighbour in sight.
  void foundry(const Planes& planes, const CapacitanceLaw& law, const LineLaw& lines,
               NetIndex substrate, Capacitances& into);
  /// Of what lies in `clip` alone, and `ground` alone; couplings to the substrate are not part of
  /// it.
  void magic_ground(const Planes& planes, const CapacitanceLaw& law, const Rect& clip,
                    std::vector<double>& ground);

 private:
  using Fixed = std::int64_t;

  void start(std::size_t nets);
  void areas(const Planes& planes, const CapacitanceLaw& law, const Rect& clip);
  void edges(const Planes& planes, const CapacitanceLaw& law, const Rect& clip);
  void overlaps(const CapacitanceLaw& law, const Rect& clip);
  void fringes(const CapacitanceLaw& law, const Rect& clip);
  void side_walls(const Planes& planes, const CapacitanceLaw& law);
  void see_neighbours(const Planes& planes, const LineLaw& lines, std::size_t materials);
  void look_out(const Edge& edge, std::span<const Edge> facing, bool up, const LineLaw& lines,
                std::vector<Edge>& pieces);
  void shielded_fringes(const CapacitanceLaw& law, const LineLaw& lines);
  void finish(NetIndex substrate, Capacitances& into);
  void couple(NetIndex a, NetIndex b, double af);
  void add_ground(NetIndex net, double af);

  /// Up to so many nets, pairs have a matrix; beyond, a list that is summed up now and then.
  static constexpr std::size_t kMatrixNets = 1024, kListLength = 1 << 20;
  struct Entry {
    NetIndex a = kNone, b = kNone;
    Fixed af = 0;
  };
  void sum_up();

  std::size_t nets_ = 0, summed_ = 0;
  std::vector<Fixed> ground_, pairs_;
  std::vector<Entry> list_;
  PlateBins bins_;
  EdgeRows rows_;
  std::vector<Rect> left_, next_;
  std::vector<Edge> spaced_[2];  ///< Vertical, horizontal edges, cut where their spacing changes.
  struct Interval {
    Dbu lo, hi;
  };
  std::vector<Interval> free_, still_free_;
};

}  // namespace ptah::native
