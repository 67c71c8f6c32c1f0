#include "netlist/substrate.hpp"

#include <algorithm>
#include <string_view>
#include <tuple>

#include "ptah/core/letter_case.hpp"

namespace ptah {
namespace {

bool has_name_of_ground(std::string_view name) {
  static constexpr std::string_view kNames[] = {"0",    "vss",  "gnd",  "avss", "dvss",
                                                "agnd", "dgnd", "vgnd", "vssa", "vssd",
                                                "vee",  "vnb",  "sub",  "vsub", "vsubs"};
  return std::find(std::begin(kNames), std::end(kNames), lower_case(name)) != std::end(kNames);
}

}  // namespace

std::optional<std::size_t> substrate_terminal(const Device& device) {
  std::optional<std::size_t> found;
  if (device.kind == DeviceKind::kNmos) found = terminal::kBulk;
  if (device.kind == DeviceKind::kResistor) found = terminal::kSubstrate;
  return found && *found < device.nets.size() ? found : std::nullopt;
}

NetId substrate_net(const Circuit& circuit) {
  std::vector<int> count(circuit.nets.size(), 0);
  for (const Device& device : circuit.devices) {
    const auto below = substrate_terminal(device);
    const NetId net = below ? device.nets[*below] : kNoNet;
    if (net >= 0 && static_cast<std::size_t>(net) < count.size())
      ++count[static_cast<std::size_t>(net)];
  }
  NetId best = kNoNet;
  const auto rank = [&](NetId net) {
    return std::tuple(has_name_of_ground(circuit.nets[static_cast<std::size_t>(net)].name),
                      circuit.is_port(net), count[static_cast<std::size_t>(net)]);
  };
  for (NetId net = 0; net < static_cast<NetId>(count.size()); ++net) {
    if (count[static_cast<std::size_t>(net)] == 0) continue;
    if (best == kNoNet || rank(net) > rank(best)) best = net;
  }
  return best;
}

void mark_isolated(Circuit& circuit) {
  const NetId substrate = substrate_net(circuit);
  for (Device& device : circuit.devices) {
    const auto below = substrate_terminal(device);
    device.isolated = device.kind == DeviceKind::kNmos && below && device.nets[*below] != kNoNet &&
                      device.nets[*below] != substrate;
  }
}

}  // namespace ptah
