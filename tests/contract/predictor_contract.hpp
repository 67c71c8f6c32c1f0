/// What a predictor owes its caller, as a list of what it did not keep: so that a test can show
/// that a bad one is noticed.
#pragma once

#include <string>
#include <vector>

#include "ptah/stages/stages.hpp"

namespace ptah::contract {

/// Asks both, which are instances of one plugin, about a small circuit. Empty: all is kept.
std::vector<std::string> predictor_breaches(Predictor& one, Predictor& another, JobContext& job);

}  // namespace ptah::contract
