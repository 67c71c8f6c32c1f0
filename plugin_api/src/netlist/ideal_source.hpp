/// Ideal sources within a cell: what a simulation puts beside the layout.
#pragma once

#include <string>
#include <vector>

#include "netlist/deck.hpp"
#include "netlist/scope.hpp"

namespace ptah::spice {

/// Whether the line is a source that a layout can do without: V, I, and E and G, which a voltage
/// controls.
bool is_ideal_source(const Element& element) noexcept;

/// How many of its words are nets.
std::size_t source_nets(char letter) noexcept;

/// What follows the nets, with every expression evaluated: "dc 1e-05 ac 1". Fails with the place at
/// what is no value of a source.
Result<std::string> source_value(const Element& element, const std::string& path, Scope& scope,
                                 const Deck& deck);

}  // namespace ptah::spice
