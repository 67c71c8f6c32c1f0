#include "reduction.hpp"

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
  const DeviceKind kind = technology.devices()[device.model].kind;
  if (kind == DeviceKind::kResistor) return terminal == terminal::kSubstrate;
  return kind != DeviceKind::kCapacitor && terminal == terminal::kBulk;
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

/// One net: rows of kept nodes, then of those to be eliminated.
class NetReduction {
 public:
  NetReduction(const ResistorNetwork& network, const KeptNodes& kept, std::size_t net)
      : network_(network),
        kept_(kept),
        net_(net),
        begin_(network.first[net]),
        sets_(network.first[net + 1] - network.first[net]) {
    number_nodes();
  }

  /// `edges`: of this net.
  void run(std::span<const ResistorNetwork::Resistor> edges, Reduction& into) {
    using Matrix = Eigen::SparseMatrix<double>;
    const auto few = static_cast<Eigen::Index>(primaries_.size()),
               many = static_cast<Eigen::Index>(inner_);
    std::vector<Eigen::Triplet<double>> inner, border;
    Eigen::MatrixXd seen = Eigen::MatrixXd::Zero(few, few);  // negative conductances
    for (const ResistorNetwork::Resistor& edge : edges) {
      const Eigen::Index a = row(edge.a), b = row(edge.b);
      if (a == b) continue;
      const double siemens = 1 / edge.ohm;
      if (a < few && b < few) {
        seen(a, b) -= siemens;
        seen(b, a) -= siemens;
        continue;
      }
      for (const auto& [from, to] : {std::pair(a, b), std::pair(b, a)}) {
        if (from < few) continue;
        inner.emplace_back(from - few, from - few, siemens);
        if (to < few) {
          border.emplace_back(from - few, to, -siemens);
        } else {
          inner.emplace_back(from - few, to - few, -siemens);
        }
      }
    }
    Eigen::VectorXd areas = Eigen::VectorXd::Zero(few), inner_areas = Eigen::VectorXd::Zero(many);
    for (std::size_t i = begin_; i < network_.first[net_ + 1]; ++i) {
      const Eigen::Index at = row(static_cast<std::int32_t>(i));
      (at < few ? areas(at) : inner_areas(at - few)) += network_.nodes[i].area_um2;
    }
    if (many > 0) {
      Matrix g(many, many), to_kept(many, few);
      g.setFromTriplets(inner.begin(), inner.end());
      to_kept.setFromTriplets(border.begin(), border.end());
      const Eigen::SimplicialLDLT<Matrix> solver(g);
      // Voltages of the inner nodes are `weights` times those of the kept ones.
      const Eigen::MatrixXd weights = -solver.solve(Eigen::MatrixXd(to_kept));
      seen += to_kept.transpose() * weights;
      areas += weights.transpose() * inner_areas;
    }
    write(seen, areas, into);
  }

 private:
  /// A kept node is the first of its point (its row is `primaries_`' index), or an alias of it.
  void number_nodes() {
    const std::size_t first = kept_.first[net_], last = kept_.first[net_ + 1];
    for (std::size_t k = first; k < last; ++k) {
      for (const std::int32_t member : kept_.nodes[k].members) {
        sets_.unite(local(kept_.nodes[k].members.front()), local(member));
      }
    }
    rows_.assign(sets_.size(), -1);
    for (std::size_t k = first; k < last; ++k) {
      const std::int32_t root = sets_.find(local(kept_.nodes[k].members.front()));
      Eigen::Index& at = rows_[static_cast<std::size_t>(root)];
      if (at < 0) {
        at = static_cast<Eigen::Index>(primaries_.size());
        primaries_.push_back(k);
      }
      row_of_kept_.push_back(at);
    }
    const auto few = static_cast<Eigen::Index>(primaries_.size());
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const auto root = static_cast<std::size_t>(sets_.find(static_cast<std::int32_t>(i)));
      if (rows_[root] < 0) rows_[root] = few + static_cast<Eigen::Index>(inner_++);
    }
  }

  std::int32_t local(std::int32_t node) const { return node - static_cast<std::int32_t>(begin_); }
  Eigen::Index row(std::int32_t node) {
    return rows_[static_cast<std::size_t>(sets_.find(local(node)))];
  }

  void write(const Eigen::MatrixXd& seen, const Eigen::VectorXd& areas, Reduction& into) const {
    const std::size_t first = kept_.first[net_], last = kept_.first[net_ + 1];
    const auto primary = [&](std::size_t k) {
      return primaries_[static_cast<std::size_t>(row_of_kept_[k - first])];
    };
    const double whole = areas.sum();
    for (std::size_t k = first; k < last; ++k) {
      const double area = primary(k) == k ? areas(row_of_kept_[k - first]) : 0;
      into.shares[k] = whole > 0 ? area / whole : k == first ? 1 : 0;
      for (std::size_t j = k + 1; j < last; ++j) {
        double ohm = kMostOhm;
        if (primary(k) == primary(j)) {
          // A star around the first of them.
          if (primary(k) == k) ohm = kLeastOhm;
        } else if (primary(k) == k && primary(j) == j) {
          const Eigen::Index a = row_of_kept_[k - first], b = row_of_kept_[j - first];
          const double siemens = -(seen(a, b) + seen(b, a)) / 2;
          if (siemens > 1 / kMostOhm) ohm = std::max(kLeastOhm, 1 / siemens);
        }
        into.resistors.push_back({static_cast<std::int32_t>(k), static_cast<std::int32_t>(j), ohm});
      }
    }
  }

  const ResistorNetwork& network_;
  const KeptNodes& kept_;
  std::size_t net_, begin_;
  DisjointSets sets_;
  std::vector<Eigen::Index> rows_;         ///< By root.
  std::vector<Eigen::Index> row_of_kept_;  ///< By kept node of the net.
  std::vector<std::size_t> primaries_;     ///< Kept nodes, by row.
  std::size_t inner_ = 0;
};

}  // namespace

Reduction reduce(const ResistorNetwork& network, const KeptNodes& kept) {
  Reduction reduction;
  reduction.shares.assign(kept.nodes.size(), 0);
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
