#include "ptah/netlist/circuit.hpp"

#include <algorithm>

#include "netlist/text.hpp"
#include "ptah/core/letter_case.hpp"
#include "ptah/layout/block.hpp"

namespace ptah {

std::string_view to_string(DeviceKind kind) noexcept {
  switch (kind) {
    case DeviceKind::kNmos:
      return "nmos";
    case DeviceKind::kPmos:
      return "pmos";
    case DeviceKind::kCapacitor:
      return "capacitor";
    case DeviceKind::kResistor:
      return "resistor";
    case DeviceKind::kNdiode:
      return "ndiode";
    case DeviceKind::kPdiode:
      return "pdiode";
    case DeviceKind::kBlock:
      return "block";
  }
  return "device";
}

std::vector<std::string_view> terminal_names(DeviceKind kind, std::size_t count) {
  std::vector<std::string_view> names;
  switch (kind) {
    case DeviceKind::kNmos:
    case DeviceKind::kPmos:
      names = {"D", "G", "S", "B"};
      break;
    case DeviceKind::kCapacitor:
      names = {"TOP", "BOTTOM", "SUB"};
      break;
    case DeviceKind::kResistor:
      names = {"A", "B", "SUB"};
      break;
    case DeviceKind::kNdiode:
    case DeviceKind::kPdiode:
      names = {"ANODE", "CATHODE"};
      break;
    case DeviceKind::kBlock:
      break;
  }
  if (count < names.size()) names.resize(count);
  return names;
}

std::optional<std::size_t> bulk_terminal(DeviceKind kind, std::size_t count) noexcept {
  std::optional<std::size_t> found;
  switch (kind) {
    case DeviceKind::kNmos:
    case DeviceKind::kPmos:
      found = terminal::kBulk;
      break;
    case DeviceKind::kCapacitor:
    case DeviceKind::kResistor:
      found = terminal::kSubstrate;
      break;
    case DeviceKind::kNdiode:
      found = terminal::kAnode;
      break;
    case DeviceKind::kPdiode:
      found = terminal::kCathode;
      break;
    case DeviceKind::kBlock:
      break;
  }
  return found && *found < count ? found : std::nullopt;
}

std::vector<std::string_view> terminal_names(const Device& device) {
  if (device.block == nullptr) return terminal_names(device.kind, device.nets.size());
  return {device.block->terminals.begin(), device.block->terminals.end()};
}

std::vector<NetId> port_nets(const Device& device) {
  const Block& block = *device.block;
  if (block.terminals.empty()) return device.nets;  // as the netlist has it
  std::vector<NetId> nets(block.ports.size(), kNoNet);
  for (std::size_t t = 0; t < device.nets.size(); ++t)
    nets.at(block.port_of.at(t)) = device.nets[t];
  return nets;
}

NetId Circuit::find_net(std::string_view net_name) const noexcept {
  const auto it = std::find_if(nets.begin(), nets.end(), [&](const Net& net) {
    return same_but_for_case(net.name, net_name);
  });
  return it == nets.end() ? kNoNet : static_cast<NetId>(it - nets.begin());
}

DeviceId Circuit::find_device(std::string_view device_name) const noexcept {
  const auto it = std::find_if(devices.begin(), devices.end(), [&](const Device& device) {
    return same_but_for_case(device.name, device_name);
  });
  return it == devices.end() ? -1 : static_cast<DeviceId>(it - devices.begin());
}

bool Circuit::is_port(NetId net) const noexcept {
  return std::find(ports.begin(), ports.end(), net) != ports.end();
}

const MatchedGroup* Circuit::group_of(DeviceId device) const noexcept {
  for (const MatchedGroup& group : matched) {
    if (std::find(group.begin(), group.end(), device) != group.end()) return &group;
  }
  return nullptr;
}

}  // namespace ptah
