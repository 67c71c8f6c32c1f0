#include "session.hpp"

#include <filesystem>
#include <iostream>
#include <sstream>

#include "inputs.hpp"
#include "known_servers.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/netlist/fingers.hpp"

namespace ptah::cli {

ExitCode exit_code(const Error& error) noexcept {
  switch (error.code) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kParse:
    case ErrorCode::kUnsupported:
    case ErrorCode::kConflict:
    case ErrorCode::kDenied:
      return kUsage;
    case ErrorCode::kNotFound:
      return kNotFound;
    case ErrorCode::kToolMissing:
      return kToolMissing;
    case ErrorCode::kIo:
      return kNoServer;
    case ErrorCode::kCancelled:
      return kCancelled;
    case ErrorCode::kInfeasible:
    case ErrorCode::kToolFailed:
    case ErrorCode::kPluginFailed:
    case ErrorCode::kLimit:
      return kUnclean;
    case ErrorCode::kInternal:
      return kInternal;
  }
  return kInternal;
}

Result<Client> Session::connect(bool may_start) const {
  if (!server.empty()) {
    PTAH_TRY(const KnownServer known, known_server(server));
    return connect_to(known);
  }
  if (!host.empty()) {
    const auto colon = host.rfind(':');
    const int port = colon == std::string::npos ? 0 : std::atoi(host.c_str() + colon + 1);
    if (port <= 0 || port > 65535) {
      return make_error(ErrorCode::kInvalidArgument, "`" + host + "` is not HOST:PORT.", "--host");
    }
    std::string token;
    if (!token_file.empty()) {
      PTAH_TRY(token, read_text_file(token_file, 4096));
      token.erase(token.find_last_not_of(" \r\n") + 1);
    }
    return Client::connect_tcp(host.substr(0, colon), static_cast<std::uint16_t>(port), token);
  }
  LaunchOptions options = launch;
  options.start = may_start;
  return connect_or_start(options);
}

int fail(const Session& session, const Error& error) {
  if (session.json) {
    print_line({{"error",
                 {{"code", to_string(error.code)},
                  {"message", error.message},
                  {"where", error.where},
                  {"hint", error.hint}}}});
  }
  std::cerr << "ptah: " << (error.where.empty() ? "" : error.where + ": ") << error.message << "\n";
  if (!error.hint.empty()) std::cerr << "      " << error.hint << "\n";
  return exit_code(error);
}

void print_line(const Json& json) {
  // ASCII only: control characters of any kind are escaped, so that scripts get them back.
  std::cout << json.dump(-1, ' ', true, Json::error_handler_t::replace) << std::endl;
}

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

void on_command(CLI::App* command, int& status, Action action) {
  command->callback([&status, action = std::move(action)] { status = action(); });
}

void CircuitArguments::add_to(CLI::App* command, Given given) {
  auto* name = command->add_option(given == Given::kOption ? "--circuit" : "circuit", circuit,
                                   "A shipped circuit (`ptah circuits`), a SPICE netlist, or - "
                                   "for one on standard input");
  if (given == Given::kRequired) name->required();
  command
      ->add_option("--pairs", pairs, "JSON file of matched devices: {\"pairs\": [[\"M1\",\"M2\"]]}")
      ->check(CLI::ExistingFile);
  command->add_option("--testbench", testbench, "SPICE testbench with XXX as the circuit's body")
      ->check(CLI::ExistingFile);
  command->add_option("--top", top, "Subcircuit to lay out, where the netlist has several");
  command->add_option("--allowed-fingers", allowed, "Finger counts to choose from, such as 2,4,6");
  command
      ->add_option("--keep", keep,
                   "What stays while finger counts vary: the width of a finger, or of the device "
                   "(that with the most fingers allowed)")
      ->check(CLI::IsMember({"finger", "width"}))
      ->capture_default_str();
  command
      ->add_option("--width", width,
                   "What w= of a device with several fingers is, where the netlist does not say: "
                   "the width of one finger or the total; ask: an error")
      ->check(CLI::IsMember({"ask", "finger", "total"}))
      ->capture_default_str();
  command
      ->add_option("--off-grid", off_grid,
                   "Sizes off the technology's grid: round to it, with a note, or refuse")
      ->check(CLI::IsMember({"round", "refuse"}))
      ->capture_default_str();
  command
      ->add_option("--floating", floating,
                   "Nets with a single terminal that are no ports and not on dummies")
      ->check(CLI::IsMember({"refuse", "allow"}))
      ->capture_default_str();
  command
      ->add_option("--param", params,
                   "A parameter of the netlist's top level, NAME=VALUE (repeatable): it wins over "
                   ".param")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--params", params_file, "File of them: .param lines, or NAME=VALUE lines")
      ->check(CLI::ExistingFile);
  command->add_option("--tech", tech, "ptah130, sky130A (needs PDK_ROOT), or a technology YAML")
      ->capture_default_str();
}

void CircuitArguments::add_cells_to(CLI::App* command) {
  command
      ->add_option("--cell", cells,
                   "NAME=FILE.gds[:CELL] (repeatable): a subcircuit or model of the netlist that "
                   "is placed and routed as the cell is, its ports by the cell's labels")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void CircuitArguments::add_measures_to(CLI::App* command) {
  command
      ->add_option("--measures", measuring,
                   "Measures of the scored testbench, or of all (default: as the flow says)")
      ->check(CLI::IsMember({"testbench", "all"}));
  command
      ->add_option("--measures-file", measures_file,
                   "Measures of a netlist of your own (docs/measures.md); their testbenches lie "
                   "beside the file")
      ->check(CLI::ExistingFile);
}

Status CircuitArguments::fill(Json& spec) const {
  namespace fs = std::filesystem;
  std::error_code ignored;
  if (!circuit.empty()) {
    const bool file = circuit == "-" || circuit.find_first_of("/.") != std::string::npos;
    if (!file) {
      if (!pairs.empty() || !testbench.empty() || !top.empty() || !measures_file.empty() ||
          !cells.empty()) {
        return make_error(ErrorCode::kInvalidArgument,
                          "Pairs, testbench, measures file, top and cells go with a netlist; `" +
                              circuit + "` is a shipped circuit.",
                          "command line",
                          "Give the path of the netlist, such as ./" + circuit + ".sp.");
      }
      spec["circuit"] = circuit;
    } else {
      if (circuit != "-" && !fs::is_regular_file(circuit, ignored)) {
        return make_error(ErrorCode::kNotFound, "There is no such file.", circuit);
      }
      spec["netlist"] = circuit;
      if (!pairs.empty()) spec["pairs"] = pairs;
      if (!testbench.empty()) spec["testbench"] = testbench;
      if (!measures_file.empty()) spec["measures"] = measures_file;
      for (const std::string& cell : cells) {
        const std::size_t equals = cell.find('=');
        if (equals == 0 || equals == std::string::npos || equals + 1 == cell.size()) {
          return make_error(ErrorCode::kInvalidArgument,
                            "`" + cell + "` binds no subcircuit to a file.", "--cell",
                            "--cell my_block=my_block.gds, or =my_block.gds:CELL");
        }
        spec["cells"][cell.substr(0, equals)] = cell.substr(equals + 1);
      }
      if (Status gathered = gather_sources(spec); !gathered) {
        // What is wrong with a cell's file has one exit status, here and in the plan.
        Error error = gathered.error();
        const bool input = error.code == ErrorCode::kNotFound || error.code == ErrorCode::kLimit;
        if (input && !cells.empty()) error.code = ErrorCode::kInvalidArgument;
        return error;
      }
      if (!top.empty()) spec["top"] = top;
    }
  }
  // Not where it is the default: the spec of a job that is continued stays what it was.
  if (keep != "finger") spec["keep"] = keep;
  if (width != "ask") spec["width"] = width;
  if (off_grid != "round") spec["off_grid"] = off_grid;
  if (floating != "refuse") spec["floating"] = floating;
  if (!measuring.empty()) spec["measuring"] = measuring;
  PTAH_TRY(const auto given, gather_params(params_file, params));
  if (!given.empty()) spec["params"] = given;
  if (!allowed.empty()) {
    Json counts = Json::array();
    std::istringstream list(allowed);
    for (std::string word; std::getline(list, word, ',');) {
      char* end = nullptr;
      const long count = std::strtol(word.c_str(), &end, 10);
      if (word.empty() || *end != '\0') {
        return make_error(ErrorCode::kInvalidArgument, "`" + word + "` is not a finger count.",
                          "--allowed-fingers");
      }
      counts.push_back(count);
    }
    spec["allowed_fingers"] = counts;
  }
  spec["tech"] = technology_word(tech);
  return ok();
}

std::string technology_word(const std::string& text) {
  const char* root = std::getenv("PDK_ROOT");
  if (text != "sky130A" || root == nullptr || *root == '\0') return name_or_path(text);
  return std::filesystem::absolute(std::filesystem::path(root) / text).lexically_normal().string();
}

std::string name_or_path(const std::string& text) {
  const bool file =
      text.find('/') != std::string::npos || text.ends_with(".yaml") || text.ends_with(".yml");
  return file ? std::filesystem::absolute(text).string() : text;
}

Error with_options(Error error) {
  for (const auto& [field, option] :
       {std::pair("`fingers`", "`--fingers`"), std::pair("`top`", "`--cell`")}) {
    const std::size_t at = error.hint.find(field);
    if (at != std::string::npos) error.hint.replace(at, std::string_view(field).size(), option);
  }
  return error;
}

Result<Json> fingers_json(const std::string& text) {
  PTAH_TRY(auto assignment, parse_fingers(text));
  return Json(assignment);
}

Result<Json> call_and_wait(Client& client, const std::string& method, Json params) {
  params["wait"] = true;
  PTAH_TRY(auto reply, client.call(method, params, std::chrono::minutes(30)));
  return reply.value("result", Json::object());
}

Result<std::int64_t> seconds_of(const std::string& text, const char* option) {
  if (text == "never") return std::int64_t{0};
  std::int64_t unit = 0;
  switch (text.empty() ? '\0' : text.back()) {
    case 's':
      unit = 1;
      break;
    case 'm':
      unit = 60;
      break;
    case 'h':
      unit = 3600;
      break;
    case 'd':
      unit = 86400;
      break;
  }
  const std::string digits = text.substr(0, text.empty() ? 0 : text.size() - 1);
  if (unit == 0 || digits.empty() || digits.size() > 6 ||
      digits.find_first_not_of("0123456789") != std::string::npos || std::stoll(digits) == 0) {
    return make_error(ErrorCode::kInvalidArgument, "`" + text + "` is no time.", option,
                      "Such as 30d, 12h or 90m; or never.");
  }
  return unit * std::stoll(digits);
}

}  // namespace ptah::cli
