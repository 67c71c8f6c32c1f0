#include "ptah/netlist/circuit_folder.hpp"

#include <algorithm>

#include "ptah/core/run_tool.hpp"
#include "ptah/core/yaml.hpp"
#include "ptah/netlist/fingers.hpp"
#include "tech/yaml_fields.hpp"

namespace ptah {
namespace {

constexpr std::size_t kMaxYamlBytes = 64 << 10;
constexpr std::size_t kMaxPartBytes = 16 << 20;
constexpr std::size_t kMaxBenches = 16;

/// A file of the folder; `name` may not lead out of it.
Result<std::string> read_part(const std::filesystem::path& folder, const std::string& name,
                              const std::string& where) {
  if (name.empty() || name.front() == '.' || name.find('/') != std::string::npos) {
    return make_error(ErrorCode::kInvalidArgument,
                      "\"" + name + "\" is not the name of a file in the circuit's folder.", where);
  }
  std::error_code error;
  if (!std::filesystem::is_regular_file(folder / name, error)) {
    return make_error(ErrorCode::kNotFound, "The circuit's file \"" + name + "\" is missing.",
                      where);
  }
  return read_text_file(folder / name, kMaxPartBytes);
}

}  // namespace

Result<CircuitFolder> read_circuit_folder(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "circuit.yaml";
  const std::string where = file.string();
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) {
    return make_error(ErrorCode::kNotFound, "The folder holds no circuit.yaml.", folder.string());
  }
  PTAH_TRY(const std::string text, read_text_file(file, kMaxYamlBytes));
  PTAH_TRY(const YAML::Node root, load_yaml(text, where, kMaxYamlBytes));
  tech::Problems problems(where);
  const tech::Fields fields(root, "circuit",
                            {"name", "title", "description", "netlist", "pairs", "channels",
                             "testbench", "measures", "benches", "fingers"},
                            problems);
  CircuitFolder circuit;
  if (fields.is_map()) {
    circuit.name = fields.text("name");
    circuit.title = fields.text("title");
    circuit.description = fields.text("description");
    circuit.netlist_name = fields.text("netlist");
    for (const std::string& count : fields.texts("fingers", false)) {
      int value = 0;
      for (const char c : count) {
        value = c >= '0' && c <= '9' && value <= kMaxFingers ? value * 10 + (c - '0') : -1000;
      }
      if (value < 1 || value > kMaxFingers ||
          (!circuit.allowed_fingers.empty() && value <= circuit.allowed_fingers.back())) {
        fields.problem("fingers", "\"" + count + "\" does not continue a list of ascending counts.",
                       "counts are whole numbers in 1..64, ascending, for example [2, 4, 6]");
        break;
      }
      circuit.allowed_fingers.push_back(value);
    }
  }
  if (!problems.empty()) return problems.list().front();
  PTAH_TRY(circuit.netlist, read_part(folder, circuit.netlist_name, where));
  if (fields.has("pairs")) {
    PTAH_TRY(circuit.pairs, read_part(folder, fields.text("pairs"), where));
  }
  if (fields.has("channels")) {
    PTAH_TRY(circuit.channels, read_part(folder, fields.text("channels"), where));
  }
  if (fields.has("testbench")) {
    PTAH_TRY(circuit.testbench, read_part(folder, fields.text("testbench"), where));
  }
  if (fields.has("measures")) {
    PTAH_TRY(circuit.measures, read_part(folder, fields.text("measures"), where));
  }
  if (fields.has("benches")) {
    const std::vector<std::string> names = fields.texts("benches");
    if (names.size() > kMaxBenches) {
      return make_error(ErrorCode::kLimit, "A circuit has at most 16 testbenches beside its own.",
                        where);
    }
    for (const std::string& name : names) {
      PTAH_TRY(circuit.benches[name], read_part(folder, name, where));
    }
  }
  return circuit;
}

}  // namespace ptah
