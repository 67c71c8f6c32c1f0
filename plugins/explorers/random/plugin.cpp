#include "ptah/plugin/plugin.hpp"

#include "random_assignments.hpp"
#include "random_walk.hpp"

namespace {

class RandomExplorer final : public ptah::Explorer {
 public:
  explicit RandomExplorer(const ptah::Options& options) {
    params_.step = ptah::from_um(options.real("step_um"));
    params_.max_attempts = static_cast<int>(options.integer("max_attempts"));
    params_.placements = static_cast<int>(options.integer("placements"));
  }

  static ptah::OptionSchema options() {
    const ptah::random_walk::Params d;
    return {{"step_um",
             ptah::OptionType::kReal,
             ptah::to_um(d.step),
             "Length of one shift, a multiple of 0.1.",
             0.1,
             10,
             {}},
            {"max_attempts",
             ptah::OptionType::kInt,
             d.max_attempts,
             "Moves evaluated for one variant before the exploration gives up.",
             1,
             1000000,
             {}},
            {"placements",
             ptah::OptionType::kInt,
             d.placements,
             "Into so many placements of the tiles a run's layouts are divided (`ptah run "
             "--placements`).",
             1,
             1000,
             {}}};
  }

  ptah::Status explore(ptah::DesignSpace& space, ptah::JobContext& job) override {
    if (space.budget()) {
      ptah::search::RandomAssignments strategy;
      return ptah::search::explore(space, job, strategy);
    }
    ptah::random_walk::Stats stats;
    return ptah::random_walk::walk(space, params_, job, stats);
  }

 private:
  ptah::random_walk::Params params_;
};

}  // namespace

PTAH_PLUGIN(ptah::Explorer, RandomExplorer, "random", "1.0.0",
            "In a run: shifts a random tile by one step inside its slot, of one placement or of "
            "several. In an exploration: random assignments.")
