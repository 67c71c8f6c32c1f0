/// ptah check, ptah render
#include <filesystem>
#include <iostream>

#include "ptah/core/run_tool.hpp"
#include "session.hpp"
#include "terminal.hpp"

namespace ptah::cli {
namespace {

using Align = Table::Align;

constexpr std::size_t kShownViolations = 20;
constexpr std::size_t kMaxResultBytes = 1u << 30;

struct CheckArguments : CircuitArguments {
  std::string gds, cell, fingers, flow = "osiris", spef, spice;
  std::vector<std::string> extractor_options;
  bool drc = false, lvs = false, pex = false;
};

void print_verdicts(const Json& verdicts, const char* kind) {
  for (const auto& [judge, verdict] : verdicts.items()) {
    std::cout << kind << "  " << judge << ": " << verdict["summary"].get<std::string>() << "\n";
    std::size_t shown = 0;
    for (const Json& violation : verdict["violations"]) {
      if (shown++ == kShownViolations) {
        std::cout << "     ... (--json has all)\n";
        break;
      }
      std::cout << "     " << violation["rule"].get<std::string>() << "  "
                << violation["text"].get<std::string>();
      if (violation.contains("box_um")) {
        std::cout << "  at (" << violation["box_um"][0] << ", " << violation["box_um"][1] << ") um";
      }
      std::cout << "\n";
    }
  }
}

/// Copies the file of a finished task that plays a role from the store to where the user wants it.
Status copy_result(const Json& result, const std::string& role, const std::filesystem::path& to) {
  for (const Json& file : result.value("files", Json::array())) {
    if (file.value("role", "") != role) continue;
    PTAH_TRY(const std::string bytes, read_text_file(file.value("path", ""), kMaxResultBytes));
    return write_text_file(to, bytes, Durability::kSynced);
  }
  return make_error(ErrorCode::kInternal, "The daemon made no such file.", role);
}

int check(const Session& session, const CheckArguments& arguments) {
  Json spec{{"gds", std::filesystem::absolute(arguments.gds).string()},
            {"flow", name_or_path(arguments.flow)}};
  if (auto filled = arguments.fill(spec); filled.has_error()) return fail(session, filled.error());
  // The netlist's own `top` and the layout's are two things.
  if (spec.contains("top")) {
    spec["subcircuit"] = spec["top"];
    spec.erase("top");
  }
  if (!arguments.cell.empty()) spec["top"] = arguments.cell;
  if (!arguments.fingers.empty()) {
    auto fingers = fingers_json(arguments.fingers);
    if (fingers.has_error()) return fail(session, fingers.error());
    spec["fingers"] = fingers.value();
  }
  if (arguments.drc) spec["drc"] = true;
  if (arguments.lvs) spec["lvs"] = true;
  if (arguments.pex) spec["pex"] = true;
  if (!arguments.spef.empty()) spec["spef"] = true;
  if (!arguments.spice.empty()) spec["spice"] = true;
  for (const std::string& option : arguments.extractor_options) {
    const std::size_t equals = option.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return fail(session, make_error(ErrorCode::kInvalidArgument,
                                      "--extractor-option takes NAME=VALUE.", option));
    }
    const std::string value = option.substr(equals + 1);
    Json parsed = Json::parse(value, nullptr, false);
    spec["extractor_options"][option.substr(0, equals)] =
        parsed.is_discarded() ? Json(value) : std::move(parsed);
  }
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  auto result = call_and_wait(client.value(), "flow.check", {{"spec", spec}});
  if (result.has_error()) return fail(session, with_options(result.error()));
  const Json& found = result.value();
  for (const auto& [role, file] :
       {std::pair{"spef", &arguments.spef}, {"spice", &arguments.spice}}) {
    if (file->empty()) continue;
    if (auto copied = copy_result(found, role, *file); copied.has_error())
      return fail(session, copied.error());
  }
  if (session.json) {
    print_line(found);
  } else {
    std::cout << found["gds"].get<std::string>() << ", cell " << found["top"].get<std::string>()
              << "\n";
    print_verdicts(found["drc"], "DRC");
    print_verdicts(found["lvs"], "LVS");
    if (found.contains("pex")) {
      Table table({"net", "total fF"}, {Align::kLeft, Align::kRight});
      for (const Json& net : found["pex"]["nets"])
        table.add({net["net"], number(net["total_fF"], 3)});
      std::cout << table.text();
    }
  }
  return found["clean"] == true ? kOk : kUnclean;
}

struct RenderArguments {
  std::string gds, file, cell, tech = "ptah130";
  int width = 1200;
  bool bare = false;
};

int render(const Session& session, const RenderArguments& arguments) {
  const auto file = std::filesystem::absolute(arguments.file).lexically_normal();
  const std::string extension = file.extension().string();
  if (extension != ".png" && extension != ".svg") {
    return fail(session, make_error(ErrorCode::kInvalidArgument,
                                    "A picture is a .png or an .svg file.", file.string()));
  }
  Json spec{{"gds", std::filesystem::absolute(arguments.gds).string()},
            {"format", extension.substr(1)},
            {"tech", technology_word(arguments.tech)},
            {"width_px", arguments.width},
            {"labels", !arguments.bare}};
  if (!arguments.cell.empty()) spec["top"] = arguments.cell;
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  auto result = call_and_wait(client.value(), "flow.render", {{"spec", spec}});
  if (result.has_error()) return fail(session, with_options(result.error()));
  if (auto copied = copy_result(result.value(), "picture", file); copied.has_error())
    return fail(session, copied.error());
  if (session.json) {
    print_line({{"picture", file.string()}, {"top", result.value()["top"]}});
  } else {
    std::cout << file.string() << "\n";
  }
  return kOk;
}

}  // namespace

void add_layout_commands(CLI::App& app, Session& session, int& status) {
  auto* check_command = app.add_subcommand("check", "Check a layout with the trusted tools");
  auto checked = std::make_shared<CheckArguments>();
  check_command->add_option("layout", checked->gds, "GDSII file")
      ->required()
      ->check(CLI::ExistingFile);
  checked->add_to(check_command, CircuitArguments::Given::kOption);
  check_command->add_option("--cell", checked->cell, "Top cell, where the file has several");
  check_command->add_option("--fingers", checked->fingers,
                            "Finger counts of this layout: M0=6,M1=2,...");
  check_command->add_flag("--drc", checked->drc, "Design rules (the default)");
  check_command->add_flag("--lvs", checked->lvs,
                          "Layout against schematic (the default with --circuit)");
  check_command->add_flag("--pex", checked->pex, "Parasitic capacitance of each net");
  check_command->add_option("--spef", checked->spef, "Write the extracted parasitics, FILE.spef");
  check_command->add_option("--spice", checked->spice, "Write the extracted netlist, FILE.spice");
  check_command->add_option("--extractor-option", checked->extractor_options,
                            "NAME=VALUE, such as resistance=network (repeatable)");
  check_command->add_option("--flow", checked->flow, "The flow whose judges decide")
      ->capture_default_str();
  on_command(check_command, status, [&session, checked] { return check(session, *checked); });

  auto* render_command = app.add_subcommand("render", "Draw a layout as PNG or SVG");
  auto drawn = std::make_shared<RenderArguments>();
  render_command->add_option("layout", drawn->gds, "GDSII file")
      ->required()
      ->check(CLI::ExistingFile);
  render_command->add_option("-o,--output", drawn->file, "FILE.png or FILE.svg")->required();
  render_command->add_option("--cell", drawn->cell, "Top cell, where the file has several");
  render_command->add_option("--tech", drawn->tech, "Technology that names the layers")
      ->capture_default_str();
  render_command->add_option("--width", drawn->width, "Width in pixels")
      ->check(CLI::Range(64, 8192))
      ->capture_default_str();
  render_command->add_flag("--bare", drawn->bare, "No labels and no scale bar");
  on_command(render_command, status, [&session, drawn] { return render(session, *drawn); });
}

}  // namespace ptah::cli
