/// Nets of a subcircuit that are one in a layout: on both sides of an ammeter, or of what Magic's
/// ext2resist writes of a wire.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "netlist/deck.hpp"

namespace ptah::spice {

struct JoinedNets {
  std::string a, b;
  Place place;
};

/// Gives nets that are joined, in any number of steps, the name of the port among them; otherwise
/// the shortest name, of equal ones the first by letters. Nothing, or two ports that one net would
/// have to be, with the place where that follows; the subcircuit is then as it was.
std::optional<JoinedNets> join_nets(const std::vector<JoinedNets>& joined, Subcircuit& subcircuit);

/// "out" of "out.t0" and "out.n12", the terminals and inner nodes of a wire; others as they are. In
/// lower case.
std::string net_of_part(std::string_view name);

}  // namespace ptah::spice
