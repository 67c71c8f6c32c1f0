/// What a request needs of the user's files and words, read by the client with the user's rights
/// (docs/inputs.md).
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/core/json.hpp"

namespace ptah {

/// The field `params` of a request. `file` (empty: none) holds `.param` lines or NAME=VALUE lines;
/// `assignments` are such lines themselves and win over it. Names in lower case.
Result<std::map<std::string, std::string>> gather_params(
    const std::filesystem::path& file, const std::vector<std::string>& assignments);

/// Puts the files themselves in place of the paths `netlist`, `pairs`, `testbench` and `measures`
/// of a spec, and of the cells in `cells` ({"my_block": "FILE.gds" or "FILE.gds:CELL"}): its field
/// `sources`, with what the netlist includes and the testbenches of the measures. Nothing happens
/// to a spec without a netlist, or with one that the daemon has already
/// ("sha256:HASH", see stored_files.hpp). The netlist `-` is standard input: a
/// file of the present folder called `stdin`. Errors name the file and the line that asked for what
/// is missing or too much.
Status gather_sources(Json& spec);

}  // namespace ptah
