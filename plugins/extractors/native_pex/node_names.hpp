/// Nodes of a netlist: a net each, or the nodes of its resistor network.
#pragma once

#include <string>
#include <vector>

#include "device_list.hpp"
#include "network.hpp"
#include "ptah/stages/stages.hpp"

namespace ptah::native {

/// Node 0 of a net has the net's name, the others are "net:1", "net:2", ..; a number that another
/// net's name has taken is left out.
class Nodes {
 public:
  /// `network` is looked at where `resistive` says so.
  Nodes(const NetNames& names, const ResistorNetwork& network, bool resistive);

  std::vector<std::vector<std::string>> of_terminals(const ResistorNetwork& network) const;
  std::vector<ExtractedResistor> resistors(const ResistorNetwork& network) const;
  /// Appends `farad` between two nets, shared over the nodes of both by their areas of wire. Both
  /// are gone through from left to right and joined where their sums meet; a capacitor has at least
  /// `kQuantum`, so that their number is that of the nodes and not of their pairs.
  void share(NetIndex a, NetIndex b, double farad, std::vector<ExtractedCapacitor>& into) const;
  /// The same to the substrate, which is one node.
  void ground(NetIndex net, NetIndex substrate, double farad,
              std::vector<ExtractedCapacitor>& into) const;
  /// F. Behind 100 ohm a tenth of a femtofarad is 10 fs; ngspice's matrix fills with every part.
  static constexpr double kQuantum = 1e-16;

 private:
  struct Share {
    std::string name;
    double up_to = 1;  ///< Sum of the shares so far, of 1.
  };
  static void share(const std::vector<Share>& from, const std::vector<Share>& to, double farad,
                    std::vector<ExtractedCapacitor>& into);
  std::vector<std::vector<Share>> wells_;   ///< By net: its well's node, or its name.
  std::vector<std::vector<Share>> shares_;  ///< By net, from left to right; those with a share.
  std::vector<std::string> nodes_;          ///< As in the network.
};

}  // namespace ptah::native
