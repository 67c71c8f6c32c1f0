/// Placements by the thousand, each routed, checked, extracted and measured: the data that
/// predictors learn from (UT-AnLay, "data generation": random net weights, symmetry kept).
///
/// A dataset is made in blocks, a task each. A layout depends on the seed and its own number alone,
/// not on its block, so that any number of workers makes the same data.
#pragma once

#include <filesystem>

#include "flow/tasks.hpp"
#include "plugins/plugin_host.hpp"
#include "rpc/dataset_types.hpp"

namespace ptah {

/// Net weights are drawn from 1/kMostWeight to kMostWeight, evenly by their logarithms. The public
/// data say that they are random and no more.
constexpr double kMostWeight = 10;

/// The `samples.plan` task: as plan_run, a chain a block.
Result<Json> plan_samples(const rpc::DatasetSpec& spec);

/// The `sample` task: layouts `first` to `first + count`, announced as one variant, 0, whose file
/// of role `samples` has them (samples/sample_file.hpp). A layout that comes to nothing is a row
/// with a reason. Result and record: {"dataset", "first", "count", "clean", "failures", "bytes"}.
Result<Json> make_samples(const rpc::SampleTask& task, const std::filesystem::path& scratch,
                          PluginHost& host, TaskSink& sink);

}  // namespace ptah
