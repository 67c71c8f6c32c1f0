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

constexpr const char* kFormat = "ptah network 1";
constexpr const char* kDefinition = "above the 75th percentile of the training part's labels";
constexpr std::size_t kMostWeights = 512u << 20, kMostManifest = 1u << 20, kMostMembers = 16,
                      kMostCircuits = 10'000;
// Another processor adds in another order; odds are of order 1 to 1000.
constexpr double kSlack = 1e-3;

Error bad(const std::string& what) {
  return make_error(ErrorCode::kParse, "This is no model that can be used: " + what + ".",
                    "manifest.json");
}

Result<double> number(const Json& json, const char* key, double least, double most) {
  const Json value = json.value(key, Json());
  if (!value.is_number()) return bad(std::string("`") + key + "` is no number");
  const double found = value.get<double>();
  if (!(found >= least && found <= most))
    return bad(std::string("`") + key + "` is out of its range");
  return found;
}

std::string as_bytes(const std::vector<float>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

/// Fields of the manifest, and what the weights have to be of them.
Result<Model> read_manifest_fields(const Json& json, std::string_view plugin) {
  if (!json.is_object() || json.value("format", Json()) != kFormat)
    return bad(std::string("its `format` is not \"") + kFormat + "\"");
  Model model;
  const Json name = json.value("plugin", Json());
  if (name != plugin) return bad("it is not one of `" + std::string(plugin) + "`");
  model.plugin = plugin;
  if (json.value("features", Json()) != images::kFeatureVersion) {
    return bad(std::string("its features are not those of this version, \"") +
               images::kFeatureVersion + "\"");
  }
  // Older models do not say it.
  if (const auto hash = json.find("features_sha256");
      hash != json.end() && *hash != images::feature_hash()) {
    return bad("its features are not those of this version: pictures come out differently");
  }
  PTAH_TRY(model.architecture, architecture_from_json(json.value("architecture", Json())));
  if ((model.architecture.kind == Kind::kNas) != (plugin == "nas"))
    return bad("its architecture is of another plugin");
  PTAH_TRY(const double grid, number(json, "grid", 16, 64));
  model.grid = static_cast<int>(grid);
  const Json label = json.value("label", Json());
  if (!label.is_object()) return bad("it says nothing of its label");
  PTAH_TRY(model.threshold, number(label, "threshold", -1e300, 1e300));
  PTAH_TRY(model.temperature, number(json, "temperature", 0.01, 100));
  const Json circuits = json.value("circuits", Json());
  if (!circuits.is_array() || circuits.empty() || circuits.size() > kMostCircuits)
    return bad("it names no circuits");
  for (const Json& circuit : circuits) {
    if (!circuit.is_string()) return bad("it names no circuits");
    model.circuits.push_back(circuit.get<std::string>());
  }
  const Json about = json.value("about", Json());
  if (!about.is_object()) return bad("it says nothing about itself");
  model.about = about;
  return model;
}

Status read_weights(const safetensors::Contents& contents, const Json& json, Model& model) {
  PTAH_TRY(const double members, number(json, "members", 1, kMostMembers));
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
    return bad("its weights have no reference picture");
  }
  model.reference.assign(reference->second.bytes.begin(), reference->second.bytes.end());
  const auto near = contents.tensors.find("near.centres");
  if (near == contents.tensors.end() || near->second.dtype != safetensors::Dtype::kF32 ||
      near->second.shape.size() != 2) {
    return bad("its weights have no centres of placements");
  }
  model.near.width = near->second.shape[1];
  model.near.sample.resize(near->second.bytes.size() / sizeof(float));
  std::memcpy(model.near.sample.data(), near->second.bytes.data(), near->second.bytes.size());
  PTAH_TRY(model.near.limit, number(json, "near_limit_um", 0, 1e9));
  return ok();
}

Status check_reference(const Model& model, const Json& json) {
  const Json expected = json.value("reference_odds", Json());
  const auto odds = member_odds(model, to_batch(model.reference, model.grid));
  bool same = expected.is_array() && expected.size() == odds.size();
  for (std::size_t i = 0; same && i < odds.size(); ++i) {
    same = expected[i].is_number() && std::isfinite(odds[i][0]) &&
           std::abs(expected[i].get<double>() - odds[i][0]) <= kSlack * (1 + std::abs(odds[i][0]));
  }
  if (!same) return bad("for its reference picture it says something else than when it was made");
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
  const std::uint64_t width = model.near.width;
  weights.add("near.centres", safetensors::Dtype::kF32,
              {width == 0 ? 0 : model.near.sample.size() / width, width},
              as_bytes(model.near.sample));
  const std::string bytes = weights.bytes();

  Json odds = Json::array();
  for (const auto& member : member_odds(model, to_batch(model.reference, model.grid)))
    odds.push_back(member[0]);
  const Json manifest{{"format", kFormat},
                      {"plugin", model.plugin},
                      {"features", images::kFeatureVersion},
                      {"features_sha256", images::feature_hash()},
                      {"architecture", to_json(model.architecture)},
                      {"grid", model.grid},
                      {"members", model.members.size()},
                      {"label", {{"bad", kDefinition}, {"threshold", model.threshold}}},
                      {"temperature", model.temperature},
                      {"circuits", model.circuits},
                      {"near_limit_um", model.near.limit},
                      {"reference_odds", std::move(odds)},
                      {"weights_sha256", sha256_hex(bytes)},
                      {"about", model.about}};
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
  if (json.value("weights_sha256", Json()) != sha256_hex(bytes))
    return bad("its weights are not those that it was made with");
  PTAH_TRY(const safetensors::Contents contents, safetensors::parse(bytes, "weights.safetensors"));
  PTAH_TRY(read_weights(contents, json, model));
  PTAH_TRY(check_reference(model, json));
  return model;
}

}  // namespace ptah::nets
