#include "reduction.hpp"

#include <Eigen/Dense>
#include <Eigen/Sparse>
#include <Eigen/SparseCholesky>
#include <algorithm>
#include <cctype>
#include <set>
#include <tuple>

#include "ptah/core/letter_case.hpp"
#include "recognition/disjoint_sets.hpp"

namespace ptah::native {
namespace {

/// Its order is that of the kept nodes of a net.
struct Role {
  enum Kind { kPort, kTerminal, kBulk, kWire };
  NetIndex net = kNone;
  Kind kind = kWire;
  std::int32_t owner = 0;
  std::size_t terminal = 0;
  friend auto operator<=>(const Role&, const Role&) = default;
};

/// Of the found terminal, as the schematic has it: it may have drain and source, or the ends of a
/// resistor, the other way round. Terminals of one device on one net that may change places are
/// one.
std::size_t schematic_terminal(const FoundDevice& found, std::size_t terminal, DeviceKind kind,
                               const Device* device, const Owners& owners) {
  const bool transistor = kind == DeviceKind::kNmos || kind == DeviceKind::kPmos;
  const std::size_t other = transistor ? terminal::kSource : terminal::kB;
  const bool exchangeable =
      (transistor || kind == DeviceKind::kResistor) && (terminal == 0 || terminal == other);
  if (!exchangeable) return terminal;
  const NetIndex net = found.terminals[terminal].net;
  if (device != nullptr) {
    return device->nets[0] == owners.nets[static_cast<std::size_t>(net)] ? 0 : other;
  }
  return net == std::min(found.terminals[0].net, found.terminals[other].net) ? 0 : other;
}

std::string word(const std::string& name) {
  std::string text = lower_case(name);
  for (char& c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return text;
}

std::string node_name(const Role& role, const std::string& net, const Owners& owners,
                      const std::vector<std::string_view>& ends) {
  switch (role.kind) {
    case Role::kTerminal:
      return net + ":" + word(owners.names[static_cast<std::size_t>(role.owner)]) + ":" +
             word(std::string(ends[role.terminal]));
    case Role::kBulk:
      return net + ":bulk";
    default:
      return net;
  }
}

bool is_bulk(const Technology& technology, const FoundDevice& device, std::size_t terminal) {
  return bulk_terminal(technology.devices()[device.model].kind, device.terminals.size()) ==
         terminal;
}

}  // namespace

KeptNodes keep_nodes(const Connectivity& connectivity, const Circuit& circuit,
                     const Technology& technology, const Owners& owners,
                     const ResistorNetwork& network, const NetNames& names) {
  std::map<Role, std::vector<std::int32_t>> members;
  std::map<Role, std::vector<std::string_view>> ends;
  std::vector<std::vector<Role>> roles(connectivity.devices.size());
  for (std::size_t d = 0; d < connectivity.devices.size(); ++d) {
    const FoundDevice& found = connectivity.devices[d];
    const DeviceKind kind = technology.devices()[found.model].kind;
    const Device* device =
        owners.matched ? &circuit.devices[static_cast<std::size_t>(owners.of[d])] : nullptr;
    for (std::size_t t = 0; t < found.terminals.size(); ++t) {
      Role role{found.terminals[t].net, Role::kBulk, 0, 0};
      if (!is_bulk(technology, found, t)) {
        role.kind = Role::kTerminal;
        role.owner = owners.of[d];
        role.terminal = schematic_terminal(found, t, kind, device, owners);
        ends.try_emplace(role, terminal_names(kind, found.terminals.size()));
      }
      members[role].push_back(network.terminals[d][t]);
      roles[d].push_back(role);
    }
  }
  const std::size_t nets = network.first.size() - 1;
  std::vector<bool> any(nets, false);
  const auto node_of_net = [&](std::size_t net) {
    return static_cast<std::int32_t>(network.first[net]);
  };
  for (std::size_t net = 0; net < nets; ++net) {
    const auto index = static_cast<NetIndex>(net);
    const FoundNet& found = connectivity.nets[net];
    if (found.port && !found.label_places.empty()) {
      members[{index, Role::kPort, 0, 0}].push_back(node_of_net(net));
    }
    if (index == connectivity.substrate && network.wells[net] != kNone) {
      members[{index, Role::kBulk, 0, 0}].push_back(network.wells[net]);
    }
  }
  for (const auto& [role, list] : members) any[static_cast<std::size_t>(role.net)] = true;
  for (std::size_t net = 0; net < nets; ++net) {
    if (!any[net]) {
      members[{static_cast<NetIndex>(net), Role::kWire, 0, 0}].push_back(node_of_net(net));
    }
  }

  KeptNodes kept;
  kept.first.assign(nets + 1, 0);
  kept.wells.assign(nets, kNone);
  std::set<std::string> taken;
  for (const std::string& name : names.nets) taken.insert(lower_case(name));
  std::map<Role, std::int32_t> number;
  for (auto& [role, list] : members) {
    const auto net = static_cast<std::size_t>(role.net);
    const bool first = kept.nodes.empty() || kept.nodes.back().net != role.net;
    KeptNodes::Node node{role.net, names.nets[net], std::move(list)};
    if (!first) {
      node.name = node_name(role, names.nets[net], owners, ends[role]);
      while (!taken.insert(lower_case(node.name)).second) node.name += "_";
    }
    number[role] = static_cast<std::int32_t>(kept.nodes.size());
    if (role.kind == Role::kBulk) kept.wells[net] = number[role];
    kept.nodes.push_back(std::move(node));
    kept.first[net + 1] = kept.nodes.size();
  }
  for (const auto& device : roles) {
    auto& nodes = kept.terminals.emplace_back();
    for (const Role& role : device) nodes.push_back(number[role]);
  }
  return kept;
}

namespace {

using Dense = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;
using Eigen::Index;

/// `g` without its last `count` nodes.
Dense eliminated(const Dense& g, Index count) {
  if (count == 0) return g;
  const Index left = g.rows() - count;
  return g.topLeftCorner(left, left) -
         g.topRightCorner(left, count) *
             g.bottomRightCorner(count, count).ldlt().solve(g.bottomLeftCorner(count, left));
}

/// One net: first down to the members of its kept nodes, then to these.
class NetReduction {
 public:
  NetReduction(const ResistorNetwork& network, const KeptNodes& kept, std::size_t net)
      : network_(network), net_(net), begin_(network.first[net]), first_(kept.first[net]) {
    for (std::size_t k = first_; k < kept.first[net + 1]; ++k) kept_.push_back(&kept.nodes[k]);
    number_nodes();
  }

  /// `edges`: of this net.
  void run(std::span<const ResistorNetwork::Resistor> edges, Reduction& into) {
    keep_members(edges);
    short_members();
    find_series();
    write(into);
  }

 private:
  /// Members get the first numbers.
  void number_nodes() {
    const std::size_t count = network_.first[net_ + 1] - begin_;
    number_.assign(count, -1);
    const auto next = [&](std::int32_t node) {
      Index& number = number_[static_cast<std::size_t>(node) - begin_];
      if (number < 0) number = members_++;
    };
    for (const KeptNodes::Node* node : kept_) {
      for (const std::int32_t member : node->members) next(member);
    }
    inner_ = 0;
    for (Index& number : number_) {
      if (number < 0) number = members_ + inner_++;
    }
  }
  Index number(std::int32_t node) const { return number_[static_cast<std::size_t>(node) - begin_]; }

  void keep_members(std::span<const ResistorNetwork::Resistor> edges) {
    using Matrix = Eigen::SparseMatrix<double>;
    std::vector<Eigen::Triplet<double>> inner, border;
    g_ = Dense::Zero(members_, members_);
    for (const ResistorNetwork::Resistor& edge : edges) {
      const Index a = number(edge.a), b = number(edge.b);
      const double siemens = 1 / edge.ohm;
      for (const auto& [from, to] : {std::pair(a, b), std::pair(b, a)}) {
        if (from < members_) {
          g_(from, from) += siemens;
          if (to < members_) g_(from, to) -= siemens;
          continue;
        }
        inner.emplace_back(from - members_, from - members_, siemens);
        if (to < members_) {
          border.emplace_back(from - members_, to, -siemens);
        } else {
          inner.emplace_back(from - members_, to - members_, -siemens);
        }
      }
    }
    areas_ = Vector::Zero(members_);
    Vector inner_areas = Vector::Zero(inner_);
    for (std::size_t i = 0; i < number_.size(); ++i) {
      const double area = network_.nodes[begin_ + i].area_um2;
      (number_[i] < members_ ? areas_(number_[i]) : inner_areas(number_[i] - members_)) += area;
    }
    if (inner_ == 0) return;
    Matrix g(inner_, inner_), to_members(inner_, members_);
    g.setFromTriplets(inner.begin(), inner.end());
    to_members.setFromTriplets(border.begin(), border.end());
    const Eigen::SimplicialLDLT<Matrix> solver(g);
    // Voltages of the inner nodes are `weights` times those of the members.
    const Dense weights = -solver.solve(Dense(to_members));
    g_ += to_members.transpose() * weights;
    areas_ += weights.transpose() * inner_areas;
  }

  /// Kept nodes with a common member are of one group.
  void short_members() {
    DisjointSets sets(static_cast<std::size_t>(members_));
    for (const KeptNodes::Node* node : kept_) {
      for (const std::int32_t member : node->members) {
        sets.unite(static_cast<std::int32_t>(number(node->members.front())),
                   static_cast<std::int32_t>(number(member)));
      }
    }
    group_.assign(static_cast<std::size_t>(members_), -1);
    for (Index m = 0; m < members_; ++m) {
      const auto root = static_cast<std::size_t>(sets.find(static_cast<std::int32_t>(m)));
      if (group_[root] < 0) {
        group_[root] = static_cast<Index>(groups_.size());
        groups_.emplace_back();
      }
      group_[static_cast<std::size_t>(m)] = group_[root];
      groups_[static_cast<std::size_t>(group_[root])].push_back(m);
    }
    const auto count = static_cast<Index>(groups_.size());
    Dense incidence = Dense::Zero(members_, count);
    for (Index m = 0; m < members_; ++m) incidence(m, group_[static_cast<std::size_t>(m)]) = 1;
    shorted_ = incidence.transpose() * g_ * incidence;
    group_areas_ = incidence.transpose() * areas_;
  }

  Index group_of(std::size_t k) const {
    return group_[static_cast<std::size_t>(number(kept_[k]->members.front()))];
  }

  void find_series() {
    std::vector<bool> seen(groups_.size(), false);
    for (std::size_t k = 0; k < kept_.size(); ++k) {
      const auto group = static_cast<std::size_t>(group_of(k));
      double ohm = groups_[group].size() > 1 && groups_.size() > 1 ? beyond_short(k) : 0;
      if (ohm < kLeastOhm) ohm = seen[group] ? kLeastOhm : 0;
      if (ohm == 0) seen[group] = true;
      series_.push_back(ohm);
    }
  }

  /// Resistance of kept node k with its current shared equally less that of the short.
  double beyond_short(std::size_t k) const {
    const auto& members = groups_[static_cast<std::size_t>(group_of(k))];
    Vector current = Vector::Zero(static_cast<Index>(members.size()));
    const double share = 1 / static_cast<double>(kept_[k]->members.size());
    for (const std::int32_t member : kept_[k]->members) {
      current(std::lower_bound(members.begin(), members.end(), number(member)) - members.begin()) +=
          share;
    }
    const Dense part = g_(members, members);
    const double siemens = shorted_(group_of(k), group_of(k));
    return current.dot(part.ldlt().solve(current)) - 1 / siemens;
  }

  /// Groups that no kept node is at once are eliminated.
  void write(Reduction& into) const {
    const auto kept = static_cast<Index>(kept_.size());
    std::vector<Index> row(groups_.size(), -1);
    for (std::size_t k = 0; k < kept_.size(); ++k) {
      if (series_[k] == 0) row[static_cast<std::size_t>(group_of(k))] = static_cast<Index>(k);
    }
    Index rows = kept;
    for (Index& at : row) {
      if (at < 0) at = rows++;
    }
    Dense all = Dense::Zero(rows, rows);
    for (std::size_t a = 0; a < row.size(); ++a) {
      for (std::size_t b = 0; b < row.size(); ++b) {
        all(row[a], row[b]) += shorted_(static_cast<Index>(a), static_cast<Index>(b));
      }
    }
    for (std::size_t k = 0; k < kept_.size(); ++k) {
      if (series_[k] == 0) continue;
      const auto at = static_cast<Index>(k), to = row[static_cast<std::size_t>(group_of(k))];
      const double siemens = 1 / series_[k];
      all(at, at) += siemens;
      all(to, to) += siemens;
      all(at, to) -= siemens;
      all(to, at) -= siemens;
    }
    const Dense reduced = eliminated(all, rows - kept);
    for (Index a = 0; a < kept; ++a) {
      for (Index b = a + 1; b < kept; ++b) {
        const double siemens = -(reduced(a, b) + reduced(b, a)) / 2;
        const double ohm = siemens > 1 / kMostOhm ? std::max(kLeastOhm, 1 / siemens) : kMostOhm;
        into.resistors.push_back({static_cast<std::int32_t>(first_) + static_cast<std::int32_t>(a),
                                  static_cast<std::int32_t>(first_) + static_cast<std::int32_t>(b),
                                  ohm});
      }
    }
    const double whole = group_areas_.sum();
    std::vector<bool> given(groups_.size(), false);
    for (std::size_t k = 0; k < kept_.size(); ++k) {
      const auto group = static_cast<std::size_t>(group_of(k));
      if (!given[group]) {
        into.shares[first_ + k] = whole > 0 ? group_areas_(static_cast<Index>(group)) / whole
                                  : k == 0  ? 1
                                            : 0;
      }
      given[group] = true;
      into.series[first_ + k] = series_[k];
    }
  }

  const ResistorNetwork& network_;
  std::size_t net_, begin_, first_;
  std::vector<const KeptNodes::Node*> kept_;
  std::vector<Index> number_;  ///< By node of the net.
  Index members_ = 0, inner_ = 0;
  Dense g_;                                 ///< Of the members.
  Vector areas_;                            ///< Of the members, um^2.
  std::vector<Index> group_;                ///< By member.
  std::vector<std::vector<Index>> groups_;  ///< Their members, ascending.
  Dense shorted_;                           ///< Of the groups.
  Vector group_areas_;
  std::vector<double> series_;  ///< By kept node of the net.
};

}  // namespace

Reduction reduce(const ResistorNetwork& network, const KeptNodes& kept) {
  Reduction reduction;
  reduction.shares.assign(kept.nodes.size(), 0);
  reduction.series.assign(kept.nodes.size(), 0);
  std::size_t next = 0;
  for (std::size_t net = 0; net + 1 < network.first.size(); ++net) {
    const std::size_t begin = next;
    const auto end = static_cast<std::int32_t>(network.first[net + 1]);
    while (next < network.resistors.size() && network.resistors[next].a < end) ++next;
    NetReduction(network, kept, net)
        .run(std::span(network.resistors).subspan(begin, next - begin), reduction);
  }
  return reduction;
}

std::vector<std::vector<std::string>> ReducedNodes::of_terminals() const {
  std::vector<std::vector<std::string>> all;
  for (const auto& device : kept_.terminals) {
    auto& names = all.emplace_back();
    for (const std::int32_t node : device) {
      names.push_back(kept_.nodes[static_cast<std::size_t>(node)].name);
    }
  }
  return all;
}

std::vector<ExtractedResistor> ReducedNodes::resistors() const {
  std::vector<ExtractedResistor> all;
  for (const ResistorNetwork::Resistor& r : reduction_.resistors) {
    const std::string &a = kept_.nodes[static_cast<std::size_t>(r.a)].name,
                      &b = kept_.nodes[static_cast<std::size_t>(r.b)].name;
    all.push_back({std::min(a, b), std::max(a, b), r.ohm});
  }
  std::sort(all.begin(), all.end(),
            [](const auto& x, const auto& y) { return std::tie(x.a, x.b) < std::tie(y.a, y.b); });
  return all;
}

void ReducedNodes::couplings(const NetNames& names, NetIndex substrate,
                             const std::map<std::pair<NetIndex, NetIndex>, double>& farad,
                             std::vector<ExtractedCapacitor>& into) const {
  const auto add = [&](NetIndex a, NetIndex b, double value) {
    const std::string &x = names.of(a), &y = names.of(b);
    into.push_back({std::min(x, y), std::max(x, y), value});
  };
  const std::size_t nets = names.nets.size();
  if (nets > kPairedNets) {
    for (const auto& [pair, value] : farad) add(pair.first, pair.second, value);
    return;
  }
  for (NetIndex b = 1; b < static_cast<NetIndex>(nets); ++b) {
    for (NetIndex a = 0; a < b; ++a) {
      if (a == substrate || b == substrate) continue;
      const auto found = farad.find({a, b});
      add(a, b, found == farad.end() ? 0 : found->second);
    }
  }
}

void ReducedNodes::ground(const NetNames& names, NetIndex net, NetIndex substrate, double farad,
                          std::vector<ExtractedCapacitor>& into) const {
  const std::int32_t well = kept_.wells[static_cast<std::size_t>(substrate)];
  const std::string& to =
      well == kNone ? names.of(substrate) : kept_.nodes[static_cast<std::size_t>(well)].name;
  const auto add = [&](const std::string& node, double value) {
    into.push_back({std::min(node, to), std::max(node, to), value});
  };
  const auto at = static_cast<std::size_t>(net);
  if (at + 1 >= kept_.first.size()) {  // the body of a metal resistor
    add(names.of(net), farad);
    return;
  }
  for (std::size_t k = kept_.first[at]; k < kept_.first[at + 1]; ++k) {
    add(kept_.nodes[k].name, farad * reduction_.shares[k]);
  }
}

}  // namespace ptah::native
