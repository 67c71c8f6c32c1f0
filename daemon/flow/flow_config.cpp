#include "flow/flow_config.hpp"

#include <yaml-cpp/yaml.h>

#include <array>

#include "ptah/core/run_tool.hpp"

namespace ptah {
namespace {

constexpr std::array<std::string_view, 6> kStages{"device_generator", "placer",    "router",
                                                  "extractor",        "simulator", "explorer"};

std::string place(std::string_view name, const YAML::Node& node) {
  return std::string(name) + ":" + std::to_string(node.Mark().line + 1);
}

Error bad(std::string_view name, const YAML::Node& node, std::string message) {
  return make_error(ErrorCode::kParse, std::move(message), place(name, node));
}

std::string joined_stages() {
  std::string text;
  for (std::string_view stage : kStages) text += (text.empty() ? "" : ", ") + std::string(stage);
  return text;
}

/// Scalars become bool, int or real where they read as one.
Json to_json_value(const YAML::Node& node) {
  if (node.IsScalar() && node.Tag() != "!") {
    bool flag = false;
    std::int64_t integer = 0;
    double real = 0;
    if (YAML::convert<std::int64_t>::decode(node, integer)) return integer;
    if (YAML::convert<double>::decode(node, real)) return real;
    if (YAML::convert<bool>::decode(node, flag)) return flag;
  }
  return node.Scalar();
}

Result<StageChoice> read_choice(const YAML::Node& node, std::string_view name) {
  if (!node.IsMap()) return bad(name, node, "A stage is a map with `plugin` and `options`.");
  StageChoice choice;
  for (const auto& entry : node) {
    const std::string key = entry.first.Scalar();
    if (key == "plugin" && entry.second.IsScalar()) {
      choice.plugin = entry.second.Scalar();
    } else if (key == "options" && entry.second.IsMap()) {
      for (const auto& option : entry.second) {
        if (!option.second.IsScalar()) {
          return bad(name, option.second, "Option `" + option.first.Scalar() + "` is one value.");
        }
        choice.options[option.first.Scalar()] = to_json_value(option.second);
      }
    } else {
      return bad(
          name, entry.first,
          "`" + key +
              "` is not a field of a stage; it has `plugin` (a name) and `options` (a map).");
    }
  }
  if (choice.plugin.empty()) return bad(name, node, "The stage names no `plugin`.");
  return choice;
}

Result<FlowConfig> read_flow(const YAML::Node& root, std::string_view name) {
  if (!root.IsMap()) return bad(name, root, "A flow is a map with `name`, `stages`, `judges`.");
  FlowConfig flow;
  for (const auto& entry : root) {
    const std::string key = entry.first.Scalar();
    const YAML::Node& value = entry.second;
    if (key == "name") {
      flow.name = value.Scalar();
    } else if (key == "description") {
      flow.description = value.Scalar();
    } else if (key == "baseline_attempts") {
      if (!YAML::convert<int>::decode(value, flow.baseline_attempts) ||
          flow.baseline_attempts < 1 || flow.baseline_attempts > 100) {
        return bad(name, value, "`baseline_attempts` is a whole number, 1 to 100.");
      }
    } else if (key == "stages" && value.IsMap()) {
      for (const auto& stage : value) {
        const std::string stage_name = stage.first.Scalar();
        if (std::find(kStages.begin(), kStages.end(), stage_name) == kStages.end()) {
          return bad(name, stage.first,
                     "`" + stage_name + "` is not a stage; stages are " + joined_stages() + ".");
        }
        PTAH_TRY(auto choice, read_choice(stage.second, name));
        flow.stages[stage_name] = std::move(choice);
      }
    } else if (key == "judges" && value.IsSequence()) {
      for (const auto& judge : value) {
        PTAH_TRY(auto choice, read_choice(judge, name));
        flow.judges.push_back(std::move(choice));
      }
    } else {
      return bad(name, entry.first,
                 "`" + key +
                     "` is not a field of a flow; fields are name, description, stages (a map), "
                     "judges (a list), baseline_attempts.");
    }
  }
  for (std::string_view stage : {"device_generator", "placer", "router", "explorer"}) {
    if (!flow.stages.contains(std::string(stage))) {
      return bad(name, root, "The flow names no plugin for stage `" + std::string(stage) + "`.");
    }
  }
  if (flow.name.empty()) return bad(name, root, "The flow has no `name`.");
  return flow;
}

}  // namespace

Result<FlowConfig> parse_flow(std::string_view yaml, std::string_view name) {
  try {
    return read_flow(YAML::Load(std::string(yaml)), name);
  } catch (const YAML::Exception& exception) {
    return make_error(ErrorCode::kParse, exception.msg,
                      std::string(name) + ":" + std::to_string(exception.mark.line + 1));
  }
}

std::filesystem::path config_directory() {
  std::error_code ignored;
  if (const char* overridden = std::getenv("PTAH_CONFIGS")) return overridden;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", ignored);
  return program.parent_path().parent_path() / "share" / "ptah";
}

Result<FlowConfig> load_flow(std::string_view name_or_path) {
  const bool is_path = name_or_path.find('/') != std::string_view::npos ||
                       name_or_path.ends_with(".yaml") || name_or_path.ends_with(".yml");
  const std::filesystem::path file =
      is_path ? std::filesystem::path(name_or_path)
              : config_directory() / "flows" / (std::string(name_or_path) + ".yaml");
  if (!is_path && !std::filesystem::exists(file)) {
    return make_error(ErrorCode::kNotFound,
                      "There is no flow named `" + std::string(name_or_path) + "`.", file.string(),
                      "Name a YAML file, or one of those in " + file.parent_path().string() + ".");
  }
  PTAH_TRY(auto text, read_text_file(file, 1u << 20));
  return parse_flow(text, file.filename().string());
}

Json to_json(const FlowConfig& flow) {
  Json json{{"name", flow.name},
            {"description", flow.description},
            {"baseline_attempts", flow.baseline_attempts},
            {"stages", Json::object()},
            {"judges", Json::array()}};
  for (const auto& [stage, choice] : flow.stages) {
    json["stages"][stage] = {{"plugin", choice.plugin}, {"options", choice.options}};
  }
  for (const StageChoice& judge : flow.judges) {
    json["judges"].push_back({{"plugin", judge.plugin}, {"options", judge.options}});
  }
  return json;
}

Result<FlowConfig> flow_from_json(const Json& json) {
  try {
    FlowConfig flow;
    flow.name = json.at("name");
    flow.description = json.value("description", "");
    flow.baseline_attempts = json.at("baseline_attempts");
    for (const auto& [stage, choice] : json.at("stages").items()) {
      flow.stages[stage] = {choice.at("plugin"), choice.at("options")};
    }
    for (const Json& judge : json.at("judges")) {
      flow.judges.push_back({judge.at("plugin"), judge.at("options")});
    }
    return flow;
  } catch (const Json::exception& exception) {
    return make_error(ErrorCode::kInvalidArgument, exception.what(), "flow");
  }
}

}  // namespace ptah
