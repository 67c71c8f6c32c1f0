/// Integer geometry. One database unit (dbu) is one nanometre; drawn data lies on the technology's
/// grid (5 nm in SkyWater 130). Rectangles only: Ptah draws Manhattan shapes.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <cstdlib>
#include <limits>

namespace ptah {

using Dbu = std::int32_t;      ///< A coordinate or a length, in nm.
using DbuArea = std::int64_t;  ///< An area, in nm^2.

/// No shape of a layout lies further from the origin, in x or in y: 20 cm, more than a wafer.
/// Whoever reads a layout (gds::flatten, layout_from_json) refuses what does. So sums and
/// differences of coordinates and of a rule's distance, and the way round a box, stay in Dbu; areas
/// and squares of distances stay in DbuArea.
constexpr Dbu kFarthest = 200'000'000;

/// The nearest; what no Dbu holds comes out as the largest one, and what is no number as 0.
constexpr Dbu from_um(double um) noexcept {
  constexpr double kMost = std::numeric_limits<Dbu>::max();
  if (!(um == um)) return 0;
  return static_cast<Dbu>(std::clamp(um * 1000.0 + (um < 0 ? -0.5 : 0.5), -kMost, kMost));
}
constexpr double to_um(Dbu dbu) noexcept {
  return dbu / 1000.0;
}
constexpr double to_um2(DbuArea area) noexcept {
  return static_cast<double>(area) / 1e6;
}

struct Point {
  Dbu x = 0;
  Dbu y = 0;
  friend constexpr Point operator+(Point a, Point b) noexcept { return {a.x + b.x, a.y + b.y}; }
  friend constexpr Point operator-(Point a, Point b) noexcept { return {a.x - b.x, a.y - b.y}; }
  friend constexpr auto operator<=>(const Point&, const Point&) = default;
};

/// Closed box [x0, x1] x [y0, y1]; x0 <= x1 and y0 <= y1 unless `empty()`.
struct Rect {
  Dbu x0 = 0;
  Dbu y0 = 0;
  Dbu x1 = -1;
  Dbu y1 = -1;

  constexpr bool empty() const noexcept { return x1 < x0 || y1 < y0; }
  constexpr Dbu width() const noexcept { return x1 - x0; }
  constexpr Dbu height() const noexcept { return y1 - y0; }
  constexpr DbuArea area() const noexcept {
    return empty() ? 0 : static_cast<DbuArea>(width()) * height();
  }
  constexpr Point center() const noexcept { return {x0 + width() / 2, y0 + height() / 2}; }
  /// Grown by d on all four sides (shrunk where d < 0).
  constexpr Rect bloated(Dbu d) const noexcept { return {x0 - d, y0 - d, x1 + d, y1 + d}; }
  constexpr Rect bloated(Dbu dx, Dbu dy) const noexcept {
    return {x0 - dx, y0 - dy, x1 + dx, y1 + dy};
  }
  constexpr Rect moved(Point by) const noexcept {
    return {x0 + by.x, y0 + by.y, x1 + by.x, y1 + by.y};
  }
  /// Common interior: boxes that only share an edge do not overlap.
  constexpr bool overlaps(const Rect& o) const noexcept {
    return x0 < o.x1 && o.x0 < x1 && y0 < o.y1 && o.y0 < y1;
  }
  /// Common points: boxes that share an edge or a corner touch.
  constexpr bool touches(const Rect& o) const noexcept {
    return x0 <= o.x1 && o.x0 <= x1 && y0 <= o.y1 && o.y0 <= y1;
  }
  constexpr bool contains(const Rect& o) const noexcept {
    return x0 <= o.x0 && y0 <= o.y0 && x1 >= o.x1 && y1 >= o.y1;
  }
  constexpr bool contains(Point p) const noexcept {
    return x0 <= p.x && p.x <= x1 && y0 <= p.y && p.y <= y1;
  }
  constexpr Rect intersection(const Rect& o) const noexcept {
    return {std::max(x0, o.x0), std::max(y0, o.y0), std::min(x1, o.x1), std::min(y1, o.y1)};
  }
  /// The smallest box around both; an empty box is neutral.
  constexpr Rect united(const Rect& o) const noexcept {
    if (empty()) return o;
    if (o.empty()) return *this;
    return {std::min(x0, o.x0), std::min(y0, o.y0), std::max(x1, o.x1), std::max(y1, o.y1)};
  }
  /// Within `kFarthest`.
  constexpr bool near() const noexcept {
    return -kFarthest <= x0 && -kFarthest <= y0 && x1 <= kFarthest && y1 <= kFarthest;
  }
  friend constexpr auto operator<=>(const Rect&, const Rect&) = default;
};

/// The four orientations that keep gates vertical. Names as in DEF: MY mirrors left-right
/// (x -> -x), MX top-bottom (y -> -y).
enum class Orientation : std::uint8_t { kR0, kMY, kMX, kR180 };

/// Orientation about the origin first, then the move.
struct Transform {
  Orientation orientation = Orientation::kR0;
  Point offset;

  constexpr bool flips_x() const noexcept {
    return orientation == Orientation::kMY || orientation == Orientation::kR180;
  }
  constexpr bool flips_y() const noexcept {
    return orientation == Orientation::kMX || orientation == Orientation::kR180;
  }
  constexpr Point operator()(Point p) const noexcept {
    return Point{flips_x() ? -p.x : p.x, flips_y() ? -p.y : p.y} + offset;
  }
  constexpr Rect operator()(const Rect& r) const noexcept {
    const Point a = (*this)(Point{r.x0, r.y0});
    const Point b = (*this)(Point{r.x1, r.y1});
    return {std::min(a.x, b.x), std::min(a.y, b.y), std::max(a.x, b.x), std::max(a.y, b.y)};
  }
};

/// Index of a layer in its Technology. Only meaningful together with that Technology.
using LayerId = std::uint16_t;

/// A drawn rectangle.
struct Shape {
  LayerId layer = 0;
  Rect rect;
  friend constexpr auto operator<=>(const Shape&, const Shape&) = default;
};

/// Index of a net in its Circuit.
using NetId = std::int32_t;
constexpr NetId kNoNet = -1;

}  // namespace ptah
