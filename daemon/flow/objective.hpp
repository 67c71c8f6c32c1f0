/// By which number the layouts of a run are ranked.
#pragma once

#include <optional>

#include "ptah/stages/stages.hpp"
#include "rpc/specs.hpp"

namespace ptah {

/// Less is better; nothing where the layout was not simulated and that is needed.
std::optional<double> cost_of(Objective objective, const Evaluation& evaluation);

}  // namespace ptah
