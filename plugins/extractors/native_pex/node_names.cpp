#include "node_names.hpp"

#include <algorithm>
#include <set>
#include <tuple>

namespace ptah::native {

Nodes::Nodes(const NetNames& names, const ResistorNetwork& network, bool resistive) {
  shares_.resize(names.nets.size());
  const std::size_t nets = resistive ? network.first.size() - 1 : 0;
  std::set<std::string> taken;
  if (resistive) {
    for (const std::string& name : names.nets) {
      if (name.find(':') != std::string::npos) taken.insert(name);
    }
    nodes_.resize(network.nodes.size());
  }
  std::vector<std::size_t> order;
  wells_.resize(names.nets.size());
  for (std::size_t net = 0; net < names.nets.size(); ++net) {
    // Bodies of metal resistors have no network.
    const std::size_t first = net < nets ? network.first[net] : 0;
    const std::size_t last = net < nets ? network.first[net + 1] : 0;
    double whole = 0;
    order.clear();
    std::size_t number = 0;
    for (std::size_t i = first; i < last; ++i) {
      nodes_[i] = names.nets[net];
      if (i > first) {
        do {
          nodes_[i] = names.nets[net] + ":" + std::to_string(++number);
        } while (taken.count(nodes_[i]) != 0);
      }
      whole += network.nodes[i].area_um2;
      if (network.nodes[i].area_um2 > 0) order.push_back(i);
    }
    const std::int32_t well = net < nets ? network.wells[net] : kNone;
    wells_[net].push_back(
        {well == kNone ? names.nets[net] : nodes_[static_cast<std::size_t>(well)], 1});
    if (order.empty()) {
      shares_[net].push_back({names.nets[net], 1});
      continue;
    }
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return network.nodes[a].at < network.nodes[b].at;
    });
    double sum = 0;
    for (const std::size_t i : order) {
      sum += network.nodes[i].area_um2;
      shares_[net].push_back({nodes_[i], sum / whole});
    }
    shares_[net].back().up_to = 1;
  }
}

std::vector<std::vector<std::string>> Nodes::of_terminals(const ResistorNetwork& network) const {
  std::vector<std::vector<std::string>> all;
  for (const auto& device : network.terminals) {
    auto& names = all.emplace_back();
    for (const std::int32_t node : device) names.push_back(nodes_[static_cast<std::size_t>(node)]);
  }
  return all;
}

std::vector<ExtractedResistor> Nodes::resistors(const ResistorNetwork& network) const {
  std::vector<ExtractedResistor> all;
  if (nodes_.empty()) return all;
  for (const ResistorNetwork::Resistor& r : network.resistors) {
    all.push_back(
        {nodes_[static_cast<std::size_t>(r.a)], nodes_[static_cast<std::size_t>(r.b)], r.ohm});
  }
  return all;
}

void Nodes::share(NetIndex a, NetIndex b, double farad,
                  std::vector<ExtractedCapacitor>& into) const {
  share(shares_[static_cast<std::size_t>(a)], shares_[static_cast<std::size_t>(b)], farad, into);
}

void Nodes::ground(NetIndex net, NetIndex substrate, double farad,
                   std::vector<ExtractedCapacitor>& into) const {
  share(shares_[static_cast<std::size_t>(net)], wells_[static_cast<std::size_t>(substrate)], farad,
        into);
}

void Nodes::share(const std::vector<Share>& from, const std::vector<Share>& to, double farad,
                  std::vector<ExtractedCapacitor>& into) {
  if (farad <= 0) return;
  double done = 0;
  const std::size_t start = into.size();
  for (std::size_t i = 0, j = 0; i < from.size() && j < to.size();) {
    const double end = std::min(from[i].up_to, to[j].up_to);
    if (farad * (end - done) >= kQuantum) {
      into.push_back({std::min(from[i].name, to[j].name), std::max(from[i].name, to[j].name),
                      farad * (end - done)});
      done = end;
    }
    // Both at once where both end here.
    const bool first = from[i].up_to <= end, second = to[j].up_to <= end;
    i += first ? 1 : 0;
    j += second ? 1 : 0;
  }
  if (done >= 1) return;
  if (into.size() > start) {
    into.back().farad += farad * (1 - done);
    return;
  }
  const std::string &a = from[from.size() / 2].name, &b = to[to.size() / 2].name;
  into.push_back({std::min(a, b), std::max(a, b), farad});
}

}  // namespace ptah::native
