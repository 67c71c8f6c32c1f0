#include "ptah/layout/layout.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

namespace ptah {

const TilePin* Tile::find_pin(std::string_view terminal) const noexcept {
  for (const TilePin& pin : pins) {
    if (pin.terminal == terminal) return &pin;
  }
  return nullptr;
}

Transform transform(const Tile& tile, const PlacedTile& placed) noexcept {
  // A mirrored tile leaves the first quadrant; move it back before it goes to its origin.
  Transform result{placed.orientation, placed.origin};
  if (result.flips_x()) result.offset.x += tile.outline.x0 + tile.outline.x1;
  if (result.flips_y()) result.offset.y += tile.outline.y0 + tile.outline.y1;
  return result;
}

Rect placed_outline(const Tile& tile, const PlacedTile& placed) noexcept {
  return transform(tile, placed)(tile.outline);
}

Rect placement_outline(const Tiles& tiles, const Placement& placement) noexcept {
  Rect box;
  const std::size_t n = std::min(tiles.size(), placement.tiles.size());
  for (std::size_t i = 0; i < n; ++i)
    box = box.united(placed_outline(tiles[i], placement.tiles[i]));
  return box;
}

std::vector<std::int64_t> net_hpwl(const Circuit& circuit, const Tiles& tiles,
                                   const Placement& placement) {
  std::vector<Rect> boxes(circuit.nets.size());
  for (std::size_t d = 0; d < circuit.devices.size(); ++d) {
    const Device& device = circuit.devices[d];
    const Transform to_layout = transform(tiles.at(d), placement.tiles.at(d));
    const auto names = terminal_names(device);
    for (std::size_t t = 0; t < device.nets.size(); ++t) {
      const NetId net = device.nets[t];
      if (net == kNoNet) continue;
      const TilePin* pin = tiles[d].find_pin(names.at(t));
      if (!pin) continue;
      Rect access;
      for (const Shape& shape : pin->access) access = access.united(to_layout(shape.rect));
      if (access.empty()) continue;
      const Point c = access.center();
      Rect& box = boxes.at(static_cast<std::size_t>(net));
      box = box.united({c.x, c.y, c.x, c.y});
    }
  }
  std::vector<std::int64_t> lengths;
  lengths.reserve(boxes.size());
  for (const Rect& box : boxes)
    lengths.push_back(box.empty() ? 0 : static_cast<std::int64_t>(box.width()) + box.height());
  return lengths;
}

std::int64_t hpwl(const Circuit& circuit, const Tiles& tiles, const Placement& placement) {
  const std::vector<std::int64_t> lengths = net_hpwl(circuit, tiles, placement);
  return std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0});
}

DbuArea component_area(const Tiles& tiles) {
  DbuArea area = 0;
  for (const Tile& tile : tiles) area += tile.outline.area();
  return area;
}

namespace {

/// A centre line: on a layer, along a direction, at a coordinate across it.
struct Track {
  NetId net;
  LayerId layer;
  bool horizontal;
  Dbu low, high;  ///< The wire's two edges along the track.
  friend auto operator<=>(const Track&, const Track&) = default;
};

/// Sorts and merges touching intervals.
std::vector<std::pair<Dbu, Dbu>> merged(std::vector<std::pair<Dbu, Dbu>> spans) {
  std::sort(spans.begin(), spans.end());
  std::vector<std::pair<Dbu, Dbu>> result;
  for (const auto& span : spans) {
    if (!result.empty() && span.first <= result.back().second) {
      result.back().second = std::max(result.back().second, span.second);
    } else {
      result.push_back(span);
    }
  }
  return result;
}

}  // namespace

std::int64_t wirelength(const Layout& layout, const Technology& technology) {
  // Wires run half their width past their end points, so that a centre line is the long side less
  // the short one. Pieces of the same cross section are joined first; centre lines of different
  // widths on one line (2 * coordinate, exact) are counted once.
  std::map<Track, std::vector<std::pair<Dbu, Dbu>>> wires;
  for (const NetShape& wire : layout.wires) {
    if (technology.layer(wire.layer).type != LayerType::kConductor) continue;
    const Rect& r = wire.rect;
    const bool horizontal = r.width() >= r.height();
    const Track track = horizontal ? Track{wire.net, wire.layer, true, r.y0, r.y1}
                                   : Track{wire.net, wire.layer, false, r.x0, r.x1};
    wires[track].push_back(horizontal ? std::pair{r.x0, r.x1} : std::pair{r.y0, r.y1});
  }
  std::map<std::tuple<NetId, LayerId, bool, std::int64_t>, std::vector<std::pair<Dbu, Dbu>>> lines;
  for (auto& [track, spans] : wires) {
    const Dbu width = track.high - track.low;
    for (const auto& [from, to] : merged(std::move(spans))) {
      const Dbu begin = from + width / 2;
      const Dbu end = to - (width - width / 2);
      if (begin >= end) continue;
      const std::int64_t twice_centre = static_cast<std::int64_t>(track.low) + track.high;
      lines[{track.net, track.layer, track.horizontal, twice_centre}].push_back({begin, end});
    }
  }
  std::int64_t total = 0;
  for (auto& [line, spans] : lines) {
    for (const auto& [from, to] : merged(std::move(spans))) total += to - from;
  }
  return total;
}

}  // namespace ptah
