// What a search reads of the pins of a net: where wires may begin and end.
#include <algorithm>
#include <limits>

#include "search.hpp"

namespace ptah::maze {

std::vector<Search::Index> Search::nodes_of(const Pin& pin) const {
  // Inside a large plate only a rim serves: any way from outside meets it first.
  constexpr Dbu kRim = 500;
  std::vector<Index> nodes;
  for (const Metal& access : pin.access) {
    const Dbu half = grid_.half_width(access.layer, false);
    const NodeBox box = grid_.covered(access.rect.bloated(-half));
    for (int y = box.y0; y <= box.y1; ++y) {
      for (int x = box.x0; x <= box.x1; ++x) {
        if (access.rect.bloated(-half - kRim).contains(grid_.at(x, y))) continue;
        nodes.push_back(index(access.layer, grid_.cell(x, y)));
      }
    }
  }
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  return nodes;
}

Search::PinTarget Search::target_of(const Pin& pin) const {
  const auto holds = [](const NodeBox& a, const NodeBox& b) {
    return a.x0 <= b.x0 && b.x1 <= a.x1 && a.y0 <= b.y0 && b.y1 <= a.y1;
  };
  PinTarget found{{std::numeric_limits<int>::max(), -1, grid_.covered(pin.box)}, {}, {}};
  for (const Metal& metal : pin.access) {
    found.target.layer_low = std::min(found.target.layer_low, metal.layer);
    found.target.layer_high = std::max(found.target.layer_high, metal.layer);
    const NodeBox nodes = grid_.covered(metal.rect.bloated(-grid_.half_width(metal.layer, false)));
    if (nodes.empty()) continue;
    Goal goal{metal.layer, nodes, 0};
    NodeBox own = nodes;
    for (const Obstacle& device : all_devices_) {
      const NodeBox& box = device.box;
      if (!holds(box, nodes)) continue;
      own = box;
      goal.depth = 1 + std::min({nodes.x0 - box.x0, box.x1 - nodes.x1, nodes.y0 - box.y0,
                                 box.y1 - nodes.y1});
    }
    found.goals.push_back(goal);
    if (found.own.empty() || found.own.back() != own) found.own.push_back(own);
  }
  return found;
}

const Search::NetPins& Search::pins_of(NetId net) {
  NetPins& known = nets_[net];
  if (!known.access.empty()) return known;
  for (const Pin& pin : grid_.scene().pins[net]) {
    known.access.push_back(nodes_of(pin));
    known.targets.push_back(target_of(pin));
    if (known.access.back().empty()) return known;
  }
  const auto& fixed = grid_.scene().fixed;
  for (std::size_t layer = 0; layer < fixed.size(); ++layer) {
    for (const Fixed& metal : fixed[layer]) {
      if (metal.net != net || !metal.bottom_plate) continue;
      // With the strips that the device adds to it.
      Rect plate = metal.rect;
      for (const Fixed& other : fixed[layer]) {
        if (other.net == net && other.rect.touches(metal.rect)) plate = plate.united(other.rect);
      }
      known.plates.push_back({static_cast<int>(layer), plate});
    }
  }
  return known;
}

}  // namespace ptah::maze
