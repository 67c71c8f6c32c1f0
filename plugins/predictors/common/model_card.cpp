#include "model_card.hpp"

#include <cmath>
#include <cstring>

namespace ptah::predictors {
namespace {

constexpr const char* kDefinition = "above the 75th percentile of the training part's labels";
constexpr const char* kNear = "near.centres";
constexpr std::size_t kMostCircuits = 10'000;

}  // namespace

Error no_model(const std::string& what) {
  return make_error(ErrorCode::kParse, "This is no model that can be used: " + what + ".",
                    "manifest.json");
}

Result<double> number_of(const Json& json, const char* key, double least, double most) {
  const Json value = json.value(key, Json());
  if (!value.is_number()) return no_model(std::string("`") + key + "` is no number");
  const double found = value.get<double>();
  if (!(found >= least && found <= most))
    return no_model(std::string("`") + key + "` is out of its range");
  return found;
}

Json to_json(const ModelCard& card, const char* format) {
  return {{"format", format},
          {"plugin", card.plugin},
          {"label", {{"bad", kDefinition}, {"threshold", card.threshold}}},
          {"temperature", card.calibration.temperature},
          {"offset", card.calibration.offset},
          {"circuits", card.circuits},
          {"near_limit_um", card.near.limit},
          {"about", card.about}};
}

Result<ModelCard> card_from_json(const Json& json, const char* format, std::string_view plugin) {
  if (!json.is_object() || json.value("format", Json()) != format)
    return no_model(std::string("its `format` is not \"") + format + "\"");
  ModelCard card;
  if (json.value("plugin", Json()) != plugin)
    return no_model("it is not one of `" + std::string(plugin) + "`");
  card.plugin = plugin;
  const Json label = json.value("label", Json());
  if (!label.is_object()) return no_model("it says nothing of its label");
  PTAH_TRY(card.threshold, number_of(label, "threshold", -1e300, 1e300));
  PTAH_TRY(card.calibration.temperature, number_of(json, "temperature", 1e-3, 1e3));
  // Older models have none.
  if (json.contains("offset")) {
    PTAH_TRY(card.calibration.offset, number_of(json, "offset", -1e3, 1e3));
  }
  const Json circuits = json.value("circuits", Json());
  if (!circuits.is_array() || circuits.empty() || circuits.size() > kMostCircuits)
    return no_model("it names no circuits");
  for (const Json& circuit : circuits) {
    if (!circuit.is_string()) return no_model("it names no circuits");
    card.circuits.push_back(circuit.get<std::string>());
  }
  PTAH_TRY(card.near.limit, number_of(json, "near_limit_um", 0, 1e9));
  card.about = json.value("about", Json());
  if (!card.about.is_object() || !card.about.value("circuit", Json("")).is_string())
    return no_model("it says nothing about itself");
  return card;
}

void add_near(const Neighbourhood& near, safetensors::Contents& contents, std::string& bytes) {
  bytes.assign(reinterpret_cast<const char*>(near.sample.data()),
               near.sample.size() * sizeof(float));
  const std::uint64_t rows = near.width == 0 ? 0 : near.sample.size() / near.width;
  contents.tensors[kNear] = {safetensors::Dtype::kF32, {rows, near.width}, bytes};
}

Status read_near(const safetensors::Contents& contents, Neighbourhood& near) {
  const auto found = contents.tensors.find(kNear);
  if (found == contents.tensors.end() || found->second.dtype != safetensors::Dtype::kF32 ||
      found->second.shape.size() != 2) {
    return no_model("its weights have no centres of placements");
  }
  near.width = found->second.shape[1];
  near.sample.resize(found->second.bytes.size() / sizeof(float));
  if (!near.sample.empty())
    std::memcpy(near.sample.data(), found->second.bytes.data(), found->second.bytes.size());
  return ok();
}

}  // namespace ptah::predictors
