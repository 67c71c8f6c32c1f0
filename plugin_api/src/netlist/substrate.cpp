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
  if (device.kind == DeviceKind::kPmos || device.kind == DeviceKind::kPdiode) return std::nullopt;
  return bulk_terminal(device.kind, device.nets.size());
}

bool names_its_well(const Device& device) {
  return device.kind == DeviceKind::kCapacitor && device.nets.size() > terminal::kSubstrate &&
         device.nets[terminal::kSubstrate] == device.nets[terminal::kBottom];
}

NetId substrate_net(const Circuit& circuit) {
  std::vector<int> count(circuit.nets.size(), 0);
  bool any = false;
  // What only names a well counts where nothing names the substrate.
  for (const bool wells : {false, true}) {
    for (const Device& device : circuit.devices) {
      const auto below = substrate_terminal(device);
      const NetId net = below && (wells || !names_its_well(device)) ? device.nets[*below] : kNoNet;
      if (net < 0 || static_cast<std::size_t>(net) >= count.size()) continue;
      ++count[static_cast<std::size_t>(net)];
      any = true;
    }
    if (any) break;
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
    const bool has_well = device.kind == DeviceKind::kNmos || device.kind == DeviceKind::kNdiode;
    device.isolated =
        has_well && below && device.nets[*below] != kNoNet && device.nets[*below] != substrate;
  }
}

spice::LocalSubstrates spice::join_local_substrates(Circuit& circuit,
                                                    const std::vector<NetId>& driven) {
  LocalSubstrates result;
  std::vector<bool>& local = result.gone;
  local.resize(circuit.nets.size(), false);
  for (std::size_t n = 0; n < local.size(); ++n) {
    const std::string& name = circuit.nets[n].name;
    const std::size_t inner = name.find_last_of("./");
    local[n] = inner != name.npos && same_but_for_case(name.substr(inner + 1), "vsubs") &&
               !circuit.is_port(static_cast<NetId>(n));
  }
  const auto is_local = [&](NetId id) { return local[static_cast<std::size_t>(id)]; };
  const auto spare = [&](NetId id) {
    if (id != kNoNet) local[static_cast<std::size_t>(id)] = false;
  };
  std::for_each(driven.begin(), driven.end(), spare);
  for (const Device& device : circuit.devices) {
    const auto below = substrate_terminal(device);
    for (std::size_t t = 0; t < device.nets.size(); ++t)
      if (below != t) spare(device.nets[t]);
  }
  if (std::find(local.begin(), local.end(), true) == local.end()) return result;
  Circuit others = circuit;
  std::erase_if(others.devices, [&](const Device& device) {
    const auto below = substrate_terminal(device);
    return !below || is_local(device.nets[*below]);
  });
  result.joined = substrate_net(others);
  if (result.joined == kNoNet) result.joined = substrate_net(circuit);
  if (result.joined == kNoNet) {
    local.assign(local.size(), false);
    return result;
  }
  spare(result.joined);
  for (Device& device : circuit.devices) {
    if (const auto below = substrate_terminal(device); below && is_local(device.nets[*below]))
      device.nets[*below] = result.joined;
  }
  return result;
}

}  // namespace ptah
