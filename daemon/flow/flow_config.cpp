#include "flow/flow_config.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <span>

#include "ptah/core/run_tool.hpp"
#include "ptah/core/yaml.hpp"

namespace ptah {
namespace {

constexpr std::size_t kMaxBytes = 1u << 20;

constexpr std::array<std::string_view, 8> kStages{"device_generator", "placer",    "router",
                                                  "extractor",        "simulator", "explorer",
                                                  "predictor",        "trainer"};
constexpr std::array<std::string_view, 2> kScoreStages{"extractor", "simulator"};

std::string place(std::string_view name, const YAML::Node& node) {
  return std::string(name) + ":" + std::to_string(node.Mark().line + 1);
}

Error bad(std::string_view name, const YAML::Node& node, std::string message) {
  return make_error(ErrorCode::kParse, std::move(message), place(name, node));
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
    } else if (key == "model" && entry.second.IsScalar()) {
      choice.model = entry.second.Scalar();
    } else {
      return bad(name, entry.first,
                 "`" + key +
                     "` is not a field of a stage; it has `plugin` (a name), `options` (a map) "
                     "and, of a predictor, `model` (a name).");
    }
  }
  if (choice.plugin.empty()) return bad(name, node, "The stage names no `plugin`.");
  return choice;
}

/// A map of stages; `known` are the names allowed in it.
Result<std::map<std::string, StageChoice>> read_stages(const YAML::Node& node,
                                                       std::span<const std::string_view> known,
                                                       std::string_view name) {
  std::map<std::string, StageChoice> stages;
  for (const auto& stage : node) {
    const std::string stage_name = stage.first.Scalar();
    if (std::find(known.begin(), known.end(), stage_name) == known.end()) {
      std::string list;
      for (std::string_view one : known) list += (list.empty() ? "" : ", ") + std::string(one);
      return bad(name, stage.first,
                 "`" + stage_name + "` is not a stage here; stages are " + list + ".");
    }
    PTAH_TRY(auto choice, read_choice(stage.second, name));
    if (!choice.model.empty() && stage_name != "predictor") {
      return bad(name, stage.second, "Stage `" + stage_name + "` takes no `model`.");
    }
    stages[stage_name] = std::move(choice);
  }
  return stages;
}

Result<std::vector<StageChoice>> read_verifiers(const YAML::Node& node, std::string_view name) {
  std::vector<StageChoice> verifiers;
  for (const auto& verifier : node) {
    PTAH_TRY(auto choice, read_choice(verifier, name));
    if (!choice.model.empty()) return bad(name, verifier, "A verifier takes no `model`.");
    verifiers.push_back(std::move(choice));
  }
  return verifiers;
}

Result<SignOffConfig> read_sign_off(const YAML::Node& node, std::string_view name) {
  SignOffConfig sign_off;
  const auto share = [&](const YAML::Node& value, const std::string& key, double& out) -> Status {
    if (YAML::convert<double>::decode(value, out) && out >= 0 && out <= 1) return ok();
    return bad(name, value, "`" + key + "` is a number from 0 to 1.");
  };
  for (const auto& entry : node) {
    const std::string key = entry.first.Scalar();
    const YAML::Node& value = entry.second;
    if (key == "stages" && value.IsMap()) {
      PTAH_TRY(sign_off.stages, read_stages(value, kScoreStages, name));
    } else if (key == "share") {
      PTAH_TRY(share(value, key, sign_off.share));
    } else if (key == "pscore_tolerance") {
      PTAH_TRY(share(value, key, sign_off.pscore_tolerance));
    } else if (key == "max_disagreements") {
      PTAH_TRY(share(value, key, sign_off.max_disagreements));
    } else {
      return bad(name, entry.first,
                 "`" + key +
                     "` is not a field of `sign_off`; fields are stages (a map of extractor, "
                     "simulator), share, pscore_tolerance, max_disagreements.");
    }
  }
  return sign_off;
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
    } else if (key == "measures") {
      const std::string text = value.IsScalar() ? value.Scalar() : "";
      const auto scope = choice_from_string<MeasureScope>(text, key);
      if (scope.has_error()) return bad(name, value, scope.error().message);
      flow.measures = scope.value();
    } else if (key == "stages" && value.IsMap()) {
      PTAH_TRY(flow.stages, read_stages(value, kStages, name));
    } else if (key == "checks" && value.IsSequence()) {
      PTAH_TRY(flow.checks, read_verifiers(value, name));
    } else if (key == "judges" && value.IsSequence()) {
      PTAH_TRY(flow.judges, read_verifiers(value, name));
    } else if (key == "sign_off" && value.IsMap()) {
      PTAH_TRY(flow.sign_off, read_sign_off(value, name));
    } else {
      return bad(
          name, entry.first,
          "`" + key +
              "` is not a field of a flow; fields are name, description, stages (a map), "
              "checks (a list), judges (a list), sign_off (a map), measures, baseline_attempts.");
    }
  }
  for (std::string_view stage : {"device_generator", "placer", "router"}) {
    if (!flow.stages.contains(std::string(stage))) {
      return bad(name, root, "The flow names no plugin for stage `" + std::string(stage) + "`.");
    }
  }
  if (flow.name.empty()) return bad(name, root, "The flow has no `name`.");
  return flow;
}

}  // namespace

Result<FlowConfig> parse_flow(std::string_view yaml, std::string_view name) {
  PTAH_TRY(const YAML::Node root, load_yaml(yaml, name, kMaxBytes));
  try {
    return read_flow(root, name);
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
  PTAH_TRY(auto text, read_text_file(file, kMaxBytes));
  return parse_flow(text, file.filename().string());
}

namespace {

Json to_json(const StageChoice& choice) {
  Json json{{"plugin", choice.plugin}, {"options", choice.options}};
  if (!choice.model.empty()) json["model"] = choice.model;
  return json;
}
StageChoice choice_from_json(const Json& json) {
  return {json.at("plugin"), json.at("options"), json.value("model", "")};
}
Json to_json(const std::map<std::string, StageChoice>& stages) {
  Json json = Json::object();
  for (const auto& [stage, choice] : stages) json[stage] = to_json(choice);
  return json;
}
std::map<std::string, StageChoice> stages_from_json(const Json& json) {
  std::map<std::string, StageChoice> stages;
  for (const auto& [stage, choice] : json.items()) stages[stage] = choice_from_json(choice);
  return stages;
}
Json to_json(const std::vector<StageChoice>& verifiers) {
  Json json = Json::array();
  for (const StageChoice& verifier : verifiers) json.push_back(to_json(verifier));
  return json;
}
std::vector<StageChoice> verifiers_from_json(const Json& json) {
  std::vector<StageChoice> verifiers;
  for (const Json& verifier : json) verifiers.push_back(choice_from_json(verifier));
  return verifiers;
}

}  // namespace

Json to_json(const FlowConfig& flow) {
  return {{"name", flow.name},
          {"description", flow.description},
          {"baseline_attempts", flow.baseline_attempts},
          {"measures", to_string(flow.measures)},
          {"stages", to_json(flow.stages)},
          {"checks", to_json(flow.checks)},
          {"judges", to_json(flow.judges)},
          {"sign_off",
           {{"stages", to_json(flow.sign_off.stages)},
            {"share", flow.sign_off.share},
            {"pscore_tolerance", flow.sign_off.pscore_tolerance},
            {"max_disagreements", flow.sign_off.max_disagreements}}}};
}

Result<FlowConfig> flow_from_json(const Json& json) {
  try {
    FlowConfig flow;
    flow.name = json.at("name");
    flow.description = json.value("description", "");
    flow.baseline_attempts = json.at("baseline_attempts");
    // Jobs of before there was a choice measured with the testbench alone.
    PTAH_TRY(flow.measures,
             choice_from_string<MeasureScope>(json.value("measures", "testbench"), "measures"));
    flow.stages = stages_from_json(json.at("stages"));
    flow.checks = verifiers_from_json(json.at("checks"));
    flow.judges = verifiers_from_json(json.at("judges"));
    const Json& sign_off = json.at("sign_off");
    flow.sign_off.stages = stages_from_json(sign_off.at("stages"));
    flow.sign_off.share = sign_off.at("share");
    flow.sign_off.pscore_tolerance = sign_off.at("pscore_tolerance");
    flow.sign_off.max_disagreements = sign_off.at("max_disagreements");
    return flow;
  } catch (const Json::exception& exception) {
    return make_error(ErrorCode::kInvalidArgument, exception.what(), "flow");
  }
}

}  // namespace ptah
