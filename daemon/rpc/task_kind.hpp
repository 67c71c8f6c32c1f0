/// Kinds of tasks and of jobs, a row each: what the daemon and its workers know of them by name.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace ptah {

enum class TaskKind {
  kPlan,
  kCircuits,
  kChain,
  kCheck,
  kRender,
  kScoreLayout,
  kScorePlacement,
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
};

inline constexpr std::array<TaskTraits, 8> kTaskKinds{{
    {TaskKind::kPlan, "plan", "RunSpec", Lane::kInteractive, Leaves::kPlan, false, 3},
    {TaskKind::kCircuits, "circuits", "Nothing"},
    {TaskKind::kChain, "chain", "ChainSpec", Lane::kBatch, Leaves::kVariants, true, 3},
    {TaskKind::kCheck, "check", "CheckSpec", Lane::kInteractive, Leaves::kFiles, false, 3},
    {TaskKind::kRender, "render", "RenderSpec", Lane::kInteractive, Leaves::kFiles, false, 3},
    {TaskKind::kScoreLayout, "score.layout", "ScoreLayoutParams"},
    {TaskKind::kScorePlacement, "score.placement", "ScorePlacementParams"},
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

/// A job begins with one task; a plan is followed by its chains.
struct JobKind {
  std::string_view name;  ///< In the store and on the wire.
  TaskKind first;
  constexpr bool has_chains() const noexcept { return traits(first).leaves == Leaves::kPlan; }
};

inline constexpr std::array<JobKind, 3> kJobKinds{
    {{"run", TaskKind::kPlan}, {"check", TaskKind::kCheck}, {"render", TaskKind::kRender}}};
inline constexpr const JobKind& kRunJob = kJobKinds[0];
inline constexpr const JobKind& kCheckJob = kJobKinds[1];
inline constexpr const JobKind& kRenderJob = kJobKinds[2];

/// Of a job that the store has; nullptr for a name that is none.
constexpr const JobKind* job_kind(std::string_view name) noexcept {
  for (const JobKind& kind : kJobKinds) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

}  // namespace ptah
