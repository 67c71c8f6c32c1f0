/// What the manifests of models of two classes have in common, and the tensor beside: written
/// alike, and read as a stranger's, bounded, every field checked.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "metrics/classification.hpp"
#include "ptah/core/json.hpp"
#include "safetensors.hpp"
#include "training_data.hpp"

namespace ptah::predictors {

struct ModelCard {
  std::string plugin;                 ///< "cnn", "nas", "trees".
  double threshold = 0;               ///< Labels above it are bad.
  learning::Calibration calibration;  ///< Of odds.
  std::vector<std::string> circuits;  ///< circuit_hash of those it was trained with.
  Neighbourhood near;
  /// For people: circuit, options, seed, layouts, metrics, intervals, core.
  Json about = Json::object();
};

/// `manifest.json` without what one kind of model alone has.
Json to_json(const ModelCard& card, const char* format);
/// Fails with a sentence for the manifest of another format or plugin, or with fields out of their
/// ranges. Leaves the sample of `near` empty.
Result<ModelCard> card_from_json(const Json& json, const char* format, std::string_view plugin);

/// The tensor "near.centres"; `bytes` outlive `contents`.
void add_near(const Neighbourhood& near, safetensors::Contents& contents, std::string& bytes);
Status read_near(const safetensors::Contents& contents, Neighbourhood& near);

/// kParse, "This is no model that can be used: WHAT."
Error no_model(const std::string& what);
/// Field `key`, from `least` to `most`.
Result<double> number_of(const Json& json, const char* key, double least, double most);

}  // namespace ptah::predictors
