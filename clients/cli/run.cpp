/// ptah run
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <vector>

#include "job_view.hpp"

namespace ptah::cli {
namespace {

struct RunArguments : CircuitArguments {
  std::int64_t assignments = 1;
  std::string fingers;
  std::string indices;
  int variants = 0;
  std::int64_t seed = 0;
  std::string judges = "all";
  std::string objective = "pscore";
  std::vector<std::string> specs;
  bool no_specs = false;
  std::string flow = "osiris";
  std::string out;
  std::string job;
  std::string library = "work";
  bool pictures = false;
  bool detach = false;
};

Result<Json> run_spec(const RunArguments& arguments) {
  Json spec{{"variants", arguments.variants},
            {"seed", arguments.seed},
            {"judges", arguments.judges},
            {"pictures", arguments.pictures}};
  // Not where it is the default: the spec of a job that is continued stays what it was.
  if (arguments.objective != "pscore") spec["objective"] = arguments.objective;
  if (!arguments.specs.empty() || arguments.no_specs) spec["specs"] = arguments.specs;
  PTAH_TRY(arguments.fill(spec));
  spec["flow"] = name_or_path(arguments.flow);
  if (!arguments.fingers.empty()) {
    PTAH_TRY(spec["fingers"], fingers_json(arguments.fingers));
  } else {
    spec["assignments"] = arguments.assignments;
  }
  return spec;
}

std::string out_folder(const RunArguments& arguments) {
  return arguments.out.empty()
             ? ""
             : std::filesystem::absolute(arguments.out).lexically_normal().string();
}

/// {"job", "state", ...}
Result<Json> start(Client& client, const RunArguments& arguments) {
  PTAH_TRY(Json spec, run_spec(arguments));
  Json params{{"spec", std::move(spec)}, {"library", arguments.library}};
  if (const std::string out = out_folder(arguments); !out.empty()) params["out"] = out;
  if (!arguments.job.empty()) params["job"] = arguments.job;
  return client.call("flow.run", params);
}

void print_started(const Session& session, const Json& started) {
  if (session.json) {
    print_line(started);
  } else {
    std::cout << started["job"].get<std::string>() << "\n";
  }
}

int run_one(const Session& session, const RunArguments& arguments) {
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  auto started = start(client.value(), arguments);
  if (started.has_error()) return fail(session, started.error());
  if (arguments.detach) {
    print_started(session, started.value());
    return kOk;
  }
  const std::string job = started.value()["job"];
  return follow_jobs(session, client.value(), {&job, 1}, out_folder(arguments));
}

/// Every shipped circuit, one job each, into one dataset. All are started at once, so that no
/// worker idles at the end of one, and followed one after the other.
int run_all(const Session& session, const RunArguments& arguments) {
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  auto circuits = client.value().call("library.circuits");
  if (circuits.has_error()) return fail(session, circuits.error());
  int worst = kOk;
  std::vector<std::string> jobs;
  for (const Json& circuit : circuits.value()["result"]["circuits"]) {
    RunArguments one = arguments;
    one.circuit = circuit["name"];
    if (!one.job.empty()) one.job += "-" + one.circuit;
    auto started = start(client.value(), one);
    if (started.has_error()) {
      worst = std::max(worst, fail(session, started.error()));
      continue;
    }
    jobs.push_back(started.value()["job"]);
    if (arguments.detach) print_started(session, started.value());
  }
  if (arguments.detach) return worst;
  return std::max(worst, follow_jobs(session, client.value(), jobs, out_folder(arguments)));
}

int run(const Session& session, const RunArguments& arguments) {
  return arguments.circuit == "all" ? run_all(session, arguments) : run_one(session, arguments);
}

}  // namespace

void add_run_command(CLI::App& app, Session& session, int& status) {
  auto* command = app.add_subcommand(
      "run", "Make verified layout variants of a circuit, or of `all` shipped ones");
  auto arguments = std::make_shared<RunArguments>();
  arguments->add_to(command);
  arguments->add_measures_to(command);
  auto* count = command
                    ->add_option("-k,--assignments", arguments->assignments,
                                 "How many finger assignments, drawn at random by the seed")
                    ->check(CLI::Range(1, 10'000'000))
                    ->capture_default_str();
  command->add_option("--fingers", arguments->fingers, "One assignment: M0=6,M1=2,...")
      ->excludes(count);
  command->add_option("-n,--variants", arguments->variants, "Moves after each baseline (variant 0)")
      ->check(CLI::Range(0, 100'000))
      ->capture_default_str();
  command->add_option("--seed", arguments->seed, "Same seed, same layouts")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--judges", arguments->judges, "Which layouts the trusted tools see")
      ->check(CLI::IsMember({"all", "kept", "sample", "none"}))
      ->capture_default_str();
  command
      ->add_option("--objective", arguments->objective,
                   "What the best layout is best at; balanced: pscore times area")
      ->check(CLI::IsMember({"pscore", "area", "hpwl", "balanced"}))
      ->capture_default_str();
  auto* specs = command->add_option("--spec", arguments->specs,
                                    "What layouts have to satisfy, such as \"gain >= 40 dB\", "
                                    "repeatable; in place of those of the "
                                    "measures file");
  specs->allow_extra_args(false);
  command->add_flag("--no-specs", arguments->no_specs, "Anything will do")->excludes(specs);
  command->add_option("--flow", arguments->flow, "A flow's name, or its YAML file")
      ->capture_default_str();
  command->add_option("-o,--out", arguments->out, "Folder for the dataset");
  command->add_option("--job", arguments->job,
                      "An id of your own: the same id again continues that job");
  command->add_option("--library", arguments->library, "Library that receives the layouts")
      ->capture_default_str();
  command->add_flag("--pictures", arguments->pictures, "A PNG and a Bode plot with every variant");
  command->add_flag("--detach", arguments->detach, "Print the job's id and leave");
  on_command(command, status, [&session, arguments] { return run(session, *arguments); });
}

}  // namespace ptah::cli
