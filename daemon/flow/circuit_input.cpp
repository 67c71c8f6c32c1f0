#include "flow/circuit_input.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "flow/flow_config.hpp"
#include "flow/missing_models.hpp"
#include "flow/written_cell.hpp"
#include "ptah/core/base64.hpp"
#include "ptah/core/letter_case.hpp"
#include "ptah/core/quoting.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/core/sha256.hpp"
#include "ptah/layout/block.hpp"
#include "ptah/netlist/circuit_folder.hpp"
#include "ptah/sim/models.hpp"
#include "recognition/black_box.hpp"
#include "recognition/block_cell.hpp"
#include "store/stored_path.hpp"

namespace ptah {
namespace {

constexpr std::size_t kMaxTestbenchBytes = 4u << 20;
constexpr std::size_t kMaxBenches = 16;
constexpr std::size_t kMaxSourcesBytes = 16u << 20;
constexpr std::size_t kMaxCellBytes = 16u << 20;

std::filesystem::path circuits_directory() {
  return config_directory() / "circuits";
}

Result<std::optional<NamedText>> read_optional(const std::optional<std::string>& path) {
  if (!path) return std::optional<NamedText>{};
  const std::filesystem::path file = *path;
  PTAH_TRY(auto text, read_text_file(file, kMaxTestbenchBytes));
  return std::optional<NamedText>(NamedText{file.filename().string(), std::move(text)});
}

/// The testbenches that measures name, each once.
Result<std::set<std::string>> benches_of(const NamedText& measures) {
  PTAH_TRY(const auto file, read_measures(measures.text, measures.name));
  std::set<std::string> benches;
  for (const MeasureSpec& spec : file.measures) {
    if (!spec.testbench.empty()) benches.insert(spec.testbench);
  }
  if (benches.size() <= kMaxBenches) return benches;
  return make_error(ErrorCode::kLimit, "The measures name more than 16 testbenches.",
                    measures.name);
}

/// The files beside measures.yaml that its measures name; names lead to no other folder
/// (read_measures).
Result<std::vector<NamedText>> read_benches(const NamedText& measures,
                                            const std::filesystem::path& folder) {
  PTAH_TRY(const auto names, benches_of(measures));
  std::vector<NamedText> benches;
  for (const std::string& name : names) {
    PTAH_TRY(auto text, read_text_file(folder / name, kMaxTestbenchBytes));
    benches.push_back({name, std::move(text)});
  }
  return benches;
}

Result<std::vector<NamedText>> read_benches(const NamedText& measures, const SourceBundle& bundle) {
  PTAH_TRY(const auto names, benches_of(measures));
  std::vector<NamedText> benches;
  for (const std::string& name : names) {
    const auto beside = std::filesystem::path(measures.name).parent_path() / name;
    const auto file = bundle.files.find(beside.generic_string());
    if (file == bundle.files.end()) {
      return make_error(ErrorCode::kNotFound,
                        "The measures name the testbench \"" + name +
                            "\", which is not among the files of the request.",
                        measures.name, "it lies beside the measures, and is sent with them");
    }
    benches.push_back({name, file->second});
  }
  return benches;
}

std::optional<NamedText> named(const SourceBundle& bundle, const std::optional<std::string>& name) {
  if (!name) return std::nullopt;
  return NamedText{*name, bundle.files.at(*name)};
}

/// What the client sent; the names in `sources` are in its files (rpc/sources.hpp).
Status read_sources(rpc::Sources sources, CircuitInput& input) {
  if (sources.hash || !sources.netlist) {
    return make_error(ErrorCode::kInternal, "A task was handed sources without their files.",
                      "sources");
  }
  input.bundle_hash = sha256_hex(rpc::write_value(sources).dump());
  auto bundle = std::make_shared<SourceBundle>();
  bundle->files = std::move(sources.files);
  bundle->links = std::move(sources.links);
  bundle->left_out.insert(sources.left_out.begin(), sources.left_out.end());
  input.title = std::filesystem::path(*sources.netlist).stem().string();
  input.netlist = *named(*bundle, sources.netlist);
  input.pairs = named(*bundle, sources.pairs);
  input.testbench = named(*bundle, sources.testbench);
  input.measures = named(*bundle, sources.measures);
  if (sources.cells) input.cells = std::move(*sources.cells);
  if (input.measures) {
    PTAH_TRY(input.benches, read_benches(*input.measures, *bundle));
  }
  input.bundle = std::move(bundle);
  return ok();
}

Result<rpc::Sources> read_sources_file(const std::filesystem::path& file) {
  PTAH_TRY(const std::string text, read_text_file(file, kMaxSourcesBytes));
  const Json json = Json::parse(text, nullptr, false);
  PTAH_TRY(auto sources, rpc::read_struct<rpc::Sources>(json));
  return sources;
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

/// Of blocks that have several pieces of a port, each is a terminal.
void spread_ports(Circuit& circuit) {
  for (Device& device : circuit.devices) {
    if (device.block == nullptr || device.block->terminals.empty()) continue;
    std::vector<NetId> nets;
    for (const std::size_t port : device.block->port_of) nets.push_back(device.nets.at(port));
    device.nets = std::move(nets);
  }
}

/// Two files may have cells of one name, in one layout they have to be equal.
Status check_cells(const std::vector<std::shared_ptr<Block>>& blocks, const std::string& top) {
  std::map<std::string, std::pair<const gds::Cell*, const Block*>> known;
  std::map<std::string, const Block*> bound;
  for (const auto& block : blocks) {
    // In a layout nobody could tell which of the two it is.
    const auto [first, alone] = bound.try_emplace(block->cell, block.get());
    if (!alone) {
      return make_error(ErrorCode::kUnsupported,
                        first->second->name + " and " + block->name +
                            " are both bound to the cell " + block->cell + ".",
                        block->file, "call one subcircuit in both places");
    }
    for (const gds::Cell& cell : block->library.cells) {
      // Layouts are called as the circuit, with numbers.
      const bool begins = lower_case(cell.name).starts_with(lower_case(top));
      if (begins && cell.name.find_first_not_of("0123456789_", top.size()) == std::string::npos) {
        return make_error(
            ErrorCode::kUnsupported,
            "The cell " + cell.name + " is called as layouts of the circuit " + top + " are.",
            block->file, "call one of them otherwise");
      }
      const auto [found, fresh] = known.try_emplace(cell.name, &cell, block.get());
      if (fresh || *found->second.first == cell) continue;
      return make_error(ErrorCode::kUnsupported,
                        "The cell " + cell.name + " is another one in " +
                            found->second.second->file + ": one layout can not hold both.",
                        block->file, "call one of them otherwise");
    }
  }
  return ok();
}

/// What a simulation has in place of the block.
Status prepare_simulation(Block& block, const Technology& technology, std::vector<Note>& notes) {
  if (block.not_simulated) {
    Error error = *block.not_simulated;
    error.message = "The block " + block.name + " can not be simulated: " + error.message;
    error.hint = "without a testbench the layout is made and checked";
    return error;
  }
  if (!block.empty) return ok();
  block.foreign = technology.pdk() && missing_models({block.name}, technology).empty();
  if (block.foreign) return ok();
  notes.push_back({block.name,
                   "its .subckt is empty, and " + technology.name() +
                       " has no model of this name: in simulations there is nothing in its place.",
                   "", ""});
  return ok();
}

/// Reads the cells and gives them to the devices.
Status bind_cells(const CircuitInput& input, const Technology& technology, SpiceCircuit& read) {
  std::vector<std::shared_ptr<Block>> bound;
  for (const auto& [name, cell] : input.cells) {
    const auto found = read.blocks.find(lower_case(name));
    if (found == read.blocks.end()) {
      return make_error(ErrorCode::kInvalidArgument,
                        "Nothing in the circuit calls " + quoting::for_message(name) +
                            ", which is bound to a cell.",
                        input.netlist.name);
    }
    Block& block = *found->second;
    PTAH_TRY(auto bytes,
             decode_base64(input.bundle->files.at(cell.file), kMaxCellBytes, cell.file));
    PTAH_TRY(native::bind_cell(block, {cell.file, std::move(bytes), cell.cell.value_or("")},
                               technology, read.notes));
    if (input.testbench || !input.benches.empty()) {
      PTAH_TRY(prepare_simulation(block, technology, read.notes));
    }
    read.notes.push_back({block.name,
                          "a fixed block, the cell " + block.cell + " of " + block.file +
                              ". Of its wires, extraction counts those that reach a port.",
                          "", ""});
    bound.push_back(found->second);
  }
  PTAH_TRY(check_cells(bound, read.circuit.name));
  spread_ports(read.circuit);
  for (const auto& block : bound) {
    if (block->content == nullptr) continue;
    Circuit content = *block->content;
    spread_ports(content);
    block->content = std::make_shared<const Circuit>(std::move(content));
  }
  return ok();
}

}  // namespace

bool has_fixed_blocks(const Circuit& circuit) {
  return native::has_blocks(circuit);
}

Status refuse_fixed_blocks(const Circuit& circuit, const std::string& what) {
  if (!has_fixed_blocks(circuit)) return ok();
  return make_error(ErrorCode::kUnsupported,
                    what + " no circuit with fixed blocks, such as " +
                        std::find_if(circuit.devices.begin(), circuit.devices.end(),
                                     [](const Device& device) { return device.block != nullptr; })
                            ->name +
                        ".",
                    circuit.name);
}

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
  input.keep = source.keep;
  input.width = source.width;
  input.off_grid = source.off_grid;
  input.floating = source.floating;
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
    if (!read.channels.empty()) input.channels = NamedText{"channels.json", read.channels};
    if (!read.testbench.empty()) input.testbench = NamedText{"testbench.spice", read.testbench};
    if (!read.measures.empty()) input.measures = NamedText{"measures.yaml", read.measures};
    for (const auto& [bench, text] : read.benches) input.benches.push_back({bench, text});
    if (input.allowed_fingers.empty()) input.allowed_fingers = read.allowed_fingers;
  } else if (source.sources) {
    PTAH_TRY(read_sources(*source.sources, input));
    input.top = source.subcircuit.value_or("");
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

Result<Json> list_sources(const CircuitInput& input) {
  if (!input.bundle) return Json();
  Json list = Json::array();
  std::set<std::string> binary;
  for (const auto& [name, cell] : input.cells) binary.insert(cell.file);
  for (const auto& [name, text] : input.bundle->files) {
    std::string content = text;
    if (binary.contains(name)) {
      PTAH_TRY(const auto bytes, decode_base64(text, kMaxCellBytes, name));
      content.assign(bytes.begin(), bytes.end());
    }
    list.push_back({{"name", name}, {"bytes", content.size()}, {"sha256", sha256_hex(content)}});
  }
  return list;
}

Json to_json(const CircuitInput& input) {
  Json json{{"title", input.title}, {"top", input.top}, {"allowed_fingers", input.allowed_fingers}};
  if (!input.params.empty()) json["params"] = input.params;
  const CircuitInput standard;
  if (input.keep != standard.keep) json["keep"] = to_string(input.keep);
  if (input.width != standard.width) json["width"] = to_string(input.width);
  if (input.off_grid != standard.off_grid) json["off_grid"] = to_string(input.off_grid);
  if (input.floating != standard.floating) json["floating"] = to_string(input.floating);
  if (input.bundle) {
    json["bundle"] = input.bundle_hash;
    return json;
  }
  Json benches = Json::array();
  for (const NamedText& bench : input.benches) benches.push_back(text_json(bench));
  json.update({{"netlist", text_json(input.netlist)},
               {"netlist_folder", input.netlist_folder},
               {"pairs", input.pairs ? text_json(*input.pairs) : Json()},
               {"channels", input.channels ? text_json(*input.channels) : Json()},
               {"testbench", input.testbench ? text_json(*input.testbench) : Json()},
               {"measures", input.measures ? text_json(*input.measures) : Json()},
               {"benches", std::move(benches)}});
  return json;
}

Result<CircuitInput> circuit_input_from_json(const Json& json, const std::string& files) {
  try {
    CircuitInput input;
    input.params = json.value("params", input.params);
    if (json.contains("bundle")) {
      PTAH_TRY(auto sent, read_sources_file(stored_path(files, json["bundle"].get<std::string>())));
      PTAH_TRY(read_sources(std::move(sent), input));
    } else {
      input.netlist = {json.at("netlist").at("name"), json.at("netlist").at("text")};
      input.netlist_folder = json.at("netlist_folder");
      if (const Json& pairs = json.at("pairs"); !pairs.is_null()) {
        input.pairs = NamedText{pairs.at("name"), pairs.at("text")};
      }
      if (const Json& bench = json.at("testbench"); !bench.is_null()) {
        input.testbench = NamedText{bench.at("name"), bench.at("text")};
      }
      // Jobs of before there were channels and measures have none.
      if (const Json channels = json.value("channels", Json()); !channels.is_null()) {
        input.channels = NamedText{channels.at("name"), channels.at("text")};
      }
      if (const Json measures = json.value("measures", Json()); !measures.is_null()) {
        input.measures = NamedText{measures.at("name"), measures.at("text")};
      }
      for (const Json& bench : json.value("benches", Json::array())) {
        input.benches.push_back({bench.at("name"), bench.at("text")});
      }
    }
    input.title = json.at("title");
    input.top = json.at("top");
    input.allowed_fingers = json.at("allowed_fingers").get<std::vector<int>>();
    PTAH_TRY(input.keep, choice_from_string<Keep>(json.value("keep", "finger"), "keep"));
    PTAH_TRY(input.width, choice_from_string<WidthMeaning>(json.value("width", "ask"), "width"));
    PTAH_TRY(input.off_grid,
             choice_from_string<OffGrid>(json.value("off_grid", "round"), "off_grid"));
    PTAH_TRY(input.floating,
             choice_from_string<Floating>(json.value("floating", "refuse"), "floating"));
    return input;
  } catch (const Json::exception& exception) {
    return make_error(ErrorCode::kInvalidArgument, exception.what(), "input");
  }
}

Json to_json(const std::vector<Note>& notes) {
  Json list = Json::array();
  for (const Note& note : notes) {
    list.push_back(
        {{"device", note.device}, {"what", note.what}, {"from", note.from}, {"to", note.to}});
  }
  return list;
}

Result<LoadedCircuit> load_circuit(const CircuitInput& input, const Technology& technology) {
  SpiceOptions options;
  options.top = input.top;
  options.parameters = input.params;
  options.bundle = input.bundle.get();
  options.width = input.width;
  options.off_grid = input.off_grid;
  for (const auto& [name, cell] : input.cells) options.blocks.insert(lower_case(name));
  PTAH_TRY(auto read, read_spice(input.netlist.text, input.netlist.name, technology, options,
                                 input.netlist_folder));
  if (input.floating == Floating::kAllow) leave_out_open_ports(read);
  if (!input.cells.empty()) {
    PTAH_TRY(bind_cells(input, technology, read));
  }
  LoadedCircuit loaded;
  loaded.circuit = read.circuit;
  loaded.notes = read.notes;
  loaded.written = read.written;
  if (input.pairs) {
    PTAH_TRY(read_pairs(input.pairs->text, input.pairs->name, loaded.circuit));
  }
  if (input.channels) {
    PTAH_TRY(read_channels(input.channels->text, input.channels->name, loaded.circuit));
  }
  if (input.keep == Keep::kWidth) keep_total_width(loaded.circuit, input.allowed_fingers);
  PTAH_TRY(check_name(loaded.circuit.name, input.netlist.name));
  if (loaded.circuit.devices.size() > kMostDevices) {
    return make_error(ErrorCode::kUnsupported,
                      "The circuit " + loaded.circuit.name + " has " +
                          std::to_string(loaded.circuit.devices.size()) + " devices; at most " +
                          std::to_string(kMostDevices) + " are laid out at once.",
                      input.netlist.name,
                      "lay out its subcircuits one by one (--top NAME), and bind them to it as "
                      "cells (--cell NAME=FILE.gds)");
  }
  PTAH_TRY(check_circuit(loaded.circuit, technology, input.floating));
  for (Note& note : floating_nets(loaded.circuit)) loaded.notes.push_back(std::move(note));
  if (input.testbench) {
    PTAH_TRY(loaded.testbench, read_testbench(input.testbench->text, input.testbench->name));
    PTAH_TRY(fit_to_layout(*loaded.testbench, read, input.testbench->name));
  }
  if (input.measures) {
    PTAH_TRY(auto file, read_measures(input.measures->text, input.measures->name));
    loaded.measures = std::move(file.measures);
    loaded.specs = std::move(file.specs);
  }
  for (const NamedText& bench : input.benches) {
    auto read_bench = read_testbench(bench.text, bench.name);
    // Nobody but the measures named this file: its text is not ours to show.
    if (!read_bench) return quoting::without_text(read_bench.error());
    PTAH_TRY(fit_to_layout(read_bench.value(), read, bench.name));
    loaded.benches[bench.name] = std::move(read_bench).value();
  }
  if (loaded.testbench || !loaded.benches.empty()) {
    loaded.not_simulated = why_not_simulated(loaded.circuit, technology);
    if (!loaded.not_simulated.empty()) {
      loaded.testbench.reset();
      loaded.benches.clear();
    }
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
