#include "flow/objective.hpp"

#include <array>
#include <string>
#include <utility>

namespace ptah {
namespace {

constexpr std::array<std::pair<Objective, std::string_view>, 4> kObjectives{
    {{Objective::kPscore, "pscore"},
     {Objective::kArea, "area"},
     {Objective::kHpwl, "hpwl"},
     {Objective::kBalanced, "balanced"}}};

}  // namespace

Result<Objective> objective_from_string(std::string_view text) {
  for (const auto& [objective, name] : kObjectives) {
    if (name == text) return objective;
  }
  return make_error(ErrorCode::kInvalidArgument,
                    "`" + std::string(text) + "` is none of: pscore, area, hpwl, balanced.",
                    "objective");
}

std::string_view to_string(Objective objective) noexcept {
  for (const auto& [value, name] : kObjectives) {
    if (value == objective) return name;
  }
  return "pscore";
}

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
