/// From raw nodes to the network of a netlist: zero ohms, parallels, stubs and series taken out.
#include <algorithm>
#include <cmath>
#include <tuple>

#include "network.hpp"

namespace ptah::native {

// What connectivity joins by other means than wires and cuts (one cut over two shapes of a layer,
// wells below) has no resistance here.
void NetworkBuilder::mend_torn_nets(std::size_t nets) {
  DisjointSets joined(raw_.size());
  for (const Edge& edge : edges_) joined.unite(edge.a, edge.b);
  std::vector<Raw> first(nets, kNone);
  for (Raw i = 0; i < static_cast<Raw>(raw_.size()); ++i) {
    Raw& root = first[static_cast<std::size_t>(raw_[static_cast<std::size_t>(i)].net)];
    if (root == kNone) root = i;
    if (joined.find(root) == joined.find(i)) continue;
    edges_.push_back({root, i, 0});
    joined.unite(root, i);
  }
}

void NetworkBuilder::reduce() {
  constexpr double kNothing = 1e-9;  // ohm
  sets_ = DisjointSets(raw_.size());
  for (const Edge& edge : edges_) {
    if (edge.ohm <= kNothing) sets_.unite(edge.a, edge.b);
  }
  for (std::size_t i = 0; i < raw_.size(); ++i) {
    const auto root = static_cast<std::size_t>(sets_.find(static_cast<Raw>(i)));
    if (root == i) continue;
    raw_[root].area_um2 += raw_[i].area_um2;
    if (wanted_[i]) {
      if (!wanted_[root]) raw_[root].at = raw_[i].at;
      wanted_[root] = true;
    }
    raw_[i].area_um2 = 0;
  }
  // Conductances to neighbours; at most one a neighbour.
  struct Link {
    Raw to;
    double siemens;
  };
  std::vector<std::vector<Link>> links(raw_.size());
  const auto of = [&](Raw node) -> std::vector<Link>& {
    return links[static_cast<std::size_t>(node)];
  };
  const auto connect = [&](Raw from, Raw to, double siemens) {
    for (Link& link : of(from)) {
      if (link.to == to) {
        link.siemens += siemens;
        return;
      }
    }
    of(from).push_back({to, siemens});
  };
  const auto disconnect = [&](Raw from, Raw to) {
    std::erase_if(of(from), [&](const Link& link) { return link.to == to; });
  };
  // Parallels are summed up here, so that a node of many edges costs no search for each.
  for (Edge& edge : edges_) {
    edge.a = sets_.find(edge.a);
    edge.b = sets_.find(edge.b);
    if (edge.b < edge.a) std::swap(edge.a, edge.b);
  }
  std::stable_sort(edges_.begin(), edges_.end(), [](const Edge& x, const Edge& y) {
    return std::tie(x.a, x.b) < std::tie(y.a, y.b);
  });
  for (std::size_t i = 0; i < edges_.size();) {
    const Raw a = edges_[i].a, b = edges_[i].b;
    double siemens = 0;
    for (; i < edges_.size() && edges_[i].a == a && edges_[i].b == b; ++i) {
      if (a != b) siemens += 1 / edges_[i].ohm;
    }
    if (a == b) continue;
    of(a).push_back({b, siemens});
    of(b).push_back({a, siemens});
  }

  std::vector<Raw> work;
  const auto idle = [&](Raw node) {
    const std::size_t degree = of(node).size();
    return !wanted_[static_cast<std::size_t>(node)] && (degree == 1 || degree == 2);
  };
  for (Raw i = static_cast<Raw>(raw_.size()) - 1; i >= 0; --i) {
    if (sets_.find(i) == i && idle(i)) work.push_back(i);
  }
  while (!work.empty()) {
    const Raw node = work.back();
    work.pop_back();
    if (!idle(node)) continue;
    const std::vector<Link> around = std::move(of(node));
    of(node).clear();
    double& area = raw_[static_cast<std::size_t>(node)].area_um2;
    for (const Link& link : around) {
      disconnect(link.to, node);
      raw_[static_cast<std::size_t>(link.to)].area_um2 += area / static_cast<double>(around.size());
    }
    area = 0;
    raw_[static_cast<std::size_t>(node)].net = kNone;  // gone
    if (around.size() == 2) {
      const double siemens = 1 / (1 / around[0].siemens + 1 / around[1].siemens);
      connect(around[0].to, around[1].to, siemens);
      connect(around[1].to, around[0].to, siemens);
    }
    for (const Link& link : around) {
      if (idle(link.to)) work.push_back(link.to);
    }
  }
  edges_.clear();
  for (Raw i = 0; i < static_cast<Raw>(raw_.size()); ++i) {
    for (const Link& link : of(i)) {
      if (i < link.to) edges_.push_back({i, link.to, 1 / link.siemens});
    }
  }
}

void NetworkBuilder::finish(const Connectivity& connectivity, ResistorNetwork& into) {
  const std::size_t nets = connectivity.nets.size();
  into.nodes.clear();
  into.resistors.clear();
  into.first.assign(nets + 1, 0);
  std::vector<Raw> alive;
  for (Raw i = 0; i < static_cast<Raw>(raw_.size()); ++i) {
    if (sets_.find(i) == i && raw_[static_cast<std::size_t>(i)].net != kNone) alive.push_back(i);
  }
  const auto rank = [&](Raw node) {
    const NetIndex net = raw_[static_cast<std::size_t>(node)].net;
    const Raw port = port_[static_cast<std::size_t>(net)];
    return std::tuple(net, port == kNone || sets_.find(port) != node, node);
  };
  std::sort(alive.begin(), alive.end(), [&](Raw a, Raw b) { return rank(a) < rank(b); });
  std::vector<std::int32_t> number(raw_.size(), kNone);
  std::size_t next = 0;
  for (std::size_t net = 0; net < nets; ++net) {
    into.first[net] = into.nodes.size();
    for (; next < alive.size(); ++next) {
      const auto node = static_cast<std::size_t>(alive[next]);
      if (raw_[node].net != static_cast<NetIndex>(net)) break;
      number[node] = static_cast<std::int32_t>(into.nodes.size());
      into.nodes.push_back(raw_[node]);
    }
    if (into.nodes.size() == into.first[net]) {
      const FoundNet& found = connectivity.nets[net];
      into.nodes.push_back({static_cast<NetIndex>(net), found.box.center(), 0});
    }
  }
  into.first[nets] = into.nodes.size();
  for (const Edge& edge : edges_) {
    const std::int32_t a = number[static_cast<std::size_t>(edge.a)],
                       b = number[static_cast<std::size_t>(edge.b)];
    into.resistors.push_back({std::min(a, b), std::max(a, b), edge.ohm});
  }
  std::sort(into.resistors.begin(), into.resistors.end(),
            [](const auto& x, const auto& y) { return std::tie(x.a, x.b) < std::tie(y.a, y.b); });
  into.wells.assign(nets, kNone);
  for (std::size_t net = 0; net < nets; ++net) {
    if (well_[net] == kNone) continue;
    into.wells[net] = number[static_cast<std::size_t>(sets_.find(well_[net]))];
  }
  into.terminals.assign(terminals_.size(), {});
  for (std::size_t d = 0; d < terminals_.size(); ++d) {
    for (const Raw node : terminals_[d]) {
      into.terminals[d].push_back(number[static_cast<std::size_t>(sets_.find(node))]);
    }
  }
}

}  // namespace ptah::native
