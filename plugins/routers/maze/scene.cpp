#include "scene.hpp"

#include <algorithm>
#include <numeric>

namespace ptah::maze {
namespace {

/// Bounds what a placement may ask for in memory: 400 um by 400 um and 160 bytes a node are 2.5 GB.
constexpr std::int64_t kMaxNodes = 16'000'000;
/// The grid names nets in 16 bits.
constexpr std::size_t kMaxNets = 32'000;

class UnionFind {
 public:
  explicit UnionFind(std::size_t n) : parent_(n) { std::iota(parent_.begin(), parent_.end(), 0u); }
  std::size_t find(std::size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void join(std::size_t a, std::size_t b) { parent_[find(a)] = find(b); }

 private:
  std::vector<std::size_t> parent_;
};

/// Net of each shape of the tile, kNoNet where the metal belongs to no terminal or to several.
std::vector<NetId> nets_of_shapes(const Tile& tile, const Stack& stack,
                                  const std::vector<NetId>& pin_nets) {
  const std::size_t n = tile.shapes.size();
  std::vector<int> layer(n), cut(n);
  std::vector<Rect> plates;
  for (std::size_t i = 0; i < n; ++i) {
    layer[i] = stack.layer_index(tile.shapes[i].layer);
    cut[i] = stack.cut_index(tile.shapes[i].layer);
    if (stack.plate(tile.shapes[i].layer) != nullptr) plates.push_back(tile.shapes[i].rect);
  }
  // From left to right: a block may have many shapes.
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < n; ++i) {
    if (layer[i] >= 0 || cut[i] >= 0) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return tile.shapes[a].rect.x0 < tile.shapes[b].rect.x0;
  });
  const auto each_touching = [&](auto found) {
    for (std::size_t a = 0; a < order.size(); ++a) {
      const Rect& rect = tile.shapes[order[a]].rect;
      for (std::size_t b = a + 1; b < order.size(); ++b) {
        const Rect& other = tile.shapes[order[b]].rect;
        if (other.x0 > rect.x1) break;
        if (rect.touches(other)) found(order[a], order[b]);
      }
    }
  };
  UnionFind sets(n);
  // A cut on a capacitor plate joins the upper metal to the plate, not to the metal below it.
  std::vector<bool> on_plate(n, false);
  for (std::size_t i = 0; i < n; ++i) {
    on_plate[i] = cut[i] >= 0 && std::any_of(plates.begin(), plates.end(), [&](const Rect& plate) {
                    return plate.overlaps(tile.shapes[i].rect);
                  });
  }
  const auto join_cut = [&](std::size_t i, std::size_t j) {
    if (cut[i] < 0 || layer[j] < 0) return;
    if (layer[j] != cut[i] + 1 && (layer[j] != cut[i] || on_plate[i])) return;
    if (tile.shapes[j].rect.overlaps(tile.shapes[i].rect)) sets.join(i, j);
  };
  each_touching([&](std::size_t i, std::size_t j) {
    if (layer[i] >= 0 && layer[i] == layer[j]) sets.join(i, j);
    join_cut(i, j);
    join_cut(j, i);
  });
  constexpr NetId kSeveral = -2;
  std::vector<NetId> by_root(n, kNoNet);
  for (std::size_t p = 0; p < tile.pins.size(); ++p) {
    for (const Shape& access : tile.pins[p].access) {
      const int access_layer = stack.layer_index(access.layer);
      for (std::size_t i = 0; i < n; ++i) {
        if (access_layer < 0 || layer[i] != access_layer) continue;
        if (!tile.shapes[i].rect.overlaps(access.rect)) continue;
        NetId& net = by_root[sets.find(i)];
        net = net == kNoNet || net == pin_nets[p] ? pin_nets[p] : kSeveral;
      }
    }
  }
  std::vector<NetId> nets(n, kNoNet);
  for (std::size_t i = 0; i < n; ++i) {
    const NetId net = by_root[sets.find(i)];
    nets[i] = net == kSeveral ? kNoNet : net;
  }
  return nets;
}

}  // namespace

bool SceneBuilder::holds(const Piece& piece, const Device& device, const Tile& tile) {
  return piece.kind == device.kind && piece.nets == device.nets && piece.device == device.name &&
         piece.shapes == tile.shapes &&
         std::equal(piece.pins.begin(), piece.pins.end(), tile.pins.begin(), tile.pins.end(),
                    [](const TilePin& a, const TilePin& b) {
                      return a.terminal == b.terminal && a.access == b.access;
                    });
}

Status SceneBuilder::add_piece(const Circuit& circuit, const Device& device, const Tile& tile) {
  const Stack& stack = *scene_.stack;
  Piece piece{device.name, device.kind, device.nets, tile.shapes, tile.pins, {}, {}, {}, {}};
  const auto names = terminal_names(device);
  std::vector<NetId> pin_nets(tile.pins.size(), kNoNet);
  for (std::size_t p = 0; p < tile.pins.size(); ++p) {
    const auto name = std::find(names.begin(), names.end(), tile.pins[p].terminal);
    if (name != names.end()) pin_nets[p] = device.nets[name - names.begin()];
  }
  for (std::size_t t = 0; t < names.size(); ++t) {
    const TilePin* tile_pin = tile.find_pin(names[t]);
    const NetId net = device.nets[t];
    if (net < 0 || net >= static_cast<NetId>(circuit.nets.size())) continue;
    PinPiece pin{net, scene_.pins[net].size(), {}};
    if (tile_pin != nullptr) {
      for (const Shape& access : tile_pin->access) {
        const int layer = stack.layer_index(access.layer);
        if (layer >= 0) pin.access.push_back({layer, access.rect});
      }
    }
    if (pin.access.empty()) {
      return make_error(ErrorCode::kUnsupported,
                        "The tile " + tile.cell + " gives no access to terminal " +
                            std::string(names[t]) + " on the routing layers.",
                        "device " + device.name);
    }
    scene_.pins[net].push_back({device.name + "." + std::string(names[t]), {}, {}});
    piece.access.push_back(std::move(pin));
  }
  const std::vector<NetId> nets = nets_of_shapes(tile, stack, pin_nets);
  for (std::size_t i = 0; i < tile.shapes.size(); ++i) {
    const Shape& shape = tile.shapes[i];
    if (const int layer = stack.layer_index(shape.layer); layer >= 0) {
      // Tiles are turned by half turns and mirrored: what is wide stays wide.
      piece.fixed.push_back(
          {layer, Fixed{shape.rect, nets[i], stack.layers[layer].is_wide(shape.rect), false}});
    } else if (const int cut = stack.cut_index(shape.layer); cut >= 0) {
      piece.cuts.emplace_back(cut, shape.rect);
    } else if (const Stack::Plate* plate = stack.plate(shape.layer)) {
      piece.plates.emplace_back(plate->bottom, shape.rect);
    }
  }
  pieces_.push_back(std::move(piece));
  return ok();
}

void SceneBuilder::place(const Tiles& tiles, const Placement& placement) {
  for (auto& list : scene_.cuts) list.clear();
  for (auto& list : scene_.fixed) list.clear();
  scene_.plates.clear();
  scene_.tiles.clear();
  for (std::size_t d = 0; d < pieces_.size(); ++d) {
    const Piece& piece = pieces_[d];
    const Transform to_layout = transform(tiles[d], placement.tiles[d]);
    scene_.tiles.push_back(placed_outline(tiles[d], placement.tiles[d]));
    for (const PinPiece& from : piece.access) {
      Pin& pin = scene_.pins[from.net][from.index];
      pin.access.clear();
      pin.box = {};
      for (const Metal& access : from.access) {
        pin.access.push_back({access.layer, to_layout(access.rect)});
        pin.box = pin.box.united(pin.access.back().rect);
      }
    }
    for (const auto& [layer, fixed] : piece.fixed) {
      scene_.fixed[layer].push_back(fixed);
      scene_.fixed[layer].back().rect = to_layout(fixed.rect);
    }
    for (const auto& [cut, rect] : piece.cuts) scene_.cuts[cut].push_back(to_layout(rect));
    for (const auto& [bottom, rect] : piece.plates) scene_.plates.push_back(to_layout(rect));
  }
  std::size_t next = 0;
  for (const Piece& piece : pieces_) {
    for (const auto& [bottom, rect] : piece.plates) {
      const Rect& plate = scene_.plates[next++];
      if (bottom < 0) continue;
      for (Fixed& fixed : scene_.fixed[bottom]) fixed.bottom_plate |= fixed.rect.contains(plate);
    }
  }
}

Scene SceneBuilder::moved_since(const Placement& before, const Placement& now) const {
  Scene part;
  part.circuit = scene_.circuit;
  part.stack = scene_.stack;
  part.outline = scene_.outline;
  part.fixed.resize(scene_.fixed.size());
  part.cuts.resize(scene_.cuts.size());
  std::vector<std::size_t> fixed_at(scene_.fixed.size(), 0), cut_at(scene_.cuts.size(), 0);
  std::size_t plate_at = 0;
  for (std::size_t d = 0; d < pieces_.size(); ++d) {
    const bool moved = before.tiles[d].origin != now.tiles[d].origin ||
                       before.tiles[d].orientation != now.tiles[d].orientation;
    for (const auto& [layer, unplaced] : pieces_[d].fixed) {
      const Fixed& fixed = scene_.fixed[layer][fixed_at[layer]++];
      if (moved || fixed.wide || fixed.bottom_plate) part.fixed[layer].push_back(fixed);
    }
    for (const auto& [cut, unplaced] : pieces_[d].cuts) {
      const Rect& rect = scene_.cuts[cut][cut_at[cut]++];
      if (moved) part.cuts[cut].push_back(rect);
    }
    for (std::size_t p = 0; p < pieces_[d].plates.size(); ++p, ++plate_at) {
      if (moved) part.plates.push_back(scene_.plates[plate_at]);
    }
  }
  return part;
}

Status SceneBuilder::update(const Circuit& circuit, const Tiles& tiles, const Placement& placement,
                            const Stack& stack) {
  if (tiles.size() != circuit.devices.size() || placement.tiles.size() != tiles.size()) {
    return make_error(ErrorCode::kInvalidArgument,
                      "The circuit has " + std::to_string(circuit.devices.size()) +
                          " devices, but there are " + std::to_string(tiles.size()) +
                          " tiles and " + std::to_string(placement.tiles.size()) + " placed tiles.",
                      "circuit " + circuit.name);
  }
  if (tiles.empty()) {
    return make_error(ErrorCode::kInvalidArgument, "There is nothing to route: no devices.",
                      "circuit " + circuit.name);
  }
  const Rect outline = placement_outline(tiles, placement);
  const std::int64_t columns = outline.width() / kPlacementGrid + 1;
  const std::int64_t rows = outline.height() / kPlacementGrid + 1;
  if (columns * rows > kMaxNodes || circuit.nets.size() > kMaxNets) {
    return make_error(ErrorCode::kLimit,
                      "The placement measures " + std::to_string(columns / 10) + " by " +
                          std::to_string(rows / 10) + " um with " +
                          std::to_string(circuit.nets.size()) + " nets; the router takes up to " +
                          std::to_string(kMaxNodes / 100) + " um^2 and " +
                          std::to_string(kMaxNets) + " nets.",
                      "circuit " + circuit.name, "Route the circuit in parts.");
  }
  for (std::size_t d = 0; d < tiles.size(); ++d) {
    const PlacedTile& placed = placement.tiles[d];
    if (placed.origin.x % kPlacementGrid != 0 || placed.origin.y % kPlacementGrid != 0) {
      return make_error(ErrorCode::kInvalidArgument, "The tile does not lie on the 100 nm grid.",
                        "device " + circuit.devices[d].name);
    }
  }
  same_tiles_ = pieces_.size() == tiles.size() && nets_ == circuit.nets.size() && stack_ == stack;
  for (std::size_t d = 0; d < tiles.size() && same_tiles_; ++d) {
    same_tiles_ = holds(pieces_[d], circuit.devices[d], tiles[d]);
  }
  scene_.circuit = &circuit;
  scene_.stack = &stack;
  scene_.outline = outline;
  if (!same_tiles_) {
    pieces_.clear();
    scene_.fixed.resize(stack.layers.size());
    scene_.cuts.resize(stack.cuts.size());
    scene_.pins.assign(circuit.nets.size(), {});
    for (std::size_t d = 0; d < tiles.size(); ++d) {
      if (auto added = add_piece(circuit, circuit.devices[d], tiles[d]); !added) {
        pieces_.clear();
        return added;
      }
    }
    stack_ = stack;
    nets_ = circuit.nets.size();
  }
  place(tiles, placement);
  return ok();
}

Result<Scene> build_scene(const Circuit& circuit, const Tiles& tiles, const Placement& placement,
                          const Stack& stack) {
  SceneBuilder builder;
  PTAH_TRY(builder.update(circuit, tiles, placement, stack));
  return builder.scene();
}

}  // namespace ptah::maze
