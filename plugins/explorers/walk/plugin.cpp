#include "ptah/plugin/plugin.hpp"

#include "walk.hpp"

namespace {

class WalkExplorer final : public ptah::Explorer {
 public:
  explicit WalkExplorer(const ptah::Options& options) {
    params_.moves = static_cast<int>(options.integer("moves"));
    params_.step = ptah::from_um(options.real("step_um"));
    params_.max_attempts = static_cast<int>(options.integer("max_attempts"));
  }

  static ptah::OptionSchema options() {
    using ptah::OptionType;
    const ptah::walk::Params d;
    return {{"moves", OptionType::kInt, d.moves, "Valid moves of each assignment.", 0, 1000000, {}},
            {"step_um",
             OptionType::kReal,
             ptah::to_um(d.step),
             "Length of one shift, a multiple of 0.1.",
             0.1,
             10,
             {}},
            {"max_attempts",
             OptionType::kInt,
             d.max_attempts,
             "Moves evaluated for a valid one before the assignment is left.",
             1,
             1000000,
             {}}};
  }

  ptah::Status explore(ptah::DesignSpace& space, ptah::JobContext& job) override {
    return ptah::walk::explore(space, params_, job);
  }

 private:
  ptah::walk::Params params_;
};

}  // namespace

PTAH_PLUGIN(ptah::Explorer, WalkExplorer, "walk", "1.0.0",
            "OSIRIS's random exploration: random assignments, and random shifts of each.")
