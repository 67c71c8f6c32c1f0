/// One layout, of whatever origin, before the judges.
#pragma once

#include <filesystem>

#include "flow/tasks.hpp"
#include "ptah/core/error.hpp"
#include "ptah/core/json.hpp"
#include "rpc/specs.hpp"

namespace ptah {

/// Result: {"gds", "top", "clean", "drc": {judge: {errors, clean, summary, violations}}, "lvs":
/// ..., "pex": {devices, resistors, nets: [{net, total_fF}], coupling: [{a, b, fF}]}, "files",
/// "seconds"}.
Result<Json> check_layout(const rpc::CheckSpec& spec, const std::filesystem::path& scratch,
                          PluginHost& host, TaskSink& sink);

/// Result: {"top", "files": [the picture, below `scratch`]}.
Result<Json> render_task(const rpc::RenderSpec& spec, const std::filesystem::path& scratch);

}  // namespace ptah
