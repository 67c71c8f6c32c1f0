/// What the store keeps, as plain values.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ptah/core/json.hpp"

namespace ptah {

enum class JobState { kQueued, kRunning, kDone, kFailed, kCancelled };
std::string_view to_string(JobState state) noexcept;
std::optional<JobState> job_state_from_string(std::string_view text) noexcept;
inline bool is_final(JobState state) noexcept {
  return state >= JobState::kDone;
}

/// Ids of jobs and libraries become names of files and folders: letters, digits, '.', '_' and '-',
/// at most 64, not beginning with '.' or '-'.
bool is_id(std::string_view text) noexcept;

/// A file that a task made: where it lies, and where it belongs.
struct NewFile {
  std::string role, path, text, dataset;  ///< `path`, or the text itself where that is empty.
  std::int64_t offset = 0;                ///< The part of `path` that is the file;
  std::int64_t size = -1;                 ///< -1: to its end.
};

/// What a job does, chain by chain.
struct NewPlan {
  std::string circuit;  ///< Or the name of what comes out.
  Json plan = Json::object();
  std::vector<Json> chains;
  std::vector<NewFile> files;
};

struct NewJob {
  std::string id;    ///< Empty: the store chooses one.
  std::string kind;  ///< Name of a JobKind.
  std::string out;
  std::string library = "work";
  /// Where it has `sources` with their files, these become a file of the job, and `sources` keeps
  /// its hash.
  Json spec = Json::object();
  std::optional<NewPlan> plan;      ///< Of a job that needs no task to be planned.
  std::vector<std::string> inputs;  ///< Hashes of the files of the store that the spec names.
  /// Of a model or a dataset that came with Ptah: nobody asked for it, so no list of jobs has it,
  /// and it takes no number from those that somebody asks for.
  bool shipped = false;
  std::string owner = {};  ///< A principal; empty: the daemon's user.
};

/// How much a principal may have; 0: no limit.
struct Quota {
  std::int64_t running_tasks = 0;  ///< Of chains. What is beyond waits.
  std::int64_t queued_jobs = 0;    ///< That wait or run.
  /// Files of its jobs, each as often as a job has it, and those that it has sent.
  std::int64_t disk_mb = 0;
  bool operator==(const Quota&) const = default;
};
/// How much it has.
struct Usage {
  std::int64_t jobs = 0;  ///< That wait or run.
  std::int64_t bytes = 0;
};

/// Something that was done, or refused.
struct AuditRow {
  std::int64_t number = 0;  ///< In the order in which they came.
  std::int64_t time_ms = 0, count = 1;
  std::string who, role, origin, method, object, outcome, message;
};
constexpr std::int64_t kMaxAudit = 100'000;

/// The best layout of a job: that of least `cost` in its record, which is a number by the run's
/// objective; of equal ones the first by chain, then by variant. All clients have it from here.
struct BestVariant {
  double cost = 0;
  std::int64_t chain = 0, variant = 0;
  auto operator<=>(const BestVariant&) const = default;
};

struct JobRow {
  std::string id, kind, circuit, library, out, owner;
  JobState state = JobState::kQueued;
  std::int64_t created_ms = 0, finished_ms = 0;
  std::int64_t chains = 0, chains_done = 0, chains_failed = 0, variants = 0, metrics = 0;
  std::int64_t last_event = 0, bytes = 0;
  std::optional<BestVariant> best;  ///< Nothing while no variant has a cost.
  bool planned = false;
  Json spec, plan, error, result;  ///< plan, error, result: null while there is none.
};

struct ChainRow {
  std::int64_t chain = 0, variants = 0;
  std::string state;  ///< "pending", "done", "failed".
  Json error, result;
};

/// A chain's and variant's number for what belongs to a job as a whole, and a variant's for what
/// belongs to its chain.
constexpr std::int64_t kWholeJob = -1;
constexpr std::int64_t kWholeChain = -1;
/// A variant's number for what came with the request for a job.
constexpr std::int64_t kRequest = -2;

/// In place of a variant's number: what was made of all chains when they were done.
constexpr std::int64_t kOutcome = -3;

/// In place of a variant's number: files of the store that a job was given, and their role.
constexpr std::int64_t kInputs = -2;
constexpr const char* kInputRole = "input";
/// Role of the file of a job that holds what the specs of its chains have in common.
constexpr const char* kCommonRole = "common";
/// Role of the file that holds the sources which a job was given (rpc/sources.hpp).
constexpr const char* kSourcesRole = "sources";
/// Role of a chain's last checkpoint.
constexpr const char* kCheckpointRole = "checkpoint";
constexpr std::int64_t kMaxCheckpoint = 64 << 20;  ///< Bytes.
constexpr std::int64_t kMaxChains = 100'000;       ///< Of a job.
constexpr std::int64_t kMaxMetrics = 1'000'000;    ///< Of a job.

/// Names of metrics: as ids, with '/' between words; at most 64 characters.
bool is_metric_name(std::string_view text) noexcept;

/// A value that a chain measured at a step of its work.
struct Metric {
  std::string name;
  std::int64_t step = 0;  ///< Not negative.
  double value = 0;       ///< Finite.
  bool operator==(const Metric&) const = default;
};

struct MetricKey {
  std::int64_t chain = 0;
  std::string name;
  std::int64_t step = 0;
};

struct MetricRow : MetricKey {
  double value = 0;
};

/// Lets whoever has the secret in from the network.
struct TokenRow {
  std::string name;
  std::string role;  ///< viewer, designer or admin.
  std::string hash;  ///< SHA-256 of the secret, which is nowhere kept.
  std::int64_t created_ms = 0;
  std::int64_t expires_ms = 0;              ///< 0: never.
  std::int64_t revoked_ms = 0;              ///< 0: it is in use.
  std::vector<std::string> libraries = {};  ///< That it is for; none: all.
};

struct FileRow {
  std::string role, hash, dataset;
  std::int64_t size = 0;
};

/// The place of a file in its job.
struct OutputKey {
  std::int64_t chain = kWholeJob - 1, variant = 0, place = 0;
};

struct OutputFile {
  OutputKey key;
  FileRow file;
};

struct VariantRow {
  std::int64_t sequence = 0;  ///< Order of commitment over all jobs.
  std::int64_t chain = 0, variant = 0;
  Json record;
  std::vector<FileRow> files;
};

struct EventRow {
  std::int64_t number = 0;
  std::string method;
  Json params;  ///< Without `job` and `event`.
};

struct VersionRow {
  std::string library, cell, view, job, hash;
  std::int64_t version = 0, chain = -1, variant = -1, created_ms = 0;
  bool shipped = false;  ///< It came with Ptah.
  std::string owner;     ///< Of that job.
};

/// View of a cell: a trained model. Role of the file that says what it is, and of its own files.
constexpr const char* kModelView = "model";
constexpr const char* kModelRole = "model";
constexpr const char* kModelFileRole = "model_file";
/// Role, in a training's job, of the files of the model that it goes on from.
constexpr const char* kStartFileRole = "start_file";
/// What names of versions of models mean by "name@champion" and "name@candidate".
constexpr const char* kChampion = "champion";
constexpr const char* kCandidate = "candidate";

/// A version of a model. Of its `files` the first is the one of `kModelRole`, with the record; the
/// names of the others are the last parts of their `dataset`.
struct ModelRow {
  VersionRow version;
  bool used = false;    ///< The champion: its name alone means this one.
  bool newest = false;  ///< The candidate.
  Json record;
  std::vector<FileRow> files;
};

/// View of a cell: placements with labels. Role of the file that says what it is, and of its own
/// files, which are those of its job's chains in their order.
constexpr const char* kDatasetView = "dataset";
constexpr const char* kDatasetRole = "dataset_record";
constexpr const char* kSamplesRole = "samples";

/// A version of a dataset. Its hash is that of a file with the record and the blocks' hashes.
struct DatasetRow {
  VersionRow version;
  Json record;  ///< Without the blocks.
  std::vector<FileRow> blocks;
};

struct ViewKey {
  std::string cell, view;
};

struct VersionKey : ViewKey {
  std::int64_t version = 0;
};

struct ViewRow {
  std::string library, cell, view;
  std::int64_t versions = 0;
};

}  // namespace ptah
