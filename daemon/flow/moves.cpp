#include "flow/moves.hpp"

#include <cstdlib>

namespace ptah {
namespace {

/// No tile lies further out: what it draws stays within kFarthest.
constexpr Dbu kFarthestTile = kFarthest / 2;  // 10 cm

bool is_near(Point point) {
  return point.x >= -kFarthestTile && point.x <= kFarthestTile && point.y >= -kFarthestTile &&
         point.y <= kFarthestTile;
}

bool is_near(const Rect& rect) {
  return is_near(Point{rect.x0, rect.y0}) && is_near(Point{rect.x1, rect.y1});
}

Dbu to_grid(Dbu value) {
  const Dbu rest = ((value % kPlacementGrid) + kPlacementGrid) % kPlacementGrid;
  return value - rest;
}

bool on_grid(Point point) {
  return point.x % kPlacementGrid == 0 && point.y % kPlacementGrid == 0;
}

}  // namespace

Mover::Mover(const Circuit& circuit, const Tiles& tiles, const Technology& technology)
    : circuit_(circuit), tiles_(tiles), clearance_(tiles.size() * tiles.size()) {
  const std::size_t n = tiles.size();
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i + 1; j < n; ++j) {
      clearance_[i * n + j] = clearance_[j * n + i] =
          tile_clearance(tiles[i], tiles[j], technology);
    }
  }
}

void Mover::swap(PlacedTile& a, PlacedTile& b, const Tile& tile_a, const Tile& tile_b) const {
  const PlacedTile before_a = a, before_b = b;
  const auto go = [](PlacedTile& placed, const Tile& tile, const PlacedTile& from,
                     const Tile& other) {
    const Point centre = placed_outline(other, from).center();
    placed.origin = {to_grid(centre.x - tile.outline.width() / 2),
                     to_grid(centre.y - tile.outline.height() / 2)};
    const Rect outline = placed_outline(tile, placed);
    placed.slot = from.slot.contains(outline) ? from.slot : outline;
  };
  go(a, tile_a, before_b, tile_b);
  go(b, tile_b, before_a, tile_a);
}

Result<std::optional<std::string>> Mover::make(const Moves& moves, Placement& placement) const {
  using Problem = std::optional<std::string>;
  const std::size_t n = tiles_.size();
  const auto known = [&](DeviceId device) {
    return device >= 0 && static_cast<std::size_t>(device) < n;
  };
  const auto unknown = [](DeviceId device) {
    return make_error(
        ErrorCode::kInvalidArgument,
        "The move names device " + std::to_string(device) + ", which does not exist.");
  };
  bool new_slots = false;
  for (const Move& move : moves) {
    if (const auto* shift = std::get_if<Shift>(&move)) {
      if (!known(shift->device)) return unknown(shift->device);
      const auto device = static_cast<std::size_t>(shift->device);
      if (!on_grid(shift->by)) {
        return Problem("grid: a shift is a multiple of " + std::to_string(kPlacementGrid) + " nm");
      }
      if (!is_near(shift->by)) return Problem("slot: the tile would leave its halo");
      PlacedTile& placed = placement.tiles[device];
      placed.origin = placed.origin + shift->by;
      if (!is_near(placed.origin)) return Problem("slot: the tile would leave its halo");
    } else if (const auto* exchange = std::get_if<Swap>(&move)) {
      for (const DeviceId device : {exchange->a, exchange->b})
        if (!known(device)) return unknown(device);
      if (exchange->a == exchange->b) return Problem("move: a tile is swapped with itself");
      const auto a = static_cast<std::size_t>(exchange->a),
                 b = static_cast<std::size_t>(exchange->b);
      swap(placement.tiles[a], placement.tiles[b], tiles_[a], tiles_[b]);
      new_slots = true;
    } else if (const auto* turn = std::get_if<Turn>(&move)) {
      if (!known(turn->device)) return unknown(turn->device);
      placement.tiles[static_cast<std::size_t>(turn->device)].orientation = turn->orientation;
    } else if (const auto* arrange = std::get_if<Arrange>(&move)) {
      if (arrange->placement.tiles.size() != n) {
        return Problem("placement: it has " + std::to_string(arrange->placement.tiles.size()) +
                       " tiles for " + std::to_string(n) + " devices");
      }
      placement = arrange->placement;
      new_slots = true;
    }
  }
  if (new_slots) return problem(placement);
  for (std::size_t i = 0; i < n; ++i) {
    const PlacedTile& placed = placement.tiles[i];
    if (!placed.slot.contains(placed_outline(tiles_[i], placed)))
      return Problem("slot: the tile would leave its halo");
  }
  return Problem();
}

std::optional<std::string> Mover::problem(const Placement& placement) const {
  const std::size_t n = tiles_.size();
  const auto name = [&](std::size_t device) { return circuit_.devices[device].name; };
  for (std::size_t i = 0; i < n; ++i) {
    const PlacedTile& placed = placement.tiles[i];
    if (!is_near(placed.origin) || !is_near(placed.slot))
      return "placement: " + name(i) + " is more than 10 cm away";
    if (!on_grid(placed.origin))
      return "grid: " + name(i) + " is not on the grid of " + std::to_string(kPlacementGrid) +
             " nm";
    if (!placed.slot.contains(placed_outline(tiles_[i], placed)))
      return "slot: " + name(i) + " does not lie in its slot";
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i + 1; j < n; ++j) {
      if (placement.tiles[i].slot.bloated(clearance_[i * n + j]).overlaps(placement.tiles[j].slot))
        return "placement: " + name(i) + " and " + name(j) + " are too close";
    }
  }
  return std::nullopt;
}

}  // namespace ptah
