/// ptah dataset
#include <filesystem>
#include <iostream>

#include "job_view.hpp"
#include "stored_files.hpp"
#include "terminal.hpp"

namespace ptah::cli {
namespace {

using Align = Table::Align;

struct MakeArguments : CircuitArguments {
  std::string name, labels, flow = "sampling", job, library = "work";
  std::int64_t count = 0, seed = 0, assignment = 0;
  bool detach = false;
};

/// "a,b" -> ["a", "b"]
Json list_of(const std::string& text) {
  Json list = Json::array();
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    if (end > at) list.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return list;
}

/// Follows a job that was started, or prints its id.
int follow(const Session& session, Client& client, const Result<Json>& started, bool detach) {
  if (started.has_error()) return fail(session, started.error());
  const std::string job = started.value()["job"];
  if (!detach) return follow_jobs(session, client, {&job, 1}, "");
  if (session.json) {
    print_line(started.value());
  } else {
    std::cout << job << "\n";
  }
  return kOk;
}

int make(const Session& session, const MakeArguments& arguments) {
  Json spec{{"name", arguments.name},
            {"count", arguments.count},
            {"seed", arguments.seed},
            {"flow", name_or_path(arguments.flow)}};
  if (auto filled = arguments.fill(spec); filled.has_error()) return fail(session, filled.error());
  spec["tech"] = name_or_path(arguments.tech);  // it becomes a part of the file
  if (arguments.assignment != 0) spec["assignment"] = arguments.assignment;
  if (!arguments.labels.empty()) spec["labels"] = list_of(arguments.labels);
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  Json params{{"spec", std::move(spec)}, {"library", arguments.library}};
  if (!arguments.job.empty()) params["job"] = arguments.job;
  const auto started = client.value().call("dataset.make", params);
  return follow(session, client.value(), started, arguments.detach);
}

int list(const Session& session, const std::string& library, const std::string& name) {
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  Table table(
      {"dataset", "version", "circuit", "layouts", "clean", "labels", "seed or origin", "bytes"},
      {Align::kLeft, Align::kRight, Align::kLeft, Align::kRight, Align::kRight, Align::kLeft,
       Align::kRight, Align::kRight});
  Json params{{"library", library}, {"limit", 100}};
  if (!name.empty()) params["name"] = name;
  for (;;) {
    auto reply = client.value().call("dataset.list", params);
    if (reply.has_error()) return fail(session, reply.error());
    for (const Json& dataset : reply.value()["datasets"]) {
      if (session.json) {
        print_line(dataset);
        continue;
      }
      const Json& record = dataset["record"];
      std::string labels;
      for (const Json& label : record.value("labels", Json::array()))
        labels += (labels.empty() ? "" : " ") + label.get<std::string>();
      table.add({dataset["name"], dataset["version"].dump(), record.value("circuit", ""),
                 record.value("count", Json()).dump(), record.value("clean", Json()).dump(), labels,
                 dataset.value("shipped", false)   ? "comes with Ptah"
                 : record.value("imported", false) ? "imported"
                                                   : record.value("seed", Json()).dump(),
                 record.value("bytes", Json()).dump()});
    }
    if (!reply.value().contains("next")) break;
    params["after"] = reply.value()["next"];
  }
  if (!session.json) std::cout << (table.empty() ? "no datasets\n" : table.text());
  return kOk;
}

int get(const Session& session, const std::string& library, const std::string& name) {
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  auto reply = client.value().call("dataset.get", {{"library", library}, {"dataset", name}});
  if (reply.has_error()) return fail(session, reply.error());
  const Json& dataset = reply.value();
  if (session.json) {
    print_line(dataset);
    return kOk;
  }
  std::cout << dataset["name"].get<std::string>() << "@" << dataset["version"] << ", job "
            << dataset["job"].get<std::string>() << "\n\n";
  for (const auto& [field, value] : dataset["record"].items()) {
    if (field == "dataset" || field == "version") continue;
    std::cout << field << std::string(field.size() < 16 ? 16 - field.size() : 1, ' ')
              << (value.is_string() ? value.get<std::string>() : value.dump()) << "\n";
  }
  std::cout << "files           " << dataset["files"].size() << "\n";
  return kOk;
}

struct FileArguments {
  std::string library = "work", name, file, note, form, label;
  bool balanced = false;
};

int export_file(const Session& session, const FileArguments& arguments) {
  const auto file = std::filesystem::absolute(arguments.file).lexically_normal();
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  Json params{{"library", arguments.library}, {"dataset", arguments.name}};
  if (!arguments.form.empty()) params["form"] = arguments.form;
  if (!arguments.label.empty()) params["label"] = arguments.label;
  if (arguments.balanced) params["balanced"] = true;
  auto result = call_and_wait(client.value(), "dataset.export", std::move(params));
  if (result.has_error()) return fail(session, result.error());
  std::string hash;
  for (const Json& made : result.value().value("files", Json::array())) {
    if (made.value("role", "") == "samples") hash = made.value("hash", "");
  }
  if (auto copied = read_file(client.value(), hash, file); copied.has_error())
    return fail(session, copied.error());
  Json shown{{"file", file.string()}};
  for (const char* field : {"dataset", "version", "count", "clean", "group", "label", "pictures"}) {
    if (result.value().contains(field)) shown[field] = result.value()[field];
  }
  if (session.json) {
    print_line(shown);
    return kOk;
  }
  std::cout << file.string() << ": " << shown["count"] << " layouts, " << shown["clean"]
            << " clean";
  if (shown.contains("group")) {
    std::cout << "; group " << shown["group"].get<std::string>() << " has " << shown["pictures"]
              << " pictures, in classes by " << shown["label"].get<std::string>();
  }
  std::cout << "\n";
  return kOk;
}

int import_file(const Session& session, const FileArguments& arguments) {
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  auto sent = put_file(client.value(), arguments.file);
  if (sent.has_error()) return fail(session, sent.error());
  Json spec{{"name", arguments.name}, {"file", sent.value()}};
  if (!arguments.note.empty()) spec["note"] = arguments.note;
  if (!arguments.form.empty()) spec["form"] = arguments.form;
  const auto started = client.value().call(
      "dataset.import", {{"library", arguments.library}, {"spec", std::move(spec)}});
  return follow(session, client.value(), started, false);
}

struct DrawArguments {
  std::string library = "work", name, out, label;
  std::int64_t index = -1, count = 0;
};

/// The one file that was asked for, or all, from the store to where the user wants them.
Result<Json> copy_pictures(Client& client, const Json& files, const std::filesystem::path& out,
                           const std::string& role) {
  Json copied = Json::array();
  for (const Json& made : files) {
    if (!role.empty() && made.value("role", "") != role) continue;
    const auto to = role.empty() ? out / made.value("dataset", "") : out;
    PTAH_TRY(read_file(client, made.value("hash", ""), to));
    copied.push_back(to.string());
  }
  return copied;
}

int draw(const Session& session, const DrawArguments& arguments) {
  const auto out = std::filesystem::absolute(arguments.out).lexically_normal();
  const std::string extension = out.extension().string();
  const bool one = extension == ".png" || extension == ".svg";
  Json params{{"library", arguments.library}, {"dataset", arguments.name}};
  if (one) params["format"] = extension.substr(1);
  if (!arguments.label.empty()) params["label"] = arguments.label;
  if (arguments.index >= 0) params["index"] = arguments.index;
  if (arguments.count > 0) params["count"] = arguments.count;
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  auto result = call_and_wait(client.value(), "dataset.render", std::move(params));
  if (result.has_error()) return fail(session, result.error());
  std::error_code failure;
  if (!one) std::filesystem::create_directories(out, failure);
  if (failure) return fail(session, make_error(ErrorCode::kIo, failure.message(), out.string()));
  const char* const role = !one ? "" : arguments.index >= 0 ? "picture" : "sheet";
  auto copied =
      copy_pictures(client.value(), result.value().value("files", Json::array()), out, role);
  if (copied.has_error()) return fail(session, copied.error());
  if (session.json) {
    print_line({{"dataset", result.value()["dataset"]},
                {"version", result.value()["version"]},
                {"label", result.value()["label"]},
                {"layouts", result.value()["layouts"]},
                {"files", copied.value()}});
  } else {
    for (const Json& file : copied.value()) std::cout << file.get<std::string>() << "\n";
  }
  return kOk;
}

int remove(const Session& session, const std::string& library, const std::string& name) {
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  auto reply = client.value().call("dataset.delete", {{"library", library}, {"dataset", name}});
  if (reply.has_error()) return fail(session, reply.error());
  if (session.json) print_line(reply.value());
  return kOk;
}

void add_make(CLI::App* dataset, Session& session, int& status) {
  auto* command =
      dataset->add_subcommand("make", "Sample placements of a circuit, and measure each");
  auto arguments = std::make_shared<MakeArguments>();
  arguments->add_to(command);
  command->add_option("--count", arguments->count, "Layouts")
      ->required()
      ->check(CLI::Range(1, 1'000'000));
  command->add_option("--name", arguments->name, "The dataset's name in the library")->required();
  command->add_option("--seed", arguments->seed, "Same seed, same layouts")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--assignment", arguments->assignment, "Finger assignment, by its number")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--measures", arguments->labels,
                      "Measures that become labels, as in offset,cmrr: only their testbenches are "
                      "simulated (default: those of operating points alone)");
  command->add_option("--flow", arguments->flow, "A flow's name, or its YAML file")
      ->capture_default_str();
  command->add_option("--job", arguments->job,
                      "An id of your own: the same id again continues that job");
  command->add_option("--library", arguments->library, "Library that receives the dataset")
      ->capture_default_str()
      ->envname("PTAH_LIBRARY");
  command->add_flag("--detach", arguments->detach, "Print the job's id and leave");
  on_command(command, status, [&session, arguments] { return make(session, *arguments); });
}

void add_draw(CLI::App* dataset, Session& session, int& status) {
  auto* command = dataset->add_subcommand(
      "render", "Draw layouts: placement, what networks see of it, and labels");
  auto arguments = std::make_shared<DrawArguments>();
  command->add_option("dataset", arguments->name, "NAME or NAME@VERSION")->required();
  command
      ->add_option("-o,--output", arguments->out,
                   "A folder; or FILE.png or FILE.svg, for the sheet, or for the one layout")
      ->required();
  auto* index = command->add_option("--index", arguments->index, "One layout, by its number")
                    ->check(CLI::NonNegativeNumber);
  command
      ->add_option("--count", arguments->count,
                   "So many of the best and of the worst outside the test part (default: 4)")
      ->check(CLI::Range(1, 32))
      ->excludes(index);
  command->add_option("--label", arguments->label,
                      "By which they are ordered (default: the dataset's first)");
  command->add_option("--library", arguments->library, "The library")
      ->capture_default_str()
      ->envname("PTAH_LIBRARY");
  on_command(command, status, [&session, arguments] { return draw(session, *arguments); });
}

void add_form(CLI::App* command, FileArguments& arguments, const char* text) {
  command->add_option("--form", arguments.form, text)->check(CLI::IsMember({"ptah", "public"}));
}

}  // namespace

void add_dataset_commands(CLI::App& app, Session& session, int& status) {
  auto* dataset =
      app.add_subcommand("dataset", "Make, list, draw, export and import data to learn from");
  dataset->require_subcommand(1);
  add_make(dataset, session, status);
  add_draw(dataset, session, status);
  auto one = std::make_shared<FileArguments>();
  const auto add = [&](const char* name, const char* text, Action action) {
    auto* sub = dataset->add_subcommand(name, text);
    sub->add_option("--library", one->library, "The library")
        ->capture_default_str()
        ->envname("PTAH_LIBRARY");
    on_command(sub, status, std::move(action));
    return sub;
  };
  add("list", "Datasets and their versions", [&session, one] {
    return list(session, one->library, one->name);
  })->add_option("dataset", one->name, "Only this one");
  add("get", "Where a dataset comes from",
      [&session, one] { return get(session, one->library, one->name); })
      ->add_option("dataset", one->name, "NAME or NAME@VERSION")
      ->required();
  auto* out = add("export", "Write a dataset into one HDF5 file",
                  [&session, one] { return export_file(session, *one); });
  out->add_option("dataset", one->name, "NAME or NAME@VERSION")->required();
  out->add_option("file", one->file, "FILE.h5")->required();
  add_form(out, *one, "public: with pictures and classes as in the data set of UT-AnLay");
  out->add_option("--label", one->label,
                  "Of the public form: what classes go by (default: the dataset's first)");
  out->add_flag("--balanced", one->balanced,
                "Of the public form: only the best and the worst quarter");
  auto* in = add("import", "Take such a file in as a new version",
                 [&session, one] { return import_file(session, *one); });
  add_form(in, *one, "Of the file (default: it is recognised)");
  in->add_option("file", one->file, "FILE.h5")->required()->check(CLI::ExistingFile);
  in->add_option("--name", one->name, "The dataset's name")->required();
  in->add_option("--note", one->note, "Where it comes from");
  add("delete", "Forget a version and the job that made it",
      [&session, one] { return remove(session, one->library, one->name); })
      ->add_option("dataset", one->name, "NAME@VERSION")
      ->required();
}

}  // namespace ptah::cli
