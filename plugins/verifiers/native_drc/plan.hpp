/// The rules of a technology, made ready to run: which masks to compute and what to measure on
/// them. Built once a technology; says at once which rule it can not understand.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/tech/technology.hpp"

namespace ptah::native::drc {

using MaskId = std::int32_t;
constexpr MaskId kNoMask = -1;

/// How a mask is made: drawn, or of two others made before it.
struct MaskRecipe {
  enum class Op : std::uint8_t { kDrawn, kAnd, kNot, kOr };
  Op op = Op::kDrawn;
  LayerId layer = 0;  ///< kDrawn
  MaskId a = kNoMask, b = kNoMask;
  friend auto operator<=>(const MaskRecipe&, const MaskRecipe&) = default;
};

enum class CheckKind : std::uint8_t {
  kWidth,            ///< a at least `distance` wide
  kSpacing,          ///< no b within `distance` outside a's edges
  kEndToEnd,         ///< as kSpacing of a, with `distance_2` between narrow ends
  kWideSpacing,      ///< no a within `distance` of where a is wider than `distance_2`
  kWideAttached,     ///< the same for what is attached to such a place, within `distance` of it
  kBottomPlate,      ///< components of b under an a keep `distance` from each other
  kPlateToMetal,     ///< no b within `distance` of an a but that under it
  kEnclosure,        ///< b reaches `distance` past a on all sides
  kEnclosureOneWay,  ///< ... on two opposite sides of each rectangle of a
  kLanding,          ///< a lies on b
  kCovered,          ///< a lies inside b as a whole
  kExtension,        ///< b reaches `distance` past a's edges that lie in b
  kMaxExtension,     ///< b near a ends at most `distance` past the c that a lies on
  kInside,           ///< a's edges: b at least `distance` deep on their inner side
  kChannelWidth,     ///< a at least `distance` deep behind its edges towards b
  kAbutting,         ///< a `distance` deep behind its edges towards b, before the next b
  kArea,
  kHoleArea,
  kCutSize,        ///< components of a outside b are squares of side `distance`
  kAllowedWidth,   ///< width (of a body between heads on b, or smaller side) among `allowed`
  kAllowedLength,  ///< larger side among `allowed`
  kMaxDistance,    ///< a within `distance` of the next b, on paths inside c, or outside d
  kHolds,          ///< each component of a holds some b
  kRectangular,
  kExclusive,   ///< a and b have nothing in common
  kNoCrossing,  ///< components of b lie inside a or outside
  kGrid,        ///< drawn coordinates are multiples of `distance`
};

struct Check {
  CheckKind kind = CheckKind::kWidth;
  std::string rule;   ///< Its id.
  std::string text;   ///< The rule's sentence.
  std::string layer;  ///< What a violation names as its layer.
  MaskId a = kNoMask, b = kNoMask, c = kNoMask, d = kNoMask;
  /// Of a's edges, only where the outer side lies in `only` and not in `except` count; a corner at
  /// which `except` goes on does not reach round.
  MaskId only = kNoMask, except = kNoMask;
  Dbu distance = 0, distance_2 = 0;
  DbuArea area = 0;
  std::vector<Dbu> allowed;
  bool overlap_is_wrong = false;    ///< kSpacing: b over a counts, too.
  bool where_overlapping = false;   ///< Enclosures: only rectangles that meet b.
  bool ring = false;                ///< kEnclosure: b need not lie over a.
  bool apart_only = false;          ///< kSpacing: components of a that meet b are passed over.
  bool sandwiched = false;          ///< kAbutting: between two b; else at one.
  MaskId same_component = kNoMask;  ///< kSpacing: shapes that hang together in this mask are one.
  MaskId butting = kNoMask;         ///< kSpacing: a and b may touch where a holds this mask.
  bool measures() const noexcept;   ///< Its violations have a measured value.
};

struct Plan {
  Dbu grid = 5;
  std::size_t layer_count = 0;
  std::vector<MaskRecipe> masks;
  std::vector<Check> checks;
  std::vector<std::string> layer_names;
  /// kUnsupported, naming the rule, when its condition or its layers can not be understood.
  static Result<Plan> compile(const Technology& technology);
};

}  // namespace ptah::native::drc
