/// Where to look for the operating point of a circuit with wire resistances: that of the circuit
/// without them, a few iterations away. From nothing ngspice steps gmin, which takes hundreds of
/// iterations of a circuit many times as large.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ptah/sim/testbench.hpp"
#include "ptah/stages/stages.hpp"

namespace ptah {

/// A netlist whose wires are no resistors.
struct JoinedWires {
  /// Nodes that wires join are one. Without capacitors and junctions' sizes, so that it is the same
  /// for all layouts of a circuit that differ in their values alone.
  ExtractedNetlist netlist;
  /// Of every node of the netlist: the one it is in `netlist`, a port where it can be. Lower case.
  std::map<std::string, std::string> node_of;
};
/// Nothing for a netlist without devices, or whose resistors join two ports: those are no wires.
std::optional<JoinedWires> join_wires(const ExtractedNetlist& netlist);

/// All analyses are `.op` or `.dc`, in which capacitors have no part. They take places in ngspice's
/// matrix all the same: with thousands between the nodes of a network it fills up, and ordering it
/// takes a minute.
bool only_direct_current(const Testbench& testbench);

/// `testbench` with its operating point alone.
Testbench operating_point_bench(const Testbench& testbench);

/// `.nodeset` lines for the netlist that `joined` was made of, from the voltages (by ngspice's
/// names, lower case) of `joined.netlist` in the same testbench. Instances of the DUT that are
/// cards of their own are seen, those within subcircuits are not.
std::vector<std::string> wire_nodesets(const JoinedWires& joined, const Testbench& testbench,
                                       const std::map<std::string, double>& voltages);

}  // namespace ptah
