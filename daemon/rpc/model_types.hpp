/// Requests and replies of flow.train and model.*, and what a training task is told.
#pragma once

#include "rpc/fields.hpp"

namespace ptah::rpc {

/// flow.train.
struct TrainSpec {
  std::string model, label, flow = "native", trainer, dataset, from;
  std::vector<std::string> jobs;
  std::int64_t seed = 0;
  Object options;
  template <class V>
  void describe(V& v) {
    v.required("model", model, "Name of the model: a cell of the job's library.",
               of_form(TextForm::kName));
    v.optional("jobs", jobs, "Runs whose variants are learnt from, in this order.");
    v.optional("dataset", dataset,
               "Instead of those, a dataset of the job's library: \"name\" or \"name@3\".");
    v.optional(
        "label", label,
        "What is to be predicted, less is better: \"pscore\", \"area\", \"hpwl\", "
        "\"balanced\", or a measure's name, with a '-' before it where more is better, or "
        "between two '|' where its magnitude counts. Layouts without it are left out. Empty: "
        "of runs, pscore; of a dataset, its first measure, as it is better.");
    v.optional("flow", flow, "Flow whose `trainer` does it.", of_form(TextForm::kNameOrFile));
    v.optional("trainer", trainer, "Plugin that does it, in place of the flow's.");
    v.optional("options", options, "Options of the trainer, over those of the flow.");
    v.optional("from", from,
               "A model of the job's library that the training goes on from, of this or another "
               "circuit: \"name\" or \"name@3\". Of the same trainer.");
    v.optional("seed", seed, "Of all that is drawn.",
               Range{0, std::numeric_limits<std::int64_t>::max()});
  }
  Status check(const std::string& path) const {
    if (dataset.empty() ? !jobs.empty() && jobs.size() <= 1000 : jobs.empty()) return ok();
    return make_error(
        ErrorCode::kInvalidArgument, "Name 1 to 1000 jobs to learn from, or one dataset.",
        field_path(path, "jobs"), "`ptah jobs list` and `ptah dataset list` show them.");
  }
};
struct TrainParams {
  std::string job, library = "work";
  Given<TrainSpec> spec;
  template <class V>
  void describe(V& v) {
    v.optional("job", job, "Id chosen by the client, as in flow.run.");
    v.required("spec", spec, "What to train. A job keeps it as it was given.");
    v.optional("library", library, "Library in which the model becomes a version.");
  }
};

/// A run whose layouts are learnt from.
struct SourceRun {
  std::string job, common;
  template <class V>
  void describe(V& v) {
    v.required("job", job, "The job's id.");
    v.required("common", common, "SHA-256 of what the specs of its chains have in common.");
  }
};
struct LabelledLayout {
  std::int64_t source = 0, assignment = 0, variant = 0;
  std::string state;
  double label = 0;
  template <class V>
  void describe(V& v) {
    v.required("source", source, "Which of the sources it is of.");
    v.required("assignment", assignment, "Its finger assignment.");
    v.required("variant", variant, "Its number in its chain.");
    v.required("state", state, "SHA-256 of the file that has its placement.");
    v.required("label", label, "What is to be predicted of it.");
  }
};
/// A version of a dataset that is learnt from.
struct SourceDataset {
  std::string name, hash;
  std::int64_t version = 0;
  std::vector<std::string> blocks;
  template <class V>
  void describe(V& v) {
    v.required("name", name, "Its name.");
    v.required("version", version, "Which one.");
    v.required("hash", hash, "SHA-256 of what it is.");
    v.required("blocks", blocks, "SHA-256 of each of its files.");
  }
};
/// A version of a model that a training goes on from.
struct StartingModel {
  std::string name, hash, predictor;
  std::int64_t version = 0;
  std::map<std::string, std::string> files;
  template <class V>
  void describe(V& v) {
    v.required("name", name, "Its name.");
    v.required("version", version, "Which one.");
    v.required("hash", hash, "SHA-256 of what it is.");
    v.required("predictor", predictor, "Plugin that understands its files.");
    v.required("files", files, "SHA-256 of each of its files, by its name.");
  }
};
/// What a training learns from: layouts of runs, or a dataset.
struct TrainingSet {
  std::vector<SourceRun> sources;
  std::vector<LabelledLayout> layouts;
  std::optional<SourceDataset> dataset;
  template <class V>
  void describe(V& v) {
    v.required("sources", sources, "Runs.");
    v.required("layouts", layouts, "Their layouts that have the label.");
    v.optional("dataset", dataset, "A dataset, whose labels are in its files.");
  }
};
/// The spec of a `train` task.
struct TrainTask {
  TrainSpec spec;
  TrainingSet set;
  std::optional<StartingModel> from;
  std::string dataset, files, common, checkpoint;
  Json resume;
  template <class V>
  void describe(V& v) {
    v.required("spec", spec, "As the client gave it.");
    v.required("set", set, "What is learnt from.");
    v.optional("from", from, "What the training goes on from.");
    v.required("dataset", dataset, "SHA-256 of `set`.");
    v.required("files", files, "Folder of the store's files.");
    v.optional("common", common, "The file that this was read from.");
    v.optional("checkpoint", checkpoint, "The file of the last checkpoint.");
    v.optional("resume", resume, "The model, where it was made already.");
  }
};

/// "name" or "name@champion", the version in use; "name@candidate", the newest; or "name@3".
struct ModelParams {
  std::string library = "work", model;
  template <class V>
  void describe(V& v) {
    v.optional("library", library, "The library.");
    v.required("model", model,
               "Its name: the version in use, which is the newest unless model.use chose one (the "
               "newest of one's own, where there is one: what came with Ptah hides none). "
               "\"name@champion\": the same. \"name@candidate\": the newest. \"name@3\": that "
               "version.");
  }
};
struct ModelUseParams {
  std::string library = "work", model;
  template <class V>
  void describe(V& v) {
    v.optional("library", library, "The library.");
    v.required("model", model,
               "\"name@3\": this version is in use from now on; so is the one that "
               "\"name@candidate\" means now. \"name\": the newest is, always.");
  }
};
struct ModelListParams {
  std::string library = "work", name, after;
  std::int64_t limit = 100;
  template <class V>
  void describe(V& v) {
    v.optional("library", library, "The library.");
    v.optional("name", name, "Only versions of this model.");
    v.optional("after", after, "`next` of the answer before.");
    v.optional("limit", limit, "At most so many.", Range{1, 1000});
  }
};
struct ModelFileInfo {
  std::string name, hash, path;
  std::int64_t size = 0;
  template <class V>
  void describe(V& v) {
    v.required("name", name, "Its name in the model.");
    v.required("hash", hash, "SHA-256 of its bytes.");
    v.required("path", path, "The read-only file in the store.");
    v.required("size", size, "Bytes.");
  }
};
struct ModelInfo {
  std::string library, name, hash, job, owner;
  std::int64_t version = 0, created_ms = 0;
  bool used = false, shipped = false;
  std::vector<std::string> aliases;
  Object record;
  std::vector<ModelFileInfo> files;
  template <class V>
  void describe(V& v) {
    v.required("library", library, "The library.");
    v.required("name", name, "The model's name.");
    v.required("version", version, "1 is the first.");
    v.required("used", used, "Whether its name alone means this version.");
    v.required("aliases", aliases,
               "What may stand for the number behind '@': \"champion\" of the version in use, "
               "\"candidate\" of the newest.");
    v.required("shipped", shipped, "Whether it came with Ptah.");
    v.required("hash", hash, "SHA-256 of what the model is: of its files and its record.");
    v.required("job", job, "The job that made it.");
    v.required("owner", owner, "Whose it is: the owner of that job.");
    v.required("created_ms", created_ms, "Milliseconds since 1970.");
    v.required(
        "record", record,
        "Where it comes from: `trainer` or `imported`, their `plugin_hashes`, `options`, "
        "`seed`, `label`, `dataset` (its SHA-256, jobs and size), `metrics`; of one that was "
        "put the SHA-256 of its `files`.");
    v.required("files", files, "Its files (model.get only).");
  }
};
struct ModelListReply {
  std::vector<ModelInfo> models;
  std::optional<std::string> next;
  template <class V>
  void describe(V& v) {
    v.required("models", models, "By name, the newest version first; as many as fit into a line.");
    v.optional("next", next, "`after` for the next call, where there are more.");
  }
};
struct ModelPutFile {
  std::string name, path;
  template <class V>
  void describe(V& v) {
    v.required("name", name, "Its name in the model.", of_form(TextForm::kName));
    v.required("path", path, "The file.", of_form(TextForm::kFile));
  }
};
/// What `model.json` says of a model whose files lie beside it.
struct ModelRecord {
  std::string predictor, explorer, label, note;
  std::map<std::string, double> metrics;
  std::map<std::string, std::string> files;
  template <class V>
  void describe(V& v) {
    v.optional("predictor", predictor, "Plugin that predicts with the files.",
               of_form(TextForm::kName));
    v.optional("explorer", explorer, "Plugin whose explorations begin with the files.",
               of_form(TextForm::kName));
    v.optional("label", label, "What it predicts.");
    v.optional("note", note, "Where it comes from, for people.");
    v.optional("metrics", metrics, "Numbers that its trainer said of it.");
    v.required("files", files, "The SHA-256 of each file, by its name.");
  }
  Status check(const std::string& path) const {
    for (const auto& [name, hash] : files) {
      PTAH_TRY(detail::check_form(name, field_path(path, "files"), TextForm::kName));
    }
    return check_plugin(predictor, explorer, path);
  }
  static Status check_plugin(const std::string& predictor, const std::string& explorer,
                             const std::string& path) {
    if (predictor.empty() != explorer.empty()) return ok();
    return make_error(ErrorCode::kInvalidArgument,
                      "A model is one of a predictor or of an explorer: name the one or the other.",
                      field_path(path, "predictor"));
  }
};
struct ModelPutParams {
  std::string library = "work", name, predictor, explorer, note;
  Object record;
  std::vector<ModelPutFile> files;
  template <class V>
  void describe(V& v) {
    v.optional("library", library, "The library.");
    v.required("name", name, "The model's name.", of_form(TextForm::kName));
    v.optional("predictor", predictor, "Plugin that predicts with the files.",
               of_form(TextForm::kName));
    v.optional("explorer", explorer,
               "In its place: the plugin whose explorations begin with the files.",
               of_form(TextForm::kName));
    v.required("files", files, "1 to 64 files.");
    v.optional("note", note, "Where it comes from, for people.");
    v.optional(
        "record", record,
        "What `model.json` beside exported files says, which becomes its record: `predictor` or "
        "`explorer`, `label`, `metrics`, and `files` with the SHA-256 of each, which has to match; "
        "what "
        "else it says is kept.");
  }
  Status check(const std::string& path) const {
    PTAH_TRY(ModelRecord::check_plugin(predictor, explorer, path));
    std::set<std::string> names;
    for (const ModelPutFile& file : files) names.insert(file.name);
    if (!files.empty() && files.size() <= 64 && names.size() == files.size()) return ok();
    return make_error(ErrorCode::kInvalidArgument,
                      "A model has 1 to 64 files, each of a name of its own.",
                      field_path(path, "files"));
  }
};

}  // namespace ptah::rpc
