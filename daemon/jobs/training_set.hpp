/// What a training learns from, gathered from the store a page of variants at a time.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "ptah/core/json.hpp"
#include "rpc/model_types.hpp"
#include "store/store_thread.hpp"

namespace ptah {

/// The label of a variant's record; nothing where it has none. See TrainSpec::label.
std::optional<double> label_of(const Json& record, const std::string& label);

/// The `common` of a training's chain, in text, and what people are told of it.
struct GatheredTraining {
  std::string task;  ///< A TrainTask in JSON, less what the store adds.
  Json plan;         ///< {"layouts", "left_out", "sources", "dataset"}, or of a dataset {"name",
                     ///< "version", "layouts", "dataset"}; "from", where it goes on from a model
  /// Of the dataset and of that model: the training's own, also when those go.
  std::vector<NewFile> files;
};

/// Calls `done` once; never after `alive` is false. Fails where a job is no run of this state, or
/// where no layout has the label, or where `library` has no such dataset or model. [main thread]
void gather_training(StoreThread& store, const rpc::TrainSpec& spec, const std::string& library,
                     std::shared_ptr<const bool> alive,
                     std::function<void(Result<GatheredTraining>)> done);

}  // namespace ptah
