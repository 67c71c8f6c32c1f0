/// Why a layout is not its schematic: nets, devices, places, and the likely cause.
#pragma once

#include <vector>

#include "matching.hpp"
#include "ptah/stages/stages.hpp"

namespace ptah::native::lvs {

/// Everything the differences are told from. References outlive the call.
struct Case {
  const Connectivity& layout;
  const Circuit& circuit;
  const Technology& technology;
  const Problem& problem;
};

/// Sorted by how much they explain: ports, shorts, opens, exchanged and wrong terminals, devices,
/// sizes, then what the drawing itself has of oddities. Never empty. `rule` is lvs.port, lvs.short,
/// lvs.open, lvs.terminal, lvs.bulk, lvs.device, lvs.size, lvs.topology or lvs.drawing.
std::vector<Violation> diagnose(const Case& given);

}  // namespace ptah::native::lvs
