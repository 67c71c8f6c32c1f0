#include "ptah/stages/design_space.hpp"

#include <algorithm>

namespace ptah {

double used_share(const Budget& budget, const Spent& spent) {
  double share = 0;
  if (budget.evaluations) {
    share = static_cast<double>(spent.evaluations) / static_cast<double>(*budget.evaluations);
  }
  if (budget.seconds) share = std::max(share, spent.seconds / *budget.seconds);
  return share;
}

double used_share(const DesignSpace& space) {
  const std::optional<Budget> budget = space.budget();
  return budget ? used_share(*budget, space.spent()) : 0;
}

}  // namespace ptah
