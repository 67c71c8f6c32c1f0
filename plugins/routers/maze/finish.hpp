/// What one net's metal on one layer must satisfy by itself: width, spacing between its own parts,
/// area and holes. `find_defects` judges, `finish` adds metal until nothing is left to judge.
///
/// Why adding metal is safe. Let s be the spacing. A gap of the net narrower than s, seen along a
/// row or a column, lies in the morphological closing of the net's metal by a square of side s;
/// every point of that closing is at least s from whatever is at least s from the metal itself (a
/// square of side s around a point of the closing and a nearer foreign point would meet the metal).
/// So closing a legal net keeps it legal. Other repairs add metal that is checked against its
/// neighbours.
#pragma once

#include <string_view>
#include <vector>

#include "ptah/geom/geometry.hpp"

namespace ptah::maze {

enum class DefectKind {
  kGap,           ///< Two parts nearer than the spacing, facing along an axis.
  kHole,          ///< An enclosed opening below the minimum hole area.
  kNeck,          ///< Narrower than the minimum width along an axis.
  kDiagonalNeck,  ///< Narrower than the minimum width between two inner corners.
  kDiagonalGap,   ///< Two outer corners nearer than the spacing.
  kArea,          ///< A connected part below the minimum area.
  kAroundPlate,   ///< Two parts at adjacent sides of a plate, nearer than the wide spacing.
};
std::string_view to_string(DefectKind kind) noexcept;

struct Defect {
  DefectKind kind = DefectKind::kGap;
  Rect place;
  bool rising = true;  ///< Diagonal kinds: the two corners are the lower left and the upper right.
};

struct Neighbour {
  Rect rect;
  Dbu distance = 0;    ///< To be kept from it.
  bool fixed = false;  ///< Metal of a tile; otherwise another net's wire, which can be re-routed.
};

struct OwnMetal {
  Dbu width = 0;    ///< Minimum.
  Dbu spacing = 0;  ///< Between own parts.
  DbuArea min_area = 0;
  DbuArea min_hole = 0;
  bool grow_horizontal = true;  ///< Where patches for area go first.
  std::vector<Rect> wires;
  std::vector<Rect> fixed;  ///< Tiles' metal of the net near the wires; taken as clean by itself.
  /// Those of `fixed` that are wide; `spacing` is that of wide metal then. Two wires on adjacent
  /// sides of a plate keep it as if the corner between them were not there: judges look at what
  /// hangs on a plate without the plate.
  std::vector<Rect> plates;
};

/// Defects that involve wires, in a deterministic order.
std::vector<Defect> find_defects(const OwnMetal& own);

struct Finish {
  std::vector<Rect> added;
  std::vector<Defect> left;  ///< What no legal patch repairs.
};
/// Patches may come too close to neighbours that are not fixed when nothing else helps: the caller
/// sees that as a conflict between nets.
Finish finish(const OwnMetal& own, const std::vector<Neighbour>& neighbours);

}  // namespace ptah::maze
