/// ptah train, ptah model
#include <ctime>
#include <filesystem>
#include <iostream>
#include <optional>

#include "job_view.hpp"
#include "ptah/core/run_tool.hpp"
#include "stored_files.hpp"
#include "terminal.hpp"

namespace ptah::cli {
namespace {

using Align = Table::Align;

struct TrainArguments {
  std::string model, label, flow = "native", job, library = "work";
  std::string trainer, dataset, from;  ///< Of `ptah model train`.
  std::vector<std::string> jobs, options;
  std::int64_t seed = 0;
  std::optional<std::int64_t> epochs;
  std::optional<double> budget_hours;
  bool detach = false, searches = false;
  Lines lines = Lines::kVariants;
};

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
  if (!arguments.from.empty()) spec["from"] = arguments.from;
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
  const Json metrics = record.value("metrics", Json::object());
  for (const auto& [name, value] : metrics.items())
    text += (text.empty() ? "" : " ") + name + "=" + value.dump();
  return text;
}

std::string origin(const Json& model) {
  const Json& record = model["record"];
  const std::string maker =
      record.value("trainer", record.value("explorer", record.value("predictor", std::string())));
  return maker + (model.value("shipped", false)     ? " (comes with Ptah)"
                  : record.value("imported", false) ? " (imported)"
                                                    : "");
}

/// "champion, candidate", as `NAME@champion` is understood.
std::string aliases(const Json& model) {
  std::string text;
  for (const Json& alias : model.value("aliases", Json::array()))
    text += (text.empty() ? "" : ", ") + alias.get<std::string>();
  return text;
}

int list_models(const Session& session, const std::string& library, const std::string& name) {
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  Table table({"model", "version", "alias", "made by", "label", "layouts", "metrics"},
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
      table.add({model["name"], model["version"].dump(), aliases(model), origin(model),
                 record.value("label", ""),
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
            << (model["used"] == true ? " (in use)" : "") << ", " << origin(model) << "\n\n";
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
              const std::string& predictor, const std::string& explorer, const std::string& note,
              const std::vector<std::string>& files) {
  Json list = Json::array();
  for (const std::string& file : files) {
    const auto path = std::filesystem::absolute(file).lexically_normal();
    list.push_back({{"name", path.filename().string()}, {"path", path.string()}});
  }
  Json params{{"library", library}, {"name", name}, {"note", note}, {"files", std::move(list)}};
  if (!predictor.empty()) params["predictor"] = predictor;
  if (!explorer.empty()) params["explorer"] = explorer;
  return model_call(session, "model.put", std::move(params));
}

constexpr const char* kRecordFile = "model.json";

/// The model's files, and beside them `model.json`: its record without what is of this store, and
/// the hashes of the files, by which `import` knows them again.
int export_model(const Session& session, const std::string& library, const std::string& name,
                 const std::string& to, const std::string& note) {
  const auto folder = std::filesystem::absolute(to).lexically_normal();
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  auto reply = client.value().call("model.get", {{"library", library}, {"model", name}});
  if (reply.has_error()) return fail(session, reply.error());
  const Json& model = reply.value();
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure) return fail(session, make_error(ErrorCode::kIo, failure.message(), folder.string()));
  Json record = model["record"], files = Json::object();
  for (const char* field : {"model", "imported", "origins"}) record.erase(field);
  if (!note.empty()) record["note"] = note;
  for (const Json& file : model["files"]) {
    const auto part = file["name"].get<std::string>();
    if (part == kRecordFile) {
      return fail(
          session,
          make_error(ErrorCode::kUnsupported,
                     "The model has a file `model.json` of its own, where its record goes.", name));
    }
    files[part] = file["hash"];
    if (auto copied = read_file(client.value(), file["hash"], folder / part); copied.has_error())
      return fail(session, copied.error());
  }
  record["files"] = std::move(files);
  if (auto written =
          write_text_file(folder / kRecordFile, record.dump(1) + "\n", Durability::kSynced);
      written.has_error())
    return fail(session, written.error());
  const std::string reference = model["name"].get<std::string>() + "@" + model["version"].dump();
  if (session.json) {
    print_line({{"model", model["name"]},
                {"version", model["version"]},
                {"folder", folder.string()},
                {"files", record["files"]}});
  } else {
    std::cout << reference << ": " << record["files"].size() << " files and " << kRecordFile
              << " in " << folder.string() << "\n";
  }
  return kOk;
}

/// What `export` wrote, as a new version.
int import_model(const Session& session, const std::string& library, const std::string& from,
                 const std::string& name, const std::string& note) {
  constexpr std::size_t kMostRecord = 256u << 10;
  const auto folder = std::filesystem::absolute(from).lexically_normal();
  const auto text = read_text_file(folder / kRecordFile, kMostRecord);
  if (text.has_error()) return fail(session, text.error());
  const Json record = Json::parse(text.value(), nullptr, false);
  const Json files = record.is_object() ? record.value("files", Json()) : Json();
  const auto plugin = [&](const char* kind) {
    const Json plugin_name = record.is_object() ? record.value(kind, Json()) : Json();
    return plugin_name.is_string() ? plugin_name.get<std::string>() : std::string();
  };
  if (!files.is_object() || plugin("predictor").empty() == plugin("explorer").empty()) {
    return fail(session, make_error(ErrorCode::kParse,
                                    "That is no record of a model: it says no predictor or "
                                    "explorer, or no files.",
                                    (folder / kRecordFile).string(),
                                    "`ptah model export NAME FOLDER` writes such a folder."));
  }
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  Json list = Json::array();
  for (const auto& [part, hash] : files.items()) {
    auto sent = put_file(client.value(), folder / part);
    if (sent.has_error()) return fail(session, sent.error());
    list.push_back({{"name", part}, {"path", sent.value()}});
  }
  Json params{{"library", library},
              {"name", name.empty() ? folder.filename().string() : name},
              {"note", note},
              {"record", record},
              {"files", std::move(list)}};
  for (const char* kind : {"predictor", "explorer"}) {
    if (!plugin(kind).empty()) params[kind] = plugin(kind);
  }
  return print_model(session, client.value().call("model.put", params, std::chrono::minutes(10)));
}

/// What the one who left the model wrote down of what it prefers (docs/exploration.md).
Result<Json> explanation_of(Client& client, const Json& model) {
  constexpr std::size_t kMostExplanation = 4u << 20;
  const std::string name = model["name"].get<std::string>() + "@" + model["version"].dump();
  for (const Json& file : model["files"]) {
    if (file["name"] != "explanation.json") continue;
    PTAH_TRY(const std::string text,
             read_text(client, file["hash"].get<std::string>(), kMostExplanation));
    Json explanation = Json::parse(text, nullptr, false);
    if (explanation.is_object() && explanation.value("sections", Json()).is_array())
      return explanation;
    return make_error(ErrorCode::kParse, "Its explanation cannot be read.", "model " + name);
  }
  return make_error(ErrorCode::kUnsupported, "Model " + name + " says nothing of what it prefers.",
                    "model " + name,
                    "Policies do (`ptah explore ... --keep-model NAME`); `ptah model get " + name +
                        "` shows where it comes from.");
}

void print_distribution(const Json& distribution) {
  const auto text = [](const Json& value) {
    return value.is_string() ? value.get<std::string>() : std::string();
  };
  const auto share = [](const Json& choice, const char* field) {
    const Json value = choice.value(field, Json());
    return value.is_number() ? number(100 * value.get<double>(), 1) : std::string();
  };
  const Json entropy = distribution.value("entropy", Json());
  std::cout << text(distribution.value("name", Json()))
            << (entropy.is_number() ? ", entropy " + number(entropy, 3) : "") << "\n";
  Table choices({"", "%", "without preference"}, {Align::kLeft, Align::kRight, Align::kRight});
  for (const Json& choice : distribution.value("choices", Json::array())) {
    if (choice.is_object())
      choices.add({"  " + text(choice.value("name", Json())), share(choice, "probability"),
                   share(choice, "uniform")});
  }
  std::cout << choices.text() << "\n";
}

int explain_model(const Session& session, const std::string& library, const std::string& name) {
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  auto reply = client.value().call("model.get", {{"library", library}, {"model", name}});
  if (reply.has_error()) return fail(session, reply.error());
  const auto explanation = explanation_of(client.value(), reply.value());
  if (explanation.has_error()) return fail(session, explanation.error());
  if (session.json) {
    print_line({{"model", reply.value()["name"]},
                {"version", reply.value()["version"]},
                {"sections", explanation.value()["sections"]}});
    return kOk;
  }
  for (const Json& section : explanation.value()["sections"]) {
    if (!section.is_object()) continue;
    const Json title = section.value("title", Json());
    std::cout << (title.is_string() ? title.get<std::string>() : "") << "\n\n";
    for (const Json& one : section.value("distributions", Json::array())) {
      if (one.is_object()) print_distribution(one);
    }
  }
  return kOk;
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
      ->capture_default_str()
      ->envname("PTAH_LIBRARY");
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
      ->check(CLI::NonNegativeNumber);
  if (!searches) {
    command->add_option("--from", arguments->from,
                        "A model of the same trainer that it goes on from, of this or another "
                        "circuit: NAME or NAME@VERSION");
  }
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
    std::string library = "work", model, predictor, explorer, note, folder;
    std::vector<std::string> files;
  };
  auto one = std::make_shared<ModelArguments>();
  auto* model = app.add_subcommand(
      "model", "Train, list, show, explain, export, import, choose and forget models");
  model->require_subcommand(1);
  add_train_from_dataset(model, false, session, status);
  add_train_from_dataset(model, true, session, status);
  const auto add = [&](const char* name, const char* text, const char* what, Action action) {
    auto* sub = model->add_subcommand(name, text);
    auto* positional = sub->add_option("model", one->model, what);
    if (std::string_view(name) != "list") positional->required();
    sub->add_option("--library", one->library, "The library")
        ->capture_default_str()
        ->envname("PTAH_LIBRARY");
    on_command(sub, status, std::move(action));
    return sub;
  };
  add("list", "Models and their versions", "Only this one",
      [&session, one] { return list_models(session, one->library, one->model); });
  const char* const kReference =
      "NAME or NAME@champion: the one in use; NAME@VERSION; "
      "NAME@candidate: the newest";
  add("get", "Where a model comes from, and its files", kReference, [&session, one] {
    return model_call(session, "model.get", {{"library", one->library}, {"model", one->model}});
  })->alias("show");
  add("explain", "What a policy prefers: finger counts by group, moves by kind and by device",
      kReference, [&session, one] { return explain_model(session, one->library, one->model); });
  add("use", "Choose the version that the name alone means",
      "NAME@VERSION, or NAME@candidate; NAME: the newest", [&session, one] {
        return model_call(session, "model.use", {{"library", one->library}, {"model", one->model}});
      });
  add("delete", "Forget a version and the job that made it", "NAME@VERSION",
      [&session, one] { return delete_model(session, one->library, one->model); });
  auto* out =
      add("export", "Write its files and its record into a folder", kReference, [&session, one] {
        return export_model(session, one->library, one->model, one->folder, one->note);
      });
  out->add_option("folder", one->folder, "The folder")->required();
  out->add_option("--note", one->note, "What the record says of where it comes from");
  auto* in = model->add_subcommand("import", "Take such a folder in as a new version");
  in->add_option("folder", one->folder, "The folder")->required()->check(CLI::ExistingDirectory);
  in->add_option("--name,--model", one->model, "The model's name (default: the folder's)");
  in->add_option("--note", one->note, "Where it comes from");
  in->add_option("--library", one->library, "The library")
      ->capture_default_str()
      ->envname("PTAH_LIBRARY");
  on_command(in, status, [&session, one] {
    return import_model(session, one->library, one->folder, one->model, one->note);
  });
  auto* put = add("put", "Take files in as a new version", "Its name", [&session, one] {
    return put_model(session, one->library, one->model, one->predictor, one->explorer, one->note,
                     one->files);
  });
  put->add_option("files", one->files, "Its files")->required()->check(CLI::ExistingFile);
  put->add_option("--predictor", one->predictor, "Plugin that predicts with them");
  put->add_option("--explorer", one->explorer,
                  "In its place: the plugin whose explorations begin with them");
  put->add_option("--note", one->note, "Where it comes from");
}

}  // namespace ptah::cli
