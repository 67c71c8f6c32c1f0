/// ptah dataset check, ptah model evaluate, ptah model compare
#include <cmath>
#include <iostream>

#include "session.hpp"
#include "terminal.hpp"

namespace ptah::cli {
namespace {

using Align = Table::Align;

struct Arguments {
  std::string dataset, label, library = "work";
  std::vector<std::string> models;
  std::int64_t seed = 1;
  double error = 0, relative_error = 0.05;
  bool no_probes = false;

  Json params() const {
    Json params{{"library", library}, {"dataset", dataset}, {"seed", seed}};
    if (!label.empty()) params["label"] = label;
    return params;
  }
};

/// Three digits, a dash for what is not there; of an interval [value, low, high] all of it.
std::string shown(const Json& value) {
  if (value.is_array() && !value.empty()) {
    if (!value[0].is_number()) return "-";
    std::string text = shown(value[0]);
    if (value.size() == 3 && value[1].is_number())
      text += "  (" + shown(value[1]) + " to " + shown(value[2]) + ")";
    return text;
  }
  if (value.is_number_integer()) return value.dump();
  return value.is_number() ? number(value.get<double>(), 3) : "-";
}

std::string significant(const Json& value) {
  return value.is_number() ? engineering(value.get<double>(), "") : "-";
}

Table probe_table(const Json& probes) {
  Table table({"", "auroc", "accuracy", "balanced", "average precision"},
              {Align::kLeft, Align::kLeft, Align::kRight, Align::kRight, Align::kRight});
  for (const char* name : {"majority", "hpwl", "nets", "neighbours", "trees"}) {
    const Json probe = probes.value(name, Json::object());
    table.add({name, shown(probe.value("auroc", Json())), shown(probe.value("accuracy", Json())),
               shown(probe.value("balanced_accuracy", Json())),
               shown(probe.value("average_precision", Json()))});
  }
  return table;
}

int print_check(const Json& report) {
  const Json& spread = report["spread"];
  std::cout << report["count"] << " layouts with label " << report["label"].get<std::string>();
  if (report["clean"].is_number())
    std::cout << ", " << number(100 * report["clean"].get<double>(), 2) << " % of those tried";
  std::cout << "\nquartiles " << significant(spread["p25"]) << ", " << significant(spread["p50"])
            << ", " << significant(spread["p75"]) << "; threshold "
            << significant(report["threshold"]) << " +- " << significant(report["error"]) << "\n"
            << "majority " << shown(report["majority"]) << ", ceiling " << shown(report["ceiling"])
            << "\n\n"
            << probe_table(report["probes"]).text() << "\n";
  Table curve({"layouts", "auroc of trees"}, {Align::kRight, Align::kRight});
  for (const Json& point : report["curve"])
    curve.add({point["layouts"].dump(), shown(point["auroc"])});
  std::cout << curve.text() << "\nshuffled labels: auroc " << shown(report["shuffled"]) << "\n";
  if (const Json remade = report.value("remade", Json()); remade.is_object()) {
    std::cout << remade["layouts"] << " layouts made again: " << remade["differ"]
              << " have other labels\n";
  }
  if (report["go"] == true) {
    std::cout << "go: there is something to learn.\n";
    return kOk;
  }
  std::cout << "no go:\n";
  for (const Json& reason : report["reasons"])
    std::cout << "  " << reason.get<std::string>() << "\n";
  return kUnclean;
}

int check(const Session& session, const Arguments& arguments) {
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  Json params = arguments.params();
  params["label_error"] = arguments.error;
  params["relative_error"] = arguments.relative_error;
  auto reply = client.value().call("dataset.check", params, std::chrono::hours(1));
  if (reply.has_error()) return fail(session, reply.error());
  const Json& report = reply.value()["result"];
  if (!session.json) return print_check(report);
  print_line(report);
  return report["go"] == true ? kOk : kUnclean;
}

constexpr const char* kRows[] = {
    "accuracy",        "balanced_accuracy", "majority", "precision", "recall",
    "auroc_interval",  "average_precision", "brier",    "ece",       "brier_before",
    "ece_before",      "temperature",       "spearman", "kendall",   "far",
    "ms_per_placement"};

std::string opened_text(const Json& result) {
  return "The test part of " + result["dataset"].get<std::string>() + " was opened " +
         result["test_opened"].dump() + (result["test_opened"] == 1 ? " time.\n" : " times.\n");
}

void print_evaluations(const Json& result) {
  const Json& models = result["models"];
  std::vector<std::string> headers{"label " + result["label"].get<std::string>()};
  for (const Json& model : models) headers.push_back(model["model"]);
  Table table(headers, std::vector<Align>(headers.size(), Align::kLeft));
  const auto add = [&](const std::string& name, auto value) {
    std::vector<std::string> row{name};
    for (const Json& model : models) row.push_back(value(model));
    table.add(std::move(row));
  };
  add("count", [](const Json& model) { return model["count"].dump(); });
  for (const char* name : kRows)
    add(name, [&](const Json& model) { return shown(model.value(name, Json())); });
  const auto of_regret = [](const char* name) {
    return [name](const Json& model) { return significant(model["regret"].value(name, Json())); };
  };
  add("regret", of_regret("mean"));
  add("  by wire length", of_regret("hpwl"));
  add("  by chance", of_regret("chance"));
  std::cout << table.text() << "\n";
  if (models[0].contains("probes")) std::cout << probe_table(models[0]["probes"]).text() << "\n";
  for (const Json& comparison : result.value("comparisons", Json::array())) {
    std::cout << comparison["first"].get<std::string>() << " against "
              << comparison["second"].get<std::string>() << ": auroc "
              << shown(comparison["auroc_difference"]) << "; right alone "
              << comparison["mcnemar"]["only_first"] << " and "
              << comparison["mcnemar"]["only_second"] << " times, p "
              << shown(comparison["mcnemar"]["p"]) << "\n";
  }
  std::cout << opened_text(result);
}

Result<Json> evaluate(const Session& session, const Arguments& arguments) {
  PTAH_TRY(auto client, session.connect());
  Json params = arguments.params();
  params["models"] = arguments.models;
  params["probes"] = !arguments.no_probes;
  PTAH_TRY(const Json reply, client.call("model.evaluate", params, std::chrono::hours(1)));
  return reply["result"];
}

/// One model is one flat object for scripts.
int print_result(const Session& session, const Result<Json>& evaluated) {
  if (evaluated.has_error()) return fail(session, evaluated.error());
  const Json& result = evaluated.value();
  if (!session.json) {
    print_evaluations(result);
  } else if (result["models"].size() == 1) {
    Json flat = result;
    flat.update(result["models"][0]);
    flat.erase("models");
    print_line(flat);
  } else {
    print_line(result);
  }
  return kOk;
}

}  // namespace

void add_evaluation_commands(CLI::App& app, Session& session, int& status) {
  auto arguments = std::make_shared<Arguments>();
  const auto add_common = [arguments](CLI::App* command) {
    command->add_option("--label", arguments->label,
                        "A measure of the dataset; -NAME where more is better");
    command->add_option("--seed", arguments->seed, "Same seed, same report")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    command->add_option("--library", arguments->library, "The library")
        ->capture_default_str()
        ->envname("PTAH_LIBRARY");
  };
  auto* checking = app.get_subcommand("dataset")->add_subcommand(
      "check", "Whether a dataset teaches anything: labels, ceiling, probes");
  checking->add_option("dataset", arguments->dataset, "NAME or NAME@VERSION")->required();
  checking->add_option("--error", arguments->error, "What a label may be off by, in its unit")
      ->check(CLI::NonNegativeNumber);
  checking
      ->add_option("--relative-error", arguments->relative_error,
                   "The same as a share of the threshold; the larger counts")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  add_common(checking);
  on_command(checking, status, [&session, arguments] { return check(session, *arguments); });

  auto* model = app.get_subcommand("model");
  const auto add_evaluation = [&](CLI::App* command) {
    command->add_option("--dataset", arguments->dataset, "NAME or NAME@VERSION")->required();
    command->add_flag("--no-probes", arguments->no_probes, "Only the models");
    add_common(command);
    on_command(command, status, [&session, arguments] {
      return print_result(session, evaluate(session, *arguments));
    });
  };
  auto* evaluating = model->add_subcommand(
      "evaluate", "How good a model is on a dataset's test part; that it was opened is counted");
  evaluating->add_option("models", arguments->models, "NAME or NAME@VERSION, up to 16")->required();
  add_evaluation(evaluating);
  auto* comparing =
      model->add_subcommand("compare", "Whether two models differ on a dataset's test part");
  comparing->add_option("models", arguments->models, "Two models")->required()->expected(2);
  add_evaluation(comparing);
}

}  // namespace ptah::cli
