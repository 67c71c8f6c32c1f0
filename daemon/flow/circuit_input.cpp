#include "flow/circuit_input.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include "flow/flow_config.hpp"
#include "ptah/core/quoting.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/netlist/circuit_folder.hpp"

namespace ptah {
namespace {

constexpr std::size_t kMaxTestbenchBytes = 4u << 20;
constexpr std::size_t kMaxBenches = 16;

std::filesystem::path circuits_directory() {
  return config_directory() / "circuits";
}

Result<std::optional<NamedText>> read_optional(const std::optional<std::string>& path) {
  if (!path) return std::optional<NamedText>{};
  const std::filesystem::path file = *path;
  PTAH_TRY(auto text, read_text_file(file, kMaxTestbenchBytes));
  return std::optional<NamedText>(NamedText{file.filename().string(), std::move(text)});
}

/// The files beside measures.yaml that its measures name; names lead to no other folder
/// (read_measures).
Result<std::vector<NamedText>> read_benches(const NamedText& measures,
                                            const std::filesystem::path& folder) {
  PTAH_TRY(const auto specs, read_measures(measures.text, measures.name));
  std::vector<NamedText> benches;
  for (const MeasureSpec& spec : specs) {
    const bool known = std::any_of(benches.begin(), benches.end(), [&](const NamedText& bench) {
      return bench.name == spec.testbench;
    });
    if (spec.testbench.empty() || known) continue;
    if (benches.size() == kMaxBenches) {
      return make_error(ErrorCode::kLimit, "The measures name more than 16 testbenches.",
                        measures.name);
    }
    PTAH_TRY(auto text, read_text_file(folder / spec.testbench, kMaxTestbenchBytes));
    benches.push_back({spec.testbench, std::move(text)});
  }
  return benches;
}

/// The texts travel as JSON; bytes of another encoding (a Latin-1 comment) are replaced.
std::string as_utf8(const std::string& text) {
  return Json::parse(Json(text).dump(-1, ' ', false, Json::error_handler_t::replace))
      .get<std::string>();
}

Json text_json(const NamedText& text) {
  return {{"name", as_utf8(text.name)}, {"text", as_utf8(text.text)}};
}

/// A circuit's name becomes the names of files and folders.
Status check_name(const std::string& name, const std::string& netlist) {
  const bool word =
      !name.empty() && name.size() <= 100 && name.front() != '.' && name.front() != '-' &&
      name.find_first_not_of(
          "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.+-") == name.npos;
  if (word) return ok();
  return make_error(ErrorCode::kInvalidArgument,
                    "\"" + as_utf8(name.substr(0, 100)) +
                        "\" can not be a circuit's name: results are filed under it.",
                    netlist,
                    "use letters, digits, '_', '.', '+' and '-', at most 100, and begin with one "
                    "of the first three");
}

}  // namespace

FingerAssignment assignment_of(const rpc::FingerCounts& counts) {
  FingerAssignment fingers;
  for (const auto& [device, count] : counts) fingers[device] = static_cast<int>(count);
  return fingers;
}

Result<CircuitInput> read_circuit_input(const rpc::CircuitSource& source) {
  CircuitInput input;
  if (source.allowed_fingers) {
    const std::set<std::int64_t> allowed(source.allowed_fingers->begin(),
                                         source.allowed_fingers->end());
    input.allowed_fingers.assign(allowed.begin(), allowed.end());
  }
  if (source.params) input.params = *source.params;
  if (source.circuit) {
    const std::string& name = *source.circuit;
    const auto folder = circuits_directory() / name;
    if (!std::filesystem::exists(folder)) {
      std::string known;
      PTAH_TRY(auto circuits, list_circuits());
      for (const Json& circuit : circuits) {
        known += (known.empty() ? "" : ", ") + circuit["name"].get<std::string>();
      }
      return make_error(ErrorCode::kNotFound, "There is no circuit named `" + name + "`.",
                        "circuit",
                        "Shipped circuits: " + known + "; or give the path of a netlist.");
    }
    PTAH_TRY(auto read, read_circuit_folder(folder));
    input.title = read.title;
    input.netlist = {read.netlist_name, read.netlist};
    if (!read.pairs.empty()) input.pairs = NamedText{"pairs.json", read.pairs};
    if (!read.testbench.empty()) input.testbench = NamedText{"testbench.spice", read.testbench};
    if (!read.measures.empty()) input.measures = NamedText{"measures.yaml", read.measures};
    for (const auto& [bench, text] : read.benches) input.benches.push_back({bench, text});
    if (input.allowed_fingers.empty()) input.allowed_fingers = read.allowed_fingers;
  } else {
    const std::filesystem::path file = *source.netlist;
    PTAH_TRY(auto text, read_text_file(file));
    input.title = file.stem().string();
    input.netlist = {file.filename().string(), std::move(text)};
    input.netlist_folder = file.parent_path().string();
    PTAH_TRY(input.pairs, read_optional(source.pairs));
    PTAH_TRY(input.testbench, read_optional(source.testbench));
    PTAH_TRY(input.measures, read_optional(source.measures));
    if (input.measures) {
      const std::filesystem::path measures = *source.measures;
      PTAH_TRY(input.benches, read_benches(*input.measures, measures.parent_path()));
    }
    input.top = source.subcircuit.value_or("");
  }
  if (input.allowed_fingers.empty()) input.allowed_fingers = {2, 4};
  return input;
}

Json to_json(const CircuitInput& input) {
  Json benches = Json::array();
  for (const NamedText& bench : input.benches) benches.push_back(text_json(bench));
  Json json{{"title", input.title},
            {"netlist", text_json(input.netlist)},
            {"netlist_folder", input.netlist_folder},
            {"pairs", input.pairs ? text_json(*input.pairs) : Json()},
            {"testbench", input.testbench ? text_json(*input.testbench) : Json()},
            {"top", input.top},
            {"allowed_fingers", input.allowed_fingers},
            {"measures", input.measures ? text_json(*input.measures) : Json()},
            {"benches", std::move(benches)}};
  if (!input.params.empty()) json["params"] = input.params;
  return json;
}

Result<CircuitInput> circuit_input_from_json(const Json& json) {
  try {
    CircuitInput input;
    input.title = json.at("title");
    input.netlist = {json.at("netlist").at("name"), json.at("netlist").at("text")};
    input.netlist_folder = json.at("netlist_folder");
    if (const Json& pairs = json.at("pairs"); !pairs.is_null()) {
      input.pairs = NamedText{pairs.at("name"), pairs.at("text")};
    }
    if (const Json& bench = json.at("testbench"); !bench.is_null()) {
      input.testbench = NamedText{bench.at("name"), bench.at("text")};
    }
    input.top = json.at("top");
    input.allowed_fingers = json.at("allowed_fingers").get<std::vector<int>>();
    // Jobs of before there were measures have none.
    if (const Json measures = json.value("measures", Json()); !measures.is_null()) {
      input.measures = NamedText{measures.at("name"), measures.at("text")};
    }
    for (const Json& bench : json.value("benches", Json::array())) {
      input.benches.push_back({bench.at("name"), bench.at("text")});
    }
    input.params = json.value("params", input.params);
    return input;
  } catch (const Json::exception& exception) {
    return make_error(ErrorCode::kInvalidArgument, exception.what(), "input");
  }
}

Result<LoadedCircuit> load_circuit(const CircuitInput& input, const Technology& technology) {
  SpiceOptions options;
  options.top = input.top;
  options.parameters = input.params;
  PTAH_TRY(auto read, read_spice(input.netlist.text, input.netlist.name, technology, options,
                                 input.netlist_folder));
  LoadedCircuit loaded{std::move(read.circuit), std::nullopt, std::move(read.notes), {}, {}};
  if (input.pairs) {
    PTAH_TRY(read_pairs(input.pairs->text, input.pairs->name, loaded.circuit));
  }
  PTAH_TRY(check_name(loaded.circuit.name, input.netlist.name));
  PTAH_TRY(check_circuit(loaded.circuit, technology));
  if (input.testbench) {
    PTAH_TRY(loaded.testbench, read_testbench(input.testbench->text, input.testbench->name));
  }
  if (input.measures) {
    PTAH_TRY(loaded.measures, read_measures(input.measures->text, input.measures->name));
  }
  for (const NamedText& bench : input.benches) {
    auto read_bench = read_testbench(bench.text, bench.name);
    // Nobody but the measures named this file: its text is not ours to show.
    if (!read_bench) return quoting::without_text(read_bench.error());
    loaded.benches[bench.name] = std::move(read_bench).value();
  }
  return loaded;
}

Result<Json> list_circuits() {
  Json circuits = Json::array();
  std::error_code failure;
  std::vector<std::filesystem::path> folders;
  for (const auto& entry : std::filesystem::directory_iterator(circuits_directory(), failure)) {
    if (entry.is_directory()) folders.push_back(entry.path());
  }
  if (failure) {
    return make_error(ErrorCode::kIo,
                      "The shipped circuits can not be read: " + failure.message() + ".",
                      circuits_directory().string(), "Is Ptah installed completely?");
  }
  std::sort(folders.begin(), folders.end());
  for (const auto& folder : folders) {
    PTAH_TRY(auto read, read_circuit_folder(folder));
    circuits.push_back({{"name", read.name},
                        {"title", read.title},
                        {"description", read.description},
                        {"allowed_fingers", read.allowed_fingers}});
  }
  return circuits;
}

}  // namespace ptah
