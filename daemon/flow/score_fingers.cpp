// What a netlist holds, and how many fingers a drawing gives each device (score_match.hpp).
#include <algorithm>
#include <array>
#include <functional>
#include <tuple>

#include "flow/score_match.hpp"
#include "ptah/netlist/spice.hpp"

namespace ptah {

FoundParts parts_of(const ExtractedNetlist& netlist, std::map<std::string, int>& net_of_node) {
  // Nodes of one net hang together by its resistors.
  std::vector<int> parent;
  std::vector<std::string> names;
  const auto node = [&](const std::string& name) {
    const auto [found, fresh] = net_of_node.emplace(name, static_cast<int>(parent.size()));
    if (fresh) {
      parent.push_back(found->second);
      names.push_back(name);
    }
    return found->second;
  };
  const std::function<int(int)> root = [&](int at) {
    while (parent[static_cast<std::size_t>(at)] != at) {
      at = parent[static_cast<std::size_t>(at)] =
          parent[static_cast<std::size_t>(parent[static_cast<std::size_t>(at)])];
    }
    return at;
  };
  for (const std::string& port : netlist.ports) node(port);
  for (const ExtractedDevice& device : netlist.devices) {
    for (const std::string& net : device.nets) node(net);
  }
  for (const ExtractedCapacitor& capacitor : netlist.capacitors) {
    node(capacitor.a);
    node(capacitor.b);
  }
  for (const ExtractedResistor& resistor : netlist.resistors) {
    const int a = root(node(resistor.a)), b = root(node(resistor.b));
    parent[static_cast<std::size_t>(std::max(a, b))] = std::min(a, b);
  }
  FoundParts found;
  std::vector<int> net_of_root(parent.size(), -1);
  for (std::size_t i = 0; i < parent.size(); ++i) {
    const auto at = static_cast<std::size_t>(root(static_cast<int>(i)));
    if (net_of_root[at] >= 0) continue;
    net_of_root[at] = static_cast<int>(found.nets.size());
    found.nets.push_back(names[at]);
  }
  for (auto& [name, net] : net_of_node) {
    net = net_of_root[static_cast<std::size_t>(root(net))];
  }
  const auto nm = [](const ExtractedDevice& device, const char* name) {
    const auto entry = device.parameters.find(name);
    return entry == device.parameters.end() ? Dbu{0} : from_um(entry->second);
  };
  for (const ExtractedDevice& device : netlist.devices) {
    FoundPart part{device.model, nm(device, "w"), nm(device, "l"), 1, {}};
    if (const auto area = device.parameters.find("area"); area != device.parameters.end()) {
      const auto perimeter = device.parameters.find("pj");
      const auto sides = perimeter == device.parameters.end()
                             ? std::nullopt
                             : rectangle_of(area->second, perimeter->second);
      if (sides)
        std::tie(part.width, part.length) =
            std::pair(from_um(sides->first), from_um(sides->second));
    }
    if (const auto m = device.parameters.find("m"); m != device.parameters.end()) {
      part.count = std::clamp(static_cast<int>(m->second + 0.5), 1, 4096);
    }
    for (const std::string& net : device.nets) part.nets.push_back(net_of_node.at(net));
    found.parts.push_back(std::move(part));
  }
  return found;
}

Result<FingerAssignment> fingers_of(const FoundParts& found, const Correspondence& match,
                                    const Circuit& circuit, const std::vector<int>& allowed) {
  const auto fail = [](std::string message, std::string hint) {
    return make_error(ErrorCode::kInvalidArgument, std::move(message), "fingers", std::move(hint));
  };
  std::vector<int> drawn(circuit.devices.size(), 0);
  for (std::size_t i = 0; i < found.parts.size(); ++i) {
    if (match.device_of[i] >= 0) {
      drawn[static_cast<std::size_t>(match.device_of[i])] += found.parts[i].count;
    }
  }
  FingerAssignment fingers;
  std::vector<bool> done(circuit.devices.size(), false);
  for (std::size_t d = 0; d < circuit.devices.size(); ++d) {
    const Device& device = circuit.devices[d];
    if (!device.is_mos() || device.fingers != 0 || done[d]) continue;
    // The devices in parallel with it, which hold its fingers or theirs.
    std::vector<std::size_t> parallel;
    int total = 0;
    for (std::size_t other = d; other < circuit.devices.size(); ++other) {
      const Device& twin = circuit.devices[other];
      auto ends = [](const Device& of) {
        return std::array{std::min(of.nets[0], of.nets[2]), std::max(of.nets[0], of.nets[2]),
                          of.nets[1]};
      };
      if (!twin.is_mos() || twin.model != device.model || twin.width != device.width ||
          twin.length != device.length || ends(twin) != ends(device)) {
        continue;
      }
      total += drawn[other];
      if (twin.fingers == 0) {
        parallel.push_back(other);
      } else {
        total -= twin.total_fingers();
      }
      done[other] = true;
    }
    if (total <= 0) {
      const auto there = std::count_if(drawn.begin(), drawn.end(), [](int n) { return n > 0; });
      return fail(
          "The layout's transistors are not those of " + circuit.name +
              ": there is none that could be " + device.name + "; of its " +
              std::to_string(drawn.size()) + " devices " + std::to_string(there) +
              (there == 1 ? " is there." : " are there."),
          "Is this a layout of the circuit? One that is not whole yet is looked at when its "
          "finger counts are given: `fingers`.");
    }
    std::vector<std::vector<int>> ways;
    std::vector<int> counts(parallel.size());
    const auto splits = [&](auto&& self, std::size_t at, int left) -> void {
      if (ways.size() > 4) return;
      const int copies = circuit.devices[parallel[at]].multiplier;
      if (at + 1 == parallel.size()) {
        if (left <= 0 || left % copies != 0) return;
        counts[at] = left / copies;
        if (at > 0 && std::find(allowed.begin(), allowed.end(), counts[at]) == allowed.end())
          return;
        // Matched devices have equal counts.
        for (std::size_t a = 0; a < parallel.size(); ++a) {
          for (std::size_t b = a + 1; b < parallel.size(); ++b) {
            const MatchedGroup* group = circuit.group_of(static_cast<DeviceId>(parallel[a]));
            if (group != nullptr && group == circuit.group_of(static_cast<DeviceId>(parallel[b])) &&
                counts[a] != counts[b]) {
              return;
            }
          }
        }
        ways.push_back(counts);
        return;
      }
      for (const int count : allowed) {
        if (count * copies >= left) break;
        counts[at] = count;
        self(self, at + 1, left - count * copies);
      }
    };
    splits(splits, 0, total);
    std::string names, candidates;
    for (const std::size_t twin : parallel) {
      names += (names.empty() ? "" : ", ") + circuit.devices[twin].name;
    }
    for (const auto& way : ways) {
      candidates += candidates.empty() ? "" : "; or ";
      for (std::size_t i = 0; i < way.size(); ++i) {
        candidates +=
            (i == 0 ? "" : ",") + circuit.devices[parallel[i]].name + "=" + std::to_string(way[i]);
      }
    }
    if (ways.empty()) {
      return fail("The layout draws " + std::to_string(total) + " fingers for " + names +
                      ", which their allowed counts and copies can not make up.",
                  "Say the finger counts of this layout: `fingers`.");
    }
    if (ways.size() > 1) {
      return fail(names + " are in parallel with " + std::to_string(total) +
                      " fingers together, and the layout does not tell which has how many.",
                  "Say so with `fingers`: " + candidates + ".");
    }
    for (std::size_t i = 0; i < parallel.size(); ++i) {
      fingers[circuit.devices[parallel[i]].name] = ways[0][i];
    }
  }
  return fingers;
}

}  // namespace ptah
