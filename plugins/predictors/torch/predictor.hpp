/// The predictor behind `cnn` and `nas`.
#pragma once

#include <memory>
#include <string>

#include "ptah/stages/stages.hpp"

namespace ptah::nets {

/// Costs are probabilities of being among the worst quarter; an uncertainty where the model has
/// several members.
std::unique_ptr<Predictor> make_predictor(std::string plugin, int threads);

}  // namespace ptah::nets
