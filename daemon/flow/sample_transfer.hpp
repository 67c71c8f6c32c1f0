/// Datasets out and in: the blocks of one as a single file, and such a file as a dataset.
#pragma once

#include <filesystem>

#include "flow/tasks.hpp"
#include "plugins/plugin_host.hpp"
#include "rpc/dataset_types.hpp"

namespace ptah {

/// The `samples.export` task. Result: {"dataset", "version", "count", "clean", "files"}; the file's
/// role is `samples`. In the public form "group", "label" and "pictures" as well.
Result<Json> export_samples(const rpc::DatasetExportSpec& spec,
                            const std::filesystem::path& scratch, PluginHost& host, TaskSink& sink);

/// Reads the file, checks that its circuit and placements fit each other, and groups of pictures
/// the placements, and announces as variant 0 what was read, written anew, without pictures. A file
/// is anybody's: what does not fit is an Error.
Result<Json> import_samples(const rpc::DatasetImportTask& task,
                            const std::filesystem::path& scratch, PluginHost& host, TaskSink& sink);

}  // namespace ptah
