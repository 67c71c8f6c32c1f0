/// One layout, of whatever origin, before the judges.
#pragma once

#include <filesystem>

#include "flow/tasks.hpp"
#include "ptah/core/error.hpp"
#include "ptah/core/json.hpp"

namespace ptah {

/// `spec`: gds (absolute path), top, drc, lvs, pex (booleans; none given: DRC, and LVS when a
/// circuit is given); circuit | netlist ... and fingers for LVS and PEX; tech; flow. Result:
/// {"gds", "top", "clean", "drc": {judge: {errors, clean, summary, violations}}, "lvs": ..., "pex":
/// {devices, nets: [{net, total_fF}], coupling: [{a, b, fF}]}, "seconds"}.
Result<Json> check_layout(const Json& spec, const std::filesystem::path& scratch, PluginHost& host,
                          TaskSink& sink);

/// `spec`: gds, top, file (absolute, .png or .svg, below no restriction: the caller's own),
/// width_px, labels, tech. The picture is written to `scratch` and named in the result: {"picture",
/// "top"}.
Result<Json> render_task(const Json& spec, const std::filesystem::path& scratch);

}  // namespace ptah
