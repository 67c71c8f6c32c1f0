/// ptah jobs, ptah variants, ptah show, ptah export
#include <algorithm>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <tuple>

#include "job_metrics.hpp"
#include "job_view.hpp"
#include "measure_view.hpp"
#include "stored_files.hpp"
#include "terminal.hpp"

namespace ptah::cli {
namespace {

using Align = Table::Align;

std::string local_time(std::int64_t milliseconds) {
  const std::time_t seconds = milliseconds / 1000;
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
  return text;
}

int list_jobs(const Session& session, const std::string& state) {
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  Json params{{"limit", 1000}};
  if (!state.empty()) params["state"] = state;
  std::vector<Json> jobs;
  for (;;) {
    auto reply = client.value().call("job.list", params);
    if (reply.has_error()) return fail(session, reply.error());
    for (Json& job : reply.value()["jobs"]) jobs.push_back(std::move(job));
    if (!reply.value().contains("next")) break;
    params["after"] = reply.value()["next"];
  }
  std::reverse(jobs.begin(), jobs.end());
  // Whose they are is of interest where there is more than one.
  const bool owners = std::any_of(jobs.begin(), jobs.end(), [&](const Json& job) {
    return job.value("owner", "") != jobs.front().value("owner", "");
  });
  std::vector<std::string> titles{"job",    "state",    "kind",   "circuit",
                                  "chains", "variants", "started"};
  std::vector<Align> sides{Align::kLeft,  Align::kLeft,  Align::kLeft, Align::kLeft,
                           Align::kRight, Align::kRight, Align::kLeft};
  if (owners) {
    titles.push_back("owner");
    sides.push_back(Align::kLeft);
  }
  Table table(std::move(titles), std::move(sides));
  for (const Json& job : jobs) {
    if (session.json) {
      print_line(job);
      continue;
    }
    const Json& chains = job["chains"];
    std::vector<std::string> cells{job["job"],
                                   job["state"],
                                   job["kind"],
                                   job["circuit"],
                                   chains["done"].dump() + "/" + chains["total"].dump(),
                                   job["variants"].dump(),
                                   local_time(job["created_ms"])};
    if (owners) cells.push_back(job.value("owner", ""));
    table.add(std::move(cells));
  }
  if (!session.json) std::cout << (table.empty() ? "no jobs\n" : table.text());
  return kOk;
}

/// A method that takes {"job"} and answers with something to print.
int job_call(const Session& session, const std::string& method, const std::string& job) {
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  auto reply = client.value().call(method, {{"job", job}}, std::chrono::hours(24));
  if (reply.has_error()) return fail(session, reply.error());
  if (session.json) {
    print_line(reply.value());
  } else if (reply.value().contains("state")) {
    std::cout << job << ": " << reply.value()["state"].get<std::string>() << "\n";
  }
  return kOk;
}

int wait_for(const Session& session, const std::string& job) {
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  auto reply = client.value().call("job.wait", {{"job", job}}, std::chrono::hours(24));
  if (reply.has_error()) return fail(session, reply.error());
  const std::string state = reply.value().value("state", "");
  if (session.json) {
    print_line(reply.value());
  } else {
    std::cout << job << ": " << state << "\n";
  }
  if (state == "done") return kOk;
  if (state == "cancelled") return kCancelled;
  const Json error = reply.value().value("error", Json());
  if (!session.json && error.is_object())
    std::cerr << "ptah: " << error.value("message", "") << "\n";
  return kUnclean;
}

int follow(const Session& session, const std::string& job) {
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  auto info = client.value().call("job.get", {{"job", job}});
  if (info.has_error()) return fail(session, info.error());
  const bool explores = info.value().value("spec", Json::object()).contains("explore");
  return follow_jobs(session, client.value(), {&job, 1}, info.value().value("out", ""),
                     explores ? Lines::kImprovements : Lines::kVariants);
}

int list_chains(const Session& session, const std::string& job) {
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  Table table({"chain", "state", "variants", "evaluated", "what else"},
              {Align::kRight, Align::kLeft, Align::kRight, Align::kRight, Align::kLeft});
  Json params{{"job", job}, {"limit", 1000}};
  for (;;) {
    auto reply = client.value().call("job.chains", params);
    if (reply.has_error()) return fail(session, reply.error());
    const Json& chains = reply.value()["chains"];
    for (const Json& chain : chains) {
      if (session.json) {
        print_line(chain);
        continue;
      }
      const Json result = chain.value("result", Json::object());
      const Json error = chain.value("error", Json::object());
      std::string rest = error.is_object() ? error.value("message", "") : "";
      for (const char* field : {"feasible", "broken", "reverted"}) {
        if (const Json value = result.value(field, Json()); !value.is_null() && !value.empty())
          rest += (rest.empty() ? "" : ", ") + std::string(field) + " " + value.dump();
      }
      table.add({chain["chain"].dump(), chain["state"], chain["variants"].dump(),
                 result.value("evaluated", Json("")).dump(), rest});
    }
    if (!reply.value().value("more", false) || chains.empty()) break;
    params["after"] = chains.back()["chain"];
  }
  if (!session.json) std::cout << (table.empty() ? "no chains\n" : table.text());
  return kOk;
}

struct AppendArguments {
  std::string job, fingers;
  std::int64_t assignments = 0, seed = -1;
};

int append(const Session& session, const AppendArguments& arguments) {
  Json params{{"job", arguments.job}};
  if (!arguments.fingers.empty()) {
    auto fingers = fingers_json(arguments.fingers);
    if (fingers.has_error()) return fail(session, fingers.error());
    params["fingers"] = fingers.value();
  }
  if (arguments.assignments > 0) params["assignments"] = arguments.assignments;
  if (arguments.seed >= 0) params["seed"] = arguments.seed;
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  auto reply = client.value().call("job.append", params, std::chrono::minutes(10));
  if (reply.has_error()) return fail(session, reply.error());
  if (session.json) {
    print_line(reply.value());
  } else {
    std::cout << reply.value()["fresh"] << " assignments more for " << arguments.job << "\n";
  }
  return kOk;
}

Result<std::vector<Json>> all_variants(Client& client, const std::string& job) {
  std::vector<Json> variants;
  std::int64_t after = 0;
  do {
    PTAH_TRY(auto reply,
             client.call("variant.list", {{"job", job}, {"after", after}, {"limit", 100}}));
    for (const Json& variant : reply["variants"]) variants.push_back(variant);
    after = reply["next"];
  } while (after != 0);
  return variants;
}

int variants(const Session& session, const std::string& job, const std::string& sort) {
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  auto found = all_variants(client.value(), job);
  if (found.has_error()) return fail(session, found.error());
  std::vector<Json> lines;
  for (const Json& variant : found.value()) {
    Json line = variant_line(variant, "");
    line["chain"] = variant["chain"];
    if (variant.value("best", false)) line["best"] = true;
    lines.push_back(std::move(line));
  }
  if (!sort.empty()) {
    const std::string field = sort == "cost"     ? "cost"
                              : sort == "pscore" ? "pscore_V"
                              : sort == "area"   ? "area_um2"
                                                 : "hpwl_um";
    // Of equal ones the first by chain and variant, as the server names the best; layouts without
    // the value come last.
    const auto key = [&](const Json& line) {
      const Json value = line.value(field, Json());
      return std::tuple(!value.is_number(), value.is_number() ? value.get<double>() : 0.0,
                        line.value("chain", std::int64_t{0}),
                        line.value("variant", std::int64_t{0}));
    };
    std::sort(lines.begin(), lines.end(),
              [&](const Json& a, const Json& b) { return key(a) < key(b); });
  }
  if (session.json) {
    for (const Json& line : lines) print_line(line);
  } else {
    std::cout << (lines.empty() ? "no variants yet\n" : variant_table(lines));
  }
  return kOk;
}

int show(const Session& session, const std::string& job, std::int64_t chain, std::int64_t variant) {
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  auto reply =
      client.value().call("variant.get", {{"job", job}, {"chain", chain}, {"variant", variant}});
  if (reply.has_error()) return fail(session, reply.error());
  Json& record = reply.value()["record"];
  if (record.contains("measures") && !record.contains("measures_schematic")) {
    // The schematic's stand with the baseline, once for the chain.
    auto baseline =
        client.value().call("variant.get", {{"job", job}, {"chain", chain}, {"variant", 0}});
    if (baseline.has_error()) return fail(session, baseline.error());
    const Json first = baseline.value().value("record", Json::object());
    if (first.contains("measures_schematic")) {
      record["measures_schematic"] = first["measures_schematic"];
    }
  }
  if (session.json) {
    print_line(reply.value());
    return kOk;
  }
  for (const auto& [field, value] : record.items()) {
    if (field == "measures" || field == "measures_schematic") continue;  // a table of their own
    std::cout << field << std::string(field.size() < 16 ? 16 - field.size() : 1, ' ')
              << (value.is_string() ? value.get<std::string>() : value.dump()) << "\n";
  }
  const std::string measures =
      measure_table(record.value("measures", Json()), record.value("measures_schematic", Json()));
  if (!measures.empty()) std::cout << "\n" << measures;
  Table files({"file", "bytes", "in the store"}, {Align::kLeft, Align::kRight, Align::kLeft});
  for (const Json& file : reply.value()["files"]) {
    files.add({file["role"], file["size"].dump(), file["path"]});
  }
  std::cout << "\n" << files.text();
  return kOk;
}

void print_counts(const Session& session, const std::string& folder, const FetchedFiles& counts) {
  if (session.json) {
    print_line({{"files", counts.files}, {"written", counts.written}, {"kept", counts.kept}});
    return;
  }
  std::cout << counts.files << " files, " << counts.written << " new, in " << folder << "\n";
  if (counts.kept > 0) std::cout << counts.kept << " files there have other bytes, and were kept\n";
}

int export_dataset(const Session& session, const std::string& job, const std::string& out) {
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  const std::string folder = std::filesystem::absolute(out).lexically_normal().string();
  if (!client.value().is_local()) {
    const auto fetched = fetch_results(client.value(), job, folder);
    if (fetched.has_error()) return fail(session, fetched.error());
    print_counts(session, folder, fetched.value());
    return kOk;
  }
  auto reply =
      client.value().call("variant.export", {{"job", job}, {"out", folder}}, std::chrono::hours(1));
  if (reply.has_error()) return fail(session, reply.error());
  const Json& counts = reply.value();
  print_counts(session, folder,
               {counts.value("files", std::int64_t{0}), counts.value("written", std::int64_t{0}),
                counts.value("kept", std::int64_t{0})});
  return kOk;
}

}  // namespace

void add_job_commands(CLI::App& app, Session& session, int& status) {
  struct Arguments {
    std::string job, state, sort, out;
    std::int64_t chain = 0, variant = 0;
  };
  auto arguments = std::make_shared<Arguments>();

  auto* jobs = app.add_subcommand("jobs", "List, follow, cancel and forget jobs");
  jobs->add_option("--state", arguments->state, "Only jobs in this state")
      ->check(CLI::IsMember({"queued", "running", "done", "failed", "cancelled"}));
  jobs->require_subcommand(0, 1);
  on_command(jobs, status, [&session, &status, jobs, arguments] {
    return jobs->get_subcommands().empty() ? list_jobs(session, arguments->state) : status;
  });
  const auto add = [&](const char* name, const char* text,
                       std::function<int(const std::string&)> action) {
    auto* command = jobs->add_subcommand(name, text);
    command->add_option("job", arguments->job, "The job's id")->required();
    on_command(command, status, [arguments, action] { return action(arguments->job); });
  };
  const auto call = [&session](const char* method) {
    return [&session, method](const std::string& job) { return job_call(session, method, job); };
  };
  add("follow", "Watch a job until it ends",
      [&session](const std::string& job) { return follow(session, job); });
  add("wait", "Wait until a job ends; the exit status says how",
      [&session](const std::string& job) { return wait_for(session, job); });
  add("get", "Everything about a job", call("job.get"));
  add("metrics", "What a job's chains measured while they worked",
      [&session](const std::string& job) { return job_metrics(session, job); });
  add("chains", "What each chain of a job came to",
      [&session](const std::string& job) { return list_chains(session, job); });
  add("cancel", "Stop a job; its variants stay", call("job.cancel"));
  add("resume", "Go on with a failed or cancelled job", call("job.resume"));
  add("delete", "Forget a finished job and its files", call("job.delete"));
  auto more = std::make_shared<AppendArguments>();
  auto* append_command = jobs->add_subcommand("append", "Give a run that goes on more assignments");
  append_command->add_option("job", more->job, "The job's id")->required();
  auto* count = append_command
                    ->add_option("-k,--assignments", more->assignments,
                                 "How many, drawn at random by the seed")
                    ->check(CLI::Range(1, 10'000'000));
  append_command->add_option("--fingers", more->fingers, "One assignment: M0=6,M1=2,...")
      ->excludes(count);
  append_command->add_option("--seed", more->seed, "Of the draw; otherwise the run's")
      ->check(CLI::NonNegativeNumber);
  on_command(append_command, status, [&session, more] { return append(session, *more); });

  auto* list = app.add_subcommand("variants", "Layouts that a job has made");
  list->add_option("job", arguments->job, "The job's id")->required();
  list->add_option("--sort", arguments->sort, "Best first; cost: by the objective of the run")
      ->check(CLI::IsMember({"cost", "pscore", "area", "hpwl"}));
  on_command(list, status,
             [&session, arguments] { return variants(session, arguments->job, arguments->sort); });

  auto* one = app.add_subcommand("show", "Everything about one layout");
  one->add_option("job", arguments->job, "The job's id")->required();
  one->add_option("chain", arguments->chain, "Number of the finger assignment in the job")
      ->required();
  one->add_option("variant", arguments->variant, "0 is the baseline")->required();
  on_command(one, status, [&session, arguments] {
    return show(session, arguments->job, arguments->chain, arguments->variant);
  });

  auto* write = app.add_subcommand("export", "Write a job's dataset into a folder");
  write->add_option("job", arguments->job, "The job's id")->required();
  write->add_option("-o,--out", arguments->out, "The folder")->required();
  on_command(write, status, [&session, arguments] {
    return export_dataset(session, arguments->job, arguments->out);
  });
}

}  // namespace ptah::cli
