/// ptah explore
#include <cmath>
#include <cstdlib>
#include <string_view>

#include "job_arguments.hpp"
#include "job_view.hpp"

namespace ptah::cli {
namespace {

struct ExploreArguments : JobArguments {
  ExploreArguments() {
    judges = "kept";
    flow = "explore";
  }
  std::string explorer = "annealing", profile, budget = "1000", model, keep_model, part = "all";
  std::int64_t starts = 1, split_seed = 0;
  std::vector<std::string> options;
};

/// "1000": evaluations; "90s": seconds.
Status fill_budget(const std::string& text, Json& explore) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  const bool seconds = std::string_view(end) == "s";
  const bool whole = std::floor(value) == value && value < 1e9;
  if (text.empty() || end == text.c_str() || !(value > 0) || !std::isfinite(value) ||
      (!seconds && (*end != '\0' || !whole))) {
    return make_error(ErrorCode::kInvalidArgument, "\"" + text + "\" is no budget.", "--budget",
                      "A number of evaluations, such as 1000, or of seconds, such as 90s.");
  }
  if (seconds) {
    explore["seconds"] = value;
  } else {
    explore["evaluations"] = static_cast<std::int64_t>(value);
  }
  return ok();
}

int explore(const Session& session, const ExploreArguments& arguments) {
  auto spec = arguments.spec();
  auto options = options_json(arguments.options);
  Json explore{{"explorer", arguments.explorer}};
  const Status budget = fill_budget(arguments.budget, explore);
  if (spec.has_error()) return fail(session, spec.error());
  if (options.has_error()) return fail(session, options.error());
  if (budget.has_error()) return fail(session, budget.error());
  if (!arguments.profile.empty()) options.value()["profile"] = arguments.profile;
  if (!options.value().empty()) explore["options"] = std::move(options.value());
  if (!arguments.model.empty()) explore["model"] = arguments.model;
  if (!arguments.keep_model.empty()) explore["keep_model"] = arguments.keep_model;
  if (arguments.part != "all")
    explore.update({{"part", arguments.part}, {"split_seed", arguments.split_seed}});
  spec.value()["explore"] = std::move(explore);
  if (arguments.starts > 1) spec.value()["assignments"] = arguments.starts;
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  auto started = arguments.start(client.value(), std::move(spec.value()));
  if (started.has_error()) return fail(session, started.error());
  if (arguments.detach) {
    print_started(session, started.value());
    return kOk;
  }
  const std::string job = started.value()["job"];
  return follow_jobs(session, client.value(), {&job, 1}, arguments.out_folder(),
                     Lines::kImprovements);
}

}  // namespace

void add_explore_command(CLI::App& app, Session& session, int& status) {
  auto* command = app.add_subcommand(
      "explore", "Look for the best layout of a circuit over all its finger assignments");
  auto arguments = std::make_shared<ExploreArguments>();
  command->require_subcommand(0, 1);
  arguments->add_to(command, CircuitArguments::Given::kPositional);
  arguments->add_cells_to(command);
  CLI::Option* const fingers =
      arguments->add_job_to(command, "Begin at this assignment: M0=6,M1=2,...");
  command
      ->add_option("--explorer", arguments->explorer,
                   "Strategy: random, walk, greedy, annealing, genetic, bayesian, cmaes, halving, "
                   "exhaustive, rl, or a plugin of your own")
      ->capture_default_str();
  command->add_option("--profile", arguments->profile, "Of rl: paper or tuned");
  command
      ->add_option("--option", arguments->options,
                   "NAME=VALUE of the strategy (`ptah plugins --options`), repeatable")
      ->allow_extra_args(false);
  command
      ->add_option("--budget", arguments->budget,
                   "Layouts to evaluate, such as 1000, or time, such as 90s")
      ->capture_default_str();
  command
      ->add_option(
          "--starts", arguments->starts,
          "Explorations side by side on the daemon's workers, each from another assignment "
          "and with its share of the layouts; of a time each has all")
      ->check(CLI::Range(1, 1024))
      ->excludes(fingers)
      ->capture_default_str();
  command->add_option("--model", arguments->model,
                      "Begin with what an exploration of this circuit has learnt: NAME or "
                      "NAME@VERSION");
  command->add_option("--keep-model", arguments->keep_model,
                      "What is learnt becomes a version of this model at the end, also when it is "
                      "cancelled");
  command
      ->add_option("--part", arguments->part,
                   "Explore four in five of the assignments (train), or the others (rest)")
      ->check(CLI::IsMember({"all", "train", "rest"}))
      ->capture_default_str();
  command->add_option("--split-seed", arguments->split_seed, "Which of the ways to split them")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  add_explore_compare_command(*command, session, status);
  on_command(command, status, [command, &session, &status, arguments] {
    if (!command->get_subcommands().empty()) return status;
    if (!arguments->circuit.empty()) return explore(session, *arguments);
    return fail(session, make_error(ErrorCode::kInvalidArgument, "No circuit is named.",
                                    "ptah explore", "ptah explore CIRCUIT --budget 1000"));
  });
}

}  // namespace ptah::cli
