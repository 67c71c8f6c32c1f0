/// The tasks `dataset.check`, `model.evaluate` and `model.predict`: a dataset's blocks and models'
/// files are read where they lie in the store, and the result is the answer to a request.
#pragma once

#include <filesystem>

#include "flow/tasks.hpp"
#include "plugins/plugin_host.hpp"
#include "rpc/learning_types.hpp"

namespace ptah {

/// What learning::check_dataset says of the layouts that have the label, and `label`; `clean` is
/// their share of all that were tried.
Result<Json> check_samples(const rpc::DatasetCheckTask& task, const std::filesystem::path& scratch,
                           PluginHost& host, TaskSink& sink);

/// {"label", "models": [what learning::evaluate_model says, "model", "predictor"], "comparisons":
/// [{"first", "second", what learning::compare says}], "summary": learning::summary}; the last two
/// with several models alone.
Result<Json> evaluate_models(const rpc::ModelEvaluateTask& task,
                             const std::filesystem::path& scratch, PluginHost& host,
                             TaskSink& sink);

/// {"model", "predictor", "label", "part", what learning::rank_part reports, "placements":
/// [{"placement" (its row in the dataset), "cost", "uncertainty", "far", "label"}]}.
Result<Json> predict_samples(const rpc::ModelPredictTask& task,
                             const std::filesystem::path& scratch, PluginHost& host,
                             TaskSink& sink);

}  // namespace ptah
