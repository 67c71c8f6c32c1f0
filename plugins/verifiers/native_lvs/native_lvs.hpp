/// Layout versus schematic by our own means: find_connectivity, then graph comparison.
#pragma once

#include "ptah/stages/stages.hpp"
#include "recognition/connectivity.hpp"

namespace ptah::native {

/// "match", or every difference that can be named with its place. Compared are connections, ports
/// by name, models, W and L of every finger, counts, sides of plates, sizes or values of resistors,
/// and bulk nets. Fails when the circuit is empty, has free finger counts or unknown devices.
Result<Verdict> compare(const gds::Flat& layout, const Circuit& circuit,
                        const Technology& technology);
Result<Verdict> compare(const Connectivity& layout, const Circuit& circuit,
                        const Technology& technology);

}  // namespace ptah::native
