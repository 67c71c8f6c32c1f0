#include "job_arguments.hpp"

#include <filesystem>
#include <iostream>

namespace ptah::cli {
namespace {

constexpr std::int64_t kMostChains = 100'000;  ///< Of a job; more the plan refuses.

}  // namespace

CLI::Option* JobArguments::add_job_to(CLI::App* command, const char* about_fingers) {
  add_measures_to(command);
  CLI::Option* const fingers_option = command->add_option("--fingers", fingers, about_fingers);
  command->add_option("--seed", seed, "Same seed, same layouts")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command
      ->add_option("--judges", judges,
                   "Which layouts the trusted tools see; kept: those that become variants")
      ->check(CLI::IsMember({"all", "kept", "sample", "none"}))
      ->capture_default_str();
  command
      ->add_option(
          "--objective", objective,
          "What the best layout has least of; balanced: pscore times area, drift: the most "
          "that a measure changes")
      ->check(CLI::IsMember(
          {"pscore", "pscore_relative", "drift", "area", "device_area", "hpwl", "balanced"}))
      ->capture_default_str();
  auto* spec_option = command->add_option("--spec", specs,
                                          "What layouts have to satisfy, such as \"gain >= 40 "
                                          "dB\", repeatable; in place of those of the measures "
                                          "file");
  spec_option->allow_extra_args(false);
  command->add_flag("--no-specs", no_specs, "Anything will do")->excludes(spec_option);
  command->add_option("--flow", flow, "A flow's name, or its YAML file")->capture_default_str();
  command->add_option("-o,--out", out, "Folder for the dataset");
  command->add_option("--job", job, "An id of your own: the same id again continues that job");
  command->add_option("--library", library, "Library that receives the layouts")
      ->capture_default_str()
      ->envname("PTAH_LIBRARY");
  command->add_flag("--pictures", pictures, "A PNG and a Bode plot with every variant");
  command->add_flag("--detach", detach, "Print the job's id and leave");
  return fingers_option;
}

Result<Json> JobArguments::spec() const {
  Json json{{"seed", seed}, {"judges", judges}, {"pictures", pictures}};
  // Not where it is the default: the spec of a job that is continued stays what it was.
  if (objective != "pscore") json["objective"] = objective;
  if (!specs.empty() || no_specs) json["specs"] = specs;
  PTAH_TRY(fill(json));
  json["flow"] = name_or_path(flow);
  if (!fingers.empty()) {
    PTAH_TRY(json["fingers"], fingers_json(fingers));
  }
  return json;
}

std::string JobArguments::out_folder() const {
  return out.empty() ? "" : std::filesystem::absolute(out).lexically_normal().string();
}

Result<Json> JobArguments::start(Client& client, Json spec) const {
  // What a plan refuses leaves no job behind. It lists all assignments, of which one will do.
  Json planned = spec;
  const std::int64_t assignments = spec.value("assignments", std::int64_t{0});
  if (assignments > 1 && assignments <= kMostChains) planned["assignments"] = 1;
  PTAH_TRY(client.call("flow.plan", {{"spec", std::move(planned)}}));
  Json request{{"spec", std::move(spec)}, {"library", library}};
  // A daemon elsewhere writes nothing here: what it made is fetched at the end.
  if (const std::string folder = out_folder(); !folder.empty() && client.is_local())
    request["out"] = folder;
  if (!job.empty()) request["job"] = job;
  return client.call("flow.run", request);
}

void print_started(const Session& session, const Json& started) {
  if (session.json) {
    print_line(started);
  } else {
    std::cout << started["job"].get<std::string>() << "\n";
  }
}

}  // namespace ptah::cli
