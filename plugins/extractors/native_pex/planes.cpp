#include "planes.hpp"

#include <algorithm>
#include <span>

#include "edges.hpp"

namespace ptah::native {
namespace {

/// Both axes of the edge items of every wire.
struct Items {
  std::vector<std::vector<EdgeItem>> vertical, horizontal;

  explicit Items(std::size_t wires) : vertical(wires), horizontal(wires) {}

  void add(std::size_t wire, const Rect& r, NetIndex net, EdgeItem::Kind start,
           EdgeItem::Kind end) {
    vertical[wire].push_back({r.x0, r.y0, r.y1, net, start});
    vertical[wire].push_back({r.x1, r.y0, r.y1, net, end});
    horizontal[wire].push_back({r.y0, r.x0, r.x1, net, start});
    horizontal[wire].push_back({r.y1, r.x0, r.x1, net, end});
  }
};

/// Cuts of one kind as the contact tiles of Magic: grown by the border that makes a contact, joined
/// where the cuts keep the distance of an array.
void contact_tiles(std::vector<Rect>& cuts, Dbu border, Dbu gap, std::vector<Rect>& tiles) {
  tiles.clear();
  for (Rect& cut : cuts) {
    cut = cut.bloated(border);
    tiles.push_back(cut);
  }
  std::sort(cuts.begin(), cuts.end(),
            [](const Rect& a, const Rect& b) { return a.y0 != b.y0 ? a.y0 < b.y0 : a.x0 < b.x0; });
  for (std::size_t i = 1; i < cuts.size(); ++i) {
    const Rect &a = cuts[i - 1], &b = cuts[i];
    if (a.y0 == b.y0 && a.y1 == b.y1 && b.x0 > a.x1 && b.x0 - a.x1 <= gap) {
      tiles.push_back({a.x1, a.y0, b.x0, a.y1});
    }
  }
  std::sort(cuts.begin(), cuts.end());
  for (std::size_t i = 1; i < cuts.size(); ++i) {
    const Rect &a = cuts[i - 1], &b = cuts[i];
    if (a.x0 == b.x0 && a.x1 == b.x1 && b.y0 > a.y1 && b.y0 - a.y1 <= gap) {
      tiles.push_back({a.x0, a.y1, a.x1, b.y0});
    }
  }
}

/// The contact tiles whose edges may lie on those of a wire on the tiles' upper plane, and those
/// that outdo them there.
void add_contacts(const Connectivity& connectivity, const Technology& technology,
                  const Stack& stack, Items& items) {
  std::vector<Rect> cuts, tiles;
  const auto add = [&](const Via& via, std::size_t wire, bool away) {
    cuts.clear();
    for (const Contact& contact : connectivity.contacts) {
      if (contact.cut == via.cut && contact.lower == via.lower && contact.upper == via.upper) {
        cuts.push_back(contact.rect);
      }
    }
    const bool on_wire = technology.layer(via.lower).type == LayerType::kConductor;
    const Dbu border = on_wire ? via.lower_enclosure.all : 0;
    contact_tiles(cuts, border, via.spacing - 2 * border, tiles);
    for (const Rect& tile : tiles) {
      items.add(wire, tile, kNone, away ? EdgeItem::kAwayStart : EdgeItem::kHomeStart,
                away ? EdgeItem::kAwayEnd : EdgeItem::kHomeEnd);
    }
  };
  for (std::size_t wire = 1; wire < stack.layers.size(); ++wire) {
    bool any = false;
    for (const Via& via : technology.vias()) {
      const LayerType below = technology.layer(via.lower).type;
      if (via.upper != stack.layers[wire] || below == LayerType::kPlate) continue;
      const Dbu border = below == LayerType::kConductor ? via.lower_enclosure.all : 0;
      if (via.upper_enclosure.all > border) continue;  // their edges never meet
      any = true;
      add(via, wire, true);
    }
    if (!any) continue;
    for (const Via& via : technology.vias()) {
      if (via.lower == stack.layers[wire]) add(via, wire, false);
    }
  }
}

}  // namespace

Stack conductor_stack(const Technology& technology) {
  Stack stack;
  stack.of_layer.assign(technology.layers().size(), Stack::kNoMaterial);
  std::vector<LayerId> wires;
  for (LayerId id = 0; id < technology.layers().size(); ++id) {
    const Layer& layer = technology.layer(id);
    switch (layer.type) {
      case LayerType::kWell:
        // A deep well lies below everything that a wire can see.
        if (layer.height == 0 && layer.name == "nwell") stack.of_layer[id] = kWell;
        break;
      case LayerType::kDiffusion:
        stack.of_layer[id] = kDiffusion;
        break;
      case LayerType::kPoly:
        stack.layers.push_back(id);
        break;
      case LayerType::kConductor:
        wires.push_back(id);
        break;
      default:
        break;
    }
  }
  stack.layers.resize(std::min<std::size_t>(stack.layers.size(), 1));
  std::stable_sort(wires.begin(), wires.end(), [&](LayerId a, LayerId b) {
    return technology.layer(a).height < technology.layer(b).height;
  });
  stack.layers.insert(stack.layers.end(), wires.begin(), wires.end());
  for (std::size_t i = 0; i < stack.layers.size(); ++i) {
    stack.of_layer[stack.layers[i]] =
        i == 0 ? kPoly : static_cast<Material>(kFirstWire + i - 1);
    stack.names.push_back(technology.layer(stack.layers[i]).name);
  }
  return stack;
}

void find_planes(const Connectivity& connectivity, const Technology& technology, const Stack& stack,
                 Planes& into) {
  into.plates.clear();
  into.gates.clear();
  into.gate_nets.clear();
  into.vertical.clear();
  into.horizontal.clear();
  into.bodies.clear();
  Items items(stack.layers.size());
  const auto wire_of = [](Material m) -> std::size_t {
    return m == kPoly ? 0 : static_cast<std::size_t>(m - kFirstWire + 1);
  };
  for (std::size_t id = 0; id < connectivity.conductors.size(); ++id) {
    const Material material =
        id < stack.of_layer.size() ? stack.of_layer[id] : Stack::kNoMaterial;
    if (material == Stack::kNoMaterial) continue;
    const bool wire = material == kPoly || material >= kFirstWire;
    for (const NetRect& shape : connectivity.conductors[id]) {
      into.plates.push_back({shape.rect, shape.net, material});
      if (wire) {
        items.add(wire_of(material), shape.rect, shape.net, EdgeItem::kStart, EdgeItem::kEnd);
      }
    }
  }
  std::size_t nets = connectivity.nets.size();
  const auto hide = [&](const Rect& r, NetIndex net) {
    into.gates.push_back(r);
    into.gate_nets.push_back(net);
    items.add(0, r, kNone, EdgeItem::kHideStart, EdgeItem::kHideEnd);
  };
  for (std::size_t i = 0; i < connectivity.devices.size(); ++i) {
    const FoundDevice& device = connectivity.devices[i];
    const DeviceModel& model = technology.devices()[device.model];
    if (model.kind == DeviceKind::kNmos || model.kind == DeviceKind::kPmos) {
      hide(device.body, device.terminals[terminal::kGate].net);
    } else if (model.kind == DeviceKind::kResistor && !device.terminals.empty()) {
      const LayerId layer = device.terminals[terminal::kA].layer;
      const Material material =
          layer < stack.of_layer.size() ? stack.of_layer[layer] : Stack::kNoMaterial;
      if (material >= kFirstWire && material != Stack::kNoMaterial) {
        // The body of a metal resistor has the capacitances of a wire, and a net of its own.
        const auto net = static_cast<NetIndex>(nets++);
        into.bodies.push_back(i);
        into.plates.push_back({device.body, net, material});
        items.add(wire_of(material), device.body, net, EdgeItem::kStart, EdgeItem::kEnd);
        continue;
      }
      into.plates.push_back({device.body, kNone, kResistorBody});
      // Poly that ends at the body has no edge there.
      items.add(0, device.body, kNone, EdgeItem::kHideEnd, EdgeItem::kHideStart);
      if (model.terminals < 3) continue;
      // Heads of precision resistors are part of their models.
      for (const std::size_t head : {terminal::kA, terminal::kB}) {
        hide(device.terminals[head].place, device.terminals[head].net);
      }
    }
  }
  into.nets = nets;
  add_contacts(connectivity, technology, stack, items);
  for (std::size_t wire = 0; wire < stack.layers.size(); ++wire) {
    const Material material =
        wire == 0 ? kPoly : static_cast<Material>(kFirstWire + wire - 1);
    find_edges(items.vertical[wire], material, into.vertical);
    find_edges(items.horizontal[wire], material, into.horizontal);
  }
}

}  // namespace ptah::native
