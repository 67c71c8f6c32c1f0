#include "supply_entry.hpp"

#include <algorithm>
#include <tuple>

#include "ptah/core/letter_case.hpp"
#include "ptah/tech/technology.hpp"

namespace ptah::native {
namespace {

enum class Side { kNone, kTop, kBottom };

/// By net of the circuit. A net that is the bulk of both kinds is no supply.
std::vector<Side> sides_of(const Circuit& circuit) {
  std::vector<Side> sides(circuit.nets.size(), Side::kNone);
  std::vector<bool> both(circuit.nets.size(), false);
  for (const Device& device : circuit.devices) {
    const bool p = device.kind == DeviceKind::kPmos || device.kind == DeviceKind::kPdiode;
    const auto bulk = bulk_terminal(device.kind, device.nets.size());
    if (!bulk || !circuit.is_port(device.nets[*bulk])) continue;
    const auto net = static_cast<std::size_t>(device.nets[*bulk]);
    const Side side = p ? Side::kTop : Side::kBottom;
    if (sides[net] != Side::kNone && sides[net] != side) both[net] = true;
    sides[net] = side;
  }
  for (std::size_t net = 0; net < sides.size(); ++net) {
    if (both[net]) sides[net] = Side::kNone;
  }
  return sides;
}

}  // namespace

std::vector<std::optional<FoundLabel>> edge_entries(const Connectivity& connectivity,
                                                    const Circuit& circuit,
                                                    const Technology& technology) {
  const std::vector<Side> sides = sides_of(circuit);
  std::vector<Side> of_net;
  Rect box;
  for (const FoundNet& net : connectivity.nets) {
    box = box.united(net.box);
    const NetId id = net.port ? circuit.find_net(net.name) : kNoNet;
    of_net.push_back(id == kNoNet ? Side::kNone : sides[static_cast<std::size_t>(id)]);
  }
  const Dbu middle = box.center().x;
  std::vector<std::optional<FoundLabel>> entries(connectivity.nets.size());
  for (std::size_t id = 0; id < connectivity.conductors.size(); ++id) {
    const auto layer = static_cast<LayerId>(id);
    if (technology.layer(layer).type != LayerType::kConductor) continue;
    for (const NetRect& shape : connectivity.conductors[id]) {
      const auto net = static_cast<std::size_t>(shape.net);
      const Side side = of_net[net];
      if (side == Side::kNone) continue;
      const Rect& r = shape.rect;
      const Point at{std::clamp(middle, r.x0, r.x1), side == Side::kTop ? r.y1 : r.y0};
      const auto rank = [&](Point p, LayerId l) {
        return std::tuple(side == Side::kTop ? -p.y : p.y, std::abs(p.x - middle),
                          -static_cast<int>(l), p.x);
      };
      std::optional<FoundLabel>& best = entries[net];
      if (!best || rank(at, layer) < rank(best->at, best->layer)) {
        best = FoundLabel{connectivity.nets[net].name, layer, at};
      }
    }
  }
  return entries;
}

}  // namespace ptah::native
