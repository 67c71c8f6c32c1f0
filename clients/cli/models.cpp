/// ptah train, ptah model
#include <ctime>
#include <filesystem>
#include <iostream>
#include <optional>

#include "job_view.hpp"
#include "terminal.hpp"

namespace ptah::cli {
namespace {

using Align = Table::Align;

struct TrainArguments {
  std::string model, label, flow = "native", job, library = "work";
  std::string trainer, dataset;  ///< Of `ptah model train`.
  std::vector<std::string> jobs, options;
  std::int64_t seed = 0;
  std::optional<std::int64_t> epochs;
  std::optional<double> budget_hours;
  bool detach = false, searches = false;
  Lines lines = Lines::kVariants;
};

/// "batch=32" -> {"batch": 32}: numbers, true and false as such, all else as text.
Result<Json> options_json(const std::vector<std::string>& options) {
  Json json = Json::object();
  for (const std::string& option : options) {
    const std::size_t equals = option.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return make_error(ErrorCode::kInvalidArgument, "\"" + option + "\" is not NAME=VALUE.",
                        "--option");
    }
    const std::string text = option.substr(equals + 1);
    Json value = Json::parse(text, nullptr, false);
    json[option.substr(0, equals)] = value.is_primitive() ? value : Json(text);
  }
  return json;
}

int train(const Session& session, const TrainArguments& arguments) {
  auto options = options_json(arguments.options);
  if (options.has_error()) return fail(session, options.error());
  if (arguments.epochs) options.value()["epochs"] = *arguments.epochs;
  if (arguments.budget_hours) options.value()["budget_hours"] = *arguments.budget_hours;
  if (arguments.searches) options.value().emplace("search", "graph_propagation");
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  Json params{{"library", arguments.library},
              {"spec",
               {{"model", arguments.model},
                {"flow", name_or_path(arguments.flow)},
                {"options", options.value()},
                {"seed", arguments.seed}}}};
  Json& spec = params["spec"];
  if (arguments.dataset.empty()) {
    spec["jobs"] = arguments.jobs;
  } else {
    spec["dataset"] = arguments.dataset;
  }
  if (!arguments.label.empty()) spec["label"] = arguments.label;
  if (!arguments.trainer.empty()) spec["trainer"] = arguments.trainer;
  if (!arguments.job.empty()) params["job"] = arguments.job;
  auto started = client.value().call("flow.train", params, std::chrono::minutes(10));
  if (started.has_error()) return fail(session, started.error());
  const std::string job = started.value()["job"];
  if (!arguments.detach)
    return follow_jobs(session, client.value(), {&job, 1}, "", arguments.lines);
  if (session.json) {
    print_line(started.value());
  } else {
    std::cout << job << "\n";
  }
  return kOk;
}

std::string metrics_text(const Json& record) {
  std::string text;
  for (const auto& [name, value] : record.value("metrics", Json::object()).items())
    text += (text.empty() ? "" : " ") + name + "=" + value.dump();
  return text;
}

std::string origin(const Json& record) {
  return record.value("trainer", record.value("predictor", std::string()) + " (imported)");
}

int list_models(const Session& session, const std::string& library, const std::string& name) {
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  Table table({"model", "version", "used", "made by", "label", "layouts", "metrics"},
              {Align::kLeft, Align::kRight, Align::kLeft, Align::kLeft, Align::kLeft, Align::kRight,
               Align::kLeft});
  Json params{{"library", library}, {"limit", 100}};
  if (!name.empty()) params["name"] = name;
  for (;;) {
    auto reply = client.value().call("model.list", params);
    if (reply.has_error()) return fail(session, reply.error());
    for (const Json& model : reply.value()["models"]) {
      if (session.json) {
        print_line(model);
        continue;
      }
      const Json& record = model["record"];
      const Json dataset = record.value("dataset", Json::object());
      table.add({model["name"], model["version"].dump(), model["used"] == true ? "*" : "",
                 origin(record), record.value("label", ""),
                 dataset.contains("layouts") ? dataset["layouts"].dump() : "",
                 metrics_text(record)});
    }
    if (!reply.value().contains("next")) break;
    params["after"] = reply.value()["next"];
  }
  if (!session.json) std::cout << (table.empty() ? "no models\n" : table.text());
  return kOk;
}

int print_model(const Session& session, const Result<Json>& reply) {
  if (reply.has_error()) return fail(session, reply.error());
  const Json& model = reply.value();
  if (session.json) {
    print_line(model);
    return kOk;
  }
  std::cout << model["name"].get<std::string>() << "@" << model["version"]
            << (model["used"] == true ? " (in use)" : "") << ", " << origin(model["record"])
            << "\n\n";
  for (const auto& [field, value] : model["record"].items()) {
    if (field == "model") continue;
    std::cout << field << std::string(field.size() < 16 ? 16 - field.size() : 1, ' ')
              << (value.is_string() ? value.get<std::string>() : value.dump()) << "\n";
  }
  Table files({"file", "bytes", "in the store"}, {Align::kLeft, Align::kRight, Align::kLeft});
  for (const Json& file : model["files"])
    files.add({file["name"], file["size"].dump(), file["path"]});
  std::cout << "\n" << files.text();
  return kOk;
}

int model_call(const Session& session, const std::string& method, Json params) {
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  return print_model(session, client.value().call(method, params, std::chrono::minutes(10)));
}

int put_model(const Session& session, const std::string& library, const std::string& name,
              const std::string& predictor, const std::string& note,
              const std::vector<std::string>& files) {
  Json list = Json::array();
  for (const std::string& file : files) {
    const auto path = std::filesystem::absolute(file).lexically_normal();
    list.push_back({{"name", path.filename().string()}, {"path", path.string()}});
  }
  return model_call(session, "model.put",
                    {{"library", library},
                     {"name", name},
                     {"predictor", predictor},
                     {"note", note},
                     {"files", std::move(list)}});
}

int delete_model(const Session& session, const std::string& library, const std::string& model) {
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  auto reply = client.value().call("model.delete", {{"library", library}, {"model", model}});
  if (reply.has_error()) return fail(session, reply.error());
  if (session.json) print_line(reply.value());
  return kOk;
}

void add_training_options(CLI::App* command, const std::shared_ptr<TrainArguments>& arguments) {
  command->add_option("--label", arguments->label,
                      "What to predict: pscore (the default of runs), area, hpwl, balanced, or a "
                      "measure (-NAME where more is better, |NAME| where its magnitude counts; the "
                      "default of a dataset is its first measure)");
  command->add_option("--flow", arguments->flow, "Flow whose trainer does it")
      ->capture_default_str();
  command->add_option("--option", arguments->options, "NAME=VALUE of the trainer, repeatable")
      ->allow_extra_args(false);
  command->add_option("--seed", arguments->seed, "Same seed, same model")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--job", arguments->job,
                      "An id of your own: the same id again continues that job");
  command->add_option("--library", arguments->library, "Library that receives the model")
      ->capture_default_str();
  command->add_flag("--detach", arguments->detach, "Print the job's id and leave");
}

/// `ptah model train|search PLUGIN --dataset NAME --name MODEL`.
void add_train_from_dataset(CLI::App* model, bool searches, Session& session, int& status) {
  auto* command = model->add_subcommand(
      searches ? "search" : "train",
      searches ? "Look for a network by graph propagation, and make a model of it (--option "
                 "search=random, halving: by other ways)"
               : "Make a model from a dataset");
  auto arguments = std::make_shared<TrainArguments>();
  arguments->lines = Lines::kMetrics;
  arguments->searches = searches;
  command->add_option("plugin", arguments->trainer, "Trainer")->required();
  command->add_option("--dataset", arguments->dataset, "NAME or NAME@VERSION")->required();
  command->add_option("--name,--model", arguments->model, "The model's name in the library")
      ->required();
  command->add_option("--epochs", arguments->epochs, "Option `epochs` of the trainer")
      ->check(CLI::PositiveNumber);
  command
      ->add_option("--budget", arguments->budget_hours,
                   "Option `budget_hours` of the trainer: how long it may search")
      ->check(CLI::PositiveNumber);
  add_training_options(command, arguments);
  on_command(command, status, [&session, arguments] { return train(session, *arguments); });
}

}  // namespace

void add_model_commands(CLI::App& app, Session& session, int& status) {
  auto* command = app.add_subcommand("train", "Make a model from the layouts of runs");
  auto arguments = std::make_shared<TrainArguments>();
  command->add_option("model", arguments->model, "Its name in the library")->required();
  command->add_option("jobs", arguments->jobs, "Runs to learn from")->required();
  add_training_options(command, arguments);
  on_command(command, status, [&session, arguments] { return train(session, *arguments); });

  struct ModelArguments {
    std::string library = "work", model, predictor, note;
    std::vector<std::string> files;
  };
  auto one = std::make_shared<ModelArguments>();
  auto* model = app.add_subcommand("model", "Train, list, show, import, choose and forget models");
  model->require_subcommand(1);
  add_train_from_dataset(model, false, session, status);
  add_train_from_dataset(model, true, session, status);
  const auto add = [&](const char* name, const char* text, const char* what, Action action) {
    auto* sub = model->add_subcommand(name, text);
    auto* positional = sub->add_option("model", one->model, what);
    if (std::string_view(name) != "list") positional->required();
    sub->add_option("--library", one->library, "The library")->capture_default_str();
    on_command(sub, status, std::move(action));
    return sub;
  };
  add("list", "Models and their versions", "Only this one",
      [&session, one] { return list_models(session, one->library, one->model); });
  add("get", "Where a model comes from, and its files", "NAME or NAME@VERSION", [&session, one] {
    return model_call(session, "model.get", {{"library", one->library}, {"model", one->model}});
  })->alias("show");
  add("use", "Choose the version that the name alone means", "NAME@VERSION; NAME: the newest",
      [&session, one] {
        return model_call(session, "model.use", {{"library", one->library}, {"model", one->model}});
      });
  add("delete", "Forget a version and the job that made it", "NAME@VERSION",
      [&session, one] { return delete_model(session, one->library, one->model); });
  auto* put = add("put", "Take files in as a new version", "Its name", [&session, one] {
    return put_model(session, one->library, one->model, one->predictor, one->note, one->files);
  });
  put->add_option("files", one->files, "Its files")->required()->check(CLI::ExistingFile);
  put->add_option("--predictor", one->predictor, "Plugin that understands them")->required();
  put->add_option("--note", one->note, "Where it comes from");
}

}  // namespace ptah::cli
