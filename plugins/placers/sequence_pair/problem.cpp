#include "problem.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>

#include "ptah/core/letter_case.hpp"

namespace ptah::sequence_pair {
namespace {

constexpr std::size_t kMaxTiles = 800;
constexpr Dbu kMaxSide = 1'000'000;  // 1 mm: sums over all tiles stay within 32 bits, doubled.

Dbu up_to_grid(Dbu length) {
  return (length + kPlacementGrid - 1) / kPlacementGrid * kPlacementGrid;
}

int to_weight(double weight) {
  return static_cast<int>(std::lround(weight * kWeightUnit));
}

Error bad(std::string message, std::string where, std::string hint = {}) {
  return make_error(ErrorCode::kInvalidArgument, std::move(message), std::move(where),
                    std::move(hint));
}

/// "vout=2,vdd=0.5" -> weight by net.
Result<std::map<NetId, int>> parse_net_weights(const Circuit& circuit, const std::string& text) {
  std::map<NetId, int> weights;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string token = text.substr(at, end - at);
    at = end + 1;
    const std::size_t equals = token.find('=');
    const std::string where = "option net_weights, \"" + token + "\"";
    if (equals == std::string::npos || equals == 0) {
      return bad("A net weight is written net=weight.", where, "for example \"vout=2,vdd=0.5\"");
    }
    NetId net = kNoNet;
    const std::string name = token.substr(0, equals);
    for (std::size_t i = 0; i < circuit.nets.size() && net == kNoNet; ++i) {
      if (same_but_for_case(circuit.nets[i].name, name)) net = static_cast<NetId>(i);
    }
    if (net == kNoNet) return bad("The circuit has no net \"" + name + "\".", where);
    char* rest = nullptr;
    const std::string number = token.substr(equals + 1);
    const double weight = std::strtod(number.c_str(), &rest);
    if (number.empty() || *rest != 0 || !(weight >= 0 && weight <= 1000)) {
      return bad("A net weight is a number from 0 to 1000.", where);
    }
    weights[net] = to_weight(weight);
  }
  return weights;
}

/// Whether nets say that the two pairs carry the two halves of one differential path: one net joins
/// a with c but neither b nor d, and another joins b with d.
bool linked_one_way(const std::vector<std::set<int>>& tiles_on, int a, int b, int c, int d) {
  for (std::size_t p = 0; p < tiles_on.size(); ++p) {
    const auto& first = tiles_on[p];
    if (!first.contains(a) || !first.contains(c) || first.contains(b) || first.contains(d)) {
      continue;
    }
    for (std::size_t q = 0; q < tiles_on.size(); ++q) {
      if (q != p && tiles_on[q].contains(b) && tiles_on[q].contains(d)) return true;
    }
  }
  return false;
}

bool linked(const std::vector<std::set<int>>& tiles_on, const Pair& m, const Pair& n) {
  return linked_one_way(tiles_on, m.a, m.b, n.a, n.b) ||
         linked_one_way(tiles_on, m.b, m.a, n.b, n.a) ||
         linked_one_way(tiles_on, m.a, m.b, n.b, n.a) ||
         linked_one_way(tiles_on, m.b, m.a, n.a, n.b);
}

/// Linked pairs by transitive closure; pairs with a tail stand alone if nothing links them.
void find_clusters(const Circuit& circuit, Problem& problem) {
  std::vector<std::set<int>> tiles_on(circuit.nets.size());
  for (std::size_t i = 0; i < circuit.devices.size(); ++i) {
    for (const NetId net : circuit.devices[i].nets) {
      if (net != kNoNet) tiles_on[static_cast<std::size_t>(net)].insert(static_cast<int>(i));
    }
  }
  std::vector<Pair> pairs;
  for (const auto& group : problem.groups) {
    if (group.size() == 2) pairs.push_back({group[0], group[1]});
  }
  // A shared axis needs an equal parity of the summed widths, in grid steps.
  const auto parity = [&](const Pair& pair) {
    const auto sum = problem.width[static_cast<std::size_t>(pair.a)] +
                     problem.width[static_cast<std::size_t>(pair.b)];
    return sum / kPlacementGrid % 2;
  };
  std::vector<std::size_t> leader(pairs.size());
  for (std::size_t i = 0; i < pairs.size(); ++i) leader[i] = i;
  const auto find = [&](std::size_t i) {
    while (leader[i] != i) i = leader[i];
    return i;
  };
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    for (std::size_t j = i + 1; j < pairs.size(); ++j) {
      if (parity(pairs[i]) != parity(pairs[j]) || !linked(tiles_on, pairs[i], pairs[j])) continue;
      const std::size_t mine = find(i), other = find(j);
      leader[std::max(mine, other)] = std::min(mine, other);
    }
  }
  std::map<std::size_t, AxisCluster> by_leader;
  for (std::size_t i = 0; i < pairs.size(); ++i) by_leader[find(i)].pairs.push_back(pairs[i]);
  for (auto& [first, cluster] : by_leader) {
    (void)first;
    // A tail: the only other device on a net that joins both halves of a pair.
    for (const Pair& pair : cluster.pairs) {
      for (const auto& net : tiles_on) {
        if (net.size() != 3 || !net.contains(pair.a) || !net.contains(pair.b)) continue;
        for (const int tile : net) {
          const auto group =
              static_cast<std::size_t>(problem.group_of[static_cast<std::size_t>(tile)]);
          if (problem.groups[group].size() == 1 &&
              std::find(cluster.tails.begin(), cluster.tails.end(), tile) == cluster.tails.end()) {
            cluster.tails.push_back(tile);
          }
        }
      }
    }
    if (cluster.pairs.size() < 2 && cluster.tails.empty()) continue;
    for (const Pair& pair : cluster.pairs) {
      problem.cluster_of[static_cast<std::size_t>(pair.a)] =
          static_cast<int>(problem.clusters.size());
      problem.cluster_of[static_cast<std::size_t>(pair.b)] =
          static_cast<int>(problem.clusters.size());
      problem.image_of[static_cast<std::size_t>(pair.a)] = pair.b;
      problem.image_of[static_cast<std::size_t>(pair.b)] = pair.a;
    }
    problem.clusters.push_back(std::move(cluster));
  }
  // Rows of equal tiles are symmetric in their own middle.
  for (std::size_t g = 0; g < problem.groups.size(); ++g) {
    const auto& group = problem.groups[g];
    const bool equal = std::all_of(group.begin(), group.end(), [&](int tile) {
      return problem.width[static_cast<std::size_t>(tile)] ==
             problem.width[static_cast<std::size_t>(group[0])];
    });
    if (group.size() > 2 && equal) {
      for (const int tile : group) {
        problem.cluster_of[static_cast<std::size_t>(tile)] =
            static_cast<int>(problem.clusters.size());
      }
      problem.symmetric_rows.push_back(static_cast<int>(g));
      problem.clusters.emplace_back();
    }
  }
}

Status find_groups(const Circuit& circuit, bool matched, Problem& problem) {
  const std::size_t n = circuit.devices.size();
  problem.group_of.assign(n, -1);
  for (const MatchedGroup& group : circuit.matched) {
    if (group.empty() || !matched) continue;
    std::vector<int> members;
    for (const DeviceId id : group) {
      if (id < 0 || static_cast<std::size_t>(id) >= n) {
        return bad("A matched group names a device that does not exist.", circuit.name);
      }
      const auto index = static_cast<std::size_t>(id);
      if (problem.group_of[index] != -1) {
        return bad("The device is in two matched groups.", "device " + circuit.devices[index].name,
                   "merge the groups");
      }
      problem.group_of[index] = static_cast<int>(problem.groups.size());
      members.push_back(id);
    }
    problem.groups.push_back(std::move(members));
  }
  for (std::size_t i = 0; i < n; ++i) {
    if (problem.group_of[i] != -1) continue;
    problem.group_of[i] = static_cast<int>(problem.groups.size());
    problem.groups.push_back({static_cast<int>(i)});
  }
  return ok();
}

Status find_nets(const Circuit& circuit, const Tiles& tiles, const std::map<NetId, int>& weights,
                 Problem& problem) {
  std::vector<WeightedNet> nets(circuit.nets.size());
  for (std::size_t n = 0; n < nets.size(); ++n) {
    if (const auto found = weights.find(static_cast<NetId>(n)); found != weights.end()) {
      nets[n].weight = found->second;
    }
  }
  for (std::size_t i = 0; i < circuit.devices.size(); ++i) {
    const Device& device = circuit.devices[i];
    const auto names = terminal_names(device);
    for (std::size_t t = 0; t < device.nets.size(); ++t) {
      const NetId net = device.nets[t];
      if (net == kNoNet) continue;
      if (net < 0 || static_cast<std::size_t>(net) >= nets.size() || t >= names.size()) {
        return bad("A terminal is on a net that does not exist.", "device " + device.name);
      }
      const TilePin* pin = tiles[i].find_pin(names[t]);
      if (pin == nullptr || pin->access.empty()) {
        return bad("The tile has no pin for terminal " + std::string(names[t]) + ".",
                   "device " + device.name, "the device generator must draw every terminal");
      }
      Rect box;
      for (const Shape& shape : pin->access) box = box.united(shape.rect);
      if (!tiles[i].outline.contains(box)) {
        return bad("The tile's pin " + std::string(names[t]) + " leaves its outline.",
                   "device " + device.name, "the outline must hold every shape");
      }
      const int x = box.x0 + box.x1 - 2 * (tiles[i].outline.x0 - problem.halo);
      const int y = box.y0 + box.y1 - 2 * (tiles[i].outline.y0 - problem.halo);
      auto& pins = nets[static_cast<std::size_t>(net)].pins;
      if (pins.empty() || pins.back().tile != static_cast<int>(i)) {
        pins.push_back({static_cast<int>(i), x, x, y, y});
      } else {
        Pin& last = pins.back();
        last.x_low = std::min(last.x_low, x);
        last.x_high = std::max(last.x_high, x);
        last.y_low = std::min(last.y_low, y);
        last.y_high = std::max(last.y_high, y);
      }
    }
  }
  for (WeightedNet& net : nets) {
    if (net.pins.size() > 1 && net.weight > 0) problem.nets.push_back(std::move(net));
  }
  return ok();
}

}  // namespace

Result<Problem> make_problem(const Circuit& circuit, const Tiles& tiles,
                             const std::vector<Dbu>& clearance, const Params& params) {
  const std::size_t n = circuit.devices.size();
  if (tiles.size() != n || clearance.size() != n * n) {
    return bad("A placement needs one tile a device: " + std::to_string(n) + " devices, " +
                   std::to_string(tiles.size()) + " tiles.",
               circuit.name);
  }
  if (n > kMaxTiles) {
    return make_error(ErrorCode::kLimit,
                      "The circuit has " + std::to_string(n) + " devices; this placer takes " +
                          std::to_string(kMaxTiles) + ".",
                      circuit.name, "place its subcircuits one by one");
  }
  Problem problem;
  problem.tiles = static_cast<int>(n);
  problem.halo = up_to_grid(std::max<Dbu>(0, params.halo));
  for (std::size_t i = 0; i < n; ++i) {
    const Rect& outline = tiles[i].outline;
    if (outline.empty() || outline.width() <= 0 || outline.height() <= 0 ||
        outline.width() % kPlacementGrid != 0 || outline.height() % kPlacementGrid != 0 ||
        outline.width() > kMaxSide || outline.height() > kMaxSide) {
      return bad("The tile's outline must be a multiple of " + std::to_string(kPlacementGrid) +
                     " nm, at most 1 mm a side; it is " + std::to_string(outline.width()) + " x " +
                     std::to_string(outline.height()) + " nm.",
                 "device " + circuit.devices[i].name);
    }
    problem.width.push_back(outline.width() + 2 * problem.halo);
    problem.height.push_back(outline.height() + 2 * problem.halo);
  }
  const Dbu extra = up_to_grid(std::max<Dbu>(0, params.extra_spacing));
  for (const Dbu distance : clearance) {
    problem.separation.push_back(up_to_grid(std::max<Dbu>(0, distance)) + extra);
  }
  problem.outline_width = std::max<Dbu>(0, params.outline_width);
  problem.outline_height = std::max<Dbu>(0, params.outline_height);
  problem.aspect = params.aspect;
  problem.aspect_weight = params.aspect_weight;
  problem.area_weight = to_weight(params.area_weight);
  problem.pair_weight = to_weight(params.pair_weight);
  problem.tail_weight = to_weight(params.tail_weight);
  PTAH_TRY(auto weights, parse_net_weights(circuit, params.net_weights));
  for (const auto& [net, weight] : params.weights) {
    if (net < 0 || static_cast<std::size_t>(net) >= circuit.nets.size()) {
      return bad("The circuit has no net of number " + std::to_string(net) + ".", "net weights");
    }
    if (!(weight >= 0 && weight <= 1000)) {
      return bad("A net weight is a number from 0 to 1000.",
                 "net " + circuit.nets[static_cast<std::size_t>(net)].name);
    }
    weights[net] = to_weight(weight);
  }
  PTAH_TRY(find_groups(circuit, !params.broken_symmetry, problem));
  PTAH_TRY(find_nets(circuit, tiles, weights, problem));
  problem.cluster_of.assign(n, -1);
  problem.image_of.assign(n, -1);
  find_clusters(circuit, problem);
  return problem;
}

}  // namespace ptah::sequence_pair
