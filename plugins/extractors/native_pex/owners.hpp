/// Which device of the schematic each found one is a part of: the fingers of a tile, the copies of
/// a resistor.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ptah/netlist/circuit.hpp"
#include "recognition/connectivity.hpp"

namespace ptah::native {

struct Owners {
  bool matched = false;  ///< The layout is the circuit, as native_lvs compares them.
  /// By found device: index in `names`. Of a circuit that was matched it is the DeviceId.
  std::vector<std::int32_t> of;
  std::vector<std::string> names;
  std::vector<NetId> nets;  ///< By NetIndex; kNoNet: none of the circuit, or not matched.
};

/// Found devices that are equal in everything belong to the one device that the circuit has of
/// their kind. Where it has several, those on a strip of diffusion belong together, and strips go
/// to devices of as many fingers, from left to right. A layout that is not the circuit has an owner
/// for each strip ("t0", "t1", ..).
Owners find_owners(const Connectivity& connectivity, const Circuit& circuit,
                   const Technology& technology);

}  // namespace ptah::native
