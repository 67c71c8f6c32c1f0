// An explorer that learns: which finger counts give cheap layouts. One bandit a group of matched
// devices chooses its count, mostly the one of least mean cost so far, now and then another. All
// that it knows is its checkpoint: killed at any moment, it ends with the same layouts.
#include <ptah/plugin/plugin.hpp>

namespace {

class Bandit final : public ptah::Explorer {
 public:
  explicit Bandit(const ptah::Options& options) : curiosity_(options.real("curiosity")) {}
  static ptah::OptionSchema options() {
    return {{"curiosity", ptah::OptionType::kReal, 0.3, "Share of free choices.", 0, 1, {}}};
  }

  ptah::Status explore(ptah::DesignSpace& space, ptah::JobContext& job) override {
    const ptah::FingerSpace& all = space.assignments();
    const auto& allowed = all.allowed();
    // Of each group and count: how often it was tried, and the sum of the costs.
    ptah::Json arms(all.group_count(), ptah::Json(allowed.size(), {0, 0.0}));
    std::int64_t step = 0;
    if (space.resumed()) {
      const ptah::Json kept = ptah::Json::parse(*space.resumed());
      arms = kept.at("arms");
      step = kept.at("step");
    }
    while (space.next_variant() <= space.last_variant() && !ptah::exhausted(space)) {
      if (job.cancelled()) return ptah::cancelled_error();
      ptah::Rng random = ptah::Rng(job.seed()).fork(static_cast<std::uint64_t>(step));
      std::vector<std::size_t> choice(arms.size());
      ptah::FingerAssignment fingers;
      for (std::size_t group = 0; group < arms.size(); ++group) {
        const auto mean = [&](std::size_t count) {  // an arm that nobody tried is the best
          const ptah::Json& arm = arms[group][count];
          return arm[0] == 0 ? 0.0 : arm[1].get<double>() / arm[0].get<double>();
        };
        for (std::size_t count = 1; count < allowed.size(); ++count)
          if (mean(count) < mean(choice[group])) choice[group] = count;
        if (static_cast<double>(random.below(1000)) < 1000 * curiosity_)
          choice[group] = random.below(allowed.size());
        for (const ptah::DeviceId device : all.groups()[group])
          fingers[space.circuit().devices[device].name] = allowed[choice[group]];
      }
      auto layouts = space.open(fingers);  // with a baseline: placed, routed, checked, scored
      if (!layouts && layouts.error().code != ptah::ErrorCode::kInfeasible) return layouts.error();
      // What breaks the run's specs is as bad as what cannot be made.
      const bool feasible = layouts && layouts.value()->baseline().feasible;
      const double cost = feasible ? layouts.value()->baseline().cost.value_or(1) : 1;
      for (std::size_t group = 0; group < arms.size(); ++group) {
        ptah::Json& arm = arms[group][choice[group]];
        arm = {arm[0].get<int>() + 1, arm[1].get<double>() + cost};
      }
      job.metric("cost", step, cost);
      ++step;
      if (layouts && !space.budget()) {  // an exploration records what is best by itself
        PTAH_TRY(layouts.value()->record());
      }
      PTAH_TRY(space.checkpoint(ptah::Json{{"arms", arms}, {"step", step}}.dump()));
      job.progress(double(space.next_variant() - 1) / space.last_variant(), "learning");
    }
    return ptah::ok();
  }

 private:
  double curiosity_;
};

}  // namespace

PTAH_PLUGIN(ptah::Explorer, Bandit, "bandit", "1.0.0", "Learns which finger counts are cheap.")
