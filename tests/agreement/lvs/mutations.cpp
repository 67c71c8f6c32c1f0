#include "mutations.hpp"

#include <algorithm>

namespace ptah::agreement {
namespace {

template <typename T>
T& pick(std::vector<T>& list, Rng& rng) {
  return list[rng.below(list.size())];
}

Device* pick_mos(Circuit& circuit, Rng& rng) {
  std::vector<Device*> mos;
  for (Device& device : circuit.devices) {
    if (device.is_mos()) mos.push_back(&device);
  }
  return mos.empty() ? nullptr : mos[rng.below(mos.size())];
}

NetId other_net(const Circuit& circuit, NetId net, Rng& rng) {
  const auto step = 1 + rng.below(circuit.nets.size() - 1);
  return static_cast<NetId>((static_cast<std::size_t>(net) + step) % circuit.nets.size());
}

void shuffle(std::vector<Device>& devices, Rng& rng) {
  for (std::size_t i = devices.size(); i > 1; --i) std::swap(devices[i - 1], devices[rng.below(i)]);
}

bool is_wire(const Technology& technology, LayerId layer) {
  const LayerType type = technology.layer(layer).type;
  return type == LayerType::kConductor || type == LayerType::kPoly;
}

}  // namespace

const std::vector<std::string>& schematic_mutations() {
  static const std::vector<std::string> kKinds = {
      "swapped terminals", "swapped gates", "size off one step",   "value off 5 %",
      "missing device",    "extra device",  "one finger more",     "one finger less",
      "wrong bulk",        "wrong port",    "two ports exchanged", "nets shorted",
      "net opened",        "other model"};
  return kKinds;
}

const std::vector<std::string>& harmless_mutations() {
  static const std::vector<std::string> kKinds = {"unchanged",
                                                  "other order",
                                                  "source and drain turned",
                                                  "inner nets renamed",
                                                  "one device split in two",
                                                  "value off 0.3 %"};
  return kKinds;
}

const std::vector<std::string>& layout_mutations() {
  static const std::vector<std::string> kKinds = {"wires bridged",
                                                  "shape removed",
                                                  "wire or cut removed",
                                                  "gate edge moved one step",
                                                  "edge moved 5 to 200 nm",
                                                  "label removed",
                                                  "label renamed",
                                                  "label moved",
                                                  "shape added"};
  return kKinds;
}

std::optional<Circuit> mutate(const Circuit& circuit, const std::string& kind,
                              const Technology& technology, Rng& rng) {
  Circuit m = circuit;
  if (kind == "unchanged") return m;
  if (kind == "other order") {
    shuffle(m.devices, rng);
    return m;
  }
  if (kind == "source and drain turned") {
    for (Device& device : m.devices) {
      if (device.is_mos() && rng.below(2) == 0) std::swap(device.nets[0], device.nets[2]);
      if (device.kind == DeviceKind::kResistor) std::swap(device.nets[0], device.nets[1]);
    }
    return m;
  }
  if (kind == "inner nets renamed") {
    for (std::size_t n = 0; n < m.nets.size(); ++n) {
      if (!m.is_port(static_cast<NetId>(n))) m.nets[n].name = "inner" + std::to_string(n * 7);
    }
    return m;
  }
  if (kind == "one device split in two") {
    for (int tries = 0; tries < 20; ++tries) {
      Device& device = pick(m.devices, rng);
      if (!device.is_mos() || device.fingers < 2) continue;
      Device copy = device;
      copy.name += "b";
      copy.fingers = 1;
      --device.fingers;
      m.devices.push_back(copy);
      return m;
    }
    return std::nullopt;
  }
  if (kind == "value off 0.3 %" || kind == "value off 5 %") {
    const double factor = kind == "value off 5 %" ? 1.05 : 1.003;
    std::vector<Device*> valued;
    for (Device& device : m.devices) {
      if (device.resistance_ohm) valued.push_back(&device);
    }
    if (valued.empty()) return std::nullopt;
    *valued[rng.below(valued.size())]->resistance_ohm *= factor;
    return m;
  }
  if (kind == "swapped terminals") {
    Device* device = pick_mos(m, rng);
    const std::size_t t = rng.below(2) == 0 ? 0 : 2;
    if (device == nullptr || device->nets[1] == device->nets[t]) return std::nullopt;
    std::swap(device->nets[1], device->nets[t]);
    return m;
  }
  if (kind == "swapped gates") {
    Device *a = pick_mos(m, rng), *b = pick_mos(m, rng);
    if (a == nullptr || a->nets[1] == b->nets[1]) return std::nullopt;
    std::swap(a->nets[1], b->nets[1]);
    return m;
  }
  if (kind == "size off one step") {
    Device& device = pick(m.devices, rng);
    if (device.resistance_ohm) return std::nullopt;
    (rng.below(2) == 0 ? device.width : device.length) +=
        rng.below(2) == 0 ? technology.grid() : -technology.grid();
    return m;
  }
  if (kind == "missing device") {
    m.devices.erase(m.devices.begin() + static_cast<std::ptrdiff_t>(rng.below(m.devices.size())));
    return m;
  }
  if (kind == "extra device") {
    Device copy = pick(m.devices, rng);
    copy.name += "x";
    NetId& net = copy.nets[rng.below(2)];
    net = other_net(m, net, rng);
    m.devices.push_back(copy);
    return m;
  }
  if (kind == "one finger more" || kind == "one finger less") {
    Device* device = pick_mos(m, rng);
    if (device == nullptr || (kind == "one finger less" && device->fingers < 2))
      return std::nullopt;
    device->fingers += kind == "one finger more" ? 1 : -1;
    return m;
  }
  if (kind == "wrong bulk") {
    Device* device = pick_mos(m, rng);
    if (device == nullptr) return std::nullopt;
    device->nets[3] = other_net(m, device->nets[3], rng);
    return m;
  }
  if (kind == "wrong port") {
    NetId& port = pick(m.ports, rng);
    if (rng.below(2) == 0) {
      m.nets[static_cast<std::size_t>(port)].name += "_other";
    } else {
      std::vector<NetId> inner;
      for (std::size_t n = 0; n < m.nets.size(); ++n) {
        if (!m.is_port(static_cast<NetId>(n))) inner.push_back(static_cast<NetId>(n));
      }
      if (inner.empty()) return std::nullopt;
      const NetId net = inner[rng.below(inner.size())];
      std::swap(m.nets[static_cast<std::size_t>(port)].name,
                m.nets[static_cast<std::size_t>(net)].name);
      port = net;
    }
    return m;
  }
  if (kind == "two ports exchanged") {
    const auto a = static_cast<std::size_t>(pick(m.ports, rng));
    const auto b = static_cast<std::size_t>(pick(m.ports, rng));
    if (a == b) return std::nullopt;
    std::swap(m.nets[a].name, m.nets[b].name);
    return m;
  }
  if (kind == "nets shorted") {
    std::vector<NetId> inner;
    for (std::size_t n = 0; n < m.nets.size(); ++n) {
      if (!m.is_port(static_cast<NetId>(n))) inner.push_back(static_cast<NetId>(n));
    }
    if (inner.empty()) return std::nullopt;
    const NetId from = inner[rng.below(inner.size())], to = other_net(m, from, rng);
    for (Device& device : m.devices) std::replace(device.nets.begin(), device.nets.end(), from, to);
    return m;
  }
  if (kind == "net opened") {
    const auto net = static_cast<NetId>(rng.below(m.nets.size()));
    std::vector<NetId*> on;
    for (Device& device : m.devices) {
      for (NetId& terminal : device.nets) {
        if (terminal == net) on.push_back(&terminal);
      }
    }
    if (on.size() < 2) return std::nullopt;
    m.nets.push_back({"opened"});
    const std::size_t cut = 1 + rng.below(on.size() - 1);
    for (std::size_t i = 0; i < cut; ++i) *on[i] = static_cast<NetId>(m.nets.size() - 1);
    return m;
  }
  if (kind == "other model") {
    Device* device = pick_mos(m, rng);
    if (device == nullptr) return std::nullopt;
    for (const DeviceModel& model : technology.devices()) {
      if (model.kind == device->kind && model.name != device->model &&
          device->length >= model.min_length) {
        device->model = model.name;
        return m;
      }
    }
  }
  return std::nullopt;
}

std::optional<gds::Flat> mutate(const gds::Flat& flat, const native::Connectivity& found,
                                const std::string& kind, const Technology& technology, Rng& rng) {
  gds::Flat m = flat;
  const Dbu grid = technology.grid();
  const auto erase = [&](std::size_t i) {
    m.shapes.erase(m.shapes.begin() + static_cast<std::ptrdiff_t>(i));
  };
  if (kind == "wires bridged") {
    for (int tries = 0; tries < 2000; ++tries) {
      const auto layer = static_cast<LayerId>(rng.below(found.conductors.size()));
      const auto& rects = found.conductors[layer];
      if (!is_wire(technology, layer) || rects.size() < 2) continue;
      const native::NetRect &a = rects[rng.below(rects.size())],
                            &b = rects[rng.below(rects.size())];
      if (a.net == b.net) continue;
      const Dbu y0 = std::max(a.rect.y0, b.rect.y0), y1 = std::min(a.rect.y1, b.rect.y1);
      const Dbu x0 = std::min(a.rect.x1, b.rect.x1), x1 = std::max(a.rect.x0, b.rect.x0);
      // On poly a bridge may cross diffusion: an extra transistor rather than a short.
      if (y1 - y0 < 20 * grid || x1 <= x0 || x1 - x0 > 5000) continue;
      m.shapes.push_back({layer, {x0, y0, x1, y0 + (y1 - y0) / grid * grid}});
      return m;
    }
    return std::nullopt;
  }
  if (kind == "shape removed") {
    erase(rng.below(m.shapes.size()));
    return m;
  }
  if (kind == "wire or cut removed") {
    for (int tries = 0; tries < 1000; ++tries) {
      const std::size_t i = rng.below(m.shapes.size());
      const LayerType type = technology.layer(m.shapes[i].layer).type;
      if (type != LayerType::kCut && type != LayerType::kConductor) continue;
      erase(i);
      return m;
    }
    return std::nullopt;
  }
  if (kind == "gate edge moved one step" || kind == "edge moved 5 to 200 nm") {
    const bool gate = kind == "gate edge moved one step";
    for (int tries = 0; tries < 1000; ++tries) {
      Shape& shape = pick(m.shapes, rng);
      const std::string& name = technology.layer(shape.layer).name;
      if (gate && name != "diff" && name != "poly" && name != "capm" && name != "poly.res" &&
          name != "li1.res")
        continue;
      const Dbu by =
          grid * (gate ? 1 : 1 + static_cast<Dbu>(rng.below(40))) * (rng.below(2) == 0 ? 1 : -1);
      Rect& r = shape.rect;
      Dbu* const edges[] = {&r.x0, &r.x1, &r.y0, &r.y1};
      *edges[rng.below(4)] += by;
      if (r.x0 >= r.x1 || r.y0 >= r.y1) return std::nullopt;
      return m;
    }
    return std::nullopt;
  }
  if (m.labels.size() < 2) return std::nullopt;
  gds::Flat::Label& label = pick(m.labels, rng);
  if (kind == "label removed") {
    m.labels.erase(m.labels.begin() + (&label - m.labels.data()));
    return m;
  }
  if (kind == "label renamed") {
    label.text = rng.below(2) == 0 ? pick(m.labels, rng).text : label.text + "2";
    return m;
  }
  if (kind == "label moved") {
    for (int tries = 0; tries < 1000; ++tries) {
      const auto layer = static_cast<LayerId>(rng.below(found.conductors.size()));
      const auto& rects = found.conductors[layer];
      if (rects.empty() || technology.layer(layer).type != LayerType::kConductor) continue;
      label.layer = layer;
      label.at = rects[rng.below(rects.size())].rect.center();
      return m;
    }
    return std::nullopt;
  }
  if (kind == "shape added") {
    const Shape& base = m.shapes[rng.below(m.shapes.size())];
    Shape shape = base;
    const auto some = [&] { return grid * (static_cast<Dbu>(rng.below(200)) - 100); };
    shape.rect = shape.rect.moved({some(), some()});
    if (shape.rect == base.rect) return std::nullopt;
    m.shapes.push_back(shape);
    return m;
  }
  return std::nullopt;
}

gds::Library flat_library(const gds::Flat& flat, const std::string& top,
                          const Technology& technology) {
  gds::Cell cell;
  cell.name = top;
  for (const Shape& shape : flat.shapes) {
    const Rect& r = shape.rect;
    cell.polygons.push_back({technology.layer(shape.layer).drawing,
                             {{r.x0, r.y0}, {r.x1, r.y0}, {r.x1, r.y1}, {r.x0, r.y1}}});
  }
  for (const gds::Flat::Label& label : flat.labels) {
    const Layer& layer = technology.layer(label.layer);
    cell.texts.push_back({label.is_pin ? layer.pin : layer.label, label.at, label.text});
  }
  gds::Library library;
  library.cells.push_back(std::move(cell));
  return library;
}

}  // namespace ptah::agreement
