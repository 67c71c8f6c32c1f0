/// Reduced networks against those they come from: the same resistances between the kept nodes, one
/// list for all layouts of a circuit, all capacitance.
#include "reduction.hpp"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>
#include <map>
#include <numeric>

#include "layouts.hpp"
#include "native_pex.hpp"
#include "supply_entry.hpp"

namespace ptah::native {
namespace {

const std::string kCircuits = std::string(PTAH_SOURCE_DIR) + "/configs/circuits/";
const Technology& technology() {
  return Technology::ptah130();
}

/// Of `count` nodes, those of `same` as their first.
Eigen::MatrixXd laplacian(std::size_t count,
                          const std::vector<ResistorNetwork::Resistor>& resistors,
                          std::size_t first) {
  Eigen::MatrixXd g =
      Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(count), static_cast<Eigen::Index>(count));
  for (const auto& r : resistors) {
    const auto a = static_cast<Eigen::Index>(static_cast<std::size_t>(r.a) - first),
               b = static_cast<Eigen::Index>(static_cast<std::size_t>(r.b) - first);
    if (a < 0 || b < 0 || a >= g.rows() || b >= g.rows() || a == b) continue;
    g(a, a) += 1 / r.ohm;
    g(b, b) += 1 / r.ohm;
    g(a, b) -= 1 / r.ohm;
    g(b, a) -= 1 / r.ohm;
  }
  return g;
}

/// Of a connected network, between nodes `a` and `b`.
double resistance(const Eigen::MatrixXd& g, Eigen::Index a, Eigen::Index b) {
  if (a == b) return 0;
  // b is ground.
  std::vector<Eigen::Index> rest;
  for (Eigen::Index i = 0; i < g.rows(); ++i) {
    if (i != b) rest.push_back(i);
  }
  const Eigen::MatrixXd part = g(rest, rest);
  Eigen::VectorXd current = Eigen::VectorXd::Zero(part.rows());
  const auto at = std::find(rest.begin(), rest.end(), a) - rest.begin();
  current(at) = 1;
  return part.ldlt().solve(current)(at);
}

struct Reduced {
  Connectivity connectivity;
  Owners owners;
  ResistorNetwork network;
  KeptNodes kept;
  Reduction reduction;
};

Reduced reduced_of(const gds::Flat& flat, const Circuit& circuit) {
  Reduced r;
  r.connectivity = find_connectivity(flat, technology());
  NetworkBuilder builder;
  builder.find(r.connectivity, technology(), resistance_law(technology()), r.network);
  r.owners = find_owners(r.connectivity, circuit, technology());
  NetNames names;
  for (const FoundNet& net : r.connectivity.nets) names.nets.push_back(net.name);
  r.kept = keep_nodes(r.connectivity, circuit, technology(), r.owners, r.network, names);
  r.reduction = reduce(r.network, r.kept);
  return r;
}

/// Full and reduced resistances of all pairs of kept nodes.
int compare_resistances(const Reduced& r) {
  int compared = 0;
  for (std::size_t net = 0; net + 1 < r.network.first.size(); ++net) {
    const std::size_t first = r.network.first[net], count = r.network.first[net + 1] - first;
    const std::size_t kept_first = r.kept.first[net], kept = r.kept.first[net + 1] - kept_first;
    // The full network with what is one terminal as one node: by the first of its members.
    std::vector<std::size_t> node(count);
    std::iota(node.begin(), node.end(), std::size_t{0});
    const auto find = [&](std::size_t at) {
      while (node[at] != at) at = node[at];
      return at;
    };
    const auto local = [&](std::int32_t member) {
      return static_cast<std::size_t>(member) - first;
    };
    for (std::size_t k = 0; k < kept; ++k) {
      const auto& members = r.kept.nodes[kept_first + k].members;
      for (const std::int32_t m : members) node[find(local(m))] = find(local(members.front()));
    }
    std::vector<std::size_t> number(count, 0);
    std::size_t roots = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (find(i) == i) number[i] = roots++;
    }
    const auto of = [&](std::int32_t member) { return number[find(local(member))]; };
    std::vector<ResistorNetwork::Resistor> edges;
    for (ResistorNetwork::Resistor edge : r.network.resistors) {
      if (r.network.nodes[static_cast<std::size_t>(edge.a)].net != static_cast<NetIndex>(net)) {
        continue;
      }
      edge.a = static_cast<std::int32_t>(of(edge.a));
      edge.b = static_cast<std::int32_t>(of(edge.b));
      edges.push_back(edge);
    }
    const Eigen::MatrixXd full = laplacian(roots, edges, 0);
    const Eigen::MatrixXd small = laplacian(kept, r.reduction.resistors, kept_first);
    const Eigen::VectorXd values =
        Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(small).eigenvalues();
    EXPECT_GE(values.minCoeff(), -1e-9 * std::max(1.0, values.maxCoeff()));
    for (std::size_t b = 1; b < kept; ++b) {
      for (std::size_t a = 0; a < b; ++a) {
        const auto x = of(r.kept.nodes[kept_first + a].members.front()),
                   y = of(r.kept.nodes[kept_first + b].members.front());
        const double got =
            resistance(small, static_cast<Eigen::Index>(a), static_cast<Eigen::Index>(b));
        ++compared;
        const double series =
            r.reduction.series[kept_first + a] + r.reduction.series[kept_first + b];
        const double want =
            series + resistance(full, static_cast<Eigen::Index>(x), static_cast<Eigen::Index>(y));
        EXPECT_NEAR(got, want, 1e-9 * want)
            << r.kept.nodes[kept_first + a].name << " - " << r.kept.nodes[kept_first + b].name;
      }
    }
  }
  return compared;
}

gds::Flat mirrored(gds::Flat flat, bool x, bool y) {
  for (Shape& shape : flat.shapes) {
    Rect& r = shape.rect;
    if (x) r = {-r.x1, r.y0, -r.x0, r.y1};
    if (y) r = {r.x0, -r.y1, r.x1, -r.y0};
  }
  for (auto& label : flat.labels) {
    if (x) label.at.x = -label.at.x;
    if (y) label.at.y = -label.at.y;
  }
  return flat;
}

/// Without values.
std::string list_of(const ExtractedNetlist& netlist) {
  std::string text;
  for (const auto& d : netlist.devices) {
    text += d.model;
    for (const std::string& net : d.nets) text += " " + net;
    text += "\n";
  }
  for (const auto& r : netlist.resistors) text += r.a + " " + r.b + "\n";
  for (const auto& c : netlist.capacitors) text += c.a + " " + c.b + "\n";
  return text;
}

void each(const std::string& circuit, int count, std::uint64_t seed,
          const std::function<void(const gds::Flat&, const agreement::Sample&)>& use) {
  const Status done = agreement::each_layout(
      kCircuits + circuit, count, seed, technology(), [&](const agreement::Sample& sample) {
        const auto flat = gds::flatten(sample.library, sample.top, technology());
        if (!flat) return false;
        use(flat.value(), sample);
        return true;
      });
  ASSERT_TRUE(done) << done.error().text();
}

TEST(Reduction, KeptNodesSeeTheSameResistances) {
  int compared = 0;
  for (const char* circuit : {"five_transistors_ota", "miller_ota", "lpf"}) {
    each(circuit, 1, 3, [&](const gds::Flat& flat, const agreement::Sample& sample) {
      const Reduced r = reduced_of(flat, sample.circuit);
      EXPECT_TRUE(r.owners.matched) << sample.name;
      compared += compare_resistances(r);
      // Drawings that are no circuit have kept nodes all the same.
      Circuit other = sample.circuit;
      other.devices.pop_back();
      const Reduced odd = reduced_of(flat, other);
      EXPECT_FALSE(odd.owners.matched);
      EXPECT_EQ(odd.reduction.resistors.size(), r.reduction.resistors.size());
    });
  }
  EXPECT_GT(compared, 100);
}

/// Three contacts of 100 ohm, the one in the middle for two fingers.
TEST(Reduction, FingersShareACurrentEqually) {
  ResistorNetwork network;
  network.nodes.assign(4, {0, {}, 1});
  network.first = {0, 4};
  network.resistors = {{0, 1, 100}, {0, 2, 100}, {0, 3, 100}};
  KeptNodes kept;
  kept.nodes = {{0, "s", {0}}, {0, "s:m1:s", {1, 2, 2, 3}}};
  kept.first = {0, 2};
  const Reduction reduction = reduce(network, kept);
  ASSERT_EQ(reduction.resistors.size(), 1u);
  EXPECT_NEAR(reduction.resistors[0].ohm, 100 * (1. / 16 + 1. / 4 + 1. / 16), 1e-9);
  EXPECT_NEAR(reduction.series[1], 100 * (3. / 8 - 1. / 3), 1e-9);
  EXPECT_EQ(reduction.shares, (std::vector<double>{0.25, 0.75}));
}

TEST(Reduction, NodesOfOnePointStayTwo) {
  ResistorNetwork network;
  network.nodes.assign(3, {0, {}, 0});
  network.first = {0, 3};
  network.resistors = {{0, 1, 10}, {1, 2, 5}};
  KeptNodes kept;
  kept.nodes = {{0, "a", {2}}, {0, "a:m1:g", {2}}, {0, "a:m2:g", {0}}};
  kept.first = {0, 3};
  const Reduction reduction = reduce(network, kept);
  ASSERT_EQ(reduction.resistors.size(), 3u);
  EXPECT_NEAR(reduction.resistors[0].ohm, kLeastOhm, 1e-12);
  EXPECT_NEAR(reduction.resistors[1].ohm, 15, 1e-9);
  EXPECT_EQ(reduction.resistors[2].ohm, kMostOhm);
}

TEST(Reduction, EveryPairOfANetHasOneResistor) {
  each("miller_ota", 1, 4, [&](const gds::Flat& flat, const agreement::Sample& sample) {
    const Reduced r = reduced_of(flat, sample.circuit);
    std::map<std::pair<std::int32_t, std::int32_t>, double> pairs;
    for (const auto& edge : r.reduction.resistors) {
      EXPECT_LT(edge.a, edge.b);
      EXPECT_TRUE(pairs.emplace(std::pair(edge.a, edge.b), edge.ohm).second);
      EXPECT_GE(edge.ohm, kLeastOhm);
      EXPECT_LE(edge.ohm, kMostOhm);
    }
    std::size_t wanted = 0;
    for (std::size_t net = 0; net + 1 < r.kept.first.size(); ++net) {
      const std::size_t n = r.kept.first[net + 1] - r.kept.first[net];
      wanted += n * (n - 1) / 2;
      double sum = 0;
      for (std::size_t k = r.kept.first[net]; k < r.kept.first[net + 1]; ++k) {
        EXPECT_GE(r.reduction.shares[k], -1e-12);
        sum += r.reduction.shares[k];
      }
      EXPECT_NEAR(sum, 1, 1e-12);
    }
    EXPECT_EQ(pairs.size(), wanted);
    EXPECT_LT(r.reduction.resistors.size(), r.network.resistors.size());
  });
}

TEST(Reduction, LayoutsOfACircuitHaveOneList) {
  for (const char* circuit : {"five_transistors_ota", "miller_ota", "ota_ff", "lpf"}) {
    PexEngine engine{PexOptions{.resistance = Resistance::kReduced}};
    std::string expected;
    int seen = 0;
    each(circuit, 4, 5, [&](const gds::Flat& flat, const agreement::Sample& sample) {
      for (const bool x : {false, true}) {
        for (const bool y : {false, true}) {
          const auto netlist =
              engine.extract(mirrored(flat, x, y), sample.circuit, technology(), sample.top);
          ASSERT_TRUE(netlist) << netlist.error().text();
          const std::string list = list_of(netlist.value());
          if (expected.empty()) expected = list;
          EXPECT_EQ(list, expected) << sample.name;
          ++seen;
        }
      }
    });
    EXPECT_GT(seen, 4) << circuit;
  }
}

TEST(Reduction, AllCapacitanceIsKept) {
  each("miller_ota", 2, 6, [&](const gds::Flat& flat, const agreement::Sample& sample) {
    double whole[2] = {0, 0};
    std::map<std::string, double> ports[2];
    for (const bool reduced : {false, true}) {
      PexEngine engine{
          PexOptions{.resistance = reduced ? Resistance::kReduced : Resistance::kIgnored}};
      const auto netlist = engine.extract(flat, sample.circuit, technology(), sample.top);
      ASSERT_TRUE(netlist) << netlist.error().text();
      for (const ExtractedCapacitor& c : netlist.value().capacitors) {
        whole[reduced] += c.farad;
        for (const std::string& node : {c.a, c.b}) {
          const std::string net = node.substr(0, node.find(':'));
          if (sample.circuit.is_port(sample.circuit.find_net(net))) ports[reduced][net] += c.farad;
        }
      }
    }
    EXPECT_NEAR(whole[1], whole[0], 1e-9 * whole[0]);
    EXPECT_EQ(ports[1].size(), ports[0].size());
    for (const auto& [net, farad] : ports[0]) EXPECT_NEAR(ports[1][net], farad, 1e-9 * farad);
  });
}

/// A supply of three bars, its label on the lowest.
struct Supply {
  gds::Flat flat;
  Circuit circuit;
  explicit Supply(DeviceKind kind, Point label) {
    const LayerId met1 = technology().layer("met1"), met2 = technology().layer("met2");
    flat.shapes = {{met1, {-5000, 0, 5000, 200}},
                   {met1, {-5000, 0, -4800, 9000}},
                   {met1, {-5000, 8800, 3000, 9000}},
                   {met2, {-9000, 20'000, 9000, 20'200}}};
    flat.labels = {{met1, label, "V", true}};
    circuit.nets = {{"V"}, {"out"}};
    circuit.ports = {0};
    Device device;
    device.kind = kind;
    device.nets = {1, 1, 0, 0};
    circuit.devices = {device};
  }
  std::optional<FoundLabel> entry() const {
    const Connectivity found = find_connectivity(flat, technology());
    const auto entries = edge_entries(found, circuit, technology());
    for (std::size_t net = 0; net < entries.size(); ++net) {
      if (found.nets[net].name == "V") return entries[net];
      EXPECT_FALSE(entries[net]);
    }
    return {};
  }
};

TEST(SupplyEntry, IsAtTheEdgeWhereverTheLabelIs) {
  for (const Point label : {Point{0, 100}, Point{-4900, 5000}, Point{2900, 8900}}) {
    const auto top = Supply(DeviceKind::kPmos, label).entry();
    ASSERT_TRUE(top);
    EXPECT_EQ(top->at, (Point{0, 9000}));
    const auto bottom = Supply(DeviceKind::kNmos, label).entry();
    ASSERT_TRUE(bottom);
    EXPECT_EQ(bottom->at, (Point{0, 0}));
  }
}

TEST(SupplyEntry, ABulkOfBothKindsIsNoSupply) {
  Supply both(DeviceKind::kPmos, {0, 100});
  Device n = both.circuit.devices.front();
  n.kind = DeviceKind::kNmos;
  both.circuit.devices.push_back(n);
  EXPECT_FALSE(both.entry());
}

TEST(SupplyEntry, LabelsThatMoveChangeNothing) {
  each("five_transistors_ota", 1, 8, [&](const gds::Flat& flat, const agreement::Sample& sample) {
    // The label of a supply somewhere else on the same shape.
    gds::Flat moved = flat;
    const Connectivity found = find_connectivity(flat, technology());
    int labels = 0;
    for (auto& label : moved.labels) {
      const auto entries = edge_entries(found, sample.circuit, technology());
      for (std::size_t net = 0; net < entries.size(); ++net) {
        if (!entries[net] || found.nets[net].name != label.text) continue;
        for (const NetRect& shape : found.conductors[label.layer]) {
          if (shape.net == static_cast<NetIndex>(net) && !shape.rect.contains(label.at)) {
            label.at = shape.rect.center();
            ++labels;
            break;
          }
        }
      }
    }
    ASSERT_GT(labels, 0);
    std::vector<double> ohms[2][2];
    for (const bool edge : {false, true}) {
      PexEngine engine{PexOptions{.resistance = Resistance::kReduced,
                                  .supply_entry = edge ? SupplyEntry::kEdge : SupplyEntry::kLabel}};
      for (const bool other : {false, true}) {
        const auto netlist =
            engine.extract(other ? moved : flat, sample.circuit, technology(), sample.top);
        ASSERT_TRUE(netlist) << netlist.error().text();
        for (const auto& r : netlist.value().resistors) ohms[edge][other].push_back(r.ohm);
      }
    }
    EXPECT_EQ(ohms[1][0], ohms[1][1]);
    EXPECT_NE(ohms[0][0], ohms[0][1]);
  });
}

}  // namespace
}  // namespace ptah::native
