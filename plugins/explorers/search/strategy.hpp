/// Ask and tell: the shape of the strategies behind `ptah explore`. A strategy names a trial, is
/// told what it is worth, and keeps all that it knows in a state that goes into checkpoints; the
/// loop, the spaces of the assignments and the interruptions are written once, here.
///
/// Every trial is made from nothing: placed, routed and judged without regard to what came
/// before. So equal trials give equal layouts, and an interrupted exploration ends as another.
#pragma once

#include <cstdint>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "ptah/core/json.hpp"
#include "ptah/core/random.hpp"
#include "ptah/stages/stages.hpp"

namespace ptah::search {

/// An assignment: for each of FingerSpace::groups() the place of its count in allowed().
using Counts = std::vector<int>;

/// The flow's own placement of an assignment: what DesignSpace::open gives.
struct Baseline {
  friend bool operator==(const Baseline&, const Baseline&) = default;
};
using Placing = std::variant<Baseline, Replace, Placement>;

struct Trial {
  Counts counts;
  Placing placing;
};

/// What a trial came to.
struct Found {
  bool valid = false;     ///< There is such a layout.
  bool feasible = false;  ///< And it satisfies the run's specs.
  /// Less is better; infinite where it is not feasible.
  double cost = std::numeric_limits<double>::infinity();
};

/// The design space, as strategies use it.
class Arena {
 public:
  Arena(DesignSpace& design, JobContext& job) : design_(design), job_(job) {}

  DesignSpace& design() noexcept { return design_; }
  JobContext& job() noexcept { return job_; }
  std::size_t groups() const noexcept { return design_.assignments().group_count(); }
  int choices() const noexcept { return static_cast<int>(design_.assignments().allowed().size()); }
  std::size_t nets() const noexcept { return design_.circuit().nets.size(); }
  FingerAssignment assignment(const Counts& counts) const;
  /// Of the index-th assignment of the FingerSpace.
  Counts counts_at(std::int64_t index) const;
  /// Of what is offered, unless that is a thousandth of all.
  Counts random_counts(Rng& rng) const;
  /// Whether it may be explored (FingerSpace::offers).
  bool offered(const Counts& counts) const;
  /// A random assignment whose baseline was not evaluated; nothing where all were, or of a very
  /// large space nearly all that were drawn.
  std::optional<Counts> draw_unknown(Rng& rng) const;
  /// Every assignment's baseline was evaluated.
  bool all_known() const;
  /// What was used of the budget, 0 to 1: the larger share where both are limited.
  double share() const;

  /// A space of that assignment in which nothing is placed; the last few are kept. Nothing where
  /// the technology forbids a size.
  Result<std::shared_ptr<LayoutSpace>> space(const Counts& counts);
  /// Baselines are evaluated once and remembered.
  Result<Found> evaluate(const Trial& trial);
  /// A baseline that was evaluated before.
  const Found* known(const Counts& counts) const;

  Json state() const;
  Status restore(const Json& state);

 private:
  struct Kept {
    Counts counts;
    std::shared_ptr<LayoutSpace> space;
    LayoutSpace::Snapshot nothing;
  };
  Result<Kept*> kept(const Counts& counts);

  DesignSpace& design_;
  JobContext& job_;
  std::list<Kept> spaces_;  ///< The last used first.
  std::map<Counts, Found> baselines_;
};

class Strategy {
 public:
  virtual ~Strategy() = default;
  /// The next trial; nothing when there is no more. `rng` is the only source of chance, another one
  /// each time.
  virtual Result<std::optional<Trial>> ask(Arena& arena, Rng rng) = 0;
  virtual Status tell(Arena& arena, const Trial& trial, const Found& found) = 0;
  /// All that decides what follows. Exact inverses.
  virtual Json state() const = 0;
  virtual Status restore(const Json& state) = 0;
};

/// Asks and tells until the budget is used up, the strategy has no more trials, or nothing new
/// came for long. Fails with kUnsupported in a run, which has no budget.
Status explore(DesignSpace& design, JobContext& job, Strategy& strategy);

/// Counts that differ from `counts` in one group, in random order.
std::vector<Counts> neighbours(const Counts& counts, int choices, Rng& rng);

/// Log-uniform from 1/most to most, one a net.
NetWeights random_weights(std::size_t nets, double most, Rng& rng);
/// 2 to the power of each, within 1/32 and 32.
NetWeights weights_of(const std::vector<double>& log2_weights);

Json to_json(const Found& found);
Found found_from_json(const Json& json);

}  // namespace ptah::search
