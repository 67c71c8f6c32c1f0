/// Who shares the p-substrate, which is one net of every layout.
#pragma once

#include <optional>

#include "ptah/netlist/circuit.hpp"

namespace ptah {

/// The net of the substrate: of the nets that bulks of NMOS devices and third terminals of
/// resistors are on, one with a ground's name, else a port, else the one with the most of them; of
/// equal ones the first. kNoNet where there is none.
NetId substrate_net(const Circuit& circuit);

/// Sets `Device::isolated`.
void mark_isolated(Circuit& circuit);

/// The terminal of `device` that lies in the substrate: the bulk of an NMOS device, the third
/// terminal of a resistor; none of others.
std::optional<std::size_t> substrate_terminal(const Device& device);

}  // namespace ptah
