/// The `train` task: from the layouts of finished runs to a model, which the job keeps as its
/// variant 0 (NAS for analog placement quality, training).
#pragma once

#include <filesystem>

#include "flow/tasks.hpp"
#include "plugins/plugin_host.hpp"
#include "rpc/model_types.hpp"

namespace ptah {

/// Binds the flow's trainer, lets it train, and announces what it made. Killed at any time, it goes
/// on from the last checkpoint. Result: {"model", "metrics"}.
Result<Json> train_model(const rpc::TrainTask& task, const std::filesystem::path& scratch,
                         PluginHost& host, TaskSink& sink);

}  // namespace ptah
