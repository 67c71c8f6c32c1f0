#include "wire_packing.hpp"

#include <algorithm>

namespace ptah::sequence_pair {
void WirePacking::reset(int units) {
  units_ = units;
  arcs_.clear();
  nets_.clear();
  pins_.clear();
}

void WirePacking::add_arc(int from, int to, Length length) {
  arcs_.push_back({from, to, length, 0});
}

void WirePacking::begin_net(int weight, Length limit) {
  nets_.push_back({weight, limit});
}

void WirePacking::add_low_pin(int unit, Length low) {
  pins_.push_back({static_cast<int>(nets_.size()) - 1, unit, low, true});
}

void WirePacking::add_high_pin(int unit, Length high) {
  pins_.push_back({static_cast<int>(nets_.size()) - 1, unit, high, false});
}

/// The least coordinates: longest ways from the left edge, by Bellman and Ford.
bool WirePacking::settle() {
  for (int round = 0; round <= nodes_; ++round) {
    bool changed = false;
    for (const Arc& arc : arcs_) {
      const Length least = potential_[at(arc.from)] + arc.length;
      if (potential_[at(arc.to)] < least) {
        potential_[at(arc.to)] = least;
        changed = true;
      }
    }
    if (!changed) return true;
  }
  return false;
}

WirePacking::Outcome WirePacking::pack_left() {
  nodes_ = units_ + 2 * static_cast<int>(nets_.size());
  potential_.assign(at(nodes_), 0);
  if (!settle()) return Outcome::kContradiction;
  for (std::size_t n = 0; n < nets_.size(); ++n) {
    potential_[at(left(static_cast<int>(n)))] = kInfinite;
    potential_[at(right(static_cast<int>(n)))] = -kInfinite;
  }
  for (const NetPin& pin : pins_) {
    Length& end = potential_[at(pin.low ? left(pin.net) : right(pin.net))];
    const Length here = potential_[at(pin.unit)] + pin.at;
    end = pin.low ? std::min(end, here) : std::max(end, here);
  }
  return Outcome::kOptimal;
}

WirePacking::Outcome WirePacking::solve(Length bound) {
  if (pack_left() == Outcome::kContradiction) return Outcome::kContradiction;
  const auto count = at(nodes_);
  const std::size_t distances = arcs_.size();
  for (const NetPin& pin : pins_) {
    if (pin.low) {
      arcs_.push_back({left(pin.net), pin.unit, -pin.at, 0});
    } else {
      arcs_.push_back({pin.unit, right(pin.net), pin.at, 0});
    }
  }
  bool limited = false;
  for (std::size_t n = 0; n < nets_.size(); ++n) {
    const int net = static_cast<int>(n);
    if (nets_[n].limit >= kInfinite) continue;
    limited = true;
    arcs_.push_back({right(net), left(net), -nets_[n].limit, 0});
  }
  // A limit may lift a left end, and so push what the left-packed positions left too far left.
  if (limited && !settle()) return Outcome::kContradiction;
  first_out_.assign(count + 1, 0);
  for (const Arc& arc : arcs_) ++first_out_[at(arc.from) + 1];
  for (std::size_t v = 0; v < count; ++v) first_out_[v + 1] += first_out_[v];
  out_.resize(arcs_.size());
  distance_.assign(count, 0);  // Here: how many arcs of a node are listed already.
  for (std::size_t a = 0; a < arcs_.size(); ++a) {
    const auto from = at(arcs_[a].from);
    out_[at(first_out_[from]) + static_cast<std::size_t>(distance_[from]++)] = static_cast<int>(a);
  }
  if (flowing_in_.size() < count) flowing_in_.resize(count);
  for (std::size_t v = 0; v < count; ++v) flowing_in_[v].clear();
  demand_.assign(count, 0);
  parent_.resize(count);
  settled_.resize(count);
  sent_ = 0;
  Outcome outcome = Outcome::kOptimal;
  for (std::size_t n = 0; n < nets_.size() && outcome == Outcome::kOptimal; ++n) {
    const int source = left(static_cast<int>(n));
    demand_[at(source)] = nets_[n].weight;
    demand_[at(source) + 1] = -nets_[n].weight;
    while (demand_[at(source)] > 0 && outcome == Outcome::kOptimal) {
      if (!augment(source)) outcome = Outcome::kContradiction;
      if (sent_ > bound) outcome = Outcome::kOverBound;
    }
  }
  for (Arc& arc : arcs_) arc.flow = 0;
  arcs_.resize(distances);
  return outcome;
}

/// Sends flow from `source` along the cheapest residual way to a right end that still wants some
/// (Dijkstra over reduced costs), and moves the coordinates so that reduced costs stay >= 0.
bool WirePacking::augment(int source) {
  std::fill(distance_.begin(), distance_.begin() + nodes_, kInfinite);
  std::fill(settled_.begin(), settled_.begin() + nodes_, 0);
  open_.clear();
  visited_.clear();
  distance_[at(source)] = 0;
  parent_[at(source)] = -1;
  open_.push_back(source);
  int sink = -1;
  while (!open_.empty()) {
    std::size_t best = 0;
    for (std::size_t i = 1; i < open_.size(); ++i) {
      const Length d = distance_[at(open_[i])] - distance_[at(open_[best])];
      if (d < 0 || (d == 0 && open_[i] > open_[best])) best = i;
    }
    const int node = open_[best];
    open_[best] = open_.back();
    open_.pop_back();
    settled_[at(node)] = 1;
    visited_.push_back(node);
    if (demand_[at(node)] < 0) {
      sink = node;
      break;
    }
    const Length base = distance_[at(node)];
    const Length here = potential_[at(node)];
    const auto relax = [&](int to, Length cost, int via) {
      if (settled_[at(to)]) return;
      Length& d = distance_[at(to)];
      if (base + cost >= d) return;
      if (d == kInfinite) open_.push_back(to);
      d = base + cost;
      parent_[at(to)] = via;
    };
    for (int o = first_out_[at(node)]; o < first_out_[at(node) + 1]; ++o) {
      const int a = out_[at(o)];
      const Arc& arc = arcs_[at(a)];
      relax(arc.to, potential_[at(arc.to)] - here - arc.length, a);
    }
    for (const int a : flowing_in_[at(node)]) {
      const Arc& arc = arcs_[at(a)];
      relax(arc.from, potential_[at(arc.from)] - here + arc.length, ~a);
    }
  }
  if (sink < 0) return false;
  const Length reach = distance_[at(sink)];
  for (const int node : visited_) potential_[at(node)] += reach - distance_[at(node)];
  std::int64_t amount = std::min(demand_[at(source)], -demand_[at(sink)]);
  for (int node = sink; node != source;) {
    const int via = parent_[at(node)];
    if (via < 0) amount = std::min(amount, arcs_[at(~via)].flow);
    node = via < 0 ? arcs_[at(~via)].to : arcs_[at(via)].from;
  }
  for (int node = sink; node != source;) {
    const int via = parent_[at(node)];
    send(via < 0 ? ~via : via, via < 0 ? -amount : amount);
    node = via < 0 ? arcs_[at(~via)].to : arcs_[at(via)].from;
  }
  sent_ += amount * (potential_[at(sink)] - potential_[at(source)]);
  demand_[at(source)] -= amount;
  demand_[at(sink)] += amount;
  return true;
}

void WirePacking::send(int arc, std::int64_t amount) {
  Arc& a = arcs_[at(arc)];
  auto& listed = flowing_in_[at(a.to)];
  if (a.flow == 0) listed.push_back(arc);
  a.flow += amount;
  if (a.flow == 0) listed.erase(std::find(listed.begin(), listed.end(), arc));
}

WirePacking::Length WirePacking::extent(int net) const {
  return potential_[at(right(net))] - potential_[at(left(net))];
}

WirePacking::Length WirePacking::objective() const {
  Length sum = 0;
  for (std::size_t n = 0; n < nets_.size(); ++n) {
    sum += nets_[n].weight * extent(static_cast<int>(n));
  }
  return sum;
}

}  // namespace ptah::sequence_pair
