/// The daemon, put together: sockets, sessions, jobs, workers, store. Implements the protocol's
/// service.
///
/// One thread (the one that runs the io_context) owns everything but the store, which has its own.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "app/audit.hpp"
#include "app/metrics.hpp"
#include "app/options.hpp"
#include "app/page.hpp"
#include "app/service_manager.hpp"
#include "app/shipped.hpp"
#include "app/tokens.hpp"
#include "jobs/job_manager.hpp"
#include "net/http.hpp"
#include "net/listener.hpp"
#include "rpc/method_table.hpp"
#include "rpc/service.hpp"
#include "store/store_figures.hpp"
#include "store/uploads.hpp"
#include "workers/plugin_registry.hpp"
#include "workers/process_worker.hpp"
#include "workers/worker_pool.hpp"

namespace ptah {

/// What a caller sees, for work on the store's thread.
struct Sight {
  std::string principal;
  std::vector<std::string> libraries;  ///< None: all.
  bool admin = false;
  bool sees(const std::string& library) const;
  bool sees_file(Store& store, const std::string& hash) const;
  /// Throws a Failure where `what` is somebody else's, and the caller no administrator.
  void check_owner(const std::string& what, const std::string& owner) const;
};
Sight sight_of(const rpc::Caller& caller);

std::string role_name(rpc::Role role);

class Server final : public rpc::Service {
 public:
  explicit Server(DaemonOptions options, ServiceManager manager = {});
  ~Server() override;

  /// Takes locks, opens the store and the sockets. After success clients can connect.
  Status open();
  /// Serves until a signal, server.shutdown or idleness ends it.
  void run();
  /// Ends `run` soon. From any thread.
  void stop();

  void hello(const rpc::HelloParams&, rpc::Reply<rpc::HelloReply>) override;
  void status(const rpc::Nothing&, rpc::Reply<rpc::StatusReply>) override;
  void shutdown(const rpc::ShutdownParams&, rpc::Reply<rpc::Nothing>) override;
  void verify(const rpc::Nothing&, rpc::Reply<rpc::VerifyReply>) override;
  void backup(const rpc::BackupParams&, rpc::Reply<rpc::BackupReply>) override;
  void usage(const rpc::Nothing&, rpc::Reply<rpc::UsageReply>) override;
  void audit(const rpc::AuditParams&, rpc::Reply<rpc::AuditReply>) override;
  void token_create(const rpc::TokenCreateParams&, rpc::Reply<rpc::TokenCreateReply>) override;
  void token_list(const rpc::Nothing&, rpc::Reply<rpc::TokenListReply>) override;
  void token_revoke(const rpc::TokenRevokeParams&, rpc::Reply<rpc::TokenInfo>) override;
  void plugin_list(const rpc::Nothing&, rpc::Reply<rpc::PluginListReply>) override;
  void plugin_load(const rpc::PluginParams&, rpc::Reply<rpc::PluginReply>) override;
  void plugin_reload(const rpc::PluginParams&, rpc::Reply<rpc::PluginReply>) override;
  void plugin_unload(const rpc::PluginParams&, rpc::Reply<rpc::PluginReply>) override;
  void flow_run(const rpc::RunParams&, rpc::Reply<rpc::JobReply>) override;
  void flow_plan(const rpc::PlanParams&, rpc::Reply<rpc::ResultReply>) override;
  void flow_check(const rpc::CheckParams&, rpc::Reply<rpc::JobReply>) override;
  void flow_train(const rpc::TrainParams&, rpc::Reply<rpc::JobReply>) override;
  void flow_render(const rpc::RenderParams&, rpc::Reply<rpc::JobReply>) override;
  void score_layout(const rpc::ScoreLayoutParams&, rpc::Reply<rpc::ScoreReply>) override;
  void score_placement(const rpc::ScorePlacementParams&, rpc::Reply<rpc::ScoreReply>) override;
  void job_list(const rpc::JobListParams&, rpc::Reply<rpc::JobListReply>) override;
  void job_get(const rpc::JobParams&, rpc::Reply<rpc::JobInfo>) override;
  void job_wait(const rpc::JobWaitParams&, rpc::Reply<rpc::JobInfo>) override;
  void job_cancel(const rpc::JobParams&, rpc::Reply<rpc::JobReply>) override;
  void job_resume(const rpc::JobParams&, rpc::Reply<rpc::JobReply>) override;
  void job_append(const rpc::AppendParams&, rpc::Reply<rpc::AppendReply>) override;
  void job_delete(const rpc::JobParams&, rpc::Reply<rpc::Nothing>) override;
  void job_chains(const rpc::ChainListParams&, rpc::Reply<rpc::ChainListReply>) override;
  void job_events(const rpc::JobEventsParams&, rpc::Reply<rpc::JobEventsReply>) override;
  void job_metrics(const rpc::MetricListParams&, rpc::Reply<rpc::MetricListReply>) override;
  void job_subscribe(const rpc::SubscribeParams&, rpc::Reply<rpc::JobReply>) override;
  void job_unsubscribe(const rpc::JobParams&, rpc::Reply<rpc::Nothing>) override;
  void variant_list(const rpc::VariantListParams&, rpc::Reply<rpc::VariantListReply>) override;
  void variant_get(const rpc::VariantParams&, rpc::Reply<rpc::VariantInfo>) override;
  void variant_files(const rpc::VariantFilesParams&, rpc::Reply<rpc::VariantFilesReply>) override;
  void variant_export(const rpc::ExportParams&, rpc::Reply<rpc::ExportReply>) override;
  void model_list(const rpc::ModelListParams&, rpc::Reply<rpc::ModelListReply>) override;
  void model_get(const rpc::ModelParams&, rpc::Reply<rpc::ModelInfo>) override;
  void model_put(const rpc::ModelPutParams&, rpc::Reply<rpc::ModelInfo>) override;
  void model_use(const rpc::ModelUseParams&, rpc::Reply<rpc::ModelInfo>) override;
  void model_delete(const rpc::ModelParams&, rpc::Reply<rpc::Nothing>) override;
  void model_evaluate(const rpc::ModelEvaluateParams&, rpc::Reply<rpc::ResultReply>) override;
  void model_predict(const rpc::ModelPredictParams&, rpc::Reply<rpc::ResultReply>) override;
  void dataset_make(const rpc::DatasetMakeParams&, rpc::Reply<rpc::JobReply>) override;
  void dataset_list(const rpc::DatasetListParams&, rpc::Reply<rpc::DatasetListReply>) override;
  void dataset_get(const rpc::DatasetParams&, rpc::Reply<rpc::DatasetInfo>) override;
  void dataset_export(const rpc::DatasetExportParams&, rpc::Reply<rpc::JobReply>) override;
  void dataset_render(const rpc::DatasetRenderParams&, rpc::Reply<rpc::JobReply>) override;
  void dataset_import(const rpc::DatasetImportParams&, rpc::Reply<rpc::JobReply>) override;
  void dataset_delete(const rpc::DatasetParams&, rpc::Reply<rpc::Nothing>) override;
  void dataset_check(const rpc::DatasetCheckParams&, rpc::Reply<rpc::ResultReply>) override;
  void library_circuits(const rpc::Nothing&, rpc::Reply<rpc::ResultReply>) override;
  void library_cells(const rpc::CellParams&, rpc::Reply<rpc::CellsReply>) override;
  void library_views(const rpc::CellParams&, rpc::Reply<rpc::ViewsReply>) override;
  void library_versions(const rpc::CellParams&, rpc::Reply<rpc::VersionsReply>) override;
  void store_get(const rpc::HashParams&, rpc::Reply<rpc::StoreFileReply>) override;
  void store_put(const rpc::StorePutParams&, rpc::Reply<rpc::StorePutReply>) override;
  void store_read(const rpc::StoreReadParams&, rpc::Reply<rpc::StoreReadReply>) override;

 private:
  void accept(Session::Socket socket, Peer peer);
  /// What the token in a hello makes of a connection.
  struct Admitted {
    rpc::Role role = rpc::Role::kStranger;
    std::string principal;
    std::vector<std::string> libraries;
  };
  /// Whether a caller may ask this of those things (MethodTable::Guard).
  void guard(const std::shared_ptr<rpc::Caller>& caller, const rpc::MethodDoc& method, Json params,
             std::function<void(Result<Json>)> go);
  Quota quota_of(const std::string& principal) const;
  /// For server.audit: what somebody has done, or failed to do.
  void note(const rpc::Caller& caller, const rpc::MethodDoc& method, const std::string& object,
            const Result<Json>& answer);
  void note(AuditRow row, bool done);
  void write_audit(std::vector<AuditRow> rows);
  void watch_bursts();
  /// What a peer of the Unix socket is here, if anything.
  std::optional<rpc::Role> role_of(const Peer& peer) const;
  Result<Admitted> admit(const Peer& peer, const std::string& token);
  /// A connection that has begun with a request of HTTP (web_service.cpp).
  void speak_http(Session::Socket socket, Peer peer);
  void answer_http(const HttpRequest& request, std::function<void(HttpAnswer)> answer);
  void answer_ready(std::function<void(HttpAnswer)> answer);
  void answer_metrics(std::function<void(HttpAnswer)> answer);
  std::string metrics_text() const;
  /// Counts the store's files, unless that was done a while ago.
  void count_files(int folder = 0);
  /// Why a peer that has just connected must go, if it must.
  std::optional<Error> refusal(const Peer& peer, int descriptor) const;
  template <class Spec>
  void single_task(const JobKind& kind, const rpc::TaskParams<Spec>& params,
                   rpc::Reply<rpc::JobReply> reply);
  /// Creates a job that some `reply` waits for: for its creation, or with `wait` for its end.
  void start_job(NewJob job, bool wait, rpc::Reply<rpc::JobReply> reply);
  void small_task(TaskKind kind, const Json& spec, rpc::Reply<rpc::ResultReply> reply);
  void put_piece(const rpc::StorePutParams& params, const rpc::Reply<rpc::StorePutReply>& reply,
                 bool known);
  /// A job with a task about a dataset, which `spec` is told where it is (dataset_service.cpp).
  template <class Spec, class Params>
  void dataset_job(const JobKind& kind, Spec spec, const Params& params,
                   const rpc::Reply<rpc::JobReply>& reply);
  /// A small task whose spec `make` finds on the store's thread (learning_service.cpp).
  template <class Make>
  void learning_task(TaskKind kind, StoreThread::Kind access, Make make,
                     const rpc::Reply<rpc::ResultReply>& reply);
  /// Hands `spec` on, now or later: with its sources whole where it names them by their hash.
  void with_sources(Json spec, std::function<void(Result<Json>)> go);
  /// A score that somebody waits for (score_service.cpp).
  struct PendingScore;
  std::shared_ptr<PendingScore> begin_score(const rpc::ScoreSubject& subject,
                                            const rpc::Reply<rpc::ScoreReply>& reply);
  template <class Spec>
  void start_score(const std::shared_ptr<PendingScore>& score, TaskKind kind, Spec spec);
  /// With the files of a model of the score's library.
  void score_with_model(const std::shared_ptr<PendingScore>& score, const std::string& model);
  void run_score(const std::shared_ptr<PendingScore>& score);
  void end_score(const std::shared_ptr<PendingScore>& score, Result<Json> result);
  /// Runs `work` on the store's thread and answers with what it returns.
  template <class R, class Work>
  void answer_from_store(const rpc::Reply<R>& reply, Work work,
                         StoreThread::Kind kind = StoreThread::Kind::kRead);
  void tell_models(const std::string& change, const VersionRow& model);
  /// Deletes the job of the version that `find` gives on the store's thread, and calls `done` with
  /// it. `reference` must say which version.
  void delete_version(const rpc::Caller& caller, const std::string& view,
                      const std::string& reference, std::function<VersionRow(Store&)> find,
                      std::function<void(Result<VersionRow>)> done);
  /// Does `work` on the store's thread and answers with the model that it returns.
  template <class Work>
  void change_model(const std::string& change, const rpc::Reply<rpc::ModelInfo>& reply, Work work);
  /// A check of the state that somebody waits for (verify_service.cpp).
  struct PendingVerification;
  void verify_more(const std::shared_ptr<PendingVerification>& pending);
  /// A backup that somebody waits for (backup_service.cpp).
  struct PendingBackup;
  void back_up_more(const std::shared_ptr<PendingBackup>& pending);
  /// Runs `work` on the thread for files, and `done` with what it returns; its error is the answer.
  /// Bounded for a connection (store_service.cpp).
  template <class R, class Work, class Done>
  void move_piece(const rpc::Reply<R>& reply, Work work, Done done);
  void keep_sent(const std::string& hash, const Uploads::Progress& progress,
                 const rpc::Reply<rpc::StorePutReply>& reply);
  void forget_sent(const rpc::Caller* sender);
  /// Now and every hour.
  void release_kept();
  void watch_idle();
  void watch_signals();
  /// Tells the service manager, as often as it wants to hear, that loop and store's thread go on.
  void show_life();
  void reload();
  /// Starts no new task and ends when those that run have, or at `latest`.
  void end_when_done(std::chrono::steady_clock::time_point latest);
  void end();

  DaemonOptions options_;
  ServiceManager manager_;
  boost::asio::io_context io_;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer life_timer_;
  boost::asio::steady_timer idle_timer_;
  boost::asio::steady_timer end_timer_;
  boost::asio::steady_timer release_timer_;
  boost::asio::steady_timer burst_timer_;
  std::optional<FileLock> state_lock_;
  std::string token_, admin_token_;
  Tokens tokens_;    ///< Of the network.
  Guesses guesses_;  ///< Of wrong ones.
  Bursts bursts_;    ///< Of failures.
  std::unique_ptr<StoreThread> store_;
  std::unique_ptr<FileThread> files_;
  std::optional<StoredFiles> stored_;
  std::shared_ptr<Uploads> uploads_;          ///< Of `files_`.
  std::map<const rpc::Caller*, int> pieces_;  ///< On their way, by connection.
  std::unique_ptr<Exporter> exporter_;
  std::unique_ptr<WorkerFactory> factory_;
  ProcessWorkers* processes_ = nullptr;  ///< `factory_`, unless in process.
  std::unique_ptr<WorkerPool> pool_;
  std::unique_ptr<PluginRegistry> plugins_;
  std::unique_ptr<Subscriptions> subscriptions_;
  std::unique_ptr<JobManager> jobs_;
  std::unique_ptr<Shipped> shipped_;
  /// The newest score by client and key.
  std::map<std::pair<const rpc::Caller*, std::string>, std::shared_ptr<PendingScore>> scores_;
  rpc::MethodTable methods_;
  std::unique_ptr<Listener> listener_;
  std::set<std::shared_ptr<Session>> sessions_;
  std::int64_t next_session_ = 1;
  Page page_;
  std::set<std::shared_ptr<HttpConnection>> webs_;
  // What /metrics tells.
  Latencies latencies_;
  std::int64_t refused_ = 0, wrong_tokens_ = 0;
  std::optional<StoreFigures> figures_;
  std::optional<FolderFigures> files_counted_;  ///< Of all folders.
  FolderFigures counted_;                       ///< So far.
  bool counting_ = false;
  std::chrono::steady_clock::time_point figures_at_{}, files_counted_at_{}, store_answered_at_{};
  std::chrono::steady_clock::time_point refusal_logged_{};
  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::time_point last_busy_;
  bool ending_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

/// Whether a client may call something so.
Status check_id(const std::string& id, const char* field);

template <class R, class Work>
void Server::answer_from_store(const rpc::Reply<R>& reply, Work work, StoreThread::Kind kind) {
  store_->submit(kind, std::move(work), [reply](Result<R> result) { reply(std::move(result)); });
}

/// The version of this program.
const char* ptah_version() noexcept;

}  // namespace ptah
