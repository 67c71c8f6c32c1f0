#include "flow/chain.hpp"

#include <array>

#include "flow/design_space.hpp"
#include "flow/learnt_model.hpp"
#include "ptah/core/run_tool.hpp"
#include "store/stored_path.hpp"

namespace ptah {
namespace {

constexpr std::size_t kMostCommonBytes = 64u << 20;  // a line of the worker's, which it came in

/// The state of a server before 0.2 says of the chain what the variant's did not.
Json chain_state_of_old(const Json& state, int variant, std::int64_t assignment) {
  return {{"next_variant", variant + 1},
          {"evaluated", state.at("evaluated")},
          {"judged", state.at("judged")},
          {"reverted", state.at("reverted")},
          {"pending", Json::array()},
          {"disagreements", state.at("disagreements")},
          {"described", Json::array({assignment})},
          // Beyond every number that was given: the folders of candidates are named by it.
          {"candidates", state.at("evaluated").get<int>() + 1}};
}

/// Nothing where there is no such field.
std::optional<ChosenModel> chosen_model(const Json& json, const char* field) {
  if (!json.contains(field)) return std::nullopt;
  const Json& model = json[field];
  ChosenModel chosen{model.at("name"), model.at("hash"), model.at("version"), {}};
  const std::filesystem::path files = json.at("files").get<std::string>();
  for (const auto& [name, hash] : model.at("files").items())
    chosen.files[name] = stored_path(files, hash.get<std::string>());
  return chosen;
}

Status resume_from_variant(Exploration& exploration, FlowLayoutSpace& home,
                           const ChainResume& resume) {
  PTAH_TRY(const std::string text, read_text_file(resume.state));
  const Json state = Json::parse(text, nullptr, false);
  try {
    const Json chain = state.contains("chain")
                           ? state["chain"]
                           : chain_state_of_old(state, resume.variant, home.assignment());
    PTAH_TRY(exploration.restore(chain));
  } catch (const Json::exception& exception) {
    return make_error(ErrorCode::kParse, exception.what(), resume.state.string());
  }
  return home.restore_state(state);
}

Result<Json> result_of(const Exploration& exploration, const std::string& name) {
  const ChainTotals& totals = exploration.totals;
  int differ = 0;
  for (const auto& [about, count] : totals.disagreements) differ += count;
  const double most = exploration.spec.flow.sign_off.max_disagreements;
  if (differ > most * static_cast<double>(totals.judged)) {
    return make_error(ErrorCode::kConflict,
                      "Checks and judges disagree " + std::to_string(differ) + " times on " +
                          std::to_string(totals.judged) + " judged layouts.",
                      name,
                      "The layouts are in the dataset's folder `disagreements`; the flow's " +
                          std::string("`max_disagreements` says how many may be."));
  }
  Json result{{"assignment", exploration.spec.assignment},
              {"name", name},
              {"variants", exploration.next_variant},
              {"evaluated", totals.evaluated},
              {"reverted", totals.reverted},
              {"judged", totals.judged},
              {"disagreements", totals.disagreements}};
  if (!exploration.specs.empty()) {
    result["feasible"] = totals.feasible;
    result["broken"] = totals.broken;
  }
  if (exploration.spec.budget) result["seconds"] = exploration.spent().seconds;
  return result;
}

}  // namespace

Json to_json(const ChainSpec& spec) {
  Json json{{"input", to_json(spec.input)},
            {"tech", spec.technology},
            {"seed", spec.seed},
            {"variants", spec.variants},
            {"judges", to_string(spec.judges)},
            {"objective", to_string(spec.objective)},
            {"pictures", spec.pictures},
            {"flow", to_json(spec.flow)}};
  if (!spec.specs.empty()) json["specs"] = spec.specs;
  if (spec.budget) {
    json["budget"] = Json::object();
    if (spec.budget->evaluations) json["budget"]["evaluations"] = *spec.budget->evaluations;
    if (spec.budget->seconds) json["budget"]["seconds"] = *spec.budget->seconds;
  }
  if (spec.part != AssignmentPart::kAll)
    json.update({{"part", to_string(spec.part)}, {"split_seed", spec.split_seed}});
  if (!spec.keep_model.empty()) json["keep_model"] = spec.keep_model;
  return json;
}

Json chain_task(Json common, const Json& chain) {
  common.update(chain);
  return common;
}

Result<Json> complete_chain(const Json& spec) {
  const auto file = spec.find("common");
  if (file == spec.end()) return spec;
  PTAH_TRY(const std::string text, read_text_file(file->get<std::string>(), kMostCommonBytes));
  Json common = Json::parse(text, nullptr, false);
  if (!common.is_object()) {
    return make_error(ErrorCode::kInternal, "What the chains have in common cannot be read.",
                      file->get<std::string>());
  }
  return chain_task(std::move(common), spec);
}

Result<ChainSpec> chain_spec_from_json(const Json& json) {
  try {
    ChainSpec spec;
    PTAH_TRY(spec.input, circuit_input_from_json(json.at("input"), json.value("files", "")));
    spec.technology = json.at("tech");
    // Of an older server; otherwise it is a count by group, for those who read plans.
    if (const Json fingers = json.value("fingers", Json()); fingers.is_object())
      spec.fingers = fingers.get<FingerAssignment>();
    spec.assignment = json.at("assignment");
    spec.seed = json.at("seed");
    spec.variants = json.at("variants");
    PTAH_TRY(spec.judges,
             choice_from_string<SignOff>(json.at("judges").get<std::string>(), "judges"));
    // Chains of an older server have none.
    PTAH_TRY(spec.objective,
             choice_from_string<Objective>(json.value("objective", "pscore"), "objective"));
    if (json.contains("specs")) spec.specs = json["specs"].get<std::vector<std::string>>();
    if (json.contains("budget")) {
      const Json& budget = json["budget"];
      spec.budget.emplace();
      if (budget.contains("evaluations")) spec.budget->evaluations = budget["evaluations"];
      if (budget.contains("seconds")) spec.budget->seconds = budget["seconds"];
    }
    spec.pictures = json.at("pictures");
    PTAH_TRY(spec.flow, flow_from_json(json.at("flow")));
    spec.model = chosen_model(json, "model");
    spec.start = chosen_model(json, "start");
    PTAH_TRY(spec.part, choice_from_string<AssignmentPart>(json.value("part", "all"), "part"));
    spec.split_seed = json.value("split_seed", std::uint64_t{0});
    spec.keep_model = json.value("keep_model", "");
    if (json.contains("resume") && !json["resume"].is_null()) {
      const Json& resume = json["resume"];
      spec.resume =
          ChainResume{resume.at("variant"), resume.at("files").at("state").get<std::string>(),
                      json.value("checkpoint", std::string())};
    }
    return spec;
  } catch (const Json::exception& exception) {
    return make_error(ErrorCode::kInvalidArgument, exception.what(), "chain");
  }
}

Result<Json> run_chain(const ChainSpec& spec, const std::filesystem::path& scratch,
                       PluginHost& host, TaskSink& sink) {
  PTAH_TRY(const auto exploration, Exploration::create(spec, scratch, host, sink));
  if (spec.assignment < 0 || spec.assignment >= exploration->assignments.count()) {
    return make_error(ErrorCode::kInvalidArgument, "There is no such assignment.", "assignment");
  }
  const FingerAssignment fingers =
      spec.fingers.empty() ? exploration->assignments.at(spec.assignment) : spec.fingers;
  Bound<Explorer> explorer;
  if (const auto chosen = spec.flow.stages.find("explorer"); chosen != spec.flow.stages.end()) {
    PTAH_TRY(explorer,
             bind_stage<Explorer>(host, "explorer", chosen->second.plugin, chosen->second.options));
    exploration->explorer = explorer.plugin;
    exploration->explorer_hash = explorer.hash;
  }
  PTAH_TRY(auto made, FlowLayoutSpace::create(*exploration, spec.assignment, fingers));
  FlowDesignSpace space(*exploration, std::move(made));
  FlowLayoutSpace& home = space.flow_home();
  exploration->home = &home;
  if (explorer) {  // Before anything is evaluated.
    FlowJob job = exploration->job(Stream::kExplorer, home.rng(), scratch, home.paths().name());
    PTAH_TRY(begin_with_model(explorer, *exploration, space, job));
  }
  if (spec.resume && !spec.resume->checkpoint.empty()) {
    PTAH_TRY(const std::string bytes,
             read_text_file(spec.resume->checkpoint, 2 * DesignSpace::kMaxCheckpoint));
    PTAH_TRY(space.resume(bytes));
  } else if (spec.resume) {
    PTAH_TRY(resume_from_variant(*exploration, home, *spec.resume));
  } else {
    PTAH_TRY(home.make_baseline(true));
    PTAH_TRY(home.record());
  }
  if (exploration->next_variant <= spec.variants) {
    FlowJob context = exploration->job(Stream::kExplorer, home.rng(), scratch, home.paths().name());
    StageSeconds whole;  // contains the other stages' time; each variant carries those
    const Status explored = run_stage(
        explorer, context, whole, [&](Explorer& stage) { return stage.explore(space, context); });
    // What is left of the budget may not do for the next thing that an explorer asks for.
    const bool well = explored || (explored.error().code == ErrorCode::kLimit && exhausted(space));
    if (well || explored.error().code == ErrorCode::kCancelled) {
      PTAH_TRY(hand_on_learnt(explorer, *exploration, context));
    }
    if (!well) return explored.error();
    PTAH_TRY(space.flush());
  }
  return result_of(*exploration, home.paths().name());
}

}  // namespace ptah
