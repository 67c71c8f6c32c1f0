/// Real layouts of the shipped circuits for comparisons: random finger assignments, placed, routed,
/// then tiles shifted and wires re-routed.
#pragma once

#include <functional>
#include <string>

#include "ptah/layout/gds.hpp"
#include "ptah/netlist/circuit.hpp"

namespace ptah::agreement {

struct Sample {
  std::string name;  ///< "miller_ota_117 shift 3"
  Circuit circuit;   ///< With its fingers.
  gds::Library library;
  std::string top;
};

/// Calls `use` for `count` layouts of the circuit in the folder, shifts of about `count / 4`
/// assignments, deterministic for a seed. `use` returns false to stop.
Status each_layout(const std::string& folder, int count, std::uint64_t seed,
                   const Technology& technology, const std::function<bool(const Sample&)>& use);

}  // namespace ptah::agreement
