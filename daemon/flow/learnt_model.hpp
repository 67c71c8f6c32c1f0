/// What explorers learn: models that explorations begin with, and those that they leave.
#pragma once

#include <string>

#include "flow/exploration.hpp"

namespace ptah {

/// That files of a model are what the interface says of a TrainedModel. `who`: "trainer nas 1.0.0".
Status check_model_files(const TrainedModel& model, const std::string& who);

/// Hands the explorer the model that the chain begins with, if it does; its Errors name the model.
/// Fails with kUnsupported where what is learnt is to be kept, and the explorer learns nothing.
Status begin_with_model(Bound<Explorer>& explorer, Exploration& exploration,
                        const DesignSpace& space, FlowJob& job);

/// Where what the explorer has learnt is to be kept: a `model` event, with all that it depends on
/// as its record.
Status hand_on_learnt(Bound<Explorer>& explorer, Exploration& exploration, FlowJob& job);

}  // namespace ptah
