#include "trees_model.hpp"

#include <cmath>
#include <cstring>
#include <deque>
#include <numeric>

#include "ptah/core/run_tool.hpp"
#include "ptah/core/sha256.hpp"

namespace ptah::trees {
namespace {

using learning::Trees;
using predictors::no_model;
using safetensors::Dtype;

constexpr const char* kFormat = "ptah trees 1";
constexpr const char* kWeights = "weights.safetensors";
constexpr const char* kManifest = "manifest.json";
constexpr std::size_t kMostWeights = 256u << 20, kMostText = 4u << 20, kMostMembers = 16,
                      kMostFeatures = 4096;

/// A tensor's values as bytes, and back.
template <typename T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

template <typename T>
Result<std::vector<T>> values_of(const safetensors::Contents& contents, const std::string& name,
                                 Dtype dtype) {
  const auto found = contents.tensors.find(name);
  if (found == contents.tensors.end() || found->second.dtype != dtype ||
      found->second.shape.size() != 1) {
    return no_model("its weights have no `" + name + "`");
  }
  std::vector<T> values(found->second.bytes.size() / sizeof(T));
  if (!values.empty())
    std::memcpy(values.data(), found->second.bytes.data(), found->second.bytes.size());
  return values;
}

/// Bytes that a file in the making looks at; a deque does not move what it holds.
using Kept = std::deque<std::string>;

void add_members(const std::vector<Trees>& members, safetensors::Contents& contents, Kept& kept) {
  const auto add = [&](const std::string& name, Dtype dtype, std::size_t count, std::string bytes) {
    contents.tensors[name] = {dtype, {count}, kept.emplace_back(std::move(bytes))};
  };
  for (std::size_t m = 0; m < members.size(); ++m) {
    std::vector<std::int32_t> sizes;
    std::vector<std::int16_t> features;
    std::vector<float> numbers;
    for (const Trees::Tree& tree : members[m].trees()) {
      sizes.push_back(static_cast<std::int32_t>(tree.size()));
      for (const Trees::Node& node : tree) {
        features.push_back(static_cast<std::int16_t>(node.feature));
        numbers.push_back(node.feature < 0 ? node.value : node.cut);
      }
    }
    const std::string member = std::to_string(m) + ".";
    add(member + "sizes", Dtype::kI32, sizes.size(), bytes_of(sizes));
    add(member + "feature", Dtype::kI16, features.size(), bytes_of(features));
    add(member + "number", Dtype::kF32, numbers.size(), bytes_of(numbers));
  }
}

Json priors_of(const std::vector<Trees>& members) {
  Json priors = Json::array();
  for (const Trees& member : members) priors.push_back(member.prior());
  return priors;
}

Result<Trees> member_of(const safetensors::Contents& contents, std::size_t index, double prior,
                        std::size_t width) {
  const std::string member = std::to_string(index) + ".";
  PTAH_TRY(const auto sizes, values_of<std::int32_t>(contents, member + "sizes", Dtype::kI32));
  PTAH_TRY(const auto features, values_of<std::int16_t>(contents, member + "feature", Dtype::kI16));
  PTAH_TRY(const auto numbers, values_of<float>(contents, member + "number", Dtype::kF32));
  std::vector<Trees::Tree> trees;
  std::size_t from = 0;
  for (const std::int32_t size : sizes) {
    if (size < 1 || static_cast<std::size_t>(size) > features.size() - from ||
        features.size() != numbers.size()) {
      return no_model("its trees have other sizes than their nodes");
    }
    Trees::Tree tree(static_cast<std::size_t>(size));
    int splits = 0;
    for (Trees::Node& node : tree) {
      node.feature = features[from];
      (node.feature < 0 ? node.value : node.cut) = numbers[from++];
      if (node.feature >= 0) node.left = 2 * splits++ + 1;
    }
    trees.push_back(std::move(tree));
  }
  if (from != features.size()) return no_model("its trees have other sizes than their nodes");
  return Trees::of(prior, std::move(trees), width);
}

/// What `json` holds beside the card: names of features, the reference row.
Status read_fields(const Json& json, Model& model) {
  const Json names = json.value("features", Json());
  const Json row = json.value("reference", Json());
  if (!names.is_array() || names.empty() || names.size() > kMostFeatures || !row.is_array() ||
      row.size() != names.size()) {
    return no_model("it has not a number in `reference` for each name in `features`");
  }
  for (const Json& name : names) {
    if (!name.is_string()) return no_model("`features` is a list of names");
    model.features.push_back(name);
  }
  for (const Json& number : row) {
    if (!number.is_number()) return no_model("`reference` is a list of numbers");
    model.reference.push_back(number);
  }
  return ok();
}

Result<std::vector<Trees>> members_of(const Json& priors, const safetensors::Contents& contents,
                                      std::size_t width) {
  if (!priors.is_array() || priors.empty() || priors.size() > kMostMembers)
    return no_model("`priors` has a number for each of 1 to 16 members");
  std::vector<Trees> members;
  for (std::size_t m = 0; m < priors.size(); ++m) {
    if (!priors[m].is_number()) return no_model("`priors` is a list of numbers");
    PTAH_TRY(members.emplace_back(), member_of(contents, m, priors[m], width));
  }
  return members;
}

/// Sums of the same numbers in the same order: nothing but the last bits may differ.
bool as_expected(const Json& expected, const std::vector<double>& odds) {
  bool same = expected.is_array() && expected.size() == odds.size();
  for (std::size_t i = 0; same && i < odds.size(); ++i) {
    same = expected[i].is_number() &&
           std::abs(expected[i].get<double>() - odds[i]) <= 1e-9 * (1 + std::abs(odds[i]));
  }
  return same;
}

}  // namespace

std::vector<double> Model::odds(std::span<const double> row) const {
  std::vector<double> all;
  for (const Trees& member : members) all.push_back(member.odds(row));
  return all;
}

Prediction Model::predict(std::span<const double> row) const {
  const std::vector<double> all = odds(row);
  const auto count = static_cast<double>(all.size());
  Prediction prediction;
  prediction.cost = calibration.probability(std::accumulate(all.begin(), all.end(), 0.0) / count);
  if (all.size() > 1) {
    double mean = 0, squares = 0;
    for (const double one : all) mean += calibration.probability(one) / count;
    for (const double one : all) {
      const double off = calibration.probability(one) - mean;
      squares += off * off;
    }
    prediction.uncertainty = std::sqrt(squares / (count - 1));
  }
  return prediction;
}

std::string save_members(const std::vector<Trees>& members, const std::string& key) {
  safetensors::Contents contents;
  Kept kept;
  add_members(members, contents, kept);
  contents.metadata = {{"key", key}, {"priors", priors_of(members).dump()}};
  return safetensors::write(contents);
}

std::optional<std::vector<Trees>> restore_members(std::string_view bytes, const std::string& key,
                                                  std::size_t width) {
  const auto contents = safetensors::parse(bytes, "checkpoint");
  if (!contents) return std::nullopt;
  const auto& metadata = contents.value().metadata;
  const auto known = metadata.find("key"), priors = metadata.find("priors");
  if (known == metadata.end() || known->second != key || priors == metadata.end())
    return std::nullopt;
  auto members = members_of(Json::parse(priors->second, nullptr, false), contents.value(), width);
  if (!members) return std::nullopt;
  return std::move(members.value());
}

Result<ModelFiles> write_model(const Model& model, const std::filesystem::path& folder) {
  safetensors::Contents contents;
  Kept kept;
  add_members(model.members, contents, kept);
  predictors::add_near(model.near, contents, kept.emplace_back());
  const std::string bytes = safetensors::write(contents);
  Json manifest = predictors::to_json(model, kFormat);
  manifest.update({{"features", model.features},
                   {"priors", priors_of(model.members)},
                   {"reference", model.reference},
                   {"reference_odds", model.odds(model.reference)},
                   {"weights_sha256", sha256_hex(bytes)}});
  ModelFiles files{{kWeights, folder / kWeights}, {kManifest, folder / kManifest}};
  PTAH_TRY(write_text_file(files[kWeights], bytes, Durability::kCached));
  PTAH_TRY(write_text_file(files[kManifest], manifest.dump(1) + "\n", Durability::kCached));
  return files;
}

Result<Model> read_model(const ModelFiles& files) {
  for (const char* name : {kManifest, kWeights}) {
    if (!files.contains(name)) {
      return make_error(ErrorCode::kInvalidArgument,
                        std::string("The model has no file `") + name + "`.", "trees");
    }
  }
  PTAH_TRY(const std::string text, read_text_file(files.at(kManifest), kMostText));
  const Json json = Json::parse(text, nullptr, false);
  Model model;
  PTAH_TRY(static_cast<predictors::ModelCard&>(model),
           predictors::card_from_json(json, kFormat, "trees"));
  PTAH_TRY(read_fields(json, model));
  PTAH_TRY(const std::string bytes, read_text_file(files.at(kWeights), kMostWeights));
  if (json.value("weights_sha256", Json()) != sha256_hex(bytes))
    return no_model("its weights are not those that it was made with");
  PTAH_TRY(const safetensors::Contents contents, safetensors::parse(bytes, kWeights));
  PTAH_TRY(model.members,
           members_of(json.value("priors", Json()), contents, model.features.size()));
  PTAH_TRY(predictors::read_near(contents, model.near));
  if (!as_expected(json.value("reference_odds", Json()), model.odds(model.reference)))
    return no_model("for its reference it says something else than when it was made");
  return model;
}

}  // namespace ptah::trees
