/// What a run would do: the request checked, the circuit parsed, one chain for each assignment.
#pragma once

#include "ptah/core/error.hpp"
#include "ptah/core/json.hpp"

namespace ptah {

/// `spec`: circuit | netlist, pairs, testbench, measures, top (circuit_input.hpp); allowed_fingers;
/// fingers (one assignment, as {"M0": 6}) | indices (a list) | assignments (how many, drawn at
/// random by `seed`; the default 1); variants (0..100000); seed; tech; judges; objective; flow;
/// measuring (testbench | all; otherwise as the flow says); pictures.
/// Result: {"circuit", "title", "tech", "ports", "devices", "nets", "groups", "allowed_fingers",
/// "count", "notes", "dataset", "common", "chains"}; errors name the field and its allowed values.
///
/// `common` is what all chains have in common (chain.hpp), texts and all; an item of `chains` only
/// what it differs in: {"assignment", "fingers": a count for each of `groups`}. A job has at most
/// 100,000 of them.
Result<Json> plan_run(const Json& spec);

}  // namespace ptah
