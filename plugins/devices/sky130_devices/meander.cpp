#include "meander.hpp"

#include <algorithm>
#include <tuple>

namespace ptah::sky130 {

std::vector<Rect> Meander::body() const {
  std::vector<Rect> rects;
  for (int leg = 0; leg < legs; ++leg) {
    const bool last = leg + 1 == legs;
    const Dbu x = x_of(leg);
    rects.push_back({x, last ? last_up : 0, x + width, height});
    if (last) break;
    const Dbu y = leg % 2 == 0 ? height - width : 0;
    rects.push_back({x + width, y, x + pitch, y + width});
  }
  return rects;
}

Meander fold(const FoldRequest& request) {
  const Dbu width = request.width, length = request.length, spacing = request.spacing;
  const Dbu grid = request.grid;
  Meander best{1, width, width + spacing, length, 0};
  const auto cost = [&](const Meander& m) {
    const Dbu w = m.total_width();
    const Dbu h = m.height + (m.legs == 1 ? 2 : 1) * request.ends;
    return std::tuple(std::max(w, h), w, m.legs);
  };
  for (int legs = 2; legs <= 4096; legs += 2) {
    // A joint adds its own length and, where its two corners count half each, takes one width off
    // what the legs and their corners have.
    const Dbu joint = spacing - (request.corners_count_half ? width : 0);
    const Dbu straight = length - (legs - 1) * joint;
    if (straight <= 0) break;
    const Dbu height = ((straight + legs - 1) / legs + grid - 1) / grid * grid;
    // The turns at both ends of a leg need room for the notch between them.
    if (height < 2 * width + spacing) break;
    const Meander m{legs, width, width + spacing, height, legs * height - straight};
    if (m.last_up > height - 2 * width) continue;
    if (cost(m) < cost(best)) best = m;
  }
  return best;
}

}  // namespace ptah::sky130
