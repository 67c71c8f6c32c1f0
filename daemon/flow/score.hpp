/// What a layout is worth, while somebody looks at it: checks, parasitics, score, and who is to
/// blame (docs/protocol.md, score.layout and score.placement).
#pragma once

#include <filesystem>

#include "flow/tasks.hpp"
#include "ptah/core/error.hpp"
#include "ptah/core/json.hpp"
#include "rpc/score_types.hpp"

namespace ptah {

/// A store hash has become a path. A layout that is not clean is no Error: the result says what can
/// be told, and why there is no score.
Result<Json> score_layout(const rpc::ScoreLayoutTask& spec, const std::filesystem::path& scratch,
                          PluginHost& host, TaskSink& sink);

Result<Json> score_placement(const rpc::ScorePlacementTask& spec,
                             const std::filesystem::path& scratch, PluginHost& host,
                             TaskSink& sink);

}  // namespace ptah
