/// What explorations by `rl` learn, as a model: `weights.safetensors` (both networks, their running
/// normalisations, the states of the last episode), `manifest.json`, which says what it is a policy
/// of, and `explanation.json`. Read as a stranger's. Needs no LibTorch.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "ptah/core/json.hpp"
#include "ptah/stages/learning.hpp"

namespace ptah::rl {

struct Policy {
  std::string weights;  ///< The bytes of the file.
  /// All that an exploration which begins with it has in common with the one that it is of, and
  /// `seed` and `evaluations` of that.
  Json manifest;
  Json explanation;
  std::map<std::string, double> metrics;  ///< Not in the files.
};

/// Equal policies, equal bytes.
Result<TrainedModel> write_policy(const Policy& policy, const std::filesystem::path& folder);
/// Fails with a sentence for files of anything else, and for weights that are not those of the
/// manifest.
Result<Policy> read_policy(const ModelFiles& files);
/// Fails with a sentence for the first of `form`, as a manifest should have it, that differs.
Status check_form(const Json& manifest, const Json& form);

}  // namespace ptah::rl
