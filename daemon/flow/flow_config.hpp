/// A flow: which plugin, with which options, does each stage. YAML in configs/flows.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/core/json.hpp"
#include "rpc/specs.hpp"

namespace ptah {

struct StageChoice {
  std::string plugin;
  Json options = Json::object();
  std::string model;  ///< Of a predictor: "name" or "name@3" in the run's library; may be empty.
};

/// How judges sign off what the flow's own checks and score found.
struct SignOffConfig {
  std::map<std::string, StageChoice> stages;  ///< extractor, simulator: the judges' score.
  double share = 0.05;                        ///< Of the kept layouts, with `--judges sample`.
  double pscore_tolerance =
      0.02;  ///< Relative difference of the two scores; more is a disagreement.
  double max_disagreements = 0.02;  ///< Share of the judged layouts of a chain; more fails it.
};

struct FlowConfig {
  std::string name;
  std::string description;
  /// Keys: device_generator, placer, router, extractor, simulator, explorer, predictor,
  /// trainer.
  std::map<std::string, StageChoice> stages;
  std::vector<StageChoice> checks;  ///< Verifiers of every layout; empty: the judges do it.
  std::vector<StageChoice> judges;  ///< Verifiers that sign off.
  SignOffConfig sign_off;
  MeasureScope measures = MeasureScope::kTestbench;
  int baseline_attempts = 4;
};

/// Fails with file:line, the field and what it may be.
Result<FlowConfig> parse_flow(std::string_view yaml, std::string_view name);
/// "osiris" is configs/flows/osiris.yaml; anything with a slash or ".yaml" is a file.
Result<FlowConfig> load_flow(std::string_view name_or_path);

Json to_json(const FlowConfig& flow);
Result<FlowConfig> flow_from_json(const Json& json);

/// The installed configs (flows, circuits): next to the program, `<exe>/../share/ptah`.
std::filesystem::path config_directory();

}  // namespace ptah
