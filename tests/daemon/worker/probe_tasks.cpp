// The flow that ptah-worker's tests run: `run_task` without placing anything real. Linked into
// `ptah_worker_probe`, which is otherwise ptah-worker.
#include <chrono>
#include <memory>
#include <thread>

#include "flow/tasks.hpp"
#include "plugins/plugin_host.hpp"

namespace ptah {
namespace {

class ProbeJob final : public JobContext {
 public:
  ProbeJob(TaskSink& sink, std::filesystem::path scratch)
      : sink_(sink), scratch_(std::move(scratch)) {}
  bool cancelled() const noexcept override { return sink_.cancelled(); }
  void progress(double, std::string_view) override {}
  void log(LogLevel, std::string_view) override {}
  std::uint64_t seed() const noexcept override { return 1; }
  const std::filesystem::path& scratch_dir() const noexcept override { return scratch_; }

 private:
  TaskSink& sink_;
  std::filesystem::path scratch_;
};

// Creates the placer of the spec and calls it, exceptions and all.
Result<Json> place(const Json& spec, const std::filesystem::path& scratch, PluginHost& host,
                   TaskSink& sink) {
  const auto name = spec.at("placer").get<std::string>();
  PTAH_TRY(auto placer, host.create<Placer>(name));
  sink.emit({{"event", "stage"},
             {"stage", "placer"},
             {"plugin", host.find(PluginKind::kPlacer, name)->label()}});
  ProbeJob job(sink, scratch);
  PTAH_TRY(placer->place({}, {}, Technology::ptah130(), {}, job));
  return Json::object();
}

}  // namespace

Result<Json> run_task(std::string_view kind, const Json& spec, const std::filesystem::path& scratch,
                      PluginHost& host, TaskSink& sink) {
  if (kind == "place") return place(spec, scratch, host, sink);
  if (kind == "selftest") {
    for (const LoadedPlugin* plugin : host.list()) {
      PTAH_TRY(host.try_create(plugin->info.kind, plugin->info.name));
    }
    return Json{{"tested", host.list().size()}};
  }
  return make_error(ErrorCode::kInvalidArgument, "Unknown kind.", std::string(kind));
}

}  // namespace ptah
