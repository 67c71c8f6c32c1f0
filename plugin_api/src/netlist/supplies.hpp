/// Nets of a circuit: which are supplies, how many terminals they have, and which transistors are
/// there for their shape alone.
#pragma once

#include <string_view>
#include <vector>

#include "ptah/netlist/circuit.hpp"

namespace ptah::spice {

/// "VDD", "x1.vssa!", "VPWR": whether the last part of the name is one that supplies alone have.
bool is_supply_name(std::string_view name);

/// How many terminals each net has.
std::vector<int> terminal_counts(const Circuit& circuit);

/// Nets that something outside has to drive though they are no ports: those with the name of a
/// supply, and those that hold the bulk of several devices and no gate, no drain and no passive.
std::vector<NetId> supplies_without_port(const Circuit& circuit);

/// Whether a device with an open end does nothing: a transistor that is off, or any device whose
/// other terminals are all on supplies.
bool is_dummy(const Device& device, const Circuit& circuit, const std::vector<int>& terminals);

/// Takes out the nets that are marked; no device may be on them. Returns the new number of each,
/// kNoNet of those that are gone.
std::vector<NetId> remove_nets(Circuit& circuit, const std::vector<bool>& gone);

}  // namespace ptah::spice
