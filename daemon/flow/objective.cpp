#include "flow/objective.hpp"

namespace ptah {

std::optional<double> cost_of(Objective objective, const Evaluation& evaluation) {
  switch (objective) {
    case Objective::kPscore:
      return evaluation.pscore;
    case Objective::kArea:
      return evaluation.area_um2;
    case Objective::kHpwl:
      return static_cast<double>(evaluation.hpwl) / 1000.0;
    case Objective::kBalanced:
      if (evaluation.pscore) return *evaluation.pscore * evaluation.area_um2;
      break;
  }
  return std::nullopt;
}

}  // namespace ptah
