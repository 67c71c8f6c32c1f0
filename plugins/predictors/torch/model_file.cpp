#include "model_file.hpp"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "ptah/core/run_tool.hpp"
#include "ptah/core/sha256.hpp"
#include "tensors.hpp"

namespace ptah::nets {
namespace {

using predictors::ModelCard;
using predictors::no_model;
using predictors::number_of;

constexpr const char* kFormat = "ptah network 1";
constexpr std::size_t kMostWeights = 512u << 20, kMostManifest = 1u << 20, kMostMembers = 16;
// Another processor adds in another order; odds are of order 1 to 1000.
constexpr double kSlack = 1e-3;

/// Fields of the manifest, and what the weights have to be of them.
Result<Model> read_manifest_fields(const Json& json, std::string_view plugin) {
  Model model;
  PTAH_TRY(static_cast<ModelCard&>(model), predictors::card_from_json(json, kFormat, plugin));
  if (json.value("features", Json()) != images::kFeatureVersion) {
    return no_model(std::string("its features are not those of this version, \"") +
                    images::kFeatureVersion + "\"");
  }
  // Older models do not say it.
  if (const auto hash = json.find("features_sha256");
      hash != json.end() && *hash != images::feature_hash()) {
    return no_model("its features are not those of this version: pictures come out differently");
  }
  PTAH_TRY(model.architecture, architecture_from_json(json.value("architecture", Json())));
  if ((model.architecture.kind == Kind::kNas) != (plugin == "nas"))
    return no_model("its architecture is of another plugin");
  PTAH_TRY(const double grid, number_of(json, "grid", 16, 64));
  model.grid = static_cast<int>(grid);
  return model;
}

Status read_weights(const safetensors::Contents& contents, const Json& json, Model& model) {
  PTAH_TRY(const double members, number_of(json, "members", 1, kMostMembers));
  for (int i = 0; i < static_cast<int>(members); ++i) {
    auto network = make_network(model.architecture, model.grid, Rng(0));
    for (auto* list : {&network->parameters(), &network->buffers()}) {
      for (Parameter& parameter : *list) {
        parameter.value.requires_grad_(false);
        PTAH_TRY(copy_into(contents, std::to_string(i) + "." + parameter.name, parameter.value));
      }
    }
    model.members.push_back(std::move(network));
  }
  const auto side = static_cast<std::uint64_t>(model.grid);
  const auto reference = contents.tensors.find("reference.picture");
  if (reference == contents.tensors.end() || reference->second.dtype != safetensors::Dtype::kU8 ||
      reference->second.shape != std::vector<std::uint64_t>{images::kChannels, side, side}) {
    return no_model("its weights have no reference picture");
  }
  model.reference.assign(reference->second.bytes.begin(), reference->second.bytes.end());
  return predictors::read_near(contents, model.near);
}

Status check_reference(const Model& model, const Json& json) {
  const Json expected = json.value("reference_odds", Json());
  const auto odds = member_odds(model, to_batch(model.reference, model.grid));
  bool same = expected.is_array() && expected.size() == odds.size();
  for (std::size_t i = 0; same && i < odds.size(); ++i) {
    same = expected[i].is_number() && std::isfinite(odds[i][0]) &&
           std::abs(expected[i].get<double>() - odds[i][0]) <= kSlack * (1 + std::abs(odds[i][0]));
  }
  if (!same)
    return no_model("for its reference picture it says something else than when it was made");
  return ok();
}

}  // namespace

std::vector<std::vector<double>> member_odds(const Model& model, const at::Tensor& batch) {
  const c10::InferenceMode inference;
  std::vector<std::vector<double>> all;
  for (const auto& member : model.members) {
    const at::Tensor odds = member->forward(batch, false).to(at::kDouble).contiguous();
    all.emplace_back(odds.data_ptr<double>(), odds.data_ptr<double>() + odds.numel());
  }
  return all;
}

Result<ModelFiles> write_model(const Model& model, const std::filesystem::path& folder) {
  TensorFile weights;
  for (std::size_t i = 0; i < model.members.size(); ++i) {
    for (auto* list : {&model.members[i]->parameters(), &model.members[i]->buffers()}) {
      for (const Parameter& parameter : *list)
        weights.add(std::to_string(i) + "." + parameter.name, parameter.value);
    }
  }
  const auto side = static_cast<std::uint64_t>(model.grid);
  weights.add("reference.picture", safetensors::Dtype::kU8, {images::kChannels, side, side},
              std::string(model.reference.begin(), model.reference.end()));
  weights.add(model.near);
  const std::string bytes = weights.bytes();

  Json odds = Json::array();
  for (const auto& member : member_odds(model, to_batch(model.reference, model.grid)))
    odds.push_back(member[0]);
  Json manifest = predictors::to_json(model, kFormat);
  manifest.update({{"features", images::kFeatureVersion},
                   {"features_sha256", images::feature_hash()},
                   {"architecture", to_json(model.architecture)},
                   {"grid", model.grid},
                   {"members", model.members.size()},
                   {"reference_odds", std::move(odds)},
                   {"weights_sha256", sha256_hex(bytes)}});
  const auto weights_file = folder / "weights.safetensors",
             manifest_file = folder / "manifest.json";
  PTAH_TRY(write_text_file(weights_file, bytes, Durability::kCached));
  PTAH_TRY(write_text_file(manifest_file, manifest.dump(1) + "\n", Durability::kCached));
  return ModelFiles{{"weights.safetensors", weights_file}, {"manifest.json", manifest_file}};
}

Result<Model> read_model(const ModelFiles& files, std::string_view plugin) {
  for (const char* name : {"manifest.json", "weights.safetensors"}) {
    if (!files.contains(name)) {
      return make_error(ErrorCode::kInvalidArgument,
                        std::string("The model has no file `") + name + "`.", std::string(plugin));
    }
  }
  PTAH_TRY(const std::string text, read_text_file(files.at("manifest.json"), kMostManifest));
  const Json json = Json::parse(text, nullptr, false);
  PTAH_TRY(Model model, read_manifest_fields(json, plugin));
  PTAH_TRY(const std::string bytes, read_text_file(files.at("weights.safetensors"), kMostWeights));
  model.weights_sha256 = sha256_hex(bytes);
  if (json.value("weights_sha256", Json()) != model.weights_sha256)
    return no_model("its weights are not those that it was made with");
  PTAH_TRY(const safetensors::Contents contents, safetensors::parse(bytes, "weights.safetensors"));
  PTAH_TRY(read_weights(contents, json, model));
  PTAH_TRY(check_reference(model, json));
  return model;
}

}  // namespace ptah::nets
