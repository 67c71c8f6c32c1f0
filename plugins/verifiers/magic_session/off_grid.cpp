#include "off_grid.hpp"

#include <algorithm>
#include <set>

namespace ptah::magic {

std::vector<Violation> off_grid(const gds::Library& library, const std::string& top,
                                const Technology& technology) {
  const Dbu grid = technology.grid();
  const auto off = [grid](Point p) { return p.x % grid != 0 || p.y % grid != 0; };
  std::vector<Violation> found;
  const auto add = [&](const gds::Cell& cell, const Rect& place, const std::string& what) {
    Violation violation;
    violation.rule = "grid";
    violation.text = what + " off the grid of " + std::to_string(grid) + " nm" +
                     (cell.name == top ? "" : " in cell " + cell.name);
    violation.place = place;
    found.push_back(std::move(violation));
  };
  std::set<std::string> seen{top};
  std::vector<std::string> left{top};
  while (!left.empty()) {
    const gds::Cell* const cell = library.find(left.back());
    left.pop_back();
    if (cell == nullptr) continue;
    for (const gds::Polygon& polygon : cell->polygons) {
      if (std::none_of(polygon.points.begin(), polygon.points.end(), off)) continue;
      const auto layer = technology.find_gds(polygon.layer);
      if (!layer || technology.layer(*layer).type == LayerType::kMarker) continue;
      Point low = polygon.points.front(), high = low;
      for (const Point p : polygon.points) {
        low = {std::min(low.x, p.x), std::min(low.y, p.y)};
        high = {std::max(high.x, p.x), std::max(high.y, p.y)};
      }
      add(*cell, {low.x, low.y, high.x, high.y}, "Drawn on " + technology.layer(*layer).name);
    }
    for (const gds::Reference& reference : cell->references) {
      if (off(reference.at) || (reference.columns > 1 && off(reference.column_step)) ||
          (reference.rows > 1 && off(reference.row_step))) {
        const Point at = reference.at;
        add(*cell, {at.x, at.y, at.x, at.y}, "Cell " + reference.cell + " placed");
      }
      if (seen.insert(reference.cell).second) left.push_back(reference.cell);
    }
  }
  return found;
}

}  // namespace ptah::magic
