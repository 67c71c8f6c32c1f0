#include "options.hpp"

namespace ptah::rl {
namespace {

Params paper_profile() {
  Params params;
  params.paper = params.environment.paper = params.outer.paper = params.inner.paper = true;
  params.episodes = 100;
  params.environment.episode_steps = 31;  // `num_steps >= 30` is asked before it is raised.
  params.environment.stale_first_state = true;
  params.environment.failed_step = -0.001;
  params.outer.net = {5, 0};
  params.outer.learning_rate = 1e-5;
  params.outer.batch = 1;
  params.outer.entropy = params.outer.floor = 0;
  params.outer.no_baseline = -10;
  params.inner.net = {5, 0};
  params.inner.learning_rate = 1e-5;
  params.inner.entropy_added = false;
  params.inner.most_gradient = 0;
  params.inner.minibatch = 16;
  params.inner.epochs = 0;
  return params;
}

Params tuned_profile() {
  Params params;
  params.outer.net = {1, 64};
  params.inner.net = {2, 128};
  return params;
}

}  // namespace

OptionSchema options() {
  OptionSchema schema;
  const auto text = [&](const char* name, const char* standard, const char* description,
                        std::vector<std::string> choices) {
    schema.push_back({name, OptionType::kText, standard, description, {}, {}, std::move(choices)});
  };
  const auto flag = [&](const char* name, bool standard, const char* description) {
    schema.push_back({name, OptionType::kBool, standard, description, {}, {}, {}});
  };
  const auto whole = [&](const char* name, const char* description, double most) {
    schema.push_back({name, OptionType::kInt, 0, description, 0, most, {}});
  };
  const auto real = [&](const char* name, double standard, const char* description, double most) {
    schema.push_back({name, OptionType::kReal, standard, description, 0, most, {}});
  };
  text("profile", "tuned", "paper: OSIRIS as published; tuned: what works better, and faster.",
       {"tuned", "paper"});
  text("outer_reward", "episode",
       "Of profile paper, what fingers are worth: the best sum of an episode's rewards, as the "
       "code has it, or the best step, as the paper's equation has it.",
       {"episode", "step"});
  flag("redraw_explored", true, "Fingers that the run has seen are drawn again, as the code does.");
  text("stale_first_state", "profile",
       "An episode's first observation is the last layout of the one before, as in the code; the "
       "profile paper has it on.",
       {"profile", "on", "off"});
  text("entropy_added", "profile",
       "The entropy term of PPO, which the code defines and leaves out; the profile tuned has it "
       "on.",
       {"profile", "on", "off"});
  real("inner_share", 0.5,
       "Of profile tuned: the share of evaluations for moves; the rest is for fingers.", 0.95);
  text("plays", "best",
       "Of profile tuned, what moves are tried on: the assignment of the best baseline so far, or "
       "the latest iteration's best.",
       {"best", "latest"});
  whole("episodes",
        "Episodes an outer iteration; 0: the profile's (paper: 100, tuned: by inner_share).",
        1'000'000);
  whole("episode_steps", "Most steps of an episode; 0: the profile's (paper: 31, tuned: 8).",
        10'000);
  whole("rollout", "Steps that PPO learns from at once; 0: the profile's (128).", 100'000);
  whole("outer_batch", "Assignments an outer iteration; 0: the profile's (paper: 1, tuned: 4).",
        1000);
  real("outer_learning_rate", 0, "Of Adam; 0: the profile's (paper: 1e-5, tuned: 1e-2).", 1);
  real("inner_learning_rate", 0, "Of Adam; 0: the profile's (paper: 1e-5, tuned: 3e-4).", 1);
  whole("inner_units",
        "Units of a layer of the inner network; 0: the profile's (paper: 128 a component, tuned: "
        "128).",
        65'536);
  whole("outer_units",
        "Units of a layer of the outer network; 0: the profile's (paper: 64 a transistor, tuned: "
        "64).",
        65'536);
  flag("frozen", false, "Control: the policies never learn.");
  flag("shuffle_reward", false, "Control: rewards are dealt to other steps and assignments.");
  flag("zero_state", false, "Control: the inner policy sees nothing of the layout.");
  flag("checkpoints", true,
       "Off: nothing is left to go on from, for networks that no checkpoint holds.");
  return schema;
}

Params params_from(const Options& options) {
  Params params = options.text("profile") == "paper" ? paper_profile() : tuned_profile();
  const auto take = [&](const char* name, auto& to) {
    if (const auto given = options.integer(name); given > 0)
      to = static_cast<std::remove_reference_t<decltype(to)>>(given);
  };
  const auto take_real = [&](const char* name, double& to) {
    if (const double given = options.real(name); given > 0) to = given;
  };
  const auto take_choice = [&](const char* name, bool& to) {
    if (const std::string given = options.text(name); given != "profile") to = given == "on";
  };
  params.outer.reward =
      options.text("outer_reward") == "step" ? OuterReward::kStep : OuterReward::kEpisode;
  params.outer.redraw_explored = options.flag("redraw_explored");
  take_choice("stale_first_state", params.environment.stale_first_state);
  take_choice("entropy_added", params.inner.entropy_added);
  params.inner_share = options.real("inner_share");
  params.plays_latest = options.text("plays") == "latest";
  take("episodes", params.episodes);
  take("episode_steps", params.environment.episode_steps);
  take("rollout", params.inner.rollout);
  take("outer_batch", params.outer.batch);
  take_real("outer_learning_rate", params.outer.learning_rate);
  take_real("inner_learning_rate", params.inner.learning_rate);
  take("inner_units", params.inner.net.units);
  take("outer_units", params.outer.net.units);
  params.frozen = options.flag("frozen");
  params.shuffle_reward = options.flag("shuffle_reward");
  params.environment.zero_state = options.flag("zero_state");
  params.checkpoints = options.flag("checkpoints");
  return params;
}

}  // namespace ptah::rl
