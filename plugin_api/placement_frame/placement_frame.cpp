#include "placement_frame.hpp"

#include <algorithm>
#include <cmath>

namespace ptah {
namespace {

/// Twice the centre, in nm: whole numbers.
Point doubled_centre(const Rect& rect) {
  return {rect.x0 + rect.x1, rect.y0 + rect.y1};
}

double half_um(double doubled_nm) {
  return doubled_nm / 2000.0;
}

}  // namespace

PlacementFrame::PlacementFrame(const Circuit& circuit) : circuit_(circuit) {
  const auto name = [&](std::size_t device) { return circuit.devices[device].name; };
  std::vector<bool> paired(circuit.devices.size(), false);
  for (const MatchedGroup& group : circuit.matched) {
    if (group.size() != 2) continue;
    const Pair pair{static_cast<std::size_t>(group[0]), static_cast<std::size_t>(group[1])};
    pairs_.push_back(pair);
    paired[pair.first] = paired[pair.second] = true;
    const std::string names = name(pair.first) + " " + name(pair.second);
    for (const char* what : {"across ", "x ", "y ", "higher ", "mirrored ", "upside down "})
      names_.push_back(what + names);
  }
  for (std::size_t i = 0; i < circuit.devices.size(); ++i) {
    if (paired[i]) continue;
    others_.push_back(i);
    for (const char* what : {"x ", "y ", "mirrored ", "upside down "})
      names_.push_back(what + name(i));
  }
  names_.insert(names_.end(), {"width", "height"});
  for (const Net& net : circuit.nets) names_.push_back("net " + net.name);
}

/// Twice the x that most pairs have in their middle, in nm: the median of the pairs' middles, as a
/// group of pairs may have another axis.
double PlacementFrame::axis(const std::vector<Point>& doubled) const {
  std::vector<double> middles;
  for (const Pair& pair : pairs_)
    middles.push_back((static_cast<double>(doubled[pair.first].x) + doubled[pair.second].x) / 2);
  if (middles.empty()) {
    for (const Point& centre : doubled) middles.push_back(centre.x);
  }
  const auto middle = middles.begin() + static_cast<std::ptrdiff_t>((middles.size() - 1) / 2);
  std::nth_element(middles.begin(), middle, middles.end());
  return *middle;
}

void PlacementFrame::write(const Tiles& tiles, const Placement& placement,
                           std::span<double> row) const {
  std::vector<Point> doubled(tiles.size());
  for (std::size_t i = 0; i < tiles.size(); ++i)
    doubled[i] = doubled_centre(placed_outline(tiles[i], placement.tiles[i]));
  const Rect box = placement_outline(tiles, placement);
  const double axis_x = axis(doubled), middle_y = doubled_centre(box).y;
  auto to = row.begin();
  const auto put = [&to](double value) { *to++ = value; };
  const auto put_flags = [&](std::size_t device) {
    const Transform placed{placement.tiles[device].orientation, {}};
    put(placed.flips_x() ? 1 : 0);
    put(placed.flips_y() ? 1 : 0);
  };
  for (const auto& [first, second] : pairs_) {
    const Point a = doubled[first], b = doubled[second];
    put(half_um(std::abs(static_cast<double>(a.x) - b.x) / 2));
    put(half_um((static_cast<double>(a.x) + b.x) / 2 - axis_x));
    put(half_um((static_cast<double>(a.y) + b.y) / 2 - middle_y));
    put(half_um(static_cast<double>(a.y) - b.y));
    put_flags(first);
  }
  for (const std::size_t device : others_) {
    put(half_um(doubled[device].x - axis_x));
    put(half_um(doubled[device].y - middle_y));
    put_flags(device);
  }
  put(to_um(box.width()));
  put(to_um(box.height()));
  for (const std::int64_t length : net_hpwl(circuit_, tiles, placement))
    put(static_cast<double>(length) / 1000.0);
}

}  // namespace ptah
