/// ptah run
#include <algorithm>
#include <iostream>
#include <vector>

#include "job_arguments.hpp"
#include "job_view.hpp"

namespace ptah::cli {
namespace {

struct RunArguments : JobArguments {
  RunArguments() {
    judges = "all";
    flow = "osiris";
  }
  std::int64_t assignments = 1;
  int variants = 0, placements = 1;
};

/// {"job", "state", ...}
Result<Json> start(Client& client, const RunArguments& arguments) {
  PTAH_TRY(Json spec, arguments.spec());
  spec["variants"] = arguments.variants;
  if (arguments.placements > 1) spec["placements"] = arguments.placements;
  if (arguments.fingers.empty()) spec["assignments"] = arguments.assignments;
  return arguments.start(client, std::move(spec));
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
  return follow_jobs(session, client.value(), {&job, 1}, arguments.out_folder());
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
  return std::max(worst, follow_jobs(session, client.value(), jobs, arguments.out_folder()));
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
  arguments->add_cells_to(command);
  auto* fingers = arguments->add_job_to(
      command, "One assignment: M0=6,M1=2,...; groups left out are drawn by the seed");
  command
      ->add_option("-k,--assignments", arguments->assignments,
                   "How many finger assignments, drawn at random by the seed")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str()
      ->excludes(fingers);
  command->add_option("-n,--variants", arguments->variants, "Moves after each placement")
      ->check(CLI::Range(0, 100'000))
      ->capture_default_str();
  command
      ->add_option("--placements", arguments->placements,
                   "How often the tiles of an assignment are placed; --variants moves follow each")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  on_command(command, status, [&session, arguments] { return run(session, *arguments); });
}

}  // namespace ptah::cli
