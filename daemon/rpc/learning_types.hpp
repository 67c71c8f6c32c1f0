/// Requests of dataset.check, model.evaluate and model.predict, and what their tasks are told.
#pragma once

#include "ptah/stages/learning.hpp"
#include "rpc/fields.hpp"

namespace ptah {

template <>
struct Choices<Split> {
  static constexpr std::array<NamedChoice<Split>, 3> kNames{
      {{Split::kTrain, "train"}, {Split::kValidation, "validation"}, {Split::kTest, "test"}}};
};

}  // namespace ptah

namespace ptah::rpc {

/// dataset.check.
struct DatasetCheckParams {
  std::string library = "work", dataset, label;
  std::int64_t seed = 1;
  double label_error = 0, relative_error = 0.05;
  template <class V>
  void describe(V& v) {
    v.optional("library", library, "The library.");
    v.required("dataset", dataset, "\"name\", the newest version; or \"name@3\".");
    v.optional("label", label,
               "What is to be predicted: a measure's name, with a '-' before it where more is "
               "better. Otherwise the dataset's first.");
    v.optional("seed", seed, "Of all that is drawn.", Range{0, kAnySeed});
    v.optional("label_error", label_error, "What a label may be off by, in its unit.");
    v.optional("relative_error", relative_error,
               "The same as a share of the threshold; the larger counts. Of labels that can be "
               "negative it does not count.");
  }
  Status check(const std::string& path) const {
    if (label_error >= 0 && relative_error >= 0) return ok();
    return make_error(ErrorCode::kInvalidArgument, "An error is 0 or more.",
                      field_path(path, label_error >= 0 ? "relative_error" : "label_error"));
  }

 private:
  static constexpr std::int64_t kAnySeed = std::numeric_limits<std::int64_t>::max();
};

/// model.evaluate.
struct ModelEvaluateParams {
  std::string library = "work", dataset, label;
  std::vector<std::string> models;
  std::int64_t seed = 1;
  bool probes = true;
  template <class V>
  void describe(V& v) {
    v.optional("library", library, "The library of models and dataset.");
    v.required("models", models,
               "1 to 16, each \"name\" or \"name@3\". Each of them is compared with the first.");
    v.required("dataset", dataset, "\"name\", the newest version; or \"name@3\".");
    v.optional("label", label, "As in dataset.check. Otherwise the one that the models learnt.");
    v.optional("seed", seed, "Of all that is drawn.",
               Range{0, std::numeric_limits<std::int64_t>::max()});
    v.optional("probes", probes, "Whether the plain learners are fitted beside.");
  }
  Status check(const std::string& path) const {
    if (!models.empty() && models.size() <= 16) return ok();
    return make_error(ErrorCode::kInvalidArgument, "Name 1 to 16 models.",
                      field_path(path, "models"));
  }
};

/// model.predict.
struct ModelPredictParams {
  std::string library = "work", model, dataset, label;
  Split part = Split::kValidation;
  std::int64_t limit = 20, seed = 1;
  template <class V>
  void describe(V& v) {
    v.optional("library", library, "The library of model and dataset.");
    v.required("model", model, "\"name\", the version in use; or \"name@3\".");
    v.required("dataset", dataset, "\"name\", the newest version; or \"name@3\".");
    v.optional("label", label, "As in dataset.check. Otherwise the one that the model learnt.");
    v.optional("part", part, "Which of the dataset's layouts; of the test part it is counted.");
    v.optional("limit", limit, "So many of them are listed, those of the least cost.",
               Range{0, 5000});
    v.optional("seed", seed, "Of the draws of the regret.",
               Range{0, std::numeric_limits<std::int64_t>::max()});
  }
};

/// The spec of a `dataset.check` task.
struct DatasetCheckTask {
  DatasetCheckParams params;
  std::string files;
  std::vector<std::string> blocks;
  bool imported = false;
  template <class V>
  void describe(V& v) {
    v.required("params", params, "As the client gave them.");
    v.required("files", files, "Folder of the store's files.");
    v.required("blocks", blocks, "Files of the dataset, in order.");
    v.required("imported", imported, "Whether they are of somebody else.");
  }
};

struct EvaluatedModel {
  std::string model, predictor;
  std::map<std::string, std::string> files;
  template <class V>
  void describe(V& v) {
    v.required("model", model, "\"name@3\".");
    v.required("predictor", predictor, "Plugin that understands its files.");
    v.required("files", files, "Their paths by their names.");
  }
};
/// Metric of a trainer whose predictor's costs are probabilities of being among the worst quarter:
/// by what it divided their log-odds, so that they fit. Costs of others are labels.
inline constexpr const char* kTemperatureMetric = "temperature";

/// A model whose predictions somebody reads.
struct PredictingModel : EvaluatedModel {
  std::string name, hash, label;
  std::int64_t version = 0;
  std::optional<double> threshold;
  bool probability = false;
  template <class V>
  void describe(V& v) {
    EvaluatedModel::describe(v);
    v.required("name", name, "Its name.");
    v.required("version", version, "Which one.");
    v.required("hash", hash, "SHA-256 of what it is.");
    v.required("label", label, "What it predicts, where its record says so.");
    v.optional("threshold", threshold,
               "Labels above it are the worst quarter of those that it learnt from.");
    v.required("probability", probability,
               "Whether its costs are probabilities of that; otherwise they are labels.");
  }
};
/// The spec of a `model.evaluate` task.
struct ModelEvaluateTask {
  ModelEvaluateParams params;
  std::string files;
  std::vector<std::string> blocks;
  std::vector<EvaluatedModel> models;
  template <class V>
  void describe(V& v) {
    v.required("params", params, "As the client gave them; with a label.");
    v.required("files", files, "Folder of the store's files.");
    v.required("blocks", blocks, "Files of the dataset, in order.");
    v.required("models", models, "In the order of the request.");
  }
};
/// The spec of a `model.predict` task.
struct ModelPredictTask {
  ModelPredictParams params;
  std::string files;
  std::vector<std::string> blocks;
  EvaluatedModel model;
  template <class V>
  void describe(V& v) {
    v.required("params", params, "As the client gave them; with a label.");
    v.required("files", files, "Folder of the store's files.");
    v.required("blocks", blocks, "Files of the dataset, in order.");
    v.required("model", model, "The model.");
  }
};

}  // namespace ptah::rpc
