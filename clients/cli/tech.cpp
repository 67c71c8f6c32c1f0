/// ptah tech: the files that other programs need of a technology. Made here, from the same YAML as
/// everything; no daemon is asked.
#include <filesystem>
#include <iostream>

#include "ptah/core/run_tool.hpp"
#include "ptah/tech/generate.hpp"
#include "session.hpp"

namespace ptah::cli {
namespace {

struct TechArguments {
  std::string name = "ptah130";
  std::string out = ".";
};

int write_technology(const Session& session, const TechArguments& arguments) {
  auto technology = Technology::resolve(arguments.name);
  if (technology.has_error()) return fail(session, technology.error());
  const Technology& tech = technology.value();
  const std::filesystem::path folder = std::filesystem::absolute(arguments.out).lexically_normal();
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure) {
    return fail(session, make_error(ErrorCode::kIo, failure.message(), folder.string()));
  }
  const auto magic = magic_tech(tech);
  if (magic.has_error()) return fail(session, magic.error());
  const auto drc = klayout_drc(tech);
  if (drc.has_error()) return fail(session, drc.error());
  const struct {
    const char* purpose;
    std::string suffix;
    std::string text;
  } files[] = {{"magic", ".tech", magic.value()},
               {"netgen", "_setup.tcl", netgen_setup(tech)},
               {"klayout_layers", ".lyp", klayout_layer_properties(tech)},
               {"klayout_drc", ".drc", drc.value()}};
  Json written = Json::object();
  for (const auto& file : files) {
    const auto path = folder / (tech.name() + file.suffix);
    if (auto done = write_text_file(path, file.text); done.has_error())
      return fail(session, done.error());
    written[file.purpose] = path.string();
    if (!session.json) std::cout << path.string() << "\n";
  }
  if (session.json) print_line(written);
  return kOk;
}

}  // namespace

void add_tech_command(CLI::App& app, Session& session, int& status) {
  auto* command = app.add_subcommand(
      "tech", "Write a technology for other programs: Magic, Netgen, KLayout (layers, DRC deck)");
  auto arguments = std::make_shared<TechArguments>();
  command->add_option("technology", arguments->name, "ptah130, sky130A, or a YAML file")
      ->capture_default_str();
  command->add_option("-o,--out", arguments->out, "Folder for the files")->capture_default_str();
  on_command(command, status,
             [&session, arguments] { return write_technology(session, *arguments); });
}

}  // namespace ptah::cli
