/// What a run would do: the request checked, the circuit parsed, one chain for each assignment.
#pragma once

#include "ptah/core/error.hpp"
#include "ptah/core/json.hpp"
#include "rpc/specs.hpp"

namespace ptah {

/// Result: {"circuit", "title", "tech", "ports", "devices", "nets", "groups", "allowed_fingers",
/// "count", "notes", "dataset", "common", "chains"}; errors name the field.
///
/// `common` is what all chains have in common (chain.hpp), texts and all; an item of `chains` only
/// what it differs in: {"assignment", "fingers": a count for each of `groups`}. A job has at most
/// 100,000 of them.
Result<Json> plan_run(const rpc::RunSpec& spec);

}  // namespace ptah
