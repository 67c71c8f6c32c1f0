/// Calls a plugin's stage: announces it, times it, and turns what it throws into an Error.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <new>
#include <string>
#include <vector>

#include "flow/flow_config.hpp"
#include "flow/tasks.hpp"
#include "plugins/plugin_host.hpp"
#include "ptah/core/job_context.hpp"
#include "ptah/plugin/plugin.hpp"
#include "ptah/stages/stages.hpp"

namespace ptah {

/// Seconds a stage took, by stage; simulation of the schematic counts as "pre".
using StageSeconds = std::map<std::string, double>;

/// The context that stages see; progress of a stage moves the task's bar inside a window.
class FlowJob final : public JobContext {
 public:
  FlowJob(TaskSink& sink, std::uint64_t seed, std::filesystem::path scratch)
      : sink_(sink), seed_(seed), scratch_(std::move(scratch)) {}

  bool cancelled() const noexcept override { return sink_.cancelled(); }
  void progress(double fraction, std::string_view message) override {
    if (quiet_) return;
    sink_.emit({{"event", "progress"},
                {"fraction", begin_ + std::clamp(fraction, 0.0, 1.0) * span_},
                {"message", label_ + std::string(message)}});
  }
  void log(LogLevel level, std::string_view message) override;
  void metric(std::string_view name, std::int64_t step, double value) override;
  std::uint64_t seed() const noexcept override { return seed_; }
  const std::filesystem::path& scratch_dir() const noexcept override { return scratch_; }

  void set_window(double begin, double span, std::string label) {
    begin_ = begin;
    span_ = span;
    label_ = std::move(label);
  }
  void set_seed(std::uint64_t seed) { seed_ = seed; }
  /// Of thousands of layouts, how each comes about is not told: neither progress nor what is below
  /// a warning.
  void set_quiet() { quiet_ = true; }
  TaskSink& sink() noexcept { return sink_; }

  /// Says which stage runs from now on, and which did; both as in the event `stage`.
  Json announce(Json stage) {
    if (!stage.is_null()) sink_.emit(stage);
    std::swap(stage, running_);
    return stage;
  }

 private:
  TaskSink& sink_;
  std::uint64_t seed_;
  std::filesystem::path scratch_;
  bool quiet_ = false;
  double begin_ = 0;
  double span_ = 1;
  std::string label_;
  Json running_;  ///< The innermost stage; null: none.
};

/// Plugins by the stage that they do, as records name them.
struct UsedPlugins {
  Json labels = Json::object();  ///< {"placer": "sequence_pair 1.0.0", "drc native_drc": ...}
  Json hashes = Json::object();  ///< The same with the SHA-256 of the plugins' files.

  template <class Bound>
  void add(const std::string& stage, const Bound& bound) {
    labels[stage] = bound.plugin;
    hashes[stage] = bound.hash;
  }
};

/// A stage and what to call it.
template <typename Stage>
struct Bound {
  std::string stage;   ///< "placer"
  std::string plugin;  ///< "sequence_pair 1.0.0"
  std::string name;    ///< "sequence_pair"
  std::string hash;    ///< SHA-256 of the plugin's file.
  StagePtr<Stage> instance;
  explicit operator bool() const noexcept { return instance != nullptr; }
};

template <typename Stage>
Result<Bound<Stage>> bind_stage(PluginHost& host, const std::string& stage,
                                const std::string& plugin, const Json& options) {
  PTAH_TRY(auto instance, host.create<Stage>(plugin, options));
  const LoadedPlugin* loaded = host.find(PluginKindOf<Stage>::value, plugin);
  return Bound<Stage>{stage, loaded->label(), plugin, loaded->hash, std::move(instance)};
}

/// Runs `call(*bound.instance)`; what it returns is a Result. A stage that has others run, such as
/// an explorer, is the running one again when they return.
template <typename Stage, typename Call>
auto run_stage(Bound<Stage>& bound, FlowJob& job, StageSeconds& seconds, Call&& call)
    -> decltype(call(*bound.instance)) {
  struct Announced {
    FlowJob& job;
    Json outer;
    ~Announced() { job.announce(std::move(outer)); }
  } announced{job,
              job.announce({{"event", "stage"}, {"stage", bound.stage}, {"plugin", bound.plugin}})};
  const auto begin = std::chrono::steady_clock::now();
  const auto timed = [&] {
    seconds[bound.stage] +=
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  try {
    auto result = call(*bound.instance);
    timed();
    return result;
  } catch (const std::bad_alloc&) {
    return make_error(ErrorCode::kLimit, "The plugin ran out of memory.",
                      bound.stage + " " + bound.plugin);
  } catch (const std::exception& exception) {
    return make_error(ErrorCode::kPluginFailed,
                      "The plugin threw: " + std::string(exception.what()),
                      bound.stage + " " + bound.plugin);
  } catch (...) {
    return make_error(ErrorCode::kPluginFailed, "The plugin threw something unknown.",
                      bound.stage + " " + bound.plugin);
  }
}

/// The tile of a device; a fixed block has its own.
inline Result<Tile> draw_device(Bound<DeviceGenerator>& generator, const Device& device,
                                const Technology& technology, FlowJob& job, StageSeconds& seconds) {
  if (device.block != nullptr) return device.block->tile;
  return run_stage(generator, job, seconds,
                   [&](DeviceGenerator& stage) { return stage.generate(device, technology, job); });
}

/// The verifiers `choices` names, in their order; their stages are `prefix` and "drc" or "lvs".
Result<std::vector<Bound<Verifier>>> bind_verifiers(PluginHost& host,
                                                    const std::vector<StageChoice>& choices,
                                                    const std::string& prefix);

}  // namespace ptah
