/// By which number the layouts of a run are ranked.
#pragma once

#include <optional>
#include <vector>

#include "ptah/sim/measures.hpp"
#include "ptah/stages/stages.hpp"
#include "rpc/specs.hpp"

namespace ptah {

/// Less is better; nothing where the layout was not simulated and that is needed. Not of kDrift,
/// which needs measures.
std::optional<double> cost_of(Objective objective, const Evaluation& evaluation);

/// Of kDrift: the most that a measure changes from schematic to layout, relative to the schematic.
/// Offsets are left out, which a schematic does not have, and what the schematic has not.
/// Nothing where the layout has no value for one that the schematic has. Both in one order.
std::optional<double> drift_of(const std::vector<MeasureSpec>& specs,
                               const std::vector<Measure>& schematic,
                               const std::vector<Measure>& layout);

}  // namespace ptah
