/// A model of boosted trees on a placement's numbers (placement_frame.hpp), and its files:
/// `weights.safetensors` holds of each member "I.sizes" (nodes of each tree), "I.feature" (of each
/// node; -1: a leaf) and "I.number" (where it splits, or a leaf's value), and centres of training
/// placements; `manifest.json` says everything else. Children need no place of their own: the k-th
/// node that splits has the nodes 2k + 1 and 2k + 2 of its tree. Read as a stranger's: bounded,
/// every field checked, and the reference must come out as it says.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model_card.hpp"
#include "ptah/stages/stages.hpp"
#include "trees/trees.hpp"

namespace ptah::trees {

struct Model : predictors::ModelCard {
  std::vector<std::string> features;     ///< PlacementFrame::names.
  std::vector<learning::Trees> members;  ///< At least one.
  std::vector<double> reference;         ///< A row of features.

  /// Logarithms of the odds of what was learnt, of each member.
  std::vector<double> odds(std::span<const double> row) const;
  /// `cost`: the probability of being among the worst quarter, of the members' mean odds.
  /// `uncertainty`: the standard deviation among the members', where there are several.
  Prediction predict(std::span<const double> row) const;
};

/// What a checkpoint of a training holds: the members that are grown. `key` tells trainings apart.
std::string save_members(const std::vector<learning::Trees>& members, const std::string& key);
/// Nothing for bytes of anything else; `width`: of a row of features.
std::optional<std::vector<learning::Trees>> restore_members(std::string_view bytes,
                                                            const std::string& key,
                                                            std::size_t width);

/// Writes both files below `folder`. Equal models, equal bytes.
Result<ModelFiles> write_model(const Model& model, const std::filesystem::path& folder);
/// Fails with a sentence for files of anything else.
Result<Model> read_model(const ModelFiles& files);

}  // namespace ptah::trees
