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

/// What a drawing shows of its devices, made ready to be asked often.
class DrawnTiles {
 public:
  DrawnTiles(const Drawing& drawing, const gds::Flat& flat, const ScoreSession& session)
      : drawing_(drawing),
        session_(session),
        devices_(drawn_devices(drawing, session.circuit, {})),
        shapes_(flat.shapes) {
    std::sort(shapes_.begin(), shapes_.end());
  }

  /// Where all shapes of the tile are drawn, or, with `terminals`, the metal of its terminals: an
  /// editor may have cut the others up anew.
  Result<PlacedTile> place(std::size_t d, bool terminals = false) const {
    const Device& device = session_.circuit.devices[d];
    const Rect& box = devices_[d].box;
    if (box.empty()) {
      return make_error(ErrorCode::kInvalidArgument, device.name + " was not found in the layout.",
                        "layout");
    }
    std::optional<PlacedTile> found;
    int most = -1;
    for (const auto& [orientation, name] : Choices<Orientation>::kNames) {
      const auto placed = fit(d, box, orientation, terminals);
      const int agreeing = placed ? agreement(d, *placed) : -1;
      if (agreeing <= most) continue;
      most = agreeing;
      found = placed;
    }
    if (found) return *found;
    return make_error(ErrorCode::kInvalidArgument,
                      device.name + " is not drawn as the flow's device generator draws it.",
                      "layout");
  }

 private:
  /// The tile so that its device lies in `box`, if its shapes are there.
  std::optional<PlacedTile> fit(std::size_t d, const Rect& box, Orientation orientation,
                                bool terminals) const {
    const Tile& tile = session_.tiles[d];
    PlacedTile placed{{}, orientation, {}};
    const Rect device = transform(tile, placed)(session_.device_boxes[d]);
    if (device.width() != box.width() || device.height() != box.height()) return std::nullopt;
    placed.origin = {box.x0 - device.x0, box.y0 - device.y0};
    const Transform to_layout = transform(tile, placed);
    if (terminals) {
      for (const TilePin& pin : tile.pins) {
        for (const Shape& access : pin.access) {
          if (!is_drawn({access.layer, to_layout(access.rect)})) return std::nullopt;
        }
      }
      return placed;
    }
    const bool whole = std::all_of(tile.shapes.begin(), tile.shapes.end(), [&](const Shape& shape) {
      return std::binary_search(shapes_.begin(), shapes_.end(),
                                Shape{shape.layer, to_layout(shape.rect)});
    });
    return whole ? std::optional(placed) : std::nullopt;
  }

  /// By one rectangle or by several together.
  bool is_drawn(const Shape& wanted) const {
    std::vector<Rect> left{wanted.rect};
    const auto first =
        std::lower_bound(shapes_.begin(), shapes_.end(), wanted.layer,
                         [](const Shape& shape, LayerId layer) { return shape.layer < layer; });
    for (auto it = first; it != shapes_.end() && it->layer == wanted.layer && !left.empty(); ++it) {
      if (!it->rect.overlaps(wanted.rect)) continue;
      std::vector<Rect> outside;
      for (const Rect& part : left) {
        const Rect in = part.intersection(it->rect);
        if (in.area() == 0) {
          outside.push_back(part);
          continue;
        }
        for (const Rect& rest :
             {Rect{part.x0, part.y0, part.x1, in.y0}, Rect{part.x0, in.y1, part.x1, part.y1},
              Rect{part.x0, in.y0, in.x0, in.y1}, Rect{in.x1, in.y0, part.x1, in.y1}}) {
          if (rest.x0 < rest.x1 && rest.y0 < rest.y1) outside.push_back(rest);
        }
      }
      left = std::move(outside);
    }
    return left.empty();
  }

  /// How many terminals lie on their nets.
  int agreement(std::size_t d, const PlacedTile& placed) const {
    const Device& device = session_.circuit.devices[d];
    const Tile& tile = session_.tiles[d];
    const Transform to_layout = transform(tile, placed);
    const auto names = terminal_names(device);
    int agreeing = 0;
    for (std::size_t t = 0; t < names.size(); ++t) {
      const TilePin* pin = tile.find_pin(names[t]);
      if (pin == nullptr || pin->access.empty()) continue;
      const Shape& access = pin->access.front();
      agreeing += net_at(access.layer, to_layout(access.rect)) == device.nets[t] ? 1 : 0;
    }
    return agreeing;
  }

  NetId net_at(LayerId layer, const Rect& place) const {
    if (layer >= drawing_.connectivity->conductors.size()) return kNoNet;
    for (const native::NetRect& part : drawing_.connectivity->conductors[layer]) {
      if (part.net != native::kNone && part.rect.overlaps(place))
        return drawing_.match.net_of[static_cast<std::size_t>(part.net)];
    }
    return kNoNet;
  }

  const Drawing& drawing_;
  const ScoreSession& session_;
  std::vector<DrawnDevice> devices_;
  std::vector<Shape> shapes_;  ///< Sorted.
};

Dbu rounded(Dbu place) {
  return (place + kPlacementGrid / 2) / kPlacementGrid * kPlacementGrid;
}

}  // namespace

Result<Placement> drawn_placement(const Drawing& drawing, const gds::Flat& flat,
                                  const ScoreSession& session, Point* corner) {
  const Tiles& tiles = session.tiles;
  const std::size_t count = session.circuit.devices.size();
  if (tiles.size() != count) {
    return make_error(ErrorCode::kInvalidArgument,
                      "The flow's device generator cannot draw all devices of the circuit.",
                      "flow " + session.flow.name);
  }
  const DrawnTiles drawn(drawing, flat, session);
  Placement placement;
  for (std::size_t d = 0; d < count; ++d) {
    PTAH_TRY(auto placed, drawn.place(d));
    placement.tiles.push_back(placed);
  }
  const Rect box = placement_outline(tiles, placement);
  if (corner != nullptr) *corner = {box.x0, box.y0};
  for (std::size_t d = 0; d < count; ++d) {
    PlacedTile& placed = placement.tiles[d];
    placed.origin = {rounded(placed.origin.x - box.x0), rounded(placed.origin.y - box.y0)};
    placed.slot = placed_outline(tiles[d], placed);
  }
  return placement;
}

std::vector<std::optional<PlacedTile>> drawn_tiles(const Drawing& drawing, const gds::Flat& flat,
                                                   const ScoreSession& session) {
  const std::size_t count = session.circuit.devices.size();
  if (session.tiles.size() != count) return {};
  const DrawnTiles drawn(drawing, flat, session);
  std::vector<std::optional<PlacedTile>> placed;
  for (std::size_t d = 0; d < count; ++d) {
    auto place = drawn.place(d);
    if (!place) place = drawn.place(d, true);
    placed.push_back(place.has_value() ? std::optional(place.value()) : std::nullopt);
  }
  return placed;
}

Json to_json(const Placement& placement, const Circuit& circuit) {
  Json places = Json::array();
  for (std::size_t d = 0; d < placement.tiles.size(); ++d) {
    const PlacedTile& placed = placement.tiles[d];
    places.push_back({{"device", circuit.devices[d].name},
                      {"x_um", to_um(placed.origin.x)},
                      {"y_um", to_um(placed.origin.y)},
                      {"orientation", to_string(placed.orientation)}});
  }
  return places;
}

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
