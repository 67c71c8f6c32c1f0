/// Pictures of a dataset for people: layouts with what networks see of them.
#pragma once

#include <filesystem>

#include "flow/tasks.hpp"
#include "plugins/plugin_host.hpp"
#include "rpc/dataset_types.hpp"

namespace ptah {

/// The `samples.render` task. Result: {"dataset", "version", "label", "layouts", "files"}, where a
/// layout is {"index", "file"} with "label" and "worst" (whether it is among the worst quarter)
/// unless it has none or is of the test part. Roles: `picture`, `sheet`.
Result<Json> render_samples(const rpc::DatasetRenderSpec& spec,
                            const std::filesystem::path& scratch, PluginHost& host, TaskSink& sink);

}  // namespace ptah
