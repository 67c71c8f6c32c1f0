#include "flow/score_nets.hpp"

#include <algorithm>
#include <set>

#include "ptah/core/letter_case.hpp"

namespace ptah {
namespace {

/// Rectangles in one answer; a line of the protocol holds about 15,000.
constexpr std::size_t kMostShownShapes = 10'000;

/// Ports that are the bulk of a device.
std::vector<bool> rails_of(const Circuit& circuit) {
  std::vector<bool> rails(circuit.nets.size(), false);
  for (const Device& device : circuit.devices) {
    const auto bulk = bulk_terminal(device.kind, device.nets.size());
    if (!bulk || !circuit.is_port(device.nets[*bulk])) continue;
    rails[static_cast<std::size_t>(device.nets[*bulk])] = true;
  }
  return rails;
}

/// Capacitance to the substrate of a wire's rectangle alone, aF.
double weight(const Layer& layer, const Rect& rect, const Technology& technology) {
  const auto coefficient = [&](const Parasitics::Table& table) {
    const auto upper = table.find(layer.name);
    if (upper == table.end()) return 0.0;
    const auto lower_plate = upper->second.find("sub");
    return lower_plate == upper->second.end() ? 0.0 : lower_plate->second;
  };
  return coefficient(technology.parasitics().area_af_um2) * to_um2(rect.area()) +
         coefficient(technology.parasitics().fringe_down_af_um) * 2 *
             (to_um(rect.width()) + to_um(rect.height()));
}

/// Position of the terminal of `device` that found terminal `t` is: source and drain may be
/// exchanged.
std::size_t terminal_of(const Device& device, std::size_t t, NetId net) {
  if (t < device.nets.size() && device.nets[t] == net) return t;
  const std::size_t twin = device.is_mos()                                 ? (t == 0   ? 2
                                                                              : t == 2 ? 0
                                                                                       : t)
                           : device.kind == DeviceKind::kResistor && t < 2 ? 1 - t
                                                                           : t;
  return twin < device.nets.size() && device.nets[twin] == net ? twin : t;
}

}  // namespace

NetLoads net_loads(const ExtractedNetlist& netlist, const Circuit& circuit,
                   const Technology& technology) {
  std::map<std::string, int> net_of_node;
  const FoundParts found = parts_of(netlist, net_of_node);
  const Correspondence match = correspond(found, circuit, technology);
  const std::vector<bool> rails = rails_of(circuit);
  NetLoads loads;
  for (std::size_t n = 0; n < circuit.nets.size(); ++n) {
    loads.nets.push_back({circuit.nets[n].name, static_cast<NetId>(n), rails[n]});
  }
  std::vector<int> row(found.nets.size());
  for (std::size_t n = 0; n < found.nets.size(); ++n) {
    if (match.net_of[n] != kNoNet) {
      row[n] = match.net_of[n];
      continue;
    }
    // Magic's and SPICE's names of what lies below everything.
    static const std::set<std::string> kGround{"vsubs", "sub", "0"};
    row[n] = static_cast<int>(loads.nets.size());
    loads.nets.push_back({found.nets[n], kNoNet, kGround.contains(lower_case(found.nets[n]))});
  }
  for (const ExtractedCapacitor& capacitor : netlist.capacitors) {
    const int a = row[static_cast<std::size_t>(net_of_node.at(capacitor.a))];
    const int b = row[static_cast<std::size_t>(net_of_node.at(capacitor.b))];
    loads.ends.emplace_back(a, b);
    if (a == b) continue;
    const auto charge = [&](int net, int other) {
      NetLoad& load = loads.nets[static_cast<std::size_t>(net)];
      (loads.nets[static_cast<std::size_t>(other)].rail ? load.ground : load.coupled) +=
          capacitor.farad;
    };
    charge(a, b);
    charge(b, a);
  }
  return loads;
}

ExtractedNetlist halved(const ExtractedNetlist& netlist, const NetLoads& loads, int net) {
  ExtractedNetlist changed = netlist;
  for (std::size_t i = 0; i < changed.capacitors.size(); ++i) {
    const auto& [a, b] = loads.ends[i];
    if (a != b && (a == net || b == net)) changed.capacitors[i].farad /= 2;
  }
  return changed;
}

void share_blame(NetLoads& loads) {
  double sum = 0;
  for (const NetLoad& net : loads.nets) sum += std::max(0.0, net.blame_V);
  for (NetLoad& net : loads.nets) net.blame = sum > 0 ? std::max(0.0, net.blame_V) / sum : 0;
}

FoundParts parts_of(const native::Connectivity& connectivity, const Technology& technology) {
  FoundParts found;
  for (const native::FoundNet& net : connectivity.nets) found.nets.push_back(net.name);
  for (const native::FoundDevice& device : connectivity.devices) {
    FoundPart part{technology.devices()[device.model].name, device.width, device.length, 1, {}};
    for (const native::FoundTerminal& end : device.terminals) part.nets.push_back(end.net);
    found.parts.push_back(std::move(part));
  }
  return found;
}

Rect drawn_box(const native::FoundDevice& part, DeviceKind kind) {
  Rect box = part.body;
  // Heads of a resistor are as large as the wires that they are parts of; so is a bottom plate.
  if (kind == DeviceKind::kResistor) return box;
  const std::size_t ends = is_mos(kind) ? 3 : 2;
  for (std::size_t t = 0; t < std::min(ends, part.terminals.size()); ++t) {
    if (!part.terminals[t].place.empty()) box = box.united(part.terminals[t].place);
  }
  return box;
}

std::vector<DrawnDevice> drawn_devices(const Drawing& drawing, const Circuit& circuit,
                                       const std::vector<Rect>& placed) {
  std::vector<DrawnDevice> devices(circuit.devices.size());
  if (!placed.empty()) {
    for (std::size_t d = 0; d < devices.size(); ++d) devices[d].box = placed[d];
    return devices;
  }
  for (std::size_t i = 0; i < drawing.match.device_of.size(); ++i) {
    const DeviceId id = drawing.match.device_of[i];
    if (id < 0) continue;
    const auto d = static_cast<std::size_t>(id);
    devices[d].box =
        devices[d].box.united(drawn_box(drawing.connectivity->devices[i], circuit.devices[d].kind));
  }
  return devices;
}

void blame_devices(const Drawing& drawing, const Circuit& circuit, const Technology& technology,
                   const NetLoads& loads, std::vector<DrawnDevice>& devices) {
  std::vector<std::vector<DeviceId>> on_net(circuit.nets.size());
  for (std::size_t d = 0; d < circuit.devices.size(); ++d) {
    for (const NetId net : circuit.devices[d].nets) {
      auto& list = on_net[static_cast<std::size_t>(net)];
      if (list.empty() || list.back() != static_cast<DeviceId>(d)) {
        list.push_back(static_cast<DeviceId>(d));
      }
    }
  }
  std::vector<double> whole(circuit.nets.size(), 0);
  std::vector<std::vector<double>> inside(circuit.nets.size());
  for (std::size_t n = 0; n < inside.size(); ++n) inside[n].assign(on_net[n].size(), 0);
  for (std::size_t layer = 0; layer < drawing.connectivity->conductors.size(); ++layer) {
    for (const native::NetRect& rect : drawing.connectivity->conductors[layer]) {
      if (rect.net < 0) continue;
      const NetId net = drawing.match.net_of[static_cast<std::size_t>(rect.net)];
      if (net == kNoNet || rect.rect.area() == 0) continue;
      const auto n = static_cast<std::size_t>(net);
      const double load =
          weight(technology.layer(static_cast<LayerId>(layer)), rect.rect, technology);
      whole[n] += load;
      for (std::size_t i = 0; i < on_net[n].size(); ++i) {
        const Rect part =
            devices[static_cast<std::size_t>(on_net[n][i])].box.intersection(rect.rect);
        inside[n][i] +=
            load * static_cast<double>(part.area()) / static_cast<double>(rect.rect.area());
      }
    }
  }
  double sum = 0;
  for (const NetLoad& net : loads.nets) {
    sum += std::max(0.0, net.blame_V);
    if (net.net == kNoNet) continue;
    const auto n = static_cast<std::size_t>(net.net);
    if (whole[n] <= 0) continue;
    for (std::size_t i = 0; i < on_net[n].size(); ++i) {
      devices[static_cast<std::size_t>(on_net[n][i])].blame_V +=
          net.blame_V * inside[n][i] / whole[n];
    }
  }
  for (DrawnDevice& device : devices) {
    device.blame = sum > 0 ? std::max(0.0, device.blame_V) / sum : 0;
  }
}

std::int64_t drawn_hpwl(const Drawing& drawing, const Circuit& circuit, const Tiles& tiles,
                        const std::vector<std::optional<PlacedTile>>& placed) {
  std::vector<std::vector<Rect>> places(circuit.devices.size());
  for (std::size_t d = 0; d < places.size(); ++d) places[d].resize(circuit.devices[d].nets.size());
  for (std::size_t i = 0; i < drawing.match.device_of.size(); ++i) {
    const DeviceId id = drawing.match.device_of[i];
    if (id < 0) continue;
    const Device& device = circuit.devices[static_cast<std::size_t>(id)];
    const native::FoundDevice& part = drawing.connectivity->devices[i];
    for (std::size_t t = 0; t < part.terminals.size(); ++t) {
      const auto found = part.terminals[t].net;
      const NetId net = found < 0 ? kNoNet : drawing.match.net_of[static_cast<std::size_t>(found)];
      const std::size_t at = terminal_of(device, t, net);
      if (at >= device.nets.size()) continue;
      Rect& place = places[static_cast<std::size_t>(id)][at];
      place = place.united(part.terminals[t].place);
    }
  }
  for (std::size_t d = 0; d < placed.size(); ++d) {
    if (!placed[d]) continue;
    const Device& device = circuit.devices[d];
    const Transform to_layout = transform(tiles[d], *placed[d]);
    const auto names = terminal_names(device.kind, device.nets.size());
    for (std::size_t t = 0; t < names.size(); ++t) {
      Rect& place = places[d][t] = {};
      const TilePin* const pin = tiles[d].find_pin(names[t]);
      if (pin == nullptr || device.nets[t] == kNoNet) continue;
      for (const Shape& access : pin->access) place = place.united(to_layout(access.rect));
    }
  }
  std::vector<Rect> boxes(circuit.nets.size());
  for (std::size_t d = 0; d < places.size(); ++d) {
    for (std::size_t t = 0; t < places[d].size(); ++t) {
      if (places[d][t].empty()) continue;
      const Point center = places[d][t].center();
      Rect& box = boxes[static_cast<std::size_t>(circuit.devices[d].nets[t])];
      box = box.united({center.x, center.y, center.x, center.y});
    }
  }
  std::int64_t length = 0;
  for (const Rect& box : boxes) {
    if (!box.empty()) length += std::int64_t{box.width()} + box.height();
  }
  return length;
}

Json nets_json(const NetLoads& loads, bool blamed, const Drawing* shapes,
               const Technology& technology) {
  std::vector<const NetLoad*> order;
  for (const NetLoad& net : loads.nets) order.push_back(&net);
  std::stable_sort(order.begin(), order.end(), [](const NetLoad* a, const NetLoad* b) {
    return std::tie(b->blame, b->blame_V, a->name) < std::tie(a->blame, a->blame_V, b->name);
  });
  std::vector<Json> drawn(shapes != nullptr ? loads.nets.size() : 0, Json::array());
  std::size_t count = 0;
  if (shapes != nullptr) {
    for (std::size_t layer = 0; layer < shapes->connectivity->conductors.size(); ++layer) {
      const Layer& info = technology.layer(static_cast<LayerId>(layer));
      if (info.type == LayerType::kWell) continue;
      for (const native::NetRect& rect : shapes->connectivity->conductors[layer]) {
        const NetId net =
            rect.net < 0 ? kNoNet : shapes->match.net_of[static_cast<std::size_t>(rect.net)];
        if (net == kNoNet || loads.nets[static_cast<std::size_t>(net)].rail) continue;
        if (++count > kMostShownShapes) continue;
        drawn[static_cast<std::size_t>(net)].push_back({info.name, to_um(rect.rect.x0),
                                                        to_um(rect.rect.y0), to_um(rect.rect.x1),
                                                        to_um(rect.rect.y1)});
      }
    }
  }
  Json nets = Json::array();
  for (const NetLoad* net : order) {
    Json item{{"net", net->name},
              {"total_fF", net->total() * 1e15},
              {"ground_fF", net->ground * 1e15},
              {"coupled_fF", net->coupled * 1e15},
              {"rail", net->rail}};
    if (blamed) {
      item["blame_V"] = net->blame_V;
      item["blame"] = net->blame;
    }
    if (shapes != nullptr && net->net != kNoNet) {
      item["shapes"] = std::move(drawn[static_cast<std::size_t>(net->net)]);
    }
    nets.push_back(std::move(item));
  }
  return nets;
}

}  // namespace ptah
