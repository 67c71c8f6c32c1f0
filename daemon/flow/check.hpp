/// One layout, of whatever origin, before the judges.
#pragma once

#include <filesystem>

#include "flow/tasks.hpp"
#include "ptah/core/error.hpp"
#include "ptah/core/json.hpp"
#include "ptah/stages/stages.hpp"

namespace ptah {

/// {"errors", "clean", "summary", "violations": [{rule, text, layer, box_um}]}.
Json verdict_json(const Verdict& verdict);

/// `spec`: gds (absolute path), top, drc, lvs, pex (booleans; none given: DRC, and LVS when a
/// circuit is given); spef, spice (names of files for the extracted netlist; each means pex);
/// extractor_options (over those of the flow); circuit | netlist ... and fingers for LVS and PEX;
/// tech; flow. Result: {"gds", "top", "clean", "drc": {judge: {errors, clean, summary,
/// violations}}, "lvs": ..., "pex": {devices, resistors, nets: [{net, total_fF}], coupling: [{a, b,
/// fF}]}, "files", "seconds"}.
Result<Json> check_layout(const Json& spec, const std::filesystem::path& scratch, PluginHost& host,
                          TaskSink& sink);

/// `spec`: gds, top, file (the picture's name, .png or .svg), width_px, labels, tech.
/// Result: {"top", "files": [the picture, below `scratch`]}.
Result<Json> render_task(const Json& spec, const std::filesystem::path& scratch);

}  // namespace ptah
