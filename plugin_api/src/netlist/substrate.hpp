/// Who shares the p-substrate, which is one net of every layout.
#pragma once

#include <optional>
#include <vector>

#include "ptah/netlist/circuit.hpp"

namespace ptah {

/// The net of the substrate: of the nets that bulks of NMOS devices, p-sides of n-diodes
/// and third terminals of resistors and capacitors are on, one with a ground's name, else a port,
/// else the one with the most of them; of equal ones the first. kNoNet where there is none.
NetId substrate_net(const Circuit& circuit);

/// A varactor whose third terminal is on the net of its well, as Magic writes it.
bool names_its_well(const Device& device);

/// Sets `Device::isolated`.
void mark_isolated(Circuit& circuit);

/// The terminal of `device` that lies in the substrate: its `bulk_terminal` unless that
/// is an n-well.
std::optional<std::size_t> substrate_terminal(const Device& device);

namespace spice {

struct LocalSubstrates {
  NetId joined = kNoNet;   ///< The net that devices are on now.
  std::vector<bool> gone;  ///< By net: those that no device is on any more.
};

/// Magic calls what lies below a cell VSUBS, and where the cell above does not name it, nothing
/// joins it to the substrate of the others: puts devices on it that of the others, or of all where
/// all are like that. A net that is a port, does more than lie below devices, or is among `driven`
/// (kNoNet is ignored) is none of these.
LocalSubstrates join_local_substrates(Circuit& circuit, const std::vector<NetId>& driven);

}  // namespace spice
}  // namespace ptah
