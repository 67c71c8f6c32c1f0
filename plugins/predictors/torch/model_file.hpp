/// A model on disk: `weights.safetensors` (members' tensors "0.NAME", "1.NAME", ..., the reference
/// picture, centres of training placements) and `manifest.json`, which says everything else. Read
/// as a stranger's: bounded, every field checked, and the reference must come out as it says.
#pragma once

#include <memory>
#include <vector>

#include "fit.hpp"
#include "model_card.hpp"
#include "ptah/stages/stages.hpp"

namespace ptah::nets {

struct Model : predictors::ModelCard {  ///< Of plugin "cnn" or "nas".
  Architecture architecture;
  int grid = 64;
  std::vector<std::unique_ptr<Network>> members;  ///< At least one.
  std::vector<std::uint8_t> reference;            ///< A picture.
  std::string weights_sha256;                     ///< Of the file that it was read from.
};

/// Probability of being bad, of each member, for pictures in a batch: [member][picture].
std::vector<std::vector<double>> member_odds(const Model& model, const at::Tensor& batch);

/// Writes both files below `folder`. Equal models, equal bytes.
Result<ModelFiles> write_model(const Model& model, const std::filesystem::path& folder);
/// Fails with a sentence for files of anything else, of another plugin, other features, or whose
/// reference comes out differently.
Result<Model> read_model(const ModelFiles& files, std::string_view plugin);

}  // namespace ptah::nets
