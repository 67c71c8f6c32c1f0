#include "planes.hpp"

#include <algorithm>
#include <span>

#include "edges.hpp"
#include "ptah/geom/region.hpp"

namespace ptah::native {
namespace {

constexpr std::size_t wire_of(Material material) noexcept {
  return material == kPoly ? 0 : static_cast<std::size_t>(material - kFirstWire + 1);
}
constexpr Material material_of(std::size_t wire) noexcept {
  return wire == 0 ? kPoly : static_cast<Material>(kFirstWire + wire - 1);
}

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

/// The drawn shapes of a resistor's body, whose box `device.body` is. A meander's box may hold
/// more.
Region body_shapes(const gds::Flat& flat, const FoundDevice& device, LayerId layer,
                   const DeviceModel& model) {
  std::vector<Rect> drawn, marked;
  for (const Shape& shape : flat.shapes) {
    if (!shape.rect.overlaps(device.body)) continue;
    const Rect part = shape.rect.intersection(device.body);
    if (shape.layer == layer) drawn.push_back(part);
    if (!model.markers.empty() && shape.layer == model.markers.front()) marked.push_back(part);
  }
  return intersection(drawn, marked);
}

/// Magic takes the head of a precision resistor for a contact from its own poly to li1 that fills
/// the whole head and reaches 60 nm into the drawn body; and for that poly it takes the
/// coefficients of li1.
void add_head(const FoundTerminal& head, const Rect& body, const Technology& technology,
              const Stack& stack, Planes& into) {
  constexpr Dbu kIntoBody = 60;
  if (stack.layers.size() < 2) return;
  const Rect grown_head = head.place.bloated(kIntoBody);
  const Rect own[] = {head.place, grown_head.intersection(body)};
  const Region all = united(own);
  std::vector<Rect> taken;
  for (const Plate& plate : into.plates) {
    if (plate.material == kFirstWire && plate.rect.overlaps(grown_head))
      taken.push_back(plate.rect);
  }
  for (const Rect& r : difference(all, taken)) {
    into.plates.push_back({r, head.net, kFirstWire});
  }
  const Parasitics& parasitics = technology.parasitics();
  const auto coefficient = [&](const Parasitics::Table& table) {
    const auto row = table.find(stack.names[1]);
    if (row == table.end() || !row->second.count("sub")) return 0.0;
    return row->second.at("sub");
  };
  const Rect box = bounding_box(all);
  const bool beside = head.place.x1 <= body.x0 || head.place.x0 >= body.x1;
  const Dbu mouth = beside ? box.height() : box.width();
  const double edge_um = to_um(2 * (box.width() + box.height()) - mouth);
  into.extra_ground.emplace_back(head.net, coefficient(parasitics.area_af_um2) * to_um2(area(all)) +
                                               coefficient(parasitics.fringe_down_af_um) * edge_um);
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
      case LayerType::kMarker:
        // A deep well lies below everything that a wire can see. The p-well, which nobody draws, is
        // found where a deep well isolates it.
        if (layer.height == 0 && (layer.name == "nwell" || layer.name == "pwell"))
          stack.of_layer[id] = kWell;
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
    stack.of_layer[stack.layers[i]] = material_of(i);
    stack.names.push_back(technology.layer(stack.layers[i]).name);
  }
  return stack;
}

void find_planes(const gds::Flat& flat, const Connectivity& connectivity,
                 const Technology& technology, const Stack& stack, Planes& into, bool magic_heads) {
  into.extra_ground.clear();
  into.plates.clear();
  into.gates.clear();
  into.gate_nets.clear();
  into.bodies.clear();
  for (std::size_t id = 0; id < connectivity.conductors.size(); ++id) {
    const Material material = id < stack.of_layer.size() ? stack.of_layer[id] : Stack::kNoMaterial;
    if (material == Stack::kNoMaterial) continue;
    for (const NetRect& shape : connectivity.conductors[id]) {
      into.plates.push_back({shape.rect, shape.net, material});
    }
  }
  std::size_t nets = connectivity.nets.size();
  const auto hide = [&](const Rect& r, NetIndex net) {
    into.gates.push_back(r);
    into.gate_nets.push_back(net);
  };
  for (std::size_t i = 0; i < connectivity.devices.size(); ++i) {
    const FoundDevice& device = connectivity.devices[i];
    const DeviceModel& model = technology.devices()[device.model];
    if (model.kind == DeviceKind::kNmos || model.kind == DeviceKind::kPmos) {
      hide(device.body, device.terminals[terminal::kGate].net);
    } else if (model.generator_class == "varactor") {
      hide(device.body, device.terminals[terminal::kTop].net);
    } else if (model.kind == DeviceKind::kResistor && !device.terminals.empty()) {
      const LayerId layer = device.terminals[terminal::kA].layer;
      const Material material =
          layer < stack.of_layer.size() ? stack.of_layer[layer] : Stack::kNoMaterial;
      if (material >= kFirstWire && material != Stack::kNoMaterial) {
        // The body of a metal resistor has the capacitances of a wire, and a net of its own.
        into.bodies.push_back(i);
        const auto net = static_cast<NetIndex>(nets++);
        for (const Rect& r : body_shapes(flat, device, layer, model)) {
          into.plates.push_back({r, net, material});
        }
        continue;
      }
      for (const Rect& r : body_shapes(flat, device, layer, model)) {
        into.plates.push_back({r, kNone, kResistorBody});
      }
      if (model.terminals < 3) continue;
      // Heads of precision resistors are part of their models.
      for (const std::size_t head : {terminal::kA, terminal::kB}) {
        hide(device.terminals[head].place, device.terminals[head].net);
        if (!magic_heads) continue;
        add_head(device.terminals[head], device.body, technology, stack, into);
      }
    }
  }
  into.nets = nets;
  find_edges_of(into, stack);
}

void find_edges_of(Planes& planes, const Stack& stack) {
  planes.vertical.clear();
  planes.horizontal.clear();
  Items items(stack.layers.size());
  for (const Plate& plate : planes.plates) {
    if (plate.material == kPoly || plate.material >= kFirstWire) {
      items.add(wire_of(plate.material), plate.rect, plate.net, EdgeItem::kStart, EdgeItem::kEnd);
    } else if (plate.material == kResistorBody) {
      // Poly that ends at the body has no edge there.
      items.add(0, plate.rect, kNone, EdgeItem::kHideEnd, EdgeItem::kHideStart);
    }
  }
  for (const Rect& gate : planes.gates) {
    items.add(0, gate, kNone, EdgeItem::kHideStart, EdgeItem::kHideEnd);
  }
  for (std::size_t wire = 0; wire < stack.layers.size(); ++wire) {
    find_edges(items.vertical[wire], material_of(wire), planes.vertical);
    find_edges(items.horizontal[wire], material_of(wire), planes.horizontal);
  }
}

}  // namespace ptah::native
