#include "flow/training.hpp"

#include <algorithm>

#include "flow/bundle.hpp"
#include "flow/flow_config.hpp"
#include "flow/layout_dataset.hpp"
#include "flow/learnt_model.hpp"
#include "flow/sample_dataset.hpp"
#include "learning/features.hpp"
#include "ptah/core/random.hpp"
#include "ptah/core/run_tool.hpp"
#include "store/stored_path.hpp"

namespace ptah {
namespace {

using Clock = std::chrono::steady_clock;

/// Checkpoints come to disk at most so often.
constexpr std::chrono::milliseconds kBetweenCheckpoints{500};

/// Hands checkpoints to the daemon: a line that says whose they are, then the trainer's bytes.
class TaskCheckpoints final : public Checkpoints {
 public:
  TaskCheckpoints(const std::filesystem::path& scratch, std::string trainer, TaskSink& sink)
      : trainer_(std::move(trainer)), sink_(sink), bundle_(scratch) {}

  Status resume(const std::filesystem::path& file) {
    PTAH_TRY(const std::string bytes, read_text_file(file, 2 * kMaxCheckpoint));
    const std::size_t end = bytes.find('\n');
    if (end == std::string::npos || bytes.substr(0, end) != trainer_) {
      sink_.emit({{"event", "log"},
                  {"level", "warning"},
                  {"message", "The checkpoint is of trainer " +
                                  bytes.substr(0, std::min(end, std::size_t{80})) + ", which is " +
                                  trainer_ + " now: training starts again."}});
      return ok();
    }
    resumed_ = bytes.substr(end + 1);
    return ok();
  }

  Status checkpoint(std::string_view bytes) override {
    if (bytes.size() > kMaxCheckpoint) {
      return make_error(ErrorCode::kLimit,
                        "The checkpoint has " + std::to_string(bytes.size()) +
                            " bytes, more than " + std::to_string(kMaxCheckpoint >> 20) + " MiB.",
                        "trainer " + trainer_);
    }
    if (Clock::now() - sent_ < kBetweenCheckpoints) return ok();
    std::string whole = trainer_ + "\n";
    whole.append(bytes);
    PTAH_TRY(auto file, bundle_.add("checkpoint", whole, ""));
    PTAH_TRY(bundle_.end_variant());
    sink_.emit({{"event", "checkpoint"}, {"after", -1}, {"file", std::move(file)}});
    sent_ = Clock::now();
    return ok();
  }
  const std::optional<std::string>& resumed() const override { return resumed_; }

 private:
  std::string trainer_;
  TaskSink& sink_;
  Bundle bundle_;
  std::optional<std::string> resumed_;
  Clock::time_point sent_{};
};

/// What is learnt from, and how a record names it.
struct Source {
  std::unique_ptr<Dataset> dataset;
  std::string label;
  Json record;
};

Result<Source> open_source(const rpc::TrainTask& task, PluginHost& host, FlowJob& job) {
  Source source;
  if (const auto& named = task.set.dataset) {
    std::vector<std::filesystem::path> blocks;
    for (const std::string& block : named->blocks) blocks.push_back(stored_path(task.files, block));
    PTAH_TRY(auto samples, read_blocks(blocks));
    PTAH_TRY(auto dataset,
             SampleDataset::open(std::move(samples), task.spec.label, task.files, host, job));
    source.label = dataset->label_rule().text();
    source.record = {{"name", named->name},
                     {"version", named->version},
                     {"hash", named->hash},
                     {"left_out", dataset->left_out()}};
    source.dataset = std::move(dataset);
  } else {
    PTAH_TRY(source.dataset, LayoutDataset::open(task, host, job));
    source.label = task.spec.label;
    Json jobs = Json::array();
    for (const rpc::SourceRun& run : task.set.sources) jobs.push_back(run.job);
    source.record = {{"jobs", std::move(jobs)}};
  }
  source.record.update({{"sha256", task.dataset},
                        {"layouts", source.dataset->size()},
                        {"designs", source.dataset->designs()}});
  return source;
}

/// The flow's trainer, or the one that is asked for, with the options of who asks over the flow's
/// own.
Result<StageChoice> choose_trainer(const rpc::TrainSpec& spec) {
  PTAH_TRY(const FlowConfig flow, load_flow(spec.flow));
  const auto chosen = flow.stages.find("trainer");
  const bool own = chosen != flow.stages.end();
  StageChoice choice;
  if (own && (spec.trainer.empty() || spec.trainer == chosen->second.plugin)) {
    choice = chosen->second;
  } else if (!spec.trainer.empty()) {
    choice.plugin = spec.trainer;
  } else {
    return make_error(ErrorCode::kInvalidArgument, "The flow names no trainer.",
                      "flow " + flow.name, "Add a stage `trainer` to the flow.");
  }
  choice.options.update(spec.options.value);
  return choice;
}

/// {"name", "version", "hash"}, or null where the training goes on from no model.
Result<Json> start_from(const rpc::TrainTask& task, Bound<Trainer>& trainer, FlowJob& job,
                        StageSeconds& seconds) {
  if (!task.from) return Json();
  const rpc::StartingModel& from = *task.from;
  const std::string name = from.name + "@" + std::to_string(from.version);
  if (from.predictor != trainer.name) {
    return make_error(ErrorCode::kInvalidArgument,
                      "Model " + name + " is one of `" + from.predictor + "`, which trainer `" +
                          trainer.name + "` cannot go on from.",
                      "from", "Train with `" + from.predictor + "`, or from another model.");
  }
  ModelFiles files;
  for (const auto& [part, hash] : from.files) files[part] = stored_path(task.files, hash);
  PTAH_TRY(run_stage(trainer, job, seconds,
                     [&](Trainer& stage) { return stage.start_from(files, job); }));
  return Json{{"name", from.name}, {"version", from.version}, {"hash", from.hash}};
}

}  // namespace

Result<Json> train_model(const rpc::TrainTask& task, const std::filesystem::path& scratch,
                         PluginHost& host, TaskSink& sink) {
  const rpc::TrainSpec& spec = task.spec;
  if (task.resume.is_object() && task.resume.contains("record"))
    return Json{{"model", spec.model}, {"metrics", task.resume["record"].value("metrics", Json())}};
  PTAH_TRY(const StageChoice choice, choose_trainer(spec));
  PTAH_TRY(auto trainer, bind_stage<Trainer>(host, "trainer", choice.plugin, choice.options));
  FlowJob job(sink, Rng(static_cast<std::uint64_t>(spec.seed)).next(), scratch);
  PTAH_TRY(Source source, open_source(task, host, job));
  TaskCheckpoints checkpoints(scratch, trainer.plugin, sink);
  if (!task.checkpoint.empty()) {
    PTAH_TRY(checkpoints.resume(task.checkpoint));
  }
  StageSeconds seconds;
  PTAH_TRY(Json from, start_from(task, trainer, job, seconds));
  PTAH_TRY(const TrainedModel model, run_stage(trainer, job, seconds, [&](Trainer& stage) {
             return stage.train(*source.dataset, checkpoints, job);
           }));
  PTAH_TRY(check_model_files(model, "trainer " + trainer.plugin));

  Json record{{"model", spec.model},       {"trainer", trainer.plugin},
              {"predictor", trainer.name}, {"plugin_hashes", {{"trainer", trainer.hash}}},
              {"options", choice.options}, {"seed", spec.seed},
              {"label", source.label},     {"dataset", std::move(source.record)},
              {"metrics", model.metrics}};
  if (!from.is_null()) record["from"] = std::move(from);
  // Of few layouts nobody can say which are the worst quarter.
  if (const auto threshold = learning::class_threshold(*source.dataset))
    record["threshold"] = threshold.value();
  const std::string folder = "models/" + spec.model + "/";
  Json files = Json::array();
  const auto about = scratch / "model.json";
  PTAH_TRY(write_text_file(about, record.dump(1) + "\n", Durability::kCached));
  files.push_back(
      {{"role", "model"}, {"path", about.string()}, {"dataset", folder + "model.json"}});
  for (const auto& [name, path] : model.files) {
    files.push_back(
        {{"role", "model_file"}, {"path", path.string()}, {"dataset", folder + "files/" + name}});
  }
  sink.emit({{"event", "variant"},
             {"variant", 0},
             {"record", std::move(record)},
             {"files", std::move(files)}});
  job.progress(1, spec.model + " is trained");
  return Json{{"model", spec.model}, {"metrics", model.metrics}};
}

}  // namespace ptah
