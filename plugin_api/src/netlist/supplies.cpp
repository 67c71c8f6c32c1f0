#include "netlist/supplies.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <utility>

#include "ptah/core/letter_case.hpp"

namespace ptah::spice {
namespace {

constexpr std::array<std::string_view, 22> kSupplies{
    "vdd",  "vss",  "gnd",  "vcc",  "vee",  "0",    "vpwr", "vgnd", "vpb",   "vnb",   "avdd",
    "avss", "dvdd", "dvss", "agnd", "dgnd", "vdda", "vssa", "gnda", "vccd1", "vssd1", "vdd3v3"};

/// What a net is connected to.
struct NetUse {
  int terminals = 0;
  int driven = 0;  ///< Gates, drains and passives.
  /// Drain and gate of the transistors whose bulk it is: fingers of one device have the same.
  std::set<std::pair<NetId, NetId>> bulks;
};

std::vector<NetUse> uses_of(const Circuit& circuit) {
  std::vector<NetUse> uses(circuit.nets.size());
  for (const Device& device : circuit.devices) {
    for (std::size_t i = 0; i < device.nets.size(); ++i) {
      NetUse& use = uses[static_cast<std::size_t>(device.nets[i])];
      ++use.terminals;
      if (device.is_mos() && i == terminal::kBulk) {
        use.bulks.emplace(device.nets[terminal::kDrain], device.nets[terminal::kGate]);
      } else if (!device.is_mos() || i != terminal::kSource) {
        ++use.driven;
      }
    }
  }
  return uses;
}

}  // namespace

bool is_supply_name(std::string_view name) {
  if (const std::size_t dot = name.rfind('.'); dot != std::string_view::npos)
    name.remove_prefix(dot + 1);
  while (!name.empty() && (name.back() == '!' || name.back() == '_')) name.remove_suffix(1);
  return std::find(kSupplies.begin(), kSupplies.end(), lower_case(name)) != kSupplies.end();
}

std::vector<int> terminal_counts(const Circuit& circuit) {
  std::vector<int> counts;
  for (const NetUse& use : uses_of(circuit)) counts.push_back(use.terminals);
  return counts;
}

std::vector<NetId> supplies_without_port(const Circuit& circuit) {
  const std::vector<NetUse> uses = uses_of(circuit);
  std::vector<NetId> supplies;
  for (std::size_t n = 0; n < uses.size(); ++n) {
    const auto net = static_cast<NetId>(n);
    if (uses[n].terminals == 0 || circuit.is_port(net)) continue;
    if (is_supply_name(circuit.nets[n].name) || (uses[n].bulks.size() > 1 && uses[n].driven == 0))
      supplies.push_back(net);
  }
  return supplies;
}

bool is_dummy(const Device& device, const Circuit& circuit, const std::vector<int>& terminals) {
  if (device.kind == DeviceKind::kBlock) return false;
  const auto open = [&](NetId net) {
    return terminals[static_cast<std::size_t>(net)] == 1 && !circuit.is_port(net);
  };
  if (device.is_mos()) {
    const NetId gate = device.nets[terminal::kGate];
    if (open(gate) || open(device.nets[terminal::kBulk])) return false;
    if (gate == device.nets[terminal::kBulk] || gate == device.nets[terminal::kSource] ||
        gate == device.nets[terminal::kDrain]) {
      return true;
    }
  }
  return std::all_of(device.nets.begin(), device.nets.end(), [&](NetId net) {
    return open(net) || is_supply_name(circuit.nets[static_cast<std::size_t>(net)].name);
  });
}

std::vector<NetId> remove_nets(Circuit& circuit, const std::vector<bool>& gone) {
  std::vector<NetId> now(circuit.nets.size(), kNoNet);
  std::vector<Net> kept;
  for (std::size_t n = 0; n < now.size(); ++n) {
    if (gone[n]) continue;
    now[n] = static_cast<NetId>(kept.size());
    kept.push_back(std::move(circuit.nets[n]));
  }
  circuit.nets = std::move(kept);
  const auto moved = [&](NetId& id) {
    if (id != kNoNet) id = now[static_cast<std::size_t>(id)];
  };
  for (Device& device : circuit.devices)
    std::for_each(device.nets.begin(), device.nets.end(), moved);
  std::for_each(circuit.ports.begin(), circuit.ports.end(), moved);
  std::erase(circuit.ports, kNoNet);
  return now;
}

}  // namespace ptah::spice
