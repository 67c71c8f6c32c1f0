#include "exhaustive.hpp"

namespace ptah::search {

Result<std::optional<Trial>> Exhaustive::ask(Arena& arena, Rng /*rng*/) {
  if (next_ >= arena.design().assignments().count()) return std::optional<Trial>();
  return std::optional<Trial>({arena.counts_at(next_), Baseline{}});
}

Status Exhaustive::tell(Arena& arena, const Trial& /*trial*/, const Found& found) {
  if (found.feasible) arena.job().metric("cost", next_, found.cost);
  ++next_;
  return ok();
}

Status Exhaustive::restore(const Json& state) {
  next_ = state.at("next");
  return ok();
}

}  // namespace ptah::search
