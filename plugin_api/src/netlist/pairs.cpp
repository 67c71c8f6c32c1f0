/// Matching pairs, as OSIRIS writes them.
#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "netlist/text.hpp"
#include "ptah/core/json.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/netlist/spice.hpp"

namespace ptah {
namespace {

constexpr std::size_t kMaxBytes = 1 << 20;
constexpr std::size_t kMaxPairs = 10'000;

/// What a designer may call `name`: the device itself, xschem's "XM1" for M1, or the parts of a
/// series stack, "M1_1", "M1_2", ... Empty: no such device.
std::vector<DeviceId> resolve(const Circuit& circuit, const std::string& name) {
  if (const DeviceId id = circuit.find_device(name); id >= 0) return {id};
  if (const DeviceId id = circuit.find_device("X" + name); id >= 0) return {id};
  std::vector<DeviceId> parts;
  while (true) {
    const DeviceId id = circuit.find_device(name + "_" + std::to_string(parts.size() + 1));
    if (id < 0) return parts;
    parts.push_back(id);
  }
}

struct DisjointSets {
  explicit DisjointSets(std::size_t size) : parent(size) {
    std::iota(parent.begin(), parent.end(), std::size_t{0});
  }
  std::size_t find(std::size_t i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
  }
  void join(std::size_t a, std::size_t b) {
    a = find(a);
    b = find(b);
    parent[std::max(a, b)] = std::min(a, b);
  }
  std::vector<std::size_t> parent;
};

/// `what`: "pairs"; `form`: what such a file looks like.
Result<Json> parse_small(std::string_view json_text, const std::string& where,
                         const std::string& what, const std::string& form) {
  if (json_text.size() > kMaxBytes) {
    return make_error(ErrorCode::kLimit, "The " + what + " file is larger than 1 MiB.", where,
                      form);
  }
  // Nesting is not bounded by the parser's own means, so look before parsing.
  int depth = 0;
  for (const char c : json_text) {
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    if (depth > 8) {
      return make_error(ErrorCode::kParse, "The " + what + " file is nested too deeply.", where,
                        form);
    }
  }
  try {
    return Json::parse(json_text);
  } catch (const Json::parse_error& error) {
    const auto offset = std::min<std::size_t>(error.byte, json_text.size());
    const auto line = 1 + std::count(json_text.begin(),
                                     json_text.begin() + static_cast<std::ptrdiff_t>(offset), '\n');
    return make_error(ErrorCode::kParse, "The " + what + " file is no valid JSON.",
                      where + ":" + std::to_string(line), form);
  }
}

}  // namespace

Status read_pairs(std::string_view json_text, std::string_view name, Circuit& circuit) {
  const std::string where(name);
  const auto fail = [&](std::string message, std::string hint = {},
                        ErrorCode code = ErrorCode::kParse) {
    return make_error(code, std::move(message), where, std::move(hint));
  };
  constexpr const char* kForm = R"(a pairs file reads {"pairs": [["M1", "M2"], ["M3", "M4"]]})";
  PTAH_TRY(const Json json, parse_small(json_text, where, "pairs", kForm));
  if (!json.is_object() || !json.contains("pairs") || !json["pairs"].is_array()) {
    return fail("The pairs file has no array \"pairs\".", kForm);
  }
  if (json["pairs"].size() > kMaxPairs) {
    return fail("The pairs file has more than " + std::to_string(kMaxPairs) + " pairs.", {},
                ErrorCode::kLimit);
  }
  DisjointSets sets(circuit.devices.size());
  for (const MatchedGroup& group : circuit.matched) {
    for (const DeviceId id : group) {
      sets.join(static_cast<std::size_t>(group.front()), static_cast<std::size_t>(id));
    }
  }
  int number = 0;
  for (const Json& pair : json["pairs"]) {
    ++number;
    const std::string which = "Pair " + std::to_string(number);
    if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_string()) {
      return fail(which + " is not two device names.", kForm);
    }
    std::vector<DeviceId> sides[2];
    for (std::size_t i = 0; i < 2; ++i) {
      const auto device = pair[i].get<std::string>();
      sides[i] = resolve(circuit, device);
      if (sides[i].empty()) {
        return fail(which + ": the circuit has no device " + text::quoted(device) + ".", {},
                    ErrorCode::kNotFound);
      }
    }
    if (sides[0] == sides[1]) {
      return fail(which + " pairs " + text::quoted(pair[0].get<std::string>()) + " with itself.",
                  {}, ErrorCode::kInvalidArgument);
    }
    if (sides[0].size() != sides[1].size()) {
      return fail(which + " pairs stacks of " + std::to_string(sides[0].size()) + " and " +
                      std::to_string(sides[1].size()) + " devices.",
                  {}, ErrorCode::kInvalidArgument);
    }
    for (std::size_t i = 0; i < sides[0].size(); ++i) {
      const Device& a = circuit.devices[static_cast<std::size_t>(sides[0][i])];
      const Device& b = circuit.devices[static_cast<std::size_t>(sides[1][i])];
      if (a.kind != b.kind || a.model != b.model || (a.is_mos() && a.length != b.length)) {
        return fail(which + ": " + a.name + " and " + b.name + " cannot match: they differ in " +
                        (a.kind != b.kind     ? "kind"
                         : a.model != b.model ? "model"
                                              : "length") +
                        ".",
                    "matched devices have one kind, model and length", ErrorCode::kInvalidArgument);
      }
      sets.join(static_cast<std::size_t>(sides[0][i]), static_cast<std::size_t>(sides[1][i]));
    }
  }
  std::map<std::size_t, MatchedGroup> groups;
  for (std::size_t i = 0; i < circuit.devices.size(); ++i) {
    groups[sets.find(i)].push_back(static_cast<DeviceId>(i));
  }
  circuit.matched.clear();
  for (auto& [root, group] : groups) {
    if (group.size() > 1) circuit.matched.push_back(std::move(group));
  }
  return ok();
}

Status read_channels(std::string_view json_text, std::string_view name, Circuit& circuit) {
  constexpr int kMostChannels = 5;
  const std::string where(name);
  constexpr const char* kForm =
      R"(a channels file reads {"M1": [1], "C1": [3, 4]}; 1: first stage, )"
      "2: other stages, 3: feedback and compensation, 4: common-mode "
      "feedback, 5: bias";
  PTAH_TRY(const Json json, parse_small(json_text, where, "channels", kForm));
  if (!json.is_object()) {
    return make_error(ErrorCode::kParse, "The channels file is no JSON object.", where, kForm);
  }
  for (const auto& [device, list] : json.items()) {
    const auto found = resolve(circuit, device);
    if (found.empty()) {
      return make_error(ErrorCode::kNotFound,
                        "The circuit has no device " + text::quoted(device) + ".", where);
    }
    std::set<int> channels;
    bool fits = list.is_array() && !list.empty();
    for (std::size_t i = 0; fits && i < list.size(); ++i) {
      fits = list[i].is_number_integer() && list[i] >= 1 && list[i] <= kMostChannels &&
             channels.insert(list[i].get<int>()).second;
    }
    if (!fits) {
      return make_error(
          ErrorCode::kParse,
          "The channels of " + text::quoted(device) + " are no list of numbers, 1 to 5.", where,
          kForm);
    }
    for (const DeviceId id : found) {
      circuit.devices[static_cast<std::size_t>(id)].channels.assign(channels.begin(),
                                                                    channels.end());
    }
  }
  return ok();
}

Status read_pairs_file(const std::filesystem::path& file, Circuit& circuit) {
  PTAH_TRY(const std::string text, read_text_file(file, kMaxBytes));
  return read_pairs(text, file.filename().string(), circuit);
}

}  // namespace ptah
