#include "flow/score_places.hpp"

#include <algorithm>
#include <cmath>

namespace ptah {
namespace {

Result<Dbu> coordinate(double um, const char* field, const std::string& device) {
  if (!(std::abs(um) <= 100'000)) {
    return make_error(ErrorCode::kInvalidArgument,
                      "The placement of " + device + " is more than 10 cm away.", "placement");
  }
  const Dbu place = from_um(um);
  if (place % kPlacementGrid != 0) {
    const double near = std::round(um * 1000 / kPlacementGrid) * kPlacementGrid / 1000;
    std::string text = std::to_string(near);
    text.erase(text.find('.') + 2);
    return make_error(ErrorCode::kInvalidArgument,
                      device + " is not on the 0.1 um grid of placements: `" + field + "` is " +
                          Json(um).dump() + ".",
                      "placement", "The nearest place is " + text + ".");
  }
  return place;
}

}  // namespace

Result<Placement> read_placement(const std::vector<rpc::DevicePlace>& places,
                                 const Circuit& circuit, const Tiles& tiles) {
  Placement placement;
  placement.tiles.resize(circuit.devices.size());
  std::vector<bool> seen(circuit.devices.size(), false);
  for (const rpc::DevicePlace& place : places) {
    const std::string& name = place.device;
    const DeviceId id = circuit.find_device(name);
    if (id < 0) {
      return make_error(ErrorCode::kNotFound, "The circuit has no device `" + name + "`.",
                        "placement");
    }
    const auto d = static_cast<std::size_t>(id);
    if (seen[d]) {
      return make_error(ErrorCode::kInvalidArgument, name + " is placed twice.", "placement");
    }
    seen[d] = true;
    PlacedTile& placed = placement.tiles[d];
    PTAH_TRY(placed.origin.x, coordinate(place.x_um, "x_um", name));
    PTAH_TRY(placed.origin.y, coordinate(place.y_um, "y_um", name));
    placed.orientation = place.orientation;
    placed.slot = placed_outline(tiles[d], placed);
  }
  for (std::size_t d = 0; d < seen.size(); ++d) {
    if (!seen[d]) {
      return make_error(ErrorCode::kInvalidArgument, circuit.devices[d].name + " is not placed.",
                        "placement", "Give a place for every device.");
    }
  }
  return placement;
}

Json overlaps_of(const Circuit& circuit, const Tiles& tiles, const Placement& placement,
                 const Technology& technology) {
  Json overlaps = Json::array();
  for (std::size_t a = 0; a < tiles.size(); ++a) {
    const Rect box = placed_outline(tiles[a], placement.tiles[a]);
    for (std::size_t b = a + 1; b < tiles.size(); ++b) {
      const Rect other = placed_outline(tiles[b], placement.tiles[b]);
      if (box.overlaps(other)) {
        overlaps.push_back(
            {{"a", circuit.devices[a].name}, {"b", circuit.devices[b].name}, {"missing_um", 0.0}});
        continue;
      }
      const Dbu gap =
          std::max({other.x0 - box.x1, box.x0 - other.x1, other.y0 - box.y1, box.y0 - other.y1});
      const Dbu needed = tile_clearance(tiles[a], tiles[b], technology);
      if (gap < needed) {
        overlaps.push_back({{"a", circuit.devices[a].name},
                            {"b", circuit.devices[b].name},
                            {"missing_um", to_um(needed - gap)}});
      }
    }
  }
  return overlaps;
}

}  // namespace ptah
