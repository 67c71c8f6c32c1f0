/// The finger counts of a layout as its user gives them.
#pragma once

#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/netlist/circuit.hpp"
#include "ptah/netlist/fingers.hpp"

namespace ptah {

/// `given` with every member of a group that one member speaks for. Fails where a device has no
/// count.
Result<FingerAssignment> complete_fingers(const FingerAssignment& given, const Circuit& circuit,
                                          const std::vector<int>& allowed);

}  // namespace ptah
