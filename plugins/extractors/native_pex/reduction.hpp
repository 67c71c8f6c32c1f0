/// Resistor networks down to the nodes that a circuit knows by name: one for each terminal of a
/// schematic device, one for each port. Inner nodes are eliminated (Kron, 1939): what the kept ones
/// see of each other is exact.
///
/// The list of nodes and of resistors is that of the circuit, whatever its layout: a resistor for
/// every pair of kept nodes of a net. A simulator loads it once and then sets values.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "device_list.hpp"
#include "network.hpp"
#include "owners.hpp"
#include "ptah/stages/stages.hpp"

namespace ptah::native {

struct KeptNodes {
  struct Node {
    NetIndex net = kNone;
    std::string name;
    std::vector<std::int32_t> members;  ///< Of the network; one that serves n fingers n times.
  };
  /// By net, at least one each. The first of a net has its name and is its port, where it has one;
  /// "net:device:terminal" are the others. All bulks of a net are one, its well or the substrate.
  std::vector<Node> nodes;
  std::vector<std::size_t> first;  ///< Nodes of net i: first[i] .. first[i + 1] - 1.
  /// The node of each found device's terminals.
  std::vector<std::vector<std::int32_t>> terminals;
  std::vector<std::int32_t> wells;  ///< By net; kNone: it has none.
};

/// Fingers of one owner share a node for each terminal. `names` has the names of the network's
/// nets.
KeptNodes keep_nodes(const Connectivity& connectivity, const Circuit& circuit,
                     const Technology& technology, const Owners& owners,
                     const ResistorNetwork& network, const NetNames& names);

struct Reduction {
  /// Between kept nodes, a < b, every pair of a net once; kLeastOhm..kMostOhm.
  std::vector<ResistorNetwork::Resistor> resistors;
  /// By kept node: its part of the net's capacitance to the substrate, of 1. Charge of an
  /// eliminated node goes to the kept ones as the current that would flow there (the first moment
  /// of the network is kept).
  std::vector<double> shares;
  /// By kept node, ohm, part of `resistors`: what lies between the short of its members and it.
  std::vector<double> series;
};
/// Two kept nodes may be one point of a layout: a label on a terminal. No wire is shorter.
inline constexpr double kLeastOhm = 1e-3;
/// Between nodes whose current passes others.
inline constexpr double kMostOhm = 1e15;

/// A short of a terminal's members would let current choose among them; fingers draw the same. So
/// each terminal has a resistor in series with the short: with it, and all other kept nodes of the
/// net at 0 V, the power of a current is that of the same current shared equally by the members.
/// (Outer contacts of a tile serve one finger, inner ones two: a seventh of its resistance.)
Reduction reduce(const ResistorNetwork& network, const KeptNodes& kept);

/// What a netlist has of it. Capacitances between nets are at their first nodes: the circuit has so
/// many pairs of nets, and a wire's resistance shows in them from some 10 GHz.
class ReducedNodes {
 public:
  ReducedNodes(const KeptNodes& kept, const Reduction& reduction)
      : kept_(kept), reduction_(reduction) {}
  std::vector<std::vector<std::string>> of_terminals() const;
  std::vector<ExtractedResistor> resistors() const;
  /// Appends every pair of nets, of 0 F where `farad` has nothing, as long as there are no more
  /// than kPairedNets nets; then those it has. Nets past the network's are their names.
  void couplings(const NetNames& names, NetIndex substrate,
                 const std::map<std::pair<NetIndex, NetIndex>, double>& farad,
                 std::vector<ExtractedCapacitor>& into) const;
  /// Appends one for each node of the net.
  void ground(const NetNames& names, NetIndex net, NetIndex substrate, double farad,
              std::vector<ExtractedCapacitor>& into) const;
  static constexpr std::size_t kPairedNets = 64;

 private:
  const KeptNodes& kept_;
  const Reduction& reduction_;
};

}  // namespace ptah::native
