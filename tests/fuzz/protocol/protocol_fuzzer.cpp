/// Any bytes from a client: cut into lines, dispatched to every method of the protocol. Each
/// request gets exactly one answer, a valid line of JSON-RPC, whatever it holds; nothing is
/// answered twice.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "net/line_buffer.hpp"
#include "rpc/method_table.hpp"
#include "rpc/service.hpp"

namespace {

using namespace ptah;
using namespace ptah::rpc;

void require(bool condition) {
  if (!condition) std::abort();
}

/// Checks what would go over the wire.
class RecordingCaller final : public Caller {
 public:
  void send(std::string line) override {
    require(line.find('\n') == std::string::npos);
    const Json message = Json::parse(line, nullptr, false);
    require(message.is_object() && message.value("jsonrpc", "") == "2.0" && message.contains("id"));
    require(message.contains("result") != message.contains("error"));
    ++answers;
  }
  bool connected() const noexcept override { return true; }
  std::size_t backlog() const noexcept override { return 0; }
  void when_drained(std::function<void()> resume) override { resume(); }

  std::size_t answers = 0;
};

/// Answers every method at once with default values: the fields were read before it is called.
class EchoService final : public Service {
 public:
  void hello(const HelloParams& params, Reply<HelloReply> reply) override {
    HelloReply answer;
    answer.version = params.version;
    reply(answer);
  }
  void status(const Nothing&, Reply<StatusReply> reply) override { reply(StatusReply{}); }
  void shutdown(const ShutdownParams&, Reply<Nothing> reply) override { reply(Nothing{}); }
  void verify(const Nothing&, Reply<VerifyReply> reply) override { reply(VerifyReply{}); }
  void backup(const BackupParams&, Reply<BackupReply> reply) override { reply(BackupReply{}); }
  void usage(const Nothing&, Reply<UsageReply> reply) override { reply(UsageReply{}); }
  void audit(const AuditParams& params, Reply<AuditReply> reply) override {
    AuditReply answer;
    answer.records.resize(1);
    answer.records.front().who = params.who;
    reply(answer);
  }
  void token_create(const TokenCreateParams& params, Reply<TokenCreateReply> reply) override {
    TokenCreateReply answer;
    answer.info.name = params.name;
    answer.info.role = params.role;
    reply(answer);
  }
  void token_list(const Nothing&, Reply<TokenListReply> reply) override { reply(TokenListReply{}); }
  void token_revoke(const TokenRevokeParams& params, Reply<TokenInfo> reply) override {
    reply(make_error(ErrorCode::kNotFound, "There is no token " + params.name + "."));
  }
  void plugin_list(const Nothing&, Reply<PluginListReply> reply) override {
    reply(PluginListReply{});
  }
  void plugin_load(const PluginParams&, Reply<PluginReply> reply) override { reply(PluginReply{}); }
  void plugin_reload(const PluginParams&, Reply<PluginReply> reply) override {
    reply(PluginReply{});
  }
  void plugin_unload(const PluginParams& params, Reply<PluginReply> reply) override {
    reply(make_error(ErrorCode::kNotFound, "There is no plugin " + params.name + "."));
  }
  void flow_run(const RunParams& params, Reply<JobReply> reply) override { job(params.job, reply); }
  void flow_plan(const PlanParams& params, Reply<ResultReply> reply) override {
    ResultReply answer;
    answer.result = params.spec.json;
    reply(answer);
  }
  void flow_check(const CheckParams& params, Reply<JobReply> reply) override {
    job(params.job, reply);
  }
  void flow_render(const RenderParams& params, Reply<JobReply> reply) override {
    job(params.job, reply);
  }
  void score_layout(const ScoreLayoutParams& params, Reply<ScoreReply> reply) override {
    ScoreReply answer;
    answer.circuit = params.circuit.value_or("");
    reply(answer);
  }
  void score_placement(const ScorePlacementParams& params, Reply<ScoreReply> reply) override {
    ScoreReply answer;
    for (const DevicePlace& place : params.placement) answer.hpwl_um += place.x_um;
    reply(answer);
  }
  void dataset_make(const DatasetMakeParams& params, Reply<JobReply> reply) override {
    job(params.job, reply);
  }
  void dataset_list(const DatasetListParams&, Reply<DatasetListReply> reply) override {
    reply(DatasetListReply{});
  }
  void dataset_get(const DatasetParams& params, Reply<DatasetInfo> reply) override {
    DatasetInfo answer;
    answer.name = params.dataset;
    reply(answer);
  }
  void dataset_export(const DatasetExportParams& params, Reply<JobReply> reply) override {
    job(params.dataset, reply);
  }
  void dataset_render(const DatasetRenderParams& params, Reply<JobReply> reply) override {
    job(params.dataset, reply);
  }
  void dataset_import(const DatasetImportParams& params, Reply<JobReply> reply) override {
    job(params.job, reply);
  }
  void dataset_delete(const DatasetParams&, Reply<Nothing> reply) override { reply(Nothing{}); }
  void dataset_check(const DatasetCheckParams&, Reply<ResultReply> reply) override {
    reply(ResultReply{Json::object()});
  }
  void model_evaluate(const ModelEvaluateParams&, Reply<ResultReply> reply) override {
    reply(ResultReply{Json::object()});
  }
  void model_predict(const ModelPredictParams&, Reply<ResultReply> reply) override {
    reply(ResultReply{Json::object()});
  }
  void job_list(const JobListParams&, Reply<JobListReply> reply) override { reply(JobListReply{}); }
  void job_get(const JobParams& params, Reply<JobInfo> reply) override { info(params.job, reply); }
  void job_wait(const JobWaitParams& params, Reply<JobInfo> reply) override {
    info(params.job, reply);
  }
  void job_cancel(const JobParams& params, Reply<JobReply> reply) override {
    job(params.job, reply);
  }
  void job_resume(const JobParams& params, Reply<JobReply> reply) override {
    job(params.job, reply);
  }
  void job_chains(const ChainListParams&, Reply<ChainListReply> reply) override {
    reply(ChainListReply{});
  }
  void job_append(const AppendParams&, Reply<AppendReply> reply) override { reply(AppendReply{}); }
  void job_delete(const JobParams&, Reply<Nothing> reply) override { reply(Nothing{}); }
  void job_events(const JobEventsParams&, Reply<JobEventsReply> reply) override {
    reply(JobEventsReply{});
  }
  void job_metrics(const MetricListParams&, Reply<MetricListReply> reply) override {
    reply(MetricListReply{});
  }
  void job_subscribe(const SubscribeParams& params, Reply<JobReply> reply) override {
    job(params.job, reply);
  }
  void job_unsubscribe(const JobParams&, Reply<Nothing>) override {
    // Letting go without an answer is answered for us.
  }
  void variant_list(const VariantListParams&, Reply<VariantListReply> reply) override {
    reply(VariantListReply{});
  }
  void variant_get(const VariantParams&, Reply<VariantInfo> reply) override {
    reply(VariantInfo{});
  }
  void variant_files(const VariantFilesParams& params, Reply<VariantFilesReply> reply) override {
    VariantFilesReply answer;
    answer.next = params.after;
    reply(answer);
  }
  void variant_export(const ExportParams&, Reply<ExportReply> reply) override {
    reply(ExportReply{});
  }
  void flow_train(const TrainParams& params, Reply<JobReply> reply) override {
    job(params.job, reply);
  }
  void model_list(const ModelListParams&, Reply<ModelListReply> reply) override {
    reply(ModelListReply{});
  }
  void model_get(const ModelParams&, Reply<ModelInfo> reply) override { reply(ModelInfo{}); }
  void model_put(const ModelPutParams&, Reply<ModelInfo> reply) override { reply(ModelInfo{}); }
  void model_use(const ModelUseParams&, Reply<ModelInfo> reply) override { reply(ModelInfo{}); }
  void model_delete(const ModelParams&, Reply<Nothing> reply) override { reply(Nothing{}); }
  void library_circuits(const Nothing&, Reply<ResultReply> reply) override { reply(ResultReply{}); }
  void library_cells(const CellParams&, Reply<CellsReply> reply) override { reply(CellsReply{}); }
  void library_views(const CellParams&, Reply<ViewsReply> reply) override { reply(ViewsReply{}); }
  void library_versions(const CellParams&, Reply<VersionsReply> reply) override {
    reply(VersionsReply{});
  }
  void store_get(const HashParams&, Reply<StoreFileReply> reply) override {
    reply(StoreFileReply{});
  }
  void store_put(const StorePutParams& params, Reply<StorePutReply> reply) override {
    reply(StorePutReply{params.size, {}});
  }
  void store_read(const StoreReadParams& params, Reply<StoreReadReply> reply) override {
    reply(StoreReadReply{params.size, params.offset, {}});
  }

 private:
  static void job(const std::string& id, Reply<JobReply>& reply) {
    JobReply answer;
    answer.job = id;
    answer.state = "queued";
    reply(answer);
  }
  static void info(const std::string& id, Reply<JobInfo>& reply) {
    JobInfo answer;
    answer.job = id;
    reply(answer);
  }
};

/// Whether a line must be answered: all but blank lines and well-formed notifications.
bool wants_answer(std::string_view line) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return false;
  Request request;
  BadRequest bad;
  return !parse_request(line, request, bad) || !request.notification;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static EchoService service;
  static const MethodTable table = bind_methods(service);
  const auto caller = std::make_shared<RecordingCaller>();
  caller->set_role(static_cast<Role>(data[0] % 3));
  LineBuffer lines(kMaxLine);
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t chunk = 1 + data[0] / 3;
  while (!rest.empty()) {
    lines.append(rest.substr(0, chunk));
    rest.remove_prefix(std::min(chunk, rest.size()));
    while (const auto line = lines.next()) {
      const std::size_t before = caller->answers;
      table.dispatch(caller, *line);
      require(caller->answers - before == (wants_answer(*line) ? 1u : 0u));
    }
  }
  require(caller->pending_count() == 0);
  return 0;
}
