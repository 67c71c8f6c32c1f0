/// What a model says of a placement, for people.
#pragma once

#include <string>

#include "ptah/core/json.hpp"

namespace ptah::cli {

/// `prediction` of a score: "nas-ota4@1 (nas 1.0.0): Probably not among ... Uncertainty 3 %."
std::string prediction_text(const Json& prediction);

}  // namespace ptah::cli
