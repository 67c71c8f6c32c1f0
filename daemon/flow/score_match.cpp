#include "flow/score_match.hpp"

#include <algorithm>

#include "flow/score_graph.hpp"
#include "ptah/core/letter_case.hpp"

namespace ptah {
namespace {

using namespace score_graph;

/// Individualised colours tried before the search gives up; circuits with more symmetry than that
/// fall back to the greedy assignment.
constexpr int kMaxTries = 2000;
/// Bound on the greedy assignment's work: groups * slots * slots.
constexpr std::size_t kMaxGreedyWork = 50'000'000;

std::size_t distinct(std::vector<Colour> colours) {
  std::sort(colours.begin(), colours.end());
  return static_cast<std::size_t>(std::unique(colours.begin(), colours.end()) - colours.begin());
}

/// Colours of items, and of nets that an item touches, in order: equal for graphs that refinement
/// can not tell apart.
std::vector<Colour> profile(const Graph& graph, const Colours& colours) {
  std::vector<Colour> all = colours.items;
  for (std::size_t n = 0; n < graph.uses.size(); ++n) {
    if (!graph.uses[n].empty()) all.push_back(mix(colours.nets[n], 0x6e6574));
  }
  std::sort(all.begin(), all.end());
  return all;
}

class Search {
 public:
  Search(const Graph& found, const Graph& wanted, const std::vector<int>& likely)
      : found_(found), wanted_(wanted), likely_(likely) {}

  /// For each found item its wanted one, and so for the nets that items touch; empty: the graphs
  /// differ, or the search was given up.
  std::vector<int> run(std::vector<NetId>& net_of) {
    if (found_.items.size() != wanted_.items.size()) return {};
    Colours a = initial(found_), b = initial(wanted_);
    tries_ = 0;
    if (!settle(std::move(a), std::move(b))) return {};
    net_of = net_of_;
    return pairs_;
  }

 private:
  bool settle(Colours a, Colours b) {
    std::size_t before = 0;
    for (;;) {
      const std::size_t now = distinct(b.items) + distinct(b.nets);
      if (now == before) break;
      before = now;
      refine_once(found_, a);
      refine_once(wanted_, b);
    }
    if (profile(found_, a) != profile(wanted_, b)) return false;
    // The first wanted item that shares its colour with another.
    std::map<Colour, std::vector<int>> classes;
    for (std::size_t i = 0; i < a.items.size(); ++i) {
      classes[a.items[i]].push_back(static_cast<int>(i));
    }
    int tied = -1;
    for (std::size_t i = 0; i < b.items.size() && tied < 0; ++i) {
      if (classes[b.items[i]].size() > 1) tied = static_cast<int>(i);
    }
    if (tied < 0) {
      pairs_.assign(a.items.size(), -1);
      for (std::size_t i = 0; i < b.items.size(); ++i) {
        pairs_[static_cast<std::size_t>(classes[b.items[i]].front())] = static_cast<int>(i);
      }
      pair_nets(a, b);
      return true;
    }
    const Colour colour = b.items[static_cast<std::size_t>(tied)];
    std::vector<int> candidates = classes[colour];
    const int count = wanted_.items[static_cast<std::size_t>(tied)].count;
    const auto rank = [&](int item) {
      const bool named = likely_[static_cast<std::size_t>(item)] == tied;
      const bool counted = found_.items[static_cast<std::size_t>(item)].count == count;
      return (named ? 0 : 2) + (counted ? 0 : 1);
    };
    std::stable_sort(candidates.begin(), candidates.end(),
                     [&](int x, int y) { return rank(x) < rank(y); });
    for (const int candidate : candidates) {
      if (++tries_ > kMaxTries) return false;
      Colours next_a = a, next_b = b;
      next_a.items[static_cast<std::size_t>(candidate)] = mix(colour, 1);
      next_b.items[static_cast<std::size_t>(tied)] = mix(colour, 1);
      if (settle(std::move(next_a), std::move(next_b))) return true;
    }
    return false;
  }

  /// By colour; nets of one colour are symmetric, and paired in their order.
  void pair_nets(const Colours& a, const Colours& b) {
    std::map<Colour, std::vector<NetId>> wanted;
    for (std::size_t n = b.nets.size(); n-- > 0;) {
      if (!wanted_.uses[n].empty()) wanted[b.nets[n]].push_back(static_cast<NetId>(n));
    }
    net_of_.assign(a.nets.size(), kNoNet);
    for (std::size_t n = 0; n < a.nets.size(); ++n) {
      const auto partner = wanted.find(a.nets[n]);
      if (found_.uses[n].empty() || partner == wanted.end() || partner->second.empty()) continue;
      net_of_[n] = partner->second.back();
      partner->second.pop_back();
    }
  }

  const Graph& found_;
  const Graph& wanted_;
  const std::vector<int>& likely_;
  std::vector<int> pairs_;
  std::vector<NetId> net_of_;
  int tries_ = 0;
};

/// Net by net, how the found item's ends can lie on the wanted one's: what `net_of` says of it.
/// +3 for an end on the right net, -2 for one on another.
int likeness(const Item& found, const Item& wanted, const std::vector<NetId>& net_of) {
  if (found.type.kind != wanted.type.kind) return -1000;
  int score = found.type.size == wanted.type.size ? 4 : 0;
  std::vector<bool> used(wanted.ends.size(), false);
  for (const auto& [end_role, net] : found.ends) {
    const NetId known = net_of[static_cast<std::size_t>(net)];
    if (known == kNoNet) continue;
    bool hit = false;
    for (std::size_t e = 0; e < wanted.ends.size() && !hit; ++e) {
      if (used[e] || wanted.ends[e] != std::pair<int, int>(end_role, known)) continue;
      used[e] = hit = true;
    }
    score += hit ? 3 : -2;
  }
  return score;
}

/// Gives nets that only one end is left for their name.
void learn_nets(const Item& found, const Item& wanted, std::vector<NetId>& net_of,
                std::vector<bool>& taken) {
  for (const int wanted_role : {1, 2, 3, 4, 5}) {
    std::vector<int> open, missing;
    std::vector<NetId> seen;
    for (const auto& [end_role, net] : found.ends) {
      if (end_role != wanted_role) continue;
      const NetId known = net_of[static_cast<std::size_t>(net)];
      if (known == kNoNet) {
        open.push_back(net);
      } else {
        seen.push_back(known);
      }
    }
    for (const auto& [end_role, net] : wanted.ends) {
      if (end_role != wanted_role) continue;
      const auto at = std::find(seen.begin(), seen.end(), net);
      if (at != seen.end()) {
        seen.erase(at);
      } else {
        missing.push_back(net);
      }
    }
    const bool one = open.size() == 1 && missing.size() == 1;
    const bool same = open.size() == 2 && missing.size() == 2 && open[0] == open[1];
    if (!one && !same) continue;
    // A second piece of a net (an open) is that net, too.
    net_of[static_cast<std::size_t>(open[0])] = missing[0];
    taken[static_cast<std::size_t>(missing[0])] = true;
  }
}

/// Nets of the circuit by the names found, where a name is not found twice.
std::vector<NetId> named_nets(const FoundParts& found, const Circuit& circuit, bool ports_only) {
  std::map<std::string, int> pieces;
  for (const std::string& name : found.nets) ++pieces[lower_case(name)];
  std::vector<NetId> net_of(found.nets.size(), kNoNet);
  for (std::size_t n = 0; n < found.nets.size(); ++n) {
    const NetId net = found.nets[n].empty() ? kNoNet : circuit.find_net(found.nets[n]);
    if (net == kNoNet || (ports_only && !circuit.is_port(net))) continue;
    if (ports_only && pieces[lower_case(found.nets[n])] > 1) continue;
    net_of[n] = net;
  }
  return net_of;
}

/// Pairs what looks the same within some steps, and looks like nothing else: damage is not seen
/// from afar. The widest views first, they tell most apart.
void pair_views(const Graph& found, const Graph& wanted, std::vector<int>& pairs,
                std::vector<bool>& slot_taken, std::vector<NetId>& net_of) {
  constexpr int kWidest = 6;
  std::vector<Colours> a{initial(found)}, b{initial(wanted)};
  for (int round = 0; round < kWidest; ++round) {
    a.push_back(a.back());
    b.push_back(b.back());
    refine_once(found, a.back());
    refine_once(wanted, b.back());
  }
  const auto unique = [](const std::vector<Colour>& colours, auto&& counts) {
    std::map<Colour, int> only;
    for (std::size_t i = 0; i < colours.size(); ++i) {
      if (!counts(i)) continue;
      const auto [at, fresh] = only.emplace(colours[i], static_cast<int>(i));
      if (!fresh) at->second = -1;
    }
    return only;
  };
  std::vector<bool> net_taken(wanted.uses.size(), false);
  for (const NetId net : net_of) {
    if (net != kNoNet) net_taken[static_cast<std::size_t>(net)] = true;
  }
  for (int round = kWidest; round > 0; --round) {
    const auto r = static_cast<std::size_t>(round);
    const auto all = [](std::size_t) { return true; };
    const auto items = unique(a[r].items, all), slots = unique(b[r].items, all);
    for (const auto& [colour, item] : items) {
      const auto slot = slots.find(colour);
      if (item < 0 || slot == slots.end() || slot->second < 0) continue;
      const auto i = static_cast<std::size_t>(item), s = static_cast<std::size_t>(slot->second);
      if (pairs[i] >= 0 || slot_taken[s]) continue;
      pairs[i] = slot->second;
      slot_taken[s] = true;
    }
    const auto nets = unique(a[r].nets, [&](std::size_t n) { return !found.uses[n].empty(); });
    const auto named = unique(b[r].nets, [&](std::size_t n) { return !wanted.uses[n].empty(); });
    for (const auto& [colour, net] : nets) {
      const auto name = named.find(colour);
      if (net < 0 || name == named.end() || name->second < 0) continue;
      const auto n = static_cast<std::size_t>(net), w = static_cast<std::size_t>(name->second);
      if (net_of[n] != kNoNet || net_taken[w]) continue;
      net_of[n] = name->second;
      net_taken[w] = true;
    }
  }
}

/// Found item -> wanted item, or -1; `net_of` grows.
std::vector<int> greedy(const Graph& found, const Graph& wanted, std::vector<NetId>& net_of) {
  std::vector<int> pairs(found.items.size(), -1);
  if (found.items.size() * wanted.items.size() * wanted.items.size() > kMaxGreedyWork) return pairs;
  std::vector<bool> slot_taken(wanted.items.size(), false), net_taken(wanted.uses.size(), false);
  pair_views(found, wanted, pairs, slot_taken, net_of);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (pairs[i] < 0) continue;
    learn_nets(found.items[i], wanted.items[static_cast<std::size_t>(pairs[i])], net_of, net_taken);
  }
  for (const bool second_pieces : {false, true}) {
    for (;;) {
      int best = 4, best_item = -1, best_slot = -1;  // the size alone tells too little
      for (std::size_t i = 0; i < found.items.size(); ++i) {
        if (pairs[i] >= 0) continue;
        for (std::size_t s = 0; s < wanted.items.size(); ++s) {
          if (slot_taken[s] && !second_pieces) continue;
          const int score = likeness(found.items[i], wanted.items[s], net_of);
          if (score <= best) continue;
          best = score;
          best_item = static_cast<int>(i);
          best_slot = static_cast<int>(s);
        }
      }
      if (best_item < 0) break;
      pairs[static_cast<std::size_t>(best_item)] = best_slot;
      slot_taken[static_cast<std::size_t>(best_slot)] = true;
      learn_nets(found.items[static_cast<std::size_t>(best_item)],
                 wanted.items[static_cast<std::size_t>(best_slot)], net_of, net_taken);
    }
    // A type that only one slot and one item are left of needs no nets.
    for (std::size_t s = 0; s < wanted.items.size() && !second_pieces; ++s) {
      if (slot_taken[s]) continue;
      int only = -1, items = 0, slots = 0;
      for (std::size_t i = 0; i < found.items.size(); ++i) {
        if (pairs[i] >= 0 || found.items[i].type.kind != wanted.items[s].type.kind) continue;
        if (found.items[i].type.size != wanted.items[s].type.size) continue;
        only = static_cast<int>(i);
        ++items;
      }
      for (std::size_t other = 0; other < wanted.items.size(); ++other) {
        slots += !slot_taken[other] && wanted.items[other].type.kind == wanted.items[s].type.kind &&
                 wanted.items[other].type.size == wanted.items[s].type.size;
      }
      if (items != 1 || slots != 1) continue;
      pairs[static_cast<std::size_t>(only)] = static_cast<int>(s);
      slot_taken[s] = true;
      learn_nets(found.items[static_cast<std::size_t>(only)], wanted.items[s], net_of, net_taken);
    }
  }
  return pairs;
}

/// Hands the parts of each found item to the devices of its wanted one: as many as the schematic
/// says, the rest to the last.
void assign_parts(const FoundParts& found, const Circuit& circuit, const Graph& have,
                  const Graph& wanted, const std::vector<int>& pairs, Correspondence& match) {
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (pairs[i] < 0) continue;
    const auto& devices = wanted.items[static_cast<std::size_t>(pairs[i])].members;
    std::size_t at = 0;
    int given = 0;
    for (const int part : have.items[i].members) {
      const Device& device = circuit.devices[static_cast<std::size_t>(devices[at])];
      match.device_of[static_cast<std::size_t>(part)] = devices[at];
      given += found.parts[static_cast<std::size_t>(part)].count;
      const int wants = device.is_mos() ? device.total_fingers() : device.multiplier;
      if (wants > 0 && given >= wants && at + 1 < devices.size()) {
        ++at;
        given = 0;
      }
    }
  }
}

}  // namespace

Correspondence correspond(const FoundParts& found, const Circuit& circuit,
                          const Technology& technology) {
  Graph have = graph_of(found, technology), wanted = graph_of(circuit, technology);
  Correspondence match;
  match.device_of.assign(found.parts.size(), -1);
  const std::vector<NetId> ports = named_nets(found, circuit, true);
  match.net_of = named_nets(found, circuit, false);

  // The likeliest partner of each item by names alone, for ties.
  std::vector<int> likely(have.items.size(), -1);
  if (have.items.size() * wanted.items.size() <= kMaxGreedyWork) {
    for (std::size_t i = 0; i < have.items.size(); ++i) {
      int best = 4;
      for (std::size_t s = 0; s < wanted.items.size(); ++s) {
        const int score = likeness(have.items[i], wanted.items[s], match.net_of);
        if (score <= best) continue;
        best = score;
        likely[i] = static_cast<int>(s);
      }
    }
  }
  std::vector<int> pairs;
  std::vector<NetId> nets;
  const auto seed = [&](bool with_names) {
    for (std::size_t n = 0; n < ports.size(); ++n) {
      have.seed[n] =
          with_names && ports[n] != kNoNet
              ? hash_text(lower_case(circuit.nets[static_cast<std::size_t>(ports[n])].name))
              : 0;
    }
    for (const NetId port : circuit.ports) {
      wanted.seed[static_cast<std::size_t>(port)] =
          with_names ? hash_text(lower_case(circuit.nets[static_cast<std::size_t>(port)].name)) : 0;
    }
  };
  for (const bool with_names : {true, false}) {
    seed(with_names);
    pairs = Search(have, wanted, likely).run(nets);
    if (!pairs.empty()) break;
  }
  match.exact = !pairs.empty();
  if (match.exact) {
    match.net_of = std::move(nets);
  } else {
    seed(true);
    pairs = greedy(have, wanted, match.net_of);
  }
  assign_parts(found, circuit, have, wanted, pairs, match);
  // Nets that only bulks touch.
  for (std::size_t i = 0; i < found.parts.size(); ++i) {
    if (match.device_of[i] < 0) continue;
    const Device& device = circuit.devices[static_cast<std::size_t>(match.device_of[i])];
    const auto bulk = bulk_terminal(device.kind, device.nets.size());
    if (!bulk || found.parts[i].nets.size() <= *bulk) continue;
    const int net = found.parts[i].nets[*bulk];
    if (net >= 0 && match.net_of[static_cast<std::size_t>(net)] == kNoNet) {
      match.net_of[static_cast<std::size_t>(net)] = device.nets[*bulk];
    }
  }
  return match;
}

}  // namespace ptah
