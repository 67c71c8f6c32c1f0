/// ptah model predict: what a model says of placements, of a dataset's or of one's own.
#include "prediction.hpp"

#include <filesystem>
#include <iostream>

#include "ptah/core/run_tool.hpp"
#include "session.hpp"
#include "terminal.hpp"

namespace ptah::cli {

std::string prediction_text(const Json& prediction) {
  std::string who = prediction.value("predictor", "");
  if (prediction.contains("model")) who = prediction.value("model", "") + " (" + who + ")";
  if (prediction.contains("refused"))
    return who + ": no prediction. " + prediction.value("refused", "");
  std::string text = who + ": " + prediction.value("text", "");
  const Json cost = prediction.value("cost", Json());
  const bool is_probability = prediction.value("probability", Json()) == cost;
  if (!is_probability) text += " Predicted " + engineering(cost, "") + ".";
  if (const Json deviation = prediction.value("uncertainty", Json()); deviation.is_number()) {
    text += " Uncertainty " +
            (is_probability ? number(100 * deviation.get<double>(), 0) + " %"
                            : engineering(deviation, "")) +
            ".";
  }
  if (!prediction.value("matches", true)) {
    text +=
        " The wiring differs from the schematic: devices of equal size may be taken for one "
        "another.";
  }
  return text;
}

namespace {

using Align = Table::Align;

constexpr std::size_t kMostPlacementBytes = 1u << 20;

struct PredictArguments : CircuitArguments {
  std::string model, dataset, label, placement, fingers, part = "validation", flow = "native";
  std::string library = "work";
  std::int64_t limit = 20, seed = 1;
};

void print_placements(const Json& result) {
  const std::string label = result["label"];
  Table table({"placement", "predicted", "uncertainty", "far", label},
              {Align::kRight, Align::kRight, Align::kRight, Align::kLeft, Align::kRight});
  for (const Json& row : result["placements"]) {
    const Json uncertainty = row.value("uncertainty", Json());
    table.add({row["placement"].dump(), plain(row["cost"]),
               uncertainty.is_number() ? plain(uncertainty) : "-", row["far"] == true ? "far" : "",
               plain(row["label"])});
  }
  std::cout << table.text();
}

void print_ranking(const Json& result) {
  const Json& regret = result["regret"];
  const auto shown = [](const Json& value) {
    return value.is_number() ? plain(value) : std::string("-");
  };
  std::cout << result["model"].get<std::string>() << " (" << result["predictor"].get<std::string>()
            << ") on the " << result["count"] << " layouts of the "
            << result["part"].get<std::string>() << " part of "
            << result["dataset"].get<std::string>() << ": Spearman "
            << (result["spearman"].is_number() ? number(result["spearman"], 3) : "-") << ", regret@"
            << regret["kept"] << " of " << regret["drawn"] << " " << shown(regret["mean"])
            << " (by wire length " << shown(regret["hpwl"]) << ", by chance "
            << shown(regret["chance"]) << ")\n";
  if (result.contains("test_opened")) {
    std::cout << "The test part was opened " << result["test_opened"]
              << (result["test_opened"] == 1 ? " time.\n" : " times.\n");
  }
}

int predict_dataset(const Session& session, const PredictArguments& arguments) {
  Json params{{"library", arguments.library}, {"model", arguments.model},
              {"dataset", arguments.dataset}, {"part", arguments.part},
              {"limit", arguments.limit},     {"seed", arguments.seed}};
  if (!arguments.label.empty()) params["label"] = arguments.label;
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  auto reply = client.value().call("model.predict", params, std::chrono::hours(1));
  if (reply.has_error()) return fail(session, reply.error());
  Json result = reply.value()["result"];
  if (!session.json) {
    print_placements(result);
    print_ranking(result);
    return kOk;
  }
  for (const Json& row : result["placements"]) print_line(row);
  result.erase("placements");
  print_line({{"summary", std::move(result)}});
  return kOk;
}

/// A list of places, or an object that has one as `placement`, and perhaps `fingers`.
Status read_placement_file(const PredictArguments& arguments, Json& params) {
  PTAH_TRY(const std::string text, read_text_file(arguments.placement, kMostPlacementBytes));
  const Json file = Json::parse(text, nullptr, false);
  params["placement"] = file.is_object() ? file.value("placement", Json()) : file;
  if (!params["placement"].is_array()) {
    return make_error(
        ErrorCode::kParse, "The file holds no placement.", arguments.placement,
        "It is a list of {\"device\": \"M0\", \"x_um\": 0.0, \"y_um\": 0.0, \"orientation\": "
        "\"R0\"}.");
  }
  if (file.is_object() && file.contains("fingers")) params["fingers"] = file["fingers"];
  if (arguments.fingers.empty()) return ok();
  PTAH_TRY(params["fingers"], fingers_json(arguments.fingers));
  return ok();
}

Result<Json> placement_params(const PredictArguments& arguments) {
  Json params{{"model", arguments.model},
              {"library", arguments.library},
              {"flow", name_or_path(arguments.flow)},
              {"route", false}};
  PTAH_TRY(arguments.fill(params));
  if (params.contains("top")) {
    params["subcircuit"] = params["top"];
    params.erase("top");
  }
  PTAH_TRY(read_placement_file(arguments, params));
  return params;
}

int predict_placement(const Session& session, const PredictArguments& arguments) {
  auto params = placement_params(arguments);
  if (params.has_error()) return fail(session, params.error());
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  auto reply =
      client.value().call("score.placement", std::move(params.value()), std::chrono::minutes(10));
  if (reply.has_error()) return fail(session, reply.error());
  const Json& prediction = reply.value()["prediction"];
  if (session.json) {
    print_line(prediction);
  } else {
    std::cout << prediction_text(prediction) << "\n";
  }
  return prediction.contains("refused") ? kUnclean : kOk;
}

int predict(const Session& session, const PredictArguments& arguments) {
  const bool own = !arguments.circuit.empty() && !arguments.placement.empty();
  if (own != arguments.dataset.empty() ||
      arguments.circuit.empty() != arguments.placement.empty()) {
    return fail(session, make_error(ErrorCode::kInvalidArgument,
                                    "Say of which placements: --dataset NAME, or CIRCUIT "
                                    "--placement FILE.json.",
                                    "command line"));
  }
  return own ? predict_placement(session, arguments) : predict_dataset(session, arguments);
}

}  // namespace

void add_prediction_command(CLI::App& app, Session& session, int& status) {
  auto* command = app.get_subcommand("model")->add_subcommand(
      "predict", "What a model says of a dataset's placements, or of one of your own");
  auto arguments = std::make_shared<PredictArguments>();
  command->add_option("model", arguments->model, "NAME or NAME@VERSION")->required();
  arguments->add_to(command);
  command->get_option("circuit")->required(false);
  command
      ->add_option("--placement", arguments->placement,
                   "JSON file: a place for every device of the circuit (docs/predictors.md)")
      ->check(CLI::ExistingFile);
  command->add_option("--fingers", arguments->fingers,
                      "Finger counts of the placement's devices: M0=6,M1=2,...");
  command
      ->add_option("--flow", arguments->flow,
                   "The flow whose device generator draws the circuit's devices")
      ->capture_default_str();
  command->add_option("--dataset", arguments->dataset, "NAME or NAME@VERSION");
  command
      ->add_option("--part", arguments->part,
                   "Which of its layouts; that the test part was opened is counted")
      ->check(CLI::IsMember({"train", "validation", "test"}))
      ->capture_default_str();
  command->add_option("--limit", arguments->limit, "List so many, the best first")
      ->check(CLI::Range(0, 5000))
      ->capture_default_str();
  command->add_option("--label", arguments->label,
                      "A measure of the dataset; -NAME where more is better (default: as learnt)");
  command->add_option("--seed", arguments->seed, "Of the draws of the regret")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--library", arguments->library, "The library")
      ->capture_default_str()
      ->envname("PTAH_LIBRARY");
  on_command(command, status, [&session, arguments] { return predict(session, *arguments); });
}

}  // namespace ptah::cli
