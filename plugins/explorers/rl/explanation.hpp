/// What a policy prefers, for people: `explanation.json` of a model (docs/exploration.md).
#pragma once

#include <string>
#include <vector>

#include "environment.hpp"
#include "inner.hpp"
#include "outer.hpp"
#include "ptah/core/json.hpp"

namespace ptah::rl {

/// States that the inner agent is asked about, and what could be tried in each: of an episode.
struct Reference {
  std::vector<std::vector<float>> states;
  std::vector<Mask> masks;
};

/// {"sections": [{"title", "distributions": [{"name", "entropy", "choices": [{"name",
/// "probability", "uniform"}]}]}]}: finger counts by group; kinds of moves and devices, means over
/// the reference, beside what a policy without preferences would have. Likely choices first.
Json explain(const OuterAgent& outer, const InnerAgent& inner, const Environment& environment,
             const Circuit& circuit, const FingerSpace& space, const Reference& reference);

}  // namespace ptah::rl
