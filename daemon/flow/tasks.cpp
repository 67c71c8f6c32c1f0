#include "flow/tasks.hpp"

#include <array>
#include <type_traits>

#include "flow/chain.hpp"
#include "flow/check.hpp"
#include "flow/circuit_input.hpp"
#include "flow/learning_tasks.hpp"
#include "flow/plan.hpp"
#include "flow/sample_pictures.hpp"
#include "flow/sample_transfer.hpp"
#include "flow/sampling.hpp"
#include "flow/score.hpp"
#include "flow/training.hpp"
#include "plugins/plugin_host.hpp"
#include "rpc/task_kind.hpp"

namespace ptah {
namespace {

/// Creates every stage with its default options, which shows that it can be served.
Result<Json> selftest(PluginHost& host, TaskSink& sink) {
  Json tested = Json::array();
  for (const LoadedPlugin* plugin : host.list()) {
    sink.emit({{"event", "stage"}, {"stage", "self-test"}, {"plugin", plugin->file.string()}});
    PTAH_TRY(host.try_create(plugin->info.kind, plugin->info.name));
    tested.push_back(to_json(*plugin));
  }
  return Json{{"plugins", std::move(tested)}};
}

Result<Json> circuits() {
  PTAH_TRY(auto circuits, list_circuits());
  return Json{{"circuits", std::move(circuits)}};
}

/// The one place where a spec is read: behind it are structs.
template <class Spec>
Result<Spec> read_spec(const Json& json) {
  return rpc::read_struct<Spec>(json);
}
template <>
Result<rpc::TrainTask> read_spec<rpc::TrainTask>(const Json& json) {
  PTAH_TRY(const Json whole, complete_chain(json));
  return rpc::read_struct<rpc::TrainTask>(whole);
}
template <>
Result<rpc::SampleTask> read_spec<rpc::SampleTask>(const Json& json) {
  PTAH_TRY(const Json whole, complete_chain(json));
  return rpc::read_struct<rpc::SampleTask>(whole);
}
template <>
Result<ChainSpec> read_spec<ChainSpec>(const Json& json) {
  PTAH_TRY(const Json whole, complete_chain(json));
  return chain_spec_from_json(whole);
}

struct Nothing {
  template <class V>
  void describe(V&) {}
};

/// Reads the spec of a task and does it.
struct Handler {
  TaskKind kind;
  Result<Json> (*run)(const Json& spec, const std::filesystem::path& scratch, PluginHost& host,
                      TaskSink& sink);
};

template <class Spec, auto kFunction>
Result<Json> handle(const Json& json, const std::filesystem::path& scratch, PluginHost& host,
                    TaskSink& sink) {
  PTAH_TRY([[maybe_unused]] const Spec spec, read_spec<Spec>(json));
  if constexpr (std::is_invocable_v<decltype(kFunction), const Spec&, const std::filesystem::path&,
                                    PluginHost&, TaskSink&>) {
    return kFunction(spec, scratch, host, sink);
  } else if constexpr (std::is_invocable_v<decltype(kFunction), const Spec&,
                                           const std::filesystem::path&>) {
    return kFunction(spec, scratch);
  } else if constexpr (std::is_invocable_v<decltype(kFunction), const Spec&>) {
    return kFunction(spec);
  } else if constexpr (std::is_invocable_v<decltype(kFunction), PluginHost&, TaskSink&>) {
    return kFunction(host, sink);
  } else {
    return kFunction();
  }
}

constexpr std::array<Handler, kTaskKinds.size()> kHandlers{{
    {TaskKind::kPlan, handle<rpc::RunSpec, plan_task>},
    {TaskKind::kCircuits, handle<Nothing, circuits>},
    {TaskKind::kChain, handle<ChainSpec, run_chain>},
    {TaskKind::kTrain, handle<rpc::TrainTask, train_model>},
    {TaskKind::kCheck, handle<rpc::CheckSpec, check_layout>},
    {TaskKind::kRender, handle<rpc::RenderSpec, render_task>},
    {TaskKind::kScoreLayout, handle<rpc::ScoreLayoutTask, score_layout>},
    {TaskKind::kScorePlacement, handle<rpc::ScorePlacementTask, score_placement>},
    {TaskKind::kPlanSamples, handle<rpc::DatasetSpec, plan_samples>},
    {TaskKind::kSample, handle<rpc::SampleTask, make_samples>},
    {TaskKind::kImportSamples, handle<rpc::DatasetImportTask, import_samples>},
    {TaskKind::kExportSamples, handle<rpc::DatasetExportSpec, export_samples>},
    {TaskKind::kRenderSamples, handle<rpc::DatasetRenderSpec, render_samples>},
    {TaskKind::kCheckSamples, handle<rpc::DatasetCheckTask, check_samples>},
    {TaskKind::kEvaluateModels, handle<rpc::ModelEvaluateTask, evaluate_models>},
    {TaskKind::kPredictSamples, handle<rpc::ModelPredictTask, predict_samples>},
    {TaskKind::kSelfTest, handle<Nothing, selftest>},
}};

Result<Json> dispatch(std::string_view kind, const Json& spec, const std::filesystem::path& scratch,
                      PluginHost& host, TaskSink& sink) {
  for (const Handler& handler : kHandlers) {
    if (traits(handler.kind).name == kind) return handler.run(spec, scratch, host, sink);
  }
  return make_error(ErrorCode::kInvalidArgument,
                    "`" + std::string(kind) + "` is not a kind of task.", "kind");
}

}  // namespace

Result<Json> run_task(std::string_view kind, const Json& spec, const std::filesystem::path& scratch,
                      PluginHost& host, TaskSink& sink) {
  try {
    return dispatch(kind, spec, scratch, host, sink);
  } catch (const Json::exception& exception) {
    return make_error(ErrorCode::kInvalidArgument, exception.what(), std::string(kind));
  } catch (const std::bad_alloc&) {
    return make_error(ErrorCode::kLimit, "The task ran out of memory.", std::string(kind));
  } catch (const std::exception& exception) {
    return make_error(ErrorCode::kInternal, exception.what(), std::string(kind));
  }
}

}  // namespace ptah
