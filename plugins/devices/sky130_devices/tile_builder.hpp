/// What all device tiles share: snapping, rows of cuts, and the tile under construction.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ptah/layout/layout.hpp"

namespace ptah::sky130 {

/// Smallest multiple of `step` that is >= `value`; values and steps are not negative.
constexpr Dbu snap_up(Dbu value, Dbu step) noexcept {
  return (value + step - 1) / step * step;
}
constexpr Dbu snap_down(Dbu value, Dbu step) noexcept {
  return value / step * step;
}

/// Half-open run of equal cuts along one axis.
struct CutRow {
  std::vector<Dbu> starts;  ///< Lower edges, ascending.
  Dbu size = 0;
  Dbu first() const { return starts.front(); }
  Dbu last() const { return starts.back() + size; }
};

/// As many cuts as fit into [low, high] at `pitch`, centred on `grid`. Empty when none fits.
CutRow cut_row(Dbu low, Dbu high, Dbu size, Dbu pitch, Dbu grid);

/// Collects the shapes of a tile by layer name.
class TileBuilder {
 public:
  explicit TileBuilder(const Technology& technology) : technology_(technology) {}

  void add(std::string_view layer, const Rect& rect) {
    if (rect.width() > 0 && rect.height() > 0)
      tile_.shapes.push_back({technology_.layer(layer), rect});
  }
  void add(LayerId layer, const Rect& rect) { tile_.shapes.push_back({layer, rect}); }
  /// A conductor rectangle where the router may connect; it becomes a shape as well.
  void add_access(std::string_view terminal, std::string_view layer, const Rect& rect);

  /// Box around everything so far, or around what lies on one layer.
  Rect bounds() const;
  Rect bounds(std::string_view layer) const;
  /// Moves everything so that `outline`'s lower left corner is the origin.
  Tile finish(std::string cell, DeviceKind kind, const Rect& outline) &&;

  Dbu rule(std::string_view id) const { return static_cast<Dbu>(technology_.rule(id)); }
  Dbu grid() const { return technology_.grid(); }
  const Technology& technology() const { return technology_; }

 private:
  const Technology& technology_;
  Tile tile_;
};

/// `model` without the process's prefix: "sky130_fd_pr__nfet_01v8" -> "nfet_01v8".
std::string short_name(std::string_view model);

/// "1.05 um"
std::string um_text(Dbu length);

}  // namespace ptah::sky130
