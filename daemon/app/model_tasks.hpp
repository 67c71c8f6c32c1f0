/// Models of the store, as tasks are told of them.
#pragma once

#include "rpc/learning_types.hpp"
#include "store/store.hpp"

namespace ptah {

/// Throws a Failure where its record does not say its predictor. [store's thread]
rpc::EvaluatedModel evaluated_model(const Store& store, const ModelRow& row);
/// The same, with what its record says of its costs. [store's thread]
rpc::PredictingModel predicting_model(const Store& store, const ModelRow& row);

}  // namespace ptah
