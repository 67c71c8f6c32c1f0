#include "owners.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

#include "matching.hpp"
#include "recognition/disjoint_sets.hpp"

namespace ptah::native {
namespace {

using Members = std::vector<std::int32_t>;  ///< Found devices.

bool is_mos(const Technology& technology, const FoundDevice& device) {
  const DeviceKind kind = technology.devices()[device.model].kind;
  return kind == DeviceKind::kNmos || kind == DeviceKind::kPmos;
}

/// `members` by strips of diffusion, from left to right, then upwards.
std::vector<Members> strips_of(const Members& members, const Connectivity& connectivity,
                               const Technology& technology) {
  const auto device = [&](std::int32_t i) -> const FoundDevice& {
    return connectivity.devices[static_cast<std::size_t>(i)];
  };
  DisjointSets sets(members.size());
  std::map<std::tuple<Dbu, Dbu, Dbu, Dbu>, std::int32_t> seen;  // diffusion -> a neighbour
  for (std::size_t k = 0; k < members.size(); ++k) {
    const FoundDevice& found = device(members[k]);
    if (!is_mos(technology, found)) continue;
    for (const std::size_t t : {terminal::kDrain, terminal::kSource}) {
      const Rect& r = found.terminals[t].place;
      const auto [at, fresh] =
          seen.try_emplace({r.x0, r.y0, r.x1, r.y1}, static_cast<std::int32_t>(k));
      if (!fresh) sets.unite(at->second, static_cast<std::int32_t>(k));
    }
  }
  std::map<std::int32_t, Members> groups;
  for (std::size_t k = 0; k < members.size(); ++k) {
    groups[sets.find(static_cast<std::int32_t>(k))].push_back(members[k]);
  }
  std::vector<Members> strips;
  for (auto& [root, group] : groups) strips.push_back(std::move(group));
  const auto corner = [&](const Members& group) {
    Rect box;
    for (const std::int32_t i : group) box = box.united(device(i).body);
    return std::pair(box.x0, box.y0);
  };
  std::stable_sort(strips.begin(), strips.end(),
                   [&](const Members& a, const Members& b) { return corner(a) < corner(b); });
  return strips;
}

/// Gives the found `members` to the schematic's `devices`, of which each wants `counts` of them.
void share_out(const Members& members, const std::map<DeviceId, std::size_t>& counts,
               const Connectivity& connectivity, const Technology& technology, Owners& owners) {
  const auto give = [&](const Members& to, DeviceId device) {
    for (const std::int32_t i : to) owners.of[static_cast<std::size_t>(i)] = device;
  };
  if (counts.size() == 1) {
    give(members, counts.begin()->first);
    return;
  }
  auto left = counts;
  for (const Members& strip : strips_of(members, connectivity, technology)) {
    // The device that it fits; of one that is drawn in several strips, a part of it.
    auto wanted = std::find_if(left.begin(), left.end(),
                               [&](const auto& entry) { return entry.second == strip.size(); });
    if (wanted == left.end()) {
      wanted = std::find_if(left.begin(), left.end(),
                            [&](const auto& entry) { return entry.second > strip.size(); });
    }
    if (wanted == left.end()) wanted = left.begin();
    give(strip, wanted->first);
    wanted->second -= std::min(wanted->second, strip.size());
  }
}

Owners by_strips(const Connectivity& connectivity, const Technology& technology) {
  Owners owners;
  owners.nets.assign(connectivity.nets.size(), kNoNet);
  owners.of.assign(connectivity.devices.size(), 0);
  // A strip may hold transistors of different nets; each kind is an owner of its own.
  std::map<std::tuple<std::size_t, Members>, Members> kinds;
  for (std::size_t i = 0; i < connectivity.devices.size(); ++i) {
    const FoundDevice& device = connectivity.devices[i];
    Members nets;
    for (const FoundTerminal& end : device.terminals) nets.push_back(end.net);
    if (is_mos(technology, device) && nets[terminal::kSource] < nets[terminal::kDrain]) {
      std::swap(nets[terminal::kSource], nets[terminal::kDrain]);
    }
    kinds[{device.model, std::move(nets)}].push_back(static_cast<std::int32_t>(i));
  }
  for (const auto& [kind, members] : kinds) {
    for (const Members& strip : strips_of(members, connectivity, technology)) {
      for (const std::int32_t i : strip) {
        owners.of[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(owners.names.size());
      }
      owners.names.push_back("t" + std::to_string(owners.names.size()));
    }
  }
  return owners;
}

}  // namespace

Owners find_owners(const Connectivity& connectivity, const Circuit& circuit,
                   const Technology& technology) {
  if (circuit.devices.empty()) return by_strips(connectivity, technology);
  const auto problem = lvs::make_problem(connectivity, circuit, technology);
  if (!problem) return by_strips(connectivity, technology);
  const lvs::Side &layout = problem.value().layout, &schematic = problem.value().schematic;
  const lvs::Bundles bundles{lvs::make_bundles(layout, technology, true),
                             lvs::make_bundles(schematic, technology, true)};
  const lvs::Match match = lvs::match(problem.value(), bundles, true);
  if (!match.same) return by_strips(connectivity, technology);

  Owners owners;
  owners.matched = true;
  owners.of.assign(connectivity.devices.size(), 0);
  owners.nets.assign(connectivity.nets.size(), kNoNet);
  for (const Device& device : circuit.devices) owners.names.push_back(device.name);
  for (std::size_t n = 0; n < match.nets.size(); ++n) {
    const auto found = static_cast<std::size_t>(match.nets[n]);
    owners.nets[static_cast<std::size_t>(layout.nets[found].origin)] = schematic.nets[n].origin;
  }
  for (std::size_t b = 0; b < match.bundles.size(); ++b) {
    std::map<DeviceId, std::size_t> counts;
    for (const std::int32_t i : bundles.schematic[b].members) {
      ++counts[schematic.instances[static_cast<std::size_t>(i)].origin];
    }
    Members members;
    for (const std::int32_t i :
         bundles.layout[static_cast<std::size_t>(match.bundles[b])].members) {
      members.push_back(layout.instances[static_cast<std::size_t>(i)].origin);
    }
    share_out(members, counts, connectivity, technology, owners);
  }
  return owners;
}

}  // namespace ptah::native
