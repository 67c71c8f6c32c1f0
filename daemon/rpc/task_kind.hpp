/// Kinds of tasks and of jobs, a row each: what the daemon and its workers know of them by name.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace ptah {

enum class TaskKind {
  kPlan,
  kCircuits,
  kChain,
  kTrain,
  kCheck,
  kRender,
  kScoreLayout,
  kScorePlacement,
  kPlanSamples,
  kSample,
  kImportSamples,
  kExportSamples,
  kRenderSamples,
  kCheckSamples,
  kEvaluateModels,
  kPredictSamples,
  kSelfTest,
};

/// Who goes first where workers are few.
enum class Lane {
  kBatch,        ///< When a worker is free.
  kInteractive,  ///< Before batch work: somebody waits for the answer.
};

/// What a finished task leaves in the store, beside its result.
enum class Leaves {
  kNothing,   ///< Its result is the answer to a request.
  kFiles,     ///< Files of its job.
  kPlan,      ///< The job's chains, and files of the job.
  kVariants,  ///< Variants, while it runs.
};

struct TaskTraits {
  TaskKind kind;
  std::string_view name;   ///< On a worker's socket.
  std::string_view reads;  ///< The struct of its spec.
  Lane lane = Lane::kInteractive;
  Leaves leaves = Leaves::kNothing;
  /// It goes on from what it has left, where it was interrupted; others begin anew.
  bool resumable = false;
  /// So many times in all, where its worker is ended from outside.
  int attempts = 2;
  /// An item that ends its worker twice is left out: `left_out` of the spec says why, and the task
  /// goes on without.
  bool leaves_out = false;
};

inline constexpr std::array<TaskTraits, 17> kTaskKinds{{
    {TaskKind::kPlan, "plan", "RunSpec", Lane::kInteractive, Leaves::kPlan, false, 3},
    {TaskKind::kCircuits, "circuits", "Nothing"},
    {TaskKind::kChain, "chain", "ChainSpec", Lane::kBatch, Leaves::kVariants, true, 3},
    {TaskKind::kTrain, "train", "TrainTask", Lane::kBatch, Leaves::kVariants, true, 3},
    {TaskKind::kCheck, "check", "CheckSpec", Lane::kInteractive, Leaves::kFiles, false, 3},
    {TaskKind::kRender, "render", "RenderSpec", Lane::kInteractive, Leaves::kFiles, false, 3},
    {TaskKind::kScoreLayout, "score.layout", "ScoreLayoutTask"},
    {TaskKind::kScorePlacement, "score.placement", "ScorePlacementTask"},
    {TaskKind::kPlanSamples, "samples.plan", "DatasetSpec", Lane::kInteractive, Leaves::kPlan,
     false, 3},
    {TaskKind::kSample, "sample", "SampleTask", Lane::kBatch, Leaves::kVariants, true, 3, true},
    {TaskKind::kImportSamples, "samples.import", "DatasetImportTask", Lane::kBatch,
     Leaves::kVariants, true, 3},
    {TaskKind::kExportSamples, "samples.export", "DatasetExportSpec", Lane::kInteractive,
     Leaves::kFiles, false, 3},
    {TaskKind::kRenderSamples, "samples.render", "DatasetRenderSpec", Lane::kInteractive,
     Leaves::kFiles, false, 3},
    {TaskKind::kCheckSamples, "dataset.check", "DatasetCheckTask"},
    {TaskKind::kEvaluateModels, "model.evaluate", "ModelEvaluateTask"},
    {TaskKind::kPredictSamples, "model.predict", "ModelPredictTask"},
    {TaskKind::kSelfTest, "selftest", "Nothing"},
}};

static_assert([] {
  for (std::size_t i = 0; i < kTaskKinds.size(); ++i) {
    if (kTaskKinds[i].kind != static_cast<TaskKind>(i)) return false;
  }
  return true;
}());

constexpr const TaskTraits& traits(TaskKind kind) noexcept {
  return kTaskKinds[static_cast<std::size_t>(kind)];
}

/// What a job consists of: one task, or chains of a plan, which a task makes or which comes with
/// the job.
struct JobKind {
  std::string_view name;          ///< In the store and on the wire.
  std::optional<TaskKind> first;  ///< Nothing: it comes planned.
  std::optional<TaskKind> chain;  ///< Nothing: it has no chains.
  /// When all its chains are done, their files of role `samples` are a version of a dataset.
  bool makes_dataset = false;
  constexpr bool has_chains() const noexcept { return chain || !first; }
};

inline constexpr std::array<JobKind, 9> kJobKinds{
    {{"run", TaskKind::kPlan, TaskKind::kChain},
     {"train", std::nullopt, TaskKind::kTrain},
     {"import", std::nullopt, std::nullopt},  // A model that is there: of a client, or kept.
     {"check", TaskKind::kCheck, std::nullopt},
     {"render", TaskKind::kRender, std::nullopt},
     {"dataset", TaskKind::kPlanSamples, TaskKind::kSample, true},
     {"dataset_import", std::nullopt, TaskKind::kImportSamples, true},
     {"dataset_export", TaskKind::kExportSamples, std::nullopt},
     {"dataset_render", TaskKind::kRenderSamples, std::nullopt}}};
inline constexpr const JobKind& kRunJob = kJobKinds[0];
inline constexpr const JobKind& kTrainJob = kJobKinds[1];
inline constexpr const JobKind& kImportJob = kJobKinds[2];
inline constexpr const JobKind& kCheckJob = kJobKinds[3];
inline constexpr const JobKind& kRenderJob = kJobKinds[4];
inline constexpr const JobKind& kDatasetJob = kJobKinds[5];
inline constexpr const JobKind& kDatasetImportJob = kJobKinds[6];
inline constexpr const JobKind& kDatasetExportJob = kJobKinds[7];
inline constexpr const JobKind& kDatasetRenderJob = kJobKinds[8];

/// Of a job that the store has; nullptr for a name that is none.
constexpr const JobKind* job_kind(std::string_view name) noexcept {
  for (const JobKind& kind : kJobKinds) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

}  // namespace ptah
