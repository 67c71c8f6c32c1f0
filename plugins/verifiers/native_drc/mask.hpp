/// One drawn or derived layer of one layout, with what rules ask of it: its edges, what lies near a
/// place, what hangs together. Each is made once, when first asked for.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ptah/geom/geometry.hpp"
#include "ptah/geom/region.hpp"
#include "recognition/bins.hpp"

namespace ptah::native::drc {

/// The side of an edge on which the mask does not lie.
enum class Side : std::uint8_t { kLeft, kRight, kBottom, kTop };

constexpr bool is_vertical(Side side) noexcept {
  return side == Side::kLeft || side == Side::kRight;
}

/// A stretch of a mask's boundary. The flags say where the mask goes on past an end: on the inner
/// side of the edge's line, on the outer side. Neither: a convex corner; both: a concave one.
struct Edge {
  Dbu at = 0;          ///< x of a vertical edge, y of a horizontal one.
  Dbu lo = 0, hi = 0;  ///< Its ends, in the other coordinate; lo < hi.
  Side side = Side::kLeft;
  bool inside_lo = false, outside_lo = false;
  bool inside_hi = false, outside_hi = false;
};

/// The box along `edge`, `depth` deep outwards (inwards where negative), longer by `past_lo` and
/// `past_hi` at its ends.
Rect strip(const Edge& edge, Dbu depth, Dbu past_lo, Dbu past_hi) noexcept;

/// A connected part of a mask. Rectangles that meet in a corner only do not connect.
struct Component {
  Rect box;
  DbuArea area = 0;
  std::vector<std::uint32_t> rects;  ///< Indices into `Mask::rects()`, ascending.
};

class Mask {
 public:
  Mask() = default;
  explicit Mask(Region rects) : rects_(std::move(rects)) {}
  // Bins point into the rectangles; both move with the vector's storage.
  Mask(Mask&&) noexcept = default;
  Mask& operator=(Mask&&) noexcept = default;
  Mask(const Mask&) = delete;
  Mask& operator=(const Mask&) = delete;

  const Region& rects() const noexcept { return rects_; }
  bool empty() const noexcept { return rects_.empty(); }
  const Bins& bins() const;
  /// The boundary edges of rectangle `index`.
  std::span<const Edge> edges(std::size_t index) const;
  const std::vector<Component>& components() const;
  /// The component of rectangle `index`.
  std::uint32_t component_of(std::size_t index) const;

  bool overlaps(const Rect& box) const;
  /// True where `box` lies inside the mask as a whole.
  bool covers(const Rect& box) const;
  /// What of `box` lies outside the mask.
  Region uncovered(const Rect& box) const;

 private:
  void make_edges() const;
  void make_components() const;

  Region rects_;
  mutable bool has_bins_ = false, has_edges_ = false, has_components_ = false;
  mutable Bins bins_;
  mutable std::vector<Edge> edges_;
  mutable std::vector<std::uint32_t> edge_start_;
  mutable std::vector<Component> components_;
  mutable std::vector<std::uint32_t> component_;
};

}  // namespace ptah::native::drc
