/// The protocol's methods without a daemon.
#pragma once

#include "rpc/method_table.hpp"
#include "rpc/service.hpp"

namespace ptah::rpc {

/// Every method and its parameters, bound to nobody: a request that gets so far is let go, and
/// answered with an internal error.
class Nobody final : public Service {
 public:
#define PTAH_NOBODY(name, Params, Answer) \
  void name(const Params&, Reply<Answer>) override {}
  PTAH_NOBODY(hello, HelloParams, HelloReply)
  PTAH_NOBODY(status, Nothing, StatusReply)
  PTAH_NOBODY(shutdown, ShutdownParams, Nothing)
  PTAH_NOBODY(verify, Nothing, VerifyReply)
  PTAH_NOBODY(backup, BackupParams, BackupReply)
  PTAH_NOBODY(usage, Nothing, UsageReply)
  PTAH_NOBODY(audit, AuditParams, AuditReply)
  PTAH_NOBODY(token_create, TokenCreateParams, TokenCreateReply)
  PTAH_NOBODY(token_list, Nothing, TokenListReply)
  PTAH_NOBODY(token_revoke, TokenRevokeParams, TokenInfo)
  PTAH_NOBODY(plugin_list, Nothing, PluginListReply)
  PTAH_NOBODY(plugin_load, PluginParams, PluginReply)
  PTAH_NOBODY(plugin_reload, PluginParams, PluginReply)
  PTAH_NOBODY(plugin_unload, PluginParams, PluginReply)
  PTAH_NOBODY(flow_run, RunParams, JobReply)
  PTAH_NOBODY(flow_plan, PlanParams, ResultReply)
  PTAH_NOBODY(flow_check, CheckParams, JobReply)
  PTAH_NOBODY(flow_train, TrainParams, JobReply)
  PTAH_NOBODY(flow_render, RenderParams, JobReply)
  PTAH_NOBODY(score_layout, ScoreLayoutParams, ScoreReply)
  PTAH_NOBODY(score_placement, ScorePlacementParams, ScoreReply)
  PTAH_NOBODY(job_list, JobListParams, JobListReply)
  PTAH_NOBODY(job_get, JobParams, JobInfo)
  PTAH_NOBODY(job_wait, JobWaitParams, JobInfo)
  PTAH_NOBODY(job_cancel, JobParams, JobReply)
  PTAH_NOBODY(job_resume, JobParams, JobReply)
  PTAH_NOBODY(job_append, AppendParams, AppendReply)
  PTAH_NOBODY(job_delete, JobParams, Nothing)
  PTAH_NOBODY(job_chains, ChainListParams, ChainListReply)
  PTAH_NOBODY(job_events, JobEventsParams, JobEventsReply)
  PTAH_NOBODY(job_metrics, MetricListParams, MetricListReply)
  PTAH_NOBODY(job_subscribe, SubscribeParams, JobReply)
  PTAH_NOBODY(job_unsubscribe, JobParams, Nothing)
  PTAH_NOBODY(variant_list, VariantListParams, VariantListReply)
  PTAH_NOBODY(variant_get, VariantParams, VariantInfo)
  PTAH_NOBODY(variant_files, VariantFilesParams, VariantFilesReply)
  PTAH_NOBODY(variant_export, ExportParams, ExportReply)
  PTAH_NOBODY(model_list, ModelListParams, ModelListReply)
  PTAH_NOBODY(model_get, ModelParams, ModelInfo)
  PTAH_NOBODY(model_put, ModelPutParams, ModelInfo)
  PTAH_NOBODY(model_use, ModelUseParams, ModelInfo)
  PTAH_NOBODY(model_delete, ModelParams, Nothing)
  PTAH_NOBODY(model_evaluate, ModelEvaluateParams, ResultReply)
  PTAH_NOBODY(model_predict, ModelPredictParams, ResultReply)
  PTAH_NOBODY(dataset_make, DatasetMakeParams, JobReply)
  PTAH_NOBODY(dataset_list, DatasetListParams, DatasetListReply)
  PTAH_NOBODY(dataset_get, DatasetParams, DatasetInfo)
  PTAH_NOBODY(dataset_export, DatasetExportParams, JobReply)
  PTAH_NOBODY(dataset_render, DatasetRenderParams, JobReply)
  PTAH_NOBODY(dataset_import, DatasetImportParams, JobReply)
  PTAH_NOBODY(dataset_delete, DatasetParams, Nothing)
  PTAH_NOBODY(dataset_check, DatasetCheckParams, ResultReply)
  PTAH_NOBODY(library_circuits, Nothing, ResultReply)
  PTAH_NOBODY(library_cells, CellParams, CellsReply)
  PTAH_NOBODY(library_views, CellParams, ViewsReply)
  PTAH_NOBODY(library_versions, CellParams, VersionsReply)
  PTAH_NOBODY(store_get, HashParams, StoreFileReply)
  PTAH_NOBODY(store_put, StorePutParams, StorePutReply)
  PTAH_NOBODY(store_read, StoreReadParams, StoreReadReply)
#undef PTAH_NOBODY
};

}  // namespace ptah::rpc
