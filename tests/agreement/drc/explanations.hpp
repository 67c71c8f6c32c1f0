/// Why a judge is silent where another is not: predicates that can be checked on the layout, the
/// rule and the places. No predicate holds, no explanation.
#pragma once

#include <string>
#include <vector>

#include "agreement.hpp"

namespace ptah::agreement {

/// The name of the first reason that accounts for every place of `d`; empty when none does.
std::string explain(const Disagreement& d, const Sample& sample, const Opinions& opinions,
                    const Technology& technology);

/// Every name that `explain` may give, with a sentence for the table.
struct Reason {
  const char* name;
  const char* sentence;
};
const std::vector<Reason>& reasons();

}  // namespace ptah::agreement
