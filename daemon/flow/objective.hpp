/// What a run is for: by which number its layouts are ranked, by every client.
#pragma once

#include <optional>
#include <string_view>

#include "ptah/core/error.hpp"
#include "ptah/stages/stages.hpp"

namespace ptah {

enum class Objective {
  kPscore,
  kArea,      ///< Sum of the device boxes.
  kHpwl,      ///< Half-perimeter wire length.
  kBalanced,  ///< pscore times area: a per cent of one is worth a per cent of the other.
};
Result<Objective> objective_from_string(std::string_view text);
std::string_view to_string(Objective objective) noexcept;
/// Less is better; nothing where the layout was not simulated and that is needed.
std::optional<double> cost_of(Objective objective, const Evaluation& evaluation);

}  // namespace ptah
