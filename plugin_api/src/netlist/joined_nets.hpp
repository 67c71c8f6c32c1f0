/// Nets of a subcircuit that are one in a layout: on both sides of an ammeter, or of what Magic's
/// ext2resist writes of a wire.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "netlist/deck.hpp"

namespace ptah::spice {

/// Gives nets that are joined, in any number of steps, the name of the port or global net among
/// them (`globals`, in lower case); otherwise the shortest name, of equal ones the first by
/// letters. Nothing, or two ports or global nets that one net would have to be, with the place
/// where that follows; the subcircuit is then as it was.
std::optional<JoinedNets> join_nets(Subcircuit& subcircuit, const std::set<std::string>& globals);

/// "out.t0" and "out.n12": a terminal and an inner node of the wire of net "out", as Magic's
/// ext2resist calls them.
bool is_part_of_net(std::string_view name);

}  // namespace ptah::spice
