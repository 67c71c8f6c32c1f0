/// Design rules on a layout's shapes. Corners count in Magic's square metric; what Magic does not
/// see (implants, nitride cuts, exact sizes of cuts and precision resistors) follows the rule text.
///
/// An engine remembers the last layout and looks again only where the next one differs. The result
/// is the same as that of a new engine.
#pragma once

#include <memory>

#include "plan.hpp"
#include "ptah/core/error.hpp"
#include "ptah/core/job_context.hpp"
#include "ptah/layout/gds.hpp"
#include "ptah/stages/stages.hpp"

namespace ptah::native::drc {

struct Limits {
  std::size_t max_violations = 1000;  ///< Listed; all are counted.
};

class Engine {
 public:
  explicit Engine(Plan plan, Limits limits = {});
  ~Engine();
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;

  /// Fails with kLimit for coordinates beyond kFarthest, kCancelled.
  Result<Verdict> check(const gds::Flat& flat, const JobContext& job);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ptah::native::drc
