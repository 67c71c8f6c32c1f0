#include "short_place.hpp"

#include <algorithm>
#include <deque>

#include "recognition/rect_join.hpp"

namespace ptah::native::lvs {
namespace {

constexpr int kMostBridges = 16;
constexpr std::size_t kMostNodes = 50'000;

/// Shapes, cuts and the substrate of one net, with vertex capacities of one: minimum vertex cut by
/// augmenting paths (Ford and Fulkerson), each vertex split into an entry 2v and an exit 2v + 1.
class NetGraph {
 public:
  NetGraph(const Connectivity& layout, const Technology& technology, NetIndex net) {
    const std::size_t layers = technology.layers().size();
    std::vector<std::vector<std::int32_t>> of_layer(layers);
    for (std::size_t l = 0; l < std::min(layers, layout.conductors.size()); ++l) {
      std::vector<Rect> rects;
      for (const NetRect& rect : layout.conductors[l]) {
        if (rect.net != net) continue;
        of_layer[l].push_back(static_cast<std::int32_t>(nodes_.size()));
        nodes_.push_back({static_cast<LayerId>(l), rect.rect});
        rects.push_back(rect.rect);
      }
      for (const RectPair& pair : abutting_pairs(rects)) {
        edge(of_layer[l][static_cast<std::size_t>(pair.a)],
             of_layer[l][static_cast<std::size_t>(pair.b)]);
      }
    }
    wires_ = nodes_.size();
    // Contacts come with ascending places within a cut layer and lower layer only, so they are
    // joined with each layer in sorted order.
    std::vector<std::vector<std::pair<Rect, std::int32_t>>> cuts(layers);
    for (const Contact& contact : layout.contacts) {
      if (contact.net != net) continue;
      const auto node = static_cast<std::int32_t>(nodes_.size());
      nodes_.push_back({contact.cut, contact.rect});
      cuts[contact.lower].emplace_back(contact.rect, node);
      cuts[contact.upper].emplace_back(contact.rect, node);
    }
    for (std::size_t l = 0; l < cuts.size(); ++l) {
      join(cuts[l], of_layer[l]);
    }
    // Wells reach their taps, the substrate all taps that no well holds.
    const auto tap = technology.find_layer("tap");
    if (!tap) return;
    std::vector<std::pair<Rect, std::int32_t>> taps;
    for (const std::int32_t node : of_layer[*tap])
      taps.emplace_back(nodes_[static_cast<std::size_t>(node)].place, node);
    for (const char* name : {"nwell", "pwell"}) {
      if (const auto well = technology.find_layer(name)) join(taps, of_layer[*well]);
    }
    if (net != layout.substrate) return;
    substrate_ = static_cast<std::int32_t>(nodes_.size());
    nodes_.push_back({*tap, {}});
    for (const auto& [rect, node] : taps) edge(substrate_, node);
  }

  std::optional<Bridge> cut(const std::vector<Seed>& a, const std::vector<Seed>& b) {
    if (nodes_.size() > kMostNodes) return std::nullopt;
    finish();
    mark_.assign(nodes_.size(), 0);
    seed(a, 1);
    seed(b, 2);
    for (std::size_t v = 0; v < nodes_.size(); ++v) {
      if (mark_[v] == 3) return Bridge{nodes_[v].layer, nodes_[v].place};
    }
    flow_.assign(nodes_.size(), 0);
    edge_flow_.assign(targets_.size(), 0);
    for (int bridges = 0; bridges <= kMostBridges; ++bridges) {
      if (augment()) continue;
      if (bridges == 1) return single();
      // Entered, but not left: saturated, and on the near side of the cut.
      for (std::size_t v = 0; v < nodes_.size(); ++v) {
        if (seen_[2 * v] && !seen_[2 * v + 1]) return Bridge{nodes_[v].layer, nodes_[v].place};
      }
      return std::nullopt;
    }
    return std::nullopt;
  }

 private:
  struct Node {
    LayerId layer;
    Rect place;
  };

  void edge(std::int32_t a, std::int32_t b) { edges_.push_back({a, b}); }

  /// Edges between places with a node each and the shapes of a layer that they overlap.
  void join(std::vector<std::pair<Rect, std::int32_t>>& places,
            const std::vector<std::int32_t>& shapes) {
    std::sort(places.begin(), places.end(), [](const auto& l, const auto& r) {
      return std::tuple(l.first.y0, l.first.x0, l.second) <
             std::tuple(r.first.y0, r.first.x0, r.second);
    });
    std::vector<Rect> a, b;
    for (const auto& [rect, node] : places) a.push_back(rect);
    for (const std::int32_t node : shapes)
      b.push_back(nodes_[static_cast<std::size_t>(node)].place);
    for (const RectPair& pair : overlapping_pairs(a, b)) {
      edge(places[static_cast<std::size_t>(pair.a)].second,
           shapes[static_cast<std::size_t>(pair.b)]);
    }
  }

  void finish() {
    const std::size_t count = edges_.size();
    for (std::size_t i = 0; i < count; ++i) edges_.push_back({edges_[i].b, edges_[i].a});
    std::sort(edges_.begin(), edges_.end());
    edges_.erase(std::unique(edges_.begin(), edges_.end()), edges_.end());
    start_.assign(nodes_.size() + 1, 0);
    for (const RectPair& e : edges_) {
      ++start_[static_cast<std::size_t>(e.a) + 1];
      targets_.push_back(e.b);
    }
    for (std::size_t v = 0; v < nodes_.size(); ++v) start_[v + 1] += start_[v];
  }

  void seed(const std::vector<Seed>& seeds, std::uint8_t bit) {
    for (const Seed& seed : seeds) {
      for (std::size_t v = 0; v < wires_; ++v) {
        if (nodes_[v].layer == seed.layer && nodes_[v].place.touches(seed.place)) {
          mark_[v] |= bit;
          break;
        }
      }
    }
  }

  std::size_t edge_index(std::int32_t from, std::int32_t to) const {
    const auto begin = edges_.begin() + start_[static_cast<std::size_t>(from)];
    const auto end = edges_.begin() + start_[static_cast<std::size_t>(from) + 1];
    return static_cast<std::size_t>(std::lower_bound(begin, end, RectPair{from, to}) -
                                    edges_.begin());
  }

  /// One more path from a's seeds to b's, breadth first over states (entry, exit) of vertices.
  bool augment() {
    const std::size_t states = 2 * nodes_.size();
    seen_.assign(states, 0);
    from_.assign(states, -1);
    std::deque<std::int32_t> queue;
    const auto reach = [&](std::int32_t state, std::int32_t from) {
      if (seen_[static_cast<std::size_t>(state)]) return;
      seen_[static_cast<std::size_t>(state)] = 1;
      from_[static_cast<std::size_t>(state)] = from;
      queue.push_back(state);
    };
    for (std::size_t v = 0; v < nodes_.size(); ++v) {
      if (mark_[v] == 1) reach(static_cast<std::int32_t>(2 * v + 1), -1);
    }
    while (!queue.empty()) {
      const std::int32_t state = queue.front();
      queue.pop_front();
      const std::int32_t v = state / 2;
      if (state % 2 == 0) {
        if (mark_[static_cast<std::size_t>(v)] == 2) {
          push(state);
          return true;
        }
        if (!flow_[static_cast<std::size_t>(v)]) {
          reach(state + 1, state);
        } else {
          // Back along the path that enters here.
          each(v, [&](std::int32_t u) {
            if (edge_flow_[edge_index(u, v)]) reach(2 * u + 1, state);
          });
        }
        continue;
      }
      each(v, [&](std::int32_t u) {
        if (mark_[static_cast<std::size_t>(u)] == 1) return;
        if (!edge_flow_[edge_index(v, u)]) reach(2 * u, state);
      });
      if (flow_[static_cast<std::size_t>(v)]) reach(2 * v, state);
    }
    return false;
  }

  void push(std::int32_t state) {
    while (from_[static_cast<std::size_t>(state)] >= 0) {
      const std::int32_t before = from_[static_cast<std::size_t>(state)];
      const std::int32_t v = before / 2, u = state / 2;
      if (v == u) {
        flow_[static_cast<std::size_t>(v)] = before % 2 == 0;
      } else if (before % 2 == 1) {
        edge_flow_[edge_index(v, u)] = 1;
      } else {
        edge_flow_[edge_index(u, v)] = 0;
      }
      state = before;
    }
  }

  /// Of all vertices that part the nets alone, the one farthest from the terminals and labels of
  /// both: near them a wire is rightly there. Then wires before cuts, then the smallest.
  std::optional<Bridge> single() const {
    const std::vector<std::int32_t> from_a = hops(1), from_b = hops(2);
    std::optional<std::size_t> best;
    std::tuple<std::int32_t, bool, DbuArea> least;
    std::vector<std::int32_t> stack;
    for (std::size_t v = 0; v < nodes_.size(); ++v) {
      if (!flow_[v] || mark_[v] != 0 || !parts(v, stack)) continue;
      const std::tuple<std::int32_t, bool, DbuArea> cost{-std::min(from_a[v], from_b[v]),
                                                         v >= wires_, nodes_[v].place.area()};
      if (best && cost >= least) continue;
      best = v;
      least = cost;
    }
    if (!best) return std::nullopt;
    return Bridge{nodes_[*best].layer, nodes_[*best].place};
  }

  /// Steps from the nearest seed of one net.
  std::vector<std::int32_t> hops(std::uint8_t mark) const {
    std::vector<std::int32_t> steps(nodes_.size(), -1), queue;
    for (std::size_t v = 0; v < nodes_.size(); ++v) {
      if (mark_[v] != mark) continue;
      steps[v] = 0;
      queue.push_back(static_cast<std::int32_t>(v));
    }
    for (std::size_t head = 0; head < queue.size(); ++head) {
      const std::int32_t v = queue[head];
      each(v, [&](std::int32_t u) {
        if (steps[static_cast<std::size_t>(u)] >= 0) return;
        steps[static_cast<std::size_t>(u)] = steps[static_cast<std::size_t>(v)] + 1;
        queue.push_back(u);
      });
    }
    return steps;
  }

  /// Nothing leads from one net's seeds to the other's when `removed` is gone.
  bool parts(std::size_t removed, std::vector<std::int32_t>& stack) const {
    std::vector<bool> seen(nodes_.size(), false);
    seen[removed] = true;
    stack.clear();
    for (std::size_t v = 0; v < nodes_.size(); ++v) {
      if (mark_[v] != 1) continue;
      seen[v] = true;
      stack.push_back(static_cast<std::int32_t>(v));
    }
    while (!stack.empty()) {
      const std::int32_t v = stack.back();
      stack.pop_back();
      if (mark_[static_cast<std::size_t>(v)] == 2) return false;
      each(v, [&](std::int32_t u) {
        if (seen[static_cast<std::size_t>(u)]) return;
        seen[static_cast<std::size_t>(u)] = true;
        stack.push_back(u);
      });
    }
    return true;
  }

  template <typename Visit>
  void each(std::int32_t v, Visit visit) const {
    for (std::int32_t e = start_[static_cast<std::size_t>(v)];
         e < start_[static_cast<std::size_t>(v) + 1]; ++e)
      visit(targets_[static_cast<std::size_t>(e)]);
  }

  std::vector<Node> nodes_;
  std::size_t wires_ = 0;
  std::int32_t substrate_ = -1;
  std::vector<RectPair> edges_;
  std::vector<std::int32_t> start_, targets_;
  std::vector<std::uint8_t> mark_;  ///< 1: of a, 2: of b
  std::vector<std::uint8_t> flow_, edge_flow_, seen_;
  std::vector<std::int32_t> from_;
};

}  // namespace

std::optional<Bridge> find_bridge(const Connectivity& layout, const Technology& technology,
                                  NetIndex net, const std::vector<Seed>& a,
                                  const std::vector<Seed>& b) {
  if (a.empty() || b.empty()) return std::nullopt;
  return NetGraph(layout, technology, net).cut(a, b);
}

}  // namespace ptah::native::lvs
