#include "scene.hpp"

#include <algorithm>
#include <numeric>

namespace ptah::maze {
namespace {

/// Bounds what a placement may ask for in memory: 200 um by 200 um and 100 bytes a node are 400 MB.
constexpr std::int64_t kMaxNodes = 4'000'000;
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
  UnionFind sets(n);
  for (std::size_t i = 0; i < n; ++i) {
    if (layer[i] < 0) continue;
    for (std::size_t j = i + 1; j < n; ++j) {
      if (layer[j] == layer[i] && tile.shapes[i].rect.touches(tile.shapes[j].rect)) sets.join(i, j);
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    if (cut[i] < 0) continue;
    const Rect& rect = tile.shapes[i].rect;
    // A cut on a capacitor plate joins the upper metal to the plate, not to the metal below it.
    const bool on_plate = std::any_of(plates.begin(), plates.end(),
                                      [&](const Rect& plate) { return plate.overlaps(rect); });
    for (std::size_t j = 0; j < n; ++j) {
      if (layer[j] != cut[i] + 1 && (layer[j] != cut[i] || on_plate)) continue;
      if (tile.shapes[j].rect.overlaps(rect)) sets.join(i, j);
    }
  }
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

Result<Scene> build_scene(const Circuit& circuit, const Tiles& tiles, const Placement& placement,
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
  Scene scene;
  scene.circuit = &circuit;
  scene.stack = &stack;
  scene.fixed.resize(stack.layers.size());
  scene.cuts.resize(stack.cuts.size());
  scene.pins.resize(circuit.nets.size());
  std::vector<std::pair<int, Rect>> bottoms;  // Plates, with the layer below them.
  scene.outline = placement_outline(tiles, placement);
  const std::int64_t columns = scene.outline.width() / kPlacementGrid + 1;
  const std::int64_t rows = scene.outline.height() / kPlacementGrid + 1;
  if (columns * rows > kMaxNodes || circuit.nets.size() > kMaxNets) {
    return make_error(ErrorCode::kLimit,
                      "The placement measures " + std::to_string(columns / 10) + " by " +
                          std::to_string(rows / 10) + " um with " +
                          std::to_string(circuit.nets.size()) +
                          " nets; the router takes up to 40000 um^2 and 32000 nets.",
                      "circuit " + circuit.name, "Route the circuit in parts.");
  }
  for (std::size_t d = 0; d < tiles.size(); ++d) {
    const Device& device = circuit.devices[d];
    const Tile& tile = tiles[d];
    const PlacedTile& placed = placement.tiles[d];
    const Rect outline = placed_outline(tile, placed);
    if (placed.origin.x % kPlacementGrid != 0 || placed.origin.y % kPlacementGrid != 0) {
      return make_error(ErrorCode::kInvalidArgument, "The tile does not lie on the 100 nm grid.",
                        "device " + device.name);
    }
    const Transform to_layout = transform(tile, placed);
    scene.tiles.push_back(outline);

    const auto names = terminal_names(device.kind, device.nets.size());
    std::vector<NetId> pin_nets(tile.pins.size(), kNoNet);
    for (std::size_t p = 0; p < tile.pins.size(); ++p) {
      const auto name = std::find(names.begin(), names.end(), tile.pins[p].terminal);
      if (name != names.end()) pin_nets[p] = device.nets[name - names.begin()];
    }
    for (std::size_t t = 0; t < names.size(); ++t) {
      const TilePin* tile_pin = tile.find_pin(names[t]);
      const NetId net = device.nets[t];
      if (net < 0 || net >= static_cast<NetId>(circuit.nets.size())) continue;
      Pin pin;
      pin.name = device.name + "." + std::string(names[t]);
      if (tile_pin != nullptr) {
        for (const Shape& access : tile_pin->access) {
          const int layer = stack.layer_index(access.layer);
          if (layer < 0) continue;
          pin.access.push_back({layer, to_layout(access.rect)});
          pin.box = pin.box.united(pin.access.back().rect);
        }
      }
      if (pin.access.empty()) {
        return make_error(ErrorCode::kUnsupported,
                          "The tile " + tile.cell + " gives no access to terminal " +
                              std::string(names[t]) + " on the routing layers.",
                          "device " + device.name);
      }
      scene.pins[net].push_back(std::move(pin));
    }
    const std::vector<NetId> nets = nets_of_shapes(tile, stack, pin_nets);
    for (std::size_t i = 0; i < tile.shapes.size(); ++i) {
      const Shape& shape = tile.shapes[i];
      const Rect rect = to_layout(shape.rect);
      if (const int layer = stack.layer_index(shape.layer); layer >= 0) {
        scene.fixed[layer].push_back({rect, nets[i], stack.layers[layer].is_wide(rect)});
      } else if (const int cut = stack.cut_index(shape.layer); cut >= 0) {
        scene.cuts[cut].push_back(rect);
      } else if (const Stack::Plate* plate = stack.plate(shape.layer)) {
        scene.plates.push_back(rect);
        if (plate->bottom >= 0) bottoms.emplace_back(plate->bottom, rect);
      }
    }
  }
  for (const auto& [layer, plate] : bottoms) {
    for (Fixed& fixed : scene.fixed[layer]) fixed.bottom_plate |= fixed.rect.contains(plate);
  }
  return scene;
}

}  // namespace ptah::maze
