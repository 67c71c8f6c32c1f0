#include "flow/tasks.hpp"

#include "flow/chain.hpp"
#include "flow/check.hpp"
#include "flow/circuit_input.hpp"
#include "flow/plan.hpp"
#include "flow/score.hpp"
#include "plugins/plugin_host.hpp"

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

Result<Json> dispatch(std::string_view kind, const Json& spec, const std::filesystem::path& scratch,
                      PluginHost& host, TaskSink& sink) {
  if (kind == "plan") {
    if (spec.value("list", false)) {
      PTAH_TRY(auto circuits, list_circuits());
      return Json{{"circuits", std::move(circuits)}};
    }
    PTAH_TRY(const auto run, rpc::read_struct<rpc::RunSpec>(spec));
    return plan_run(run);
  }
  if (kind == "chain") {
    PTAH_TRY(const Json whole, complete_chain(spec));
    PTAH_TRY(auto chain, chain_spec_from_json(whole));
    return run_chain(chain, scratch, host, sink);
  }
  if (kind == "check") {
    PTAH_TRY(const auto check, rpc::read_struct<rpc::CheckSpec>(spec));
    return check_layout(check, scratch, host, sink);
  }
  if (kind == "score.layout") {
    PTAH_TRY(const auto score, rpc::read_struct<rpc::ScoreLayoutParams>(spec));
    return score_layout(score, scratch, host, sink);
  }
  if (kind == "score.placement") {
    PTAH_TRY(const auto score, rpc::read_struct<rpc::ScorePlacementParams>(spec));
    return score_placement(score, scratch, host, sink);
  }
  if (kind == "render") {
    PTAH_TRY(const auto render, rpc::read_struct<rpc::RenderSpec>(spec));
    return render_task(render, scratch);
  }
  if (kind == "selftest") return selftest(host, sink);
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
