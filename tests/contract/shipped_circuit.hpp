/// The smallest of the shipped circuits, and what breaks a layout of it.
#pragma once

#include <filesystem>

#include "ptah/core/error.hpp"
#include "ptah/layout/layout.hpp"
#include "ptah/netlist/circuit.hpp"
#include "ptah/tech/technology.hpp"

namespace ptah::contract {

/// configs/circuits/five_transistors_ota with two fingers a device.
Result<Circuit> shipped_ota(const Technology& technology);

/// `layout` and, beside it, a piece of met1 that is too narrow.
Layout with_sliver(Layout layout, const Technology& technology);
/// `layout` without the wires of the first net that is no port.
Layout without_a_net(Layout layout, const Circuit& circuit);

/// ptah130 under its own name with a rule that no small layout keeps (the area of met1) and with
/// more capacitance of met1 to the substrate. Its files are written into `folder`.
Result<Technology> other_technology(const std::filesystem::path& folder);

}  // namespace ptah::contract
