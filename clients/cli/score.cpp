/// ptah score: what a layout of a circuit is worth, and which nets are to blame.
#include <filesystem>
#include <iostream>

#include "measure_view.hpp"
#include "prediction.hpp"
#include "session.hpp"
#include "terminal.hpp"

namespace ptah::cli {
namespace {

using Align = Table::Align;

constexpr std::size_t kShownViolations = 5;

struct ScoreArguments : CircuitArguments {
  std::string gds, cell, fingers, model, flow = "native", library = "work";
  bool blame = false, judges = false, waveform = false, no_drc = false, no_lvs = false;
};

std::string text_of(const Json& json, const char* field) {
  return json.value(field, "");
}

void print_verdicts(const Json& verdicts, const char* kind) {
  for (const auto& [plugin, verdict] : verdicts.items()) {
    std::cout << kind << "    " << plugin << ": " << text_of(verdict, "summary") << "\n";
    std::size_t shown = 0;
    for (const Json& violation : verdict.value("violations", Json::array())) {
      if (shown++ == kShownViolations) {
        std::cout << "       ... (--json has all)\n";
        break;
      }
      std::cout << "       " << text_of(violation, "rule") << "  " << text_of(violation, "text");
      if (violation.contains("box_um")) {
        std::cout << "  at (" << violation["box_um"][0] << ", " << violation["box_um"][1] << ") um";
      }
      std::cout << "\n";
    }
  }
}

std::string percent(const Json& row) {
  return row.contains("blame") ? number(100 * row["blame"].get<double>(), 1) : "";
}

void print_score(const Json& score) {
  std::cout << text_of(score, "circuit") << ", cell " << text_of(score, "top") << ", "
            << (score["valid"] == true ? "valid" : "not valid: " + text_of(score, "reason"))
            << "\n";
  print_verdicts(score["drc"], "DRC");
  print_verdicts(score["lvs"], "LVS");
  std::cout << "pscore  "
            << (score["pscore_V"].is_number() ? engineering(score["pscore_V"], "V")
                                              : "none: " + text_of(score, "score_reason"))
            << "\n";
  if (score.contains("judged_pscore_V") && score["judged_pscore_V"].is_number()) {
    std::cout << "judged  " << engineering(score["judged_pscore_V"], "V") << "\n";
  }
  if (score.contains("prediction"))
    std::cout << "model   " << prediction_text(score["prediction"]) << "\n";
  std::cout << "area    " << number(score["area_um2"], 2)
            << " um2: " << number(score["outline_um"][0], 2) << " x "
            << number(score["outline_um"][1], 2) << " um, HPWL " << number(score["hpwl_um"], 2)
            << " um\n";
  std::string fingers;
  for (const auto& [device, count] : score["fingers"].items()) {
    fingers += (fingers.empty() ? "" : ",") + device + "=" + count.dump();
  }
  if (!fingers.empty()) std::cout << "fingers " << fingers << "\n";
  const std::string measures =
      measure_table(score["measures"], score.value("measures_schematic", Json()));
  if (!measures.empty()) std::cout << "\n" << measures;

  Table nets(
      {"net", "total fF", "to rails fF", "coupled fF", "blame uV", "%"},
      {Align::kLeft, Align::kRight, Align::kRight, Align::kRight, Align::kRight, Align::kRight});
  for (const Json& net : score["nets"]) {
    const bool blamed = net.contains("blame_V") && net["rail"] != true;
    nets.add({net["net"], number(net["total_fF"], 3), number(net["ground_fF"], 3),
              number(net["coupled_fF"], 3),
              blamed ? number(net["blame_V"].get<double>() * 1e6, 3) : "",
              blamed ? percent(net) : ""});
  }
  if (!nets.empty()) std::cout << "\n" << nets.text();
  Table devices({"device", "blame uV", "%"}, {Align::kLeft, Align::kRight, Align::kRight});
  for (const Json& device : score["devices"]) {
    if (!device.contains("blame_V")) continue;
    devices.add(
        {device["device"], number(device["blame_V"].get<double>() * 1e6, 3), percent(device)});
  }
  if (!devices.empty()) std::cout << "\n" << devices.text();
}

int score(const Session& session, const ScoreArguments& arguments) {
  Json params{{"layout", {{"path", std::filesystem::absolute(arguments.gds).string()}}},
              {"blame", arguments.blame},
              {"judges", arguments.judges},
              {"waveform", arguments.waveform},
              {"drc", !arguments.no_drc},
              {"lvs", !arguments.no_lvs}};
  if (auto filled = arguments.fill(params); filled.has_error()) {
    return fail(session, filled.error());
  }
  // The netlist's own `top` and the layout's are two things.
  if (params.contains("top")) {
    params["subcircuit"] = params["top"];
    params.erase("top");
  }
  if (!params.contains("circuit") && !params.contains("sources")) {
    return fail(session, make_error(ErrorCode::kInvalidArgument,
                                    "A score needs the circuit that this is a layout of.",
                                    "--circuit", "`ptah circuits` lists the shipped ones."));
  }
  if (!arguments.cell.empty()) params["top"] = arguments.cell;
  if (!arguments.fingers.empty()) {
    auto fingers = fingers_json(arguments.fingers);
    if (fingers.has_error()) return fail(session, fingers.error());
    params["fingers"] = fingers.value();
  }
  params["flow"] = name_or_path(arguments.flow);
  params["library"] = arguments.library;
  if (!arguments.model.empty()) params["model"] = arguments.model;
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  auto reply = client.value().call("score.layout", params, std::chrono::minutes(10));
  if (reply.has_error()) return fail(session, with_options(std::move(reply).error()));
  if (session.json) {
    print_line(reply.value());
  } else {
    print_score(reply.value());
  }
  return reply.value()["valid"] == true ? kOk : kUnclean;
}

}  // namespace

void add_score_command(CLI::App& app, Session& session, int& status) {
  auto* command = app.add_subcommand(
      "score", "What a layout of a circuit is worth: checks, pscore, parasitics, blame");
  auto arguments = std::make_shared<ScoreArguments>();
  command->add_option("layout", arguments->gds, "GDSII file")->required()->check(CLI::ExistingFile);
  arguments->add_to(command, CircuitArguments::Given::kOption);
  arguments->add_measures_to(command);
  command->add_option("--cell", arguments->cell, "Top cell, where the file has several");
  command->add_option("--fingers", arguments->fingers,
                      "Finger counts of this layout: M0=6,M1=2,... (default: as it is drawn)");
  command->add_option("--flow", arguments->flow, "The flow whose checks and simulator decide")
      ->capture_default_str();
  command->add_option("--model", arguments->model,
                      "NAME or NAME@VERSION: what it predicts of this placement, beside the score");
  command->add_option("--library", arguments->library, "The model's library")
      ->capture_default_str()
      ->envname("PTAH_LIBRARY");
  command->add_flag("--blame", arguments->blame, "How much each net and device costs");
  command->add_flag("--judges", arguments->judges, "Ask the trusted tools, too");
  command->add_flag("--waveform", arguments->waveform,
                    "With --json: the output before and after layout");
  command->add_flag("--no-drc", arguments->no_drc, "Leave out the design rules");
  command->add_flag("--no-lvs", arguments->no_lvs, "Leave out layout against schematic");
  on_command(command, status, [&session, arguments] { return score(session, *arguments); });
}

}  // namespace ptah::cli
