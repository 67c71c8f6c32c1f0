/// What a run would do: the request checked, the circuit parsed, one chain for each assignment.
#pragma once

#include <filesystem>

#include "flow/tasks.hpp"
#include "ptah/core/error.hpp"
#include "ptah/core/json.hpp"
#include "rpc/specs.hpp"

namespace ptah {

/// Result: {"circuit", "title", "tech", "ports", "devices", "nets", "groups", "matched",
/// "allowed_fingers", "count", "notes", "dataset", "common", "chains"}; errors name the field. A
/// device: {"name", "kind", "model", "nets", "w_um", "l_um", "m"}, of transistors also "nf" and
/// "w_total_um" (null: free), of resistors "ohm", of capacitors "farad". A note: as to_json has it.
///
/// `common` is what all chains have in common (chain.hpp), texts and all; an item of `chains` only
/// what it differs in: {"assignment", "fingers": a count for each of `groups`}. A job has at most
/// 100,000 of them.
Result<Json> plan_run(const rpc::RunSpec& spec);

/// The task `plan`: the same, and every device of the circuit is drawn, so that what a run could
/// not draw is said before it starts.
Result<Json> plan_task(const rpc::RunSpec& spec, const std::filesystem::path& scratch,
                       PluginHost& host, TaskSink& sink);

}  // namespace ptah
