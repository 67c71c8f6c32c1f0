#include "flow/objective.hpp"

#include <algorithm>
#include <cmath>

namespace ptah {

std::optional<double> cost_of(Objective objective, const Evaluation& evaluation) {
  switch (objective) {
    case Objective::kPscore:
      return evaluation.pscore;
    case Objective::kArea:
      return evaluation.outline_um2;
    case Objective::kHpwl:
      return static_cast<double>(evaluation.hpwl) / 1000.0;
    case Objective::kBalanced:
      if (evaluation.pscore) return *evaluation.pscore * evaluation.outline_um2;
      break;
    case Objective::kDeviceArea:
      return evaluation.area_um2;
    case Objective::kPscoreRelative:
      return evaluation.pscore_relative;
    case Objective::kDrift:
      break;
  }
  return std::nullopt;
}

std::optional<double> drift_of(const std::vector<MeasureSpec>& specs,
                               const std::vector<Measure>& schematic,
                               const std::vector<Measure>& layout) {
  double worst = 0;
  for (std::size_t i = 0; i < schematic.size() && i < layout.size(); ++i) {
    const auto spec = std::find_if(specs.begin(), specs.end(), [&](const MeasureSpec& one) {
      return one.name == schematic[i].name;
    });
    if (spec == specs.end() || spec->kind == MeasureKind::kOffset ||
        spec->kind == MeasureKind::kOffsetMagnitude)
      continue;
    if (!schematic[i].value || *schematic[i].value == 0) continue;
    if (!layout[i].value) return std::nullopt;
    worst = std::max(worst, std::abs(*layout[i].value / *schematic[i].value - 1));
  }
  return worst;
}

}  // namespace ptah
