#include "flow/learnt_model.hpp"

#include <algorithm>
#include <cmath>

namespace ptah {
namespace {

constexpr std::size_t kMostModelFiles = 64;
constexpr std::uintmax_t kMostModelBytes = 2ull << 30;

bool is_model_file_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && name.front() != '.' && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-';
         });
}

std::string reference(const ChosenModel& model) {
  return model.name + "@" + std::to_string(model.version);
}

Json record_of(const Bound<Explorer>& explorer, const Exploration& exploration,
               const TrainedModel& model) {
  const ChainSpec& spec = exploration.spec;
  Json record{{"model", spec.keep_model},
              {"explorer", explorer.name},
              {"plugin", explorer.plugin},
              {"plugin_hashes", {{"explorer", explorer.hash}}},
              {"options", spec.flow.stages.at("explorer").options},
              {"seed", spec.seed},
              {"circuit", exploration.loaded.circuit.name},
              {"tech", exploration.technology.name()},
              {"flow", spec.flow.name},
              {"objective", to_string(spec.objective)},
              {"specs", spec.specs},
              {"evaluations", exploration.totals.evaluated},
              {"metrics", model.metrics}};
  if (spec.part != AssignmentPart::kAll)
    record["part"] = {{"part", to_string(spec.part)}, {"split_seed", spec.split_seed}};
  if (spec.start) {
    record["from"] = {
        {"name", spec.start->name}, {"version", spec.start->version}, {"hash", spec.start->hash}};
  }
  return record;
}

}  // namespace

Status check_model_files(const TrainedModel& model, const std::string& who) {
  const auto bad = [&](const std::string& message) {
    return make_error(ErrorCode::kPluginFailed, message, who);
  };
  if (model.files.empty() || model.files.size() > kMostModelFiles)
    return bad("It left " + std::to_string(model.files.size()) + " files; a model has 1 to 64.");
  std::uintmax_t bytes = 0;
  for (const auto& [name, path] : model.files) {
    std::error_code failure;
    if (!is_model_file_name(name)) return bad("`" + name.substr(0, 64) + "` is no name of a file.");
    const auto status = std::filesystem::symlink_status(path, failure);
    if (failure || !std::filesystem::is_regular_file(status))
      return bad("Its file `" + name + "` is not there: " + path.string() + ".");
    bytes += std::filesystem::file_size(path, failure);
  }
  if (bytes > kMostModelBytes) return bad("Its files have more than 2 GiB.");
  for (const auto& [name, value] : model.metrics) {
    if (!std::isfinite(value)) return bad("Its metric `" + name + "` is no number.");
  }
  return ok();
}

Status begin_with_model(Bound<Explorer>& explorer, Exploration& exploration,
                        const DesignSpace& space, FlowJob& job) {
  const ChainSpec& spec = exploration.spec;
  if (!spec.keep_model.empty() && !explorer.instance->learns()) {
    return make_error(ErrorCode::kUnsupported,
                      "Explorer `" + explorer.name + "` learns nothing that could be kept.",
                      "keep_model", "Explore with one that learns, such as `rl`.");
  }
  if (!spec.start) return ok();
  StageSeconds seconds;
  const Status taken = run_stage(explorer, job, seconds, [&](Explorer& stage) {
    return stage.start_from(spec.start->files, space, job);
  });
  if (taken) return ok();
  Error error = taken.error();
  error.where = "model " + reference(*spec.start) + (error.where.empty() ? "" : ", " + error.where);
  return error;
}

Status hand_on_learnt(Bound<Explorer>& explorer, Exploration& exploration, FlowJob& job) {
  if (exploration.spec.keep_model.empty()) return ok();
  StageSeconds seconds;
  PTAH_TRY(const TrainedModel model,
           run_stage(explorer, job, seconds, [&](Explorer& stage) { return stage.learnt(job); }));
  PTAH_TRY(check_model_files(model, "explorer " + explorer.plugin));
  Json files = Json::array();
  for (const auto& [name, path] : model.files)
    files.push_back({{"role", "model_file"}, {"path", path.string()}, {"dataset", name}});
  exploration.sink.emit({{"event", "model"},
                         {"record", record_of(explorer, exploration, model)},
                         {"files", std::move(files)}});
  return ok();
}

}  // namespace ptah
