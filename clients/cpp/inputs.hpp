/// What a request needs of the user's files and words, read by the client with the user's rights.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "ptah/core/error.hpp"

namespace ptah {

/// The field `params` of a request. `file` (empty: none) holds `.param` lines or NAME=VALUE lines;
/// `assignments` are such lines themselves and win over it. Names in lower case.
Result<std::map<std::string, std::string>> gather_params(
    const std::filesystem::path& file, const std::vector<std::string>& assignments);

}  // namespace ptah
