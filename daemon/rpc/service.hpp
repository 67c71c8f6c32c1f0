/// What the daemon does for its clients, without a word of JSON-RPC: the methods are bound to it in
/// methods.cpp, and the protocol's tests and fuzzer put a small one of their own in its place.
#pragma once

#include "caller.hpp"
#include "dataset_types.hpp"
#include "job_types.hpp"
#include "learning_types.hpp"
#include "library_types.hpp"
#include "model_types.hpp"
#include "plugin_types.hpp"
#include "score_types.hpp"
#include "server_types.hpp"
#include "specs.hpp"
#include "token_types.hpp"
#include "variant_types.hpp"

namespace ptah::rpc {

class MethodTable;

/// Every function answers `reply` once, at once or later, and never blocks. [main thread]
class Service {
 public:
  virtual ~Service() = default;

  virtual void hello(const HelloParams&, Reply<HelloReply>) = 0;
  virtual void status(const Nothing&, Reply<StatusReply>) = 0;
  virtual void shutdown(const ShutdownParams&, Reply<Nothing>) = 0;
  virtual void verify(const Nothing&, Reply<VerifyReply>) = 0;
  virtual void backup(const BackupParams&, Reply<BackupReply>) = 0;
  virtual void usage(const Nothing&, Reply<UsageReply>) = 0;
  virtual void audit(const AuditParams&, Reply<AuditReply>) = 0;

  virtual void token_create(const TokenCreateParams&, Reply<TokenCreateReply>) = 0;
  virtual void token_list(const Nothing&, Reply<TokenListReply>) = 0;
  virtual void token_revoke(const TokenRevokeParams&, Reply<TokenInfo>) = 0;

  virtual void plugin_list(const Nothing&, Reply<PluginListReply>) = 0;
  virtual void plugin_load(const PluginParams&, Reply<PluginReply>) = 0;
  virtual void plugin_reload(const PluginParams&, Reply<PluginReply>) = 0;
  virtual void plugin_unload(const PluginParams&, Reply<PluginReply>) = 0;

  virtual void flow_run(const RunParams&, Reply<JobReply>) = 0;
  virtual void flow_plan(const PlanParams&, Reply<ResultReply>) = 0;
  virtual void flow_check(const CheckParams&, Reply<JobReply>) = 0;
  virtual void flow_train(const TrainParams&, Reply<JobReply>) = 0;
  virtual void flow_render(const RenderParams&, Reply<JobReply>) = 0;

  virtual void score_layout(const ScoreLayoutParams&, Reply<ScoreReply>) = 0;
  virtual void score_placement(const ScorePlacementParams&, Reply<ScoreReply>) = 0;

  virtual void job_list(const JobListParams&, Reply<JobListReply>) = 0;
  virtual void job_get(const JobParams&, Reply<JobInfo>) = 0;
  virtual void job_wait(const JobWaitParams&, Reply<JobInfo>) = 0;
  virtual void job_cancel(const JobParams&, Reply<JobReply>) = 0;
  virtual void job_resume(const JobParams&, Reply<JobReply>) = 0;
  virtual void job_append(const AppendParams&, Reply<AppendReply>) = 0;
  virtual void job_delete(const JobParams&, Reply<Nothing>) = 0;
  virtual void job_chains(const ChainListParams&, Reply<ChainListReply>) = 0;
  virtual void job_events(const JobEventsParams&, Reply<JobEventsReply>) = 0;
  virtual void job_metrics(const MetricListParams&, Reply<MetricListReply>) = 0;
  virtual void job_subscribe(const SubscribeParams&, Reply<JobReply>) = 0;
  virtual void job_unsubscribe(const JobParams&, Reply<Nothing>) = 0;

  virtual void variant_list(const VariantListParams&, Reply<VariantListReply>) = 0;
  virtual void variant_get(const VariantParams&, Reply<VariantInfo>) = 0;
  virtual void variant_files(const VariantFilesParams&, Reply<VariantFilesReply>) = 0;
  virtual void variant_export(const ExportParams&, Reply<ExportReply>) = 0;

  virtual void model_list(const ModelListParams&, Reply<ModelListReply>) = 0;
  virtual void model_get(const ModelParams&, Reply<ModelInfo>) = 0;
  virtual void model_put(const ModelPutParams&, Reply<ModelInfo>) = 0;
  virtual void model_use(const ModelUseParams&, Reply<ModelInfo>) = 0;
  virtual void model_delete(const ModelParams&, Reply<Nothing>) = 0;
  virtual void model_evaluate(const ModelEvaluateParams&, Reply<ResultReply>) = 0;
  virtual void model_predict(const ModelPredictParams&, Reply<ResultReply>) = 0;

  virtual void dataset_make(const DatasetMakeParams&, Reply<JobReply>) = 0;
  virtual void dataset_list(const DatasetListParams&, Reply<DatasetListReply>) = 0;
  virtual void dataset_get(const DatasetParams&, Reply<DatasetInfo>) = 0;
  virtual void dataset_export(const DatasetExportParams&, Reply<JobReply>) = 0;
  virtual void dataset_render(const DatasetRenderParams&, Reply<JobReply>) = 0;
  virtual void dataset_import(const DatasetImportParams&, Reply<JobReply>) = 0;
  virtual void dataset_delete(const DatasetParams&, Reply<Nothing>) = 0;
  virtual void dataset_check(const DatasetCheckParams&, Reply<ResultReply>) = 0;

  virtual void library_circuits(const Nothing&, Reply<ResultReply>) = 0;
  virtual void library_cells(const CellParams&, Reply<CellsReply>) = 0;
  virtual void library_views(const CellParams&, Reply<ViewsReply>) = 0;
  virtual void library_versions(const CellParams&, Reply<VersionsReply>) = 0;

  virtual void store_get(const HashParams&, Reply<StoreFileReply>) = 0;
  virtual void store_put(const StorePutParams&, Reply<StorePutReply>) = 0;
  virtual void store_read(const StoreReadParams&, Reply<StoreReadReply>) = 0;
};

/// The method table of the protocol. `service` outlives the table.
MethodTable bind_methods(Service& service);

}  // namespace ptah::rpc
