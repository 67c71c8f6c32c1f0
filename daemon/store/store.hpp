/// Jobs, chains, variants, events and libraries in SQLite; files by content hash. Everything throws
/// Failure. Used by one thread only (StoreThread, or a test); writing functions run inside the
/// transaction that the caller has begun.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/file_store.hpp"
#include "store/records.hpp"
#include "store/sqlite.hpp"

namespace ptah {

/// What a task is handed for a chain: its spec, and what it goes on from. That is the last
/// checkpoint (`checkpoint`, a path) and the variant before it, or where there is no checkpoint,
/// the last variant (`resume`: its record and its files).
struct ChainStart {
  Json spec;
  std::int64_t committed = 0;  ///< Variants that are there.
  std::string warning;         ///< Why the chain cannot be resumed and starts again, if so.
};

/// What a chain leaves beside its variants.
struct ChainNotes {
  std::optional<NewFile> checkpoint;  ///< Opaque, up to kMaxCheckpoint; only the last is kept.
  std::vector<Metric> metrics;
};

/// What became of metrics.
struct MetricsCommit {
  std::vector<Metric> fresh;  ///< Those that were not there: a chain that is resumed repeats some.
  std::int64_t dropped = 0;   ///< Beyond kMaxMetrics.
};

/// What became of a variant.
struct VariantCommit {
  bool fresh = false;  ///< False when it was there already: nothing is announced.
  bool best = false;   ///< It is the job's best so far.
  EventRow event;
  std::vector<FileRow> files;
  MetricsCommit metrics;
  std::optional<VersionRow> model;  ///< The version of a model that it became.
};

/// "name", version 0, or "name@3": a model or a dataset. Of models also "name@champion", which is
/// the name alone, and "name@candidate".
struct VersionName {
  std::string name;
  std::int64_t version = 0;
  bool newest = false;  ///< The candidate: whichever is the newest.
};
/// `view` is what it should name. Fails with kInvalidArgument.
VersionName version_name(const std::string& reference, const std::string& view);

/// What a slice of a deletion left to do.
struct DeletionStep {
  std::vector<std::string> hashes;  ///< Files that may be free now: for `remove_unreferenced`.
  bool more = false;
};

/// The plugin that predicts with a model. Throws a Failure where that is none.
std::string predictor_of(const ModelRow& model);
/// Throws a Failure unless explorations by this explorer can begin with the model.
void check_explorer(const ModelRow& model, const std::string& explorer);

class Backup;

/// Of a state, in its folder.
constexpr const char* kDatabaseName = "ptah.sqlite";

class Store {
 public:
  /// Rows that one transaction deletes: some ten milliseconds.
  static constexpr std::int64_t kDeletionSlice = 2000;

  /// Creates `state_dir` (0700) and the tables where missing. Fails when the state is of a newer
  /// version.
  explicit Store(std::filesystem::path state_dir);
  ~Store();

  const std::filesystem::path& state_dir() const noexcept { return state_dir_; }
  FileStore& files() noexcept { return files_; }
  const FileStore& files() const noexcept { return files_; }
  Database& database() noexcept { return database_; }

  /// Where a little space is kept so that a failure can still be written down on a full disk. True
  /// when there was some to release.
  bool release_reserve();
  void restore_reserve();
  bool has_reserve() const;

  // Jobs.
  /// The job, with its chains where it comes planned, and whether it is new. Fails with kConflict
  /// when the id is taken by another request, and with kNotFound where an input is not there.
  std::pair<JobRow, bool> create_job(NewJob job);
  std::optional<JobRow> job(const std::string& id);
  JobRow existing_job(const std::string& id);  ///< Fails with kNotFound.
  /// Without spec, plan and result, which can be long. Fails with kNotFound.
  JobRow job_summary(const std::string& id);
  /// Without spec, plan and result. `after` is a job's id, or empty.
  /// Of these libraries; none: of all.
  std::vector<JobRow> jobs(std::optional<JobState> state, const std::string& after,
                           std::int64_t limit, const std::vector<std::string>& libraries = {});
  std::vector<std::string> unfinished_jobs();
  void set_running(const std::string& id);
  /// The spec of a job with its sources whole, as its first task is handed it.
  Json whole_spec(const std::string& id);
  /// Sources that a job was given. Fails with kNotFound.
  Json sources(const std::string& hash);
  EventRow finish_job(const std::string& id, JobState state, const Json& error, const Json& result);
  /// Makes a failed or cancelled job queued again; its failed chains are pending again.
  void reopen_job(const std::string& id);

  // Deletion. With its first step a job is gone for everyone; its rows go in slices, so that a
  // large one keeps nobody waiting, and after a crash the next start goes on. Until the last slice
  // its id is not free.
  DeletionStep delete_job(const std::string& id, std::int64_t slice = kDeletionSlice);
  DeletionStep continue_deletion(std::int64_t slice = kDeletionSlice);
  /// Files that rows of this transaction named before they named others; for
  /// `remove_unreferenced`, after it.
  std::vector<std::string> take_replaced() { return std::exchange(replaced_, {}); }
  /// Whether a committed or present row refers to the file.
  bool referenced(const std::string& hash);
  /// Removes those of these files that no row refers to. Outside a transaction only: what is
  /// unlinked cannot be rolled back, so it is decided by what is committed, and at that moment.
  void remove_unreferenced(const std::vector<std::string>& hashes);
  /// What a crash between a file and its row left in one folder of the files, 0 to
  /// `FileStore::kFolders`-1. Outside a transaction only.
  void remove_orphans(int folder);
  /// Whether the state was not closed by its last user: there may be orphans.
  bool after_crash() const noexcept { return after_crash_; }

  // Chains.
  void save_plan(const std::string& job, const std::string& circuit, const Json& plan,
                 const std::vector<Json>& chains, const std::vector<NewFile>& files);
  /// Adds chains to a job that is not finished, and returns their numbers, in order. A spec that
  /// the job has already gets the number it has: who is resumed may ask again. Fails with kLimit
  /// beyond kMaxChains.
  std::vector<std::int64_t> append_chains(const std::string& job, const std::vector<Json>& chains);
  std::vector<ChainRow> chains(const std::string& job, std::int64_t after, std::int64_t limit);
  std::vector<std::int64_t> pending_chains(const std::string& job);
  ChainStart load_chain(const std::string& job, std::int64_t chain);
  EventRow finish_chain(const std::string& job, std::int64_t chain, const Json& error,
                        const Json& result);
  /// What a chain noted after its variant `after` (kWholeChain: before the first). Of a chain that
  /// is made again and has later variants already, the later checkpoint stays.
  MetricsCommit commit_notes(const std::string& job, std::int64_t chain, std::int64_t after,
                             const ChainNotes& notes);

  // Variants.
  /// With `notes` as of the moment after this variant.
  VariantCommit commit_variant(const std::string& job, std::int64_t chain, std::int64_t variant,
                               const Json& record, const std::vector<NewFile>& files,
                               const ChainNotes& notes = {});
  /// Files that a job of one task made.
  std::vector<FileRow> add_job_files(const std::string& job, const std::vector<NewFile>& files);
  std::vector<VariantRow> variants(const std::string& job, std::optional<std::int64_t> chain,
                                   std::int64_t after, std::int64_t limit);
  VariantRow variant(const std::string& job, std::int64_t chain, std::int64_t variant);
  /// Copies those of these few files that belong into `out`.
  void materialise(const std::vector<FileRow>& files, const std::filesystem::path& out);
  /// The job's files, those behind `after`, for who copies all of them (see Exporter).
  std::vector<OutputFile> output_files(const std::string& job, const OutputKey& after,
                                       std::int64_t limit);
  /// {"role", "hash", "size", "path", "dataset"}: a file as clients see it.
  Json describe(const FileRow& file) const;
  std::vector<FileRow> job_files(const std::string& job);

  // Events.
  EventRow add_event(const std::string& job, const std::string& method, const Json& params);
  std::vector<EventRow> events(const std::string& job, std::int64_t after, std::int64_t limit);
  /// What the job's last job.progress said, 0..1; 0 where there was none.
  double told_fraction(const std::string& job);

  // Metrics. `chain` may be kWholeJob. A value that is there stays.
  MetricsCommit add_metrics(const std::string& job, std::int64_t chain,
                            const std::vector<Metric>& metrics);
  /// In order of chain, name and step.
  std::vector<MetricRow> metrics(const std::string& job, const std::optional<MetricKey>& after,
                                 std::int64_t limit);

  // Library.
  /// By cell and view, those behind `after`; `cell` and `view` may be empty: any.
  std::vector<ViewRow> views(const std::string& library, const std::string& cell,
                             const std::string& view, const ViewKey& after, std::int64_t limit);
  /// By cell and view, those behind `after`; the newest of each view first.
  std::vector<VersionRow> versions(const std::string& library, const std::string& cell,
                                   const std::string& view, std::int64_t limit,
                                   const std::optional<VersionKey>& after = std::nullopt);

  // Models: the versions of view `model`.
  /// By name, the newest first. `name` may be empty: any. `after`: the last one seen.
  std::vector<ModelRow> models(const std::string& library, const std::string& name,
                               const std::optional<VersionName>& after, std::int64_t limit);
  /// Of "name", which is the version in use, or another reference. Fails with kNotFound.
  ModelRow model(const std::string& library, const std::string& reference);
  /// "name@3" is in use from now on; "name": the newest is, whichever that is (the newest of the
  /// user's own, where there is one: what comes with Ptah hides none). Returns the one.
  ModelRow use_model(const std::string& library, const std::string& reference);
  /// A version that is there at once: `job` (less its plan) is done when this returns, and its one
  /// variant is the model. The first of `files` is made of the record.
  ModelRow put_model(NewJob job, const std::string& name, const Json& record,
                     std::vector<NewFile> files);
  /// What an exploration has learnt, in place of what it had learnt before. `files`: `dataset` is
  /// the name of each.
  void put_learnt(const std::string& job, Json record, const std::vector<NewFile>& files);
  /// Makes a version of that, by a job of its own: exploration and model are deleted one by one.
  /// Nothing where nothing was learnt since the last time.
  std::optional<VersionRow> keep_learnt(const std::string& job);

  // Datasets: the versions of view `dataset`.
  /// Makes a version of what a job's chains have made. Its record with `version`, which the job's
  /// result keeps as `dataset`; null where they have made nothing.
  Json add_dataset(const std::string& job);
  /// By name, the newest first. `name` may be empty: any. `after`: the last one seen.
  std::vector<DatasetRow> datasets(const std::string& library, const std::string& name,
                                   const std::optional<VersionName>& after, std::int64_t limit);
  /// Of "name", the newest version (of the user's own, where there is one), or "name@3". Fails with
  /// kNotFound.
  DatasetRow dataset(const std::string& library, const std::string& reference);

  // Files that clients send.
  /// Keeps a file at least until `until_ms`, also where no job refers to it. It lies in `whole`
  /// (see FileStore::link_file), or in the store where that is empty; false where it is gone from
  /// there.
  bool keep_file(const std::string& hash, const std::filesystem::path& whole,
                 std::int64_t until_ms);
  /// Ends that for those whose time is over. Their hashes, for `remove_unreferenced`.
  std::vector<std::string> release_kept(std::int64_t now_ms);

  // Integrity.
  /// The hashes that something refers to, in order, each with one job that does, or none where it
  /// is kept for a client; at most `limit` (-1: all) of those after `after`.
  std::vector<std::pair<std::string, std::string>> referenced_files(const std::string& after = {},
                                                                    std::int64_t limit = -1);

  // One backup at a time (backup.hpp). Until its end no file is removed. Outside a transaction
  // only.
  /// Fails with kConflict while another is made.
  Backup& begin_backup(const std::filesystem::path& folder);
  Backup* backup() noexcept { return backup_.get(); }
  /// Ends it, whole or not, and removes the files that nobody refers to any more.
  void end_backup();

  // What came with Ptah (NewJob::shipped), by the hash of what it is.
  /// Whether the store has it, or had it until somebody deleted it.
  bool knew_shipped(const std::string& hash);
  void remember_shipped(const std::string& hash, const std::string& job);

  // Tokens of the network.
  std::vector<TokenRow> tokens();
  /// Fails with kConflict where one in use has the name.
  void add_token(const TokenRow& row);
  TokenRow revoke_token(const std::string& name, std::int64_t now_ms);

  // Who did what.
  /// Appends, and drops the oldest of more than kMaxAudit.
  void add_audit(const std::vector<AuditRow>& rows);
  /// The last `limit` of those that fit, in order. `who` may be empty: anybody.
  std::vector<AuditRow> audit(const std::string& who, std::int64_t since_ms, std::int64_t after,
                              std::int64_t limit);

  // Rights by library, and quotas.
  /// The libraries whose jobs or versions have the file.
  std::vector<std::string> libraries_of(const std::string& hash);
  /// That somebody has sent a file, and so knows its bytes. Until then, or until one of his jobs
  /// has it, it counts for him.
  void remember_sender(const std::string& principal, const std::string& hash,
                       std::int64_t until_ms);
  bool has_sent(const std::string& principal, const std::string& hash);
  Usage usage(const std::string& principal);
  /// By principal, of those that have jobs.
  std::map<std::string, Usage> usages(std::int64_t limit);
  /// Fail with kLimit where a principal has more than it may, the job that is being made included;
  /// or would have, with so many bytes more.
  void check_quota(const std::string& principal, const Quota& quota);
  void check_disk(const std::string& principal, const Quota& quota, std::int64_t more = 0);

  // Settings of the daemon.
  std::string setting(const std::string& name);
  void set_setting(const std::string& name, const std::string& value);

 private:
  FileStore::Stored put_file(const NewFile& file);
  std::vector<FileRow> put_files(const std::string& job, std::int64_t chain, std::int64_t variant,
                                 const std::vector<NewFile>& files);
  /// Forgets them; for who puts others in their place.
  void drop_files(const std::string& job, std::int64_t chain, std::int64_t variant);
  void put_inputs(const std::string& job, const std::vector<std::string>& hashes);
  std::vector<FileRow> files_of(const std::string& job, std::int64_t chain, std::int64_t variant);
  /// By name, the newest first. `name` may be empty: any. `after`: the last one seen.
  std::vector<VersionRow> versions_of_view(const std::string& library, const std::string& view,
                                           const std::string& name,
                                           const std::optional<VersionName>& after,
                                           std::int64_t limit);
  /// Of all, or of the user's own. 0: there is none.
  std::int64_t newest_version(const std::string& library, const std::string& view,
                              const std::string& name, bool own);
  /// That a name alone means where nobody chose: the newest of the user's own, or where there is
  /// none the newest that came with Ptah.
  std::int64_t named_version(const std::string& library, const std::string& view,
                             const std::string& name);
  /// Version 0: the candidate, or as `named_version`. Fails with kNotFound.
  VersionRow existing_version(const std::string& library, const std::string& view,
                              const VersionName& wanted);
  ModelRow read_model(const VersionRow& version);
  DatasetRow read_dataset(const VersionRow& version);
  std::int64_t used_version(const std::string& library, const std::string& name);
  /// The new version's number; 0: there is none, nothing has changed.
  std::int64_t add_version(const std::string& library, const std::string& cell,
                           const std::string& view, const std::string& hash, const std::string& job,
                           std::int64_t chain, std::int64_t variant, bool only_if_changed);
  void check_after_crash();
  bool taken(const std::string& id);
  std::int64_t last_variant(const std::string& job, std::int64_t chain);
  void put_checkpoint(const std::string& job, std::int64_t chain, std::int64_t after,
                      const NewFile& checkpoint);
  void keep_sources(const std::string& id, const Json& spec, const std::string& text);
  DeletionStep delete_slice(const std::string& id, std::int64_t slice);

  std::filesystem::path state_dir_;
  bool after_crash_ = false;
  FileStore files_;
  Database database_;
  std::unique_ptr<Backup> backup_;  ///< Of both.
  std::vector<std::string> replaced_;
};

/// As for one that does not exist.
[[noreturn]] void fail_without_job(const std::string& id);

/// Whether an error is that of Store::check_disk.
bool is_disk_limit(const Error& error);

/// Milliseconds since 1970: for people, and for how long files stay that clients sent.
std::int64_t now_ms();

/// JSON as the database keeps it: on one line, whatever bytes its texts hold.
std::string stored_json(const Json& json);

/// Puts a result into an event's parameters, or `cut` where it is too long for a line.
void add_result(Json& params, const Json& result);

/// The view of a cell that a plan's file is, or empty: "netlist", "pairs", "testbench".
std::string view_of_plan_file(const NewFile& file);

}  // namespace ptah
