#include "check.hpp"

#include <algorithm>
#include <numeric>

namespace ptah::maze {
namespace {

/// Beyond this no fixed metal can take part in a gap or a small hole with a wire: twice the largest
/// spacing, or the longest hole below the minimum area between walls a spacing apart.
constexpr Dbu kNear = 1200;

void check_cuts(const Scene& scene, NetId net, const NetWires& wires,
                std::vector<WiringViolation>& out) {
  const Stack& stack = *scene.stack;
  for (std::size_t i = 0; i < wires.cuts.size(); ++i) {
    const CutAt& cut = wires.cuts[i];
    const CutRules& rules = stack.cuts[cut.cut];
    const Rect rect = rules.rect(cut.at);
    for (std::size_t j = i + 1; j < wires.cuts.size(); ++j) {
      if (wires.cuts[j].cut != cut.cut || wires.cuts[j].at == cut.at) continue;
      if (rect.bloated(rules.spacing).overlaps(rules.rect(wires.cuts[j].at))) {
        out.push_back({"cut spacing", net, kNoNet, cut.cut, rect});
      }
    }
    for (const bool upper : {false, true}) {
      const int layer = cut.cut + (upper ? 1 : 0);
      const Pad& pad = upper ? rules.upper : rules.lower;
      const bool enclosed =
          std::any_of(wires.metal.begin(), wires.metal.end(), [&](const Metal& metal) {
            return metal.layer == layer && (metal.rect.contains(pad.rect(cut.at, true)) ||
                                            metal.rect.contains(pad.rect(cut.at, false)));
          });
      if (!enclosed) out.push_back({"enclosure of a cut", net, kNoNet, layer, rect});
    }
  }
}

/// Pins, wires and cuts as one graph: every pin must be reached from the first.
void check_connected(const Scene& scene, NetId net, const NetWires& wires,
                     std::vector<WiringViolation>& out) {
  const std::vector<Pin>& pins = scene.pins[net];
  if (pins.size() < 2) return;
  const std::size_t metals = wires.metal.size(), cuts = wires.cuts.size();
  std::vector<std::size_t> parent(pins.size() + metals + cuts);
  std::iota(parent.begin(), parent.end(), 0u);
  const auto find = [&](std::size_t i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
  };
  const auto overlap = [](const Metal& a, const Metal& b) {
    return a.layer == b.layer && a.rect.overlaps(b.rect);
  };
  for (std::size_t m = 0; m < metals; ++m) {
    const std::size_t at = pins.size() + m;
    for (std::size_t p = 0; p < pins.size(); ++p) {
      for (const Metal& access : pins[p].access) {
        if (overlap(access, wires.metal[m])) parent[find(p)] = find(at);
      }
    }
    for (std::size_t k = m + 1; k < metals; ++k) {
      if (overlap(wires.metal[m], wires.metal[k])) parent[find(pins.size() + k)] = find(at);
    }
    for (std::size_t c = 0; c < cuts; ++c) {
      const int cut = wires.cuts[c].cut, layer = wires.metal[m].layer;
      if (layer != cut && layer != cut + 1) continue;
      if (wires.metal[m].rect.overlaps(scene.stack->cuts[cut].rect(wires.cuts[c].at))) {
        parent[find(pins.size() + metals + c)] = find(at);
      }
    }
  }
  for (std::size_t p = 1; p < pins.size(); ++p) {
    for (const Metal& a : pins[p].access) {
      for (std::size_t q = 0; q < p; ++q) {
        for (const Metal& b : pins[q].access) {
          if (overlap(a, b)) parent[find(p)] = find(q);
        }
      }
    }
  }
  for (std::size_t p = 1; p < pins.size(); ++p) {
    if (find(p) == find(0)) continue;
    out.push_back(
        {"open at " + pins[p].name, net, kNoNet, pins[p].access.front().layer, pins[p].box});
  }
}

}  // namespace

std::vector<NetWires> wires_of(const Layout& layout, const Circuit& circuit, const Stack& stack) {
  std::vector<NetWires> nets(circuit.nets.size());
  for (const NetShape& shape : layout.wires) {
    if (shape.net < 0 || shape.net >= static_cast<NetId>(nets.size())) continue;
    if (const int layer = stack.layer_index(shape.layer); layer >= 0) {
      nets[shape.net].metal.push_back({layer, shape.rect});
    } else if (const int cut = stack.cut_index(shape.layer); cut >= 0) {
      nets[shape.net].cuts.push_back({cut, shape.rect.center()});
    }
  }
  return nets;
}

OwnMetal own_metal(const Scene& scene, NetId net, int layer, const NetWires& wires) {
  const LayerRules& rules = scene.stack->layers[layer];
  OwnMetal own;
  Rect box;
  for (const Metal& metal : wires.metal) {
    if (metal.layer != layer) continue;
    own.wires.push_back(metal.rect);
    box = box.united(metal.rect);
  }
  if (own.wires.empty()) return own;
  box = box.bloated(kNear);
  for (const Fixed& fixed : scene.fixed[layer]) {
    if (fixed.net != net || !fixed.rect.overlaps(box)) continue;
    const Rect reach = fixed.rect.bloated(kNear);
    if (std::none_of(own.wires.begin(), own.wires.end(),
                     [&](const Rect& r) { return r.overlaps(reach); })) {
      continue;
    }
    own.fixed.push_back(fixed.rect);
    if (fixed.wide) own.plates.push_back(fixed.rect);
  }
  own.width = rules.width;
  own.spacing = rules.distance(!own.plates.empty());
  own.min_area = rules.min_area;
  own.min_hole = rules.min_hole;
  own.grow_horizontal = rules.horizontal;
  return own;
}

std::vector<WiringViolation> check_against_tiles(const Scene& scene, NetId net,
                                                 const NetWires& wires) {
  std::vector<WiringViolation> out;
  const Stack& stack = *scene.stack;
  // Most fixed metal lies far from all wires of a net. By layer: what does not, and own plates.
  std::vector<Rect> boxes(stack.layers.size());
  for (const Metal& metal : wires.metal) boxes[metal.layer] = boxes[metal.layer].united(metal.rect);
  std::vector<std::vector<Fixed>> near(boxes.size()), plates(boxes.size());
  for (std::size_t layer = 0; layer < boxes.size(); ++layer) {
    if (boxes[layer].empty()) continue;
    const Rect box = boxes[layer].bloated(2 * stack.layers[layer].wide_spacing);
    for (const Fixed& fixed : scene.fixed[layer]) {
      if (!fixed.rect.overlaps(box)) continue;
      near[layer].push_back(fixed);
      if (fixed.net == net && fixed.wide) plates[layer].push_back(fixed);
    }
  }
  for (const Metal& metal : wires.metal) {
    const LayerRules& rules = stack.layers[metal.layer];
    const Rect reach = metal.rect.bloated(2 * rules.wide_spacing);
    for (const Fixed& fixed : near[metal.layer]) {
      if (!fixed.rect.overlaps(reach)) continue;
      if (fixed.net == net && fixed.bottom_plate && !fixed.rect.contains(metal.rect)) {
        out.push_back(
            {"wire beside a capacitor's bottom plate", net, kNoNet, metal.layer, metal.rect});
      }
      if (fixed.net == net) continue;
      // Wires keep twice the wide spacing from foreign plates (Grid says why).
      const Dbu distance = fixed.wide ? 2 * rules.wide_spacing : rules.spacing;
      if (fixed.rect.bloated(distance).overlaps(metal.rect)) {
        out.push_back({"spacing to a tile", net, kNoNet, metal.layer,
                       fixed.rect.bloated(distance).intersection(metal.rect)});
      }
    }
    // What hangs on an own plate within the wide spacing keeps that spacing too.
    for (const Fixed& plate : plates[metal.layer]) {
      const Rect piece = plate.rect.bloated(rules.wide_spacing).intersection(metal.rect);
      if (piece.empty()) continue;
      for (const Fixed& fixed : near[metal.layer]) {
        if (fixed.net != net && fixed.rect.bloated(rules.wide_spacing).overlaps(piece)) {
          out.push_back({"wide spacing to a tile", net, kNoNet, metal.layer, piece});
        }
      }
    }
  }
  for (const CutAt& cut : wires.cuts) {
    const CutRules& rules = stack.cuts[cut.cut];
    const Rect rect = rules.rect(cut.at);
    for (const Rect& fixed : scene.cuts[cut.cut]) {
      if (fixed.bloated(rules.spacing).overlaps(rect)) {
        out.push_back({"cut spacing to a tile", net, kNoNet, cut.cut, rect});
      }
    }
    for (const Rect& plate : scene.plates) {
      if (plate.bloated(rules.plate_distance).overlaps(rect)) {
        out.push_back({"cut to a capacitor plate", net, kNoNet, cut.cut, rect});
      }
    }
  }
  return out;
}

std::vector<WiringViolation> check_between_nets(const Scene& scene,
                                                const std::vector<NetWires>& nets) {
  struct Item {
    NetId net;
    Rect rect;
  };
  std::vector<WiringViolation> out;
  for (int layer = 0; layer < scene.stack->size(); ++layer) {
    const Dbu spacing = scene.stack->layers[layer].spacing;
    std::vector<Item> items;
    for (std::size_t n = 0; n < nets.size(); ++n) {
      for (const Metal& metal : nets[n].metal) {
        if (metal.layer == layer) items.push_back({static_cast<NetId>(n), metal.rect});
      }
    }
    std::stable_sort(items.begin(), items.end(),
                     [](const Item& a, const Item& b) { return a.rect.x0 < b.rect.x0; });
    // Pairs come in the order of their left edges; they are looked for across the wires, where few
    // lie over each other.
    const bool upwards = scene.stack->layers[layer].horizontal;
    std::vector<std::size_t> order(items.size());
    std::iota(order.begin(), order.end(), 0u);
    const auto low = [&](std::size_t i) { return upwards ? items[i].rect.y0 : items[i].rect.x0; };
    if (upwards) {
      std::sort(order.begin(), order.end(),
                [&](std::size_t a, std::size_t b) { return low(a) < low(b); });
    }
    std::vector<std::pair<std::size_t, std::size_t>> pairs;
    for (std::size_t a = 0; a < order.size(); ++a) {
      const Item& item = items[order[a]];
      const Rect reach = item.rect.bloated(spacing);
      const Dbu end = upwards ? reach.y1 : reach.x1;
      for (std::size_t b = a + 1; b < order.size() && low(order[b]) < end; ++b) {
        const Item& other = items[order[b]];
        if (item.net == other.net || !reach.overlaps(other.rect)) continue;
        pairs.push_back(std::minmax(order[a], order[b]));
      }
    }
    std::sort(pairs.begin(), pairs.end());
    for (const auto& [i, j] : pairs) {
      out.push_back({"spacing", items[i].net, items[j].net, layer,
                     items[i].rect.bloated(spacing).intersection(items[j].rect.bloated(spacing))});
    }
  }
  return out;
}

std::vector<WiringViolation> check_net(const Scene& scene, NetId net, const NetWires& wires,
                                       const std::vector<bool>& proven) {
  std::vector<WiringViolation> out;
  for (int layer = 0; layer < scene.stack->size(); ++layer) {
    if (!proven.empty() && proven[layer]) continue;
    for (const Defect& defect : find_defects(own_metal(scene, net, layer, wires))) {
      out.push_back({std::string(to_string(defect.kind)), net, kNoNet, layer, defect.place});
    }
  }
  check_cuts(scene, net, wires, out);
  check_connected(scene, net, wires, out);
  return out;
}

std::vector<WiringViolation> check_wiring(const Scene& scene, const std::vector<NetWires>& nets) {
  std::vector<WiringViolation> out = check_between_nets(scene, nets);
  for (std::size_t n = 0; n < nets.size(); ++n) {
    for (auto& found : {check_against_tiles(scene, static_cast<NetId>(n), nets[n]),
                        check_net(scene, static_cast<NetId>(n), nets[n])}) {
      out.insert(out.end(), found.begin(), found.end());
    }
  }
  return out;
}

}  // namespace ptah::maze
