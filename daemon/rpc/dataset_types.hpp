/// Requests and replies of dataset.*, and what their tasks are told.
#pragma once

#include "rpc/fields.hpp"
#include "rpc/specs.hpp"

namespace ptah {

/// Of a file of a dataset.
enum class DatasetForm {
  kPtah,    ///< Placements and labels.
  kPublic,  ///< Those, and a group of pictures and classes as the public data set has them.
};
template <>
struct Choices<DatasetForm> {
  static constexpr std::array<NamedChoice<DatasetForm>, 2> kNames{
      {{DatasetForm::kPtah, "ptah"}, {DatasetForm::kPublic, "public"}}};
};

}  // namespace ptah

namespace ptah::rpc {

/// dataset.make.
struct DatasetSpec : CircuitSource {
  std::string name, tech = "ptah130", flow = "sampling";
  std::int64_t count = 0, seed = 0, assignment = 0;
  std::optional<std::vector<std::string>> labels;
  template <class V>
  void describe(V& v) {
    v.required("name", name, "Name of the dataset: a cell of the job's library.",
               of_form(TextForm::kName));
    v.required("count", count, "Layouts, those that fail included.", Range{1, 1'000'000});
    describe_circuit(v, "top");
    v.optional("assignment", assignment, "Its finger assignment, by its number.",
               Range{0, kNoLimit});
    v.optional("labels", labels,
               "Measures that become labels; only their testbenches are simulated. Otherwise those "
               "of testbenches with operating points alone, or where there is none, those that "
               "operating points give, or all.");
    v.optional("tech", tech, "Technology.", of_form(TextForm::kNameOrFile));
    v.optional("flow", flow, "Which plugins do the stages.", of_form(TextForm::kNameOrFile));
    v.optional("seed", seed, "Of all that is drawn.", Range{0, kNoLimit});
  }
  Status check(const std::string& path) const {
    PTAH_TRY(check_circuit(path));
    if (!labels || (!labels->empty() && labels->size() <= 100)) return ok();
    return make_error(ErrorCode::kInvalidArgument, "Name 1 to 100 labels, or leave the field out.",
                      field_path(path, "labels"));
  }
};
struct DatasetMakeParams {
  std::string job, library = "work";
  Given<DatasetSpec> spec;
  template <class V>
  void describe(V& v) {
    v.optional("job", job, "Id chosen by the client, as in flow.run.");
    v.required("spec", spec, "What to make. A job keeps it as it was given.");
    v.optional("library", library, "Library in which the dataset becomes a version.");
  }
};

/// dataset.import.
struct DatasetImportSpec {
  std::string name, file, note;
  std::optional<DatasetForm> form;
  template <class V>
  void describe(V& v) {
    v.required("name", name, "Name of the dataset.", of_form(TextForm::kName));
    v.required("file", file, "An HDF5 file that dataset.export wrote.", of_form(TextForm::kFile));
    v.optional("note", note, "Where it comes from, for people.");
    v.optional("form", form, "Of the file; otherwise it is recognised.");
  }
};
struct DatasetImportParams {
  std::string job, library = "work";
  Given<DatasetImportSpec> spec;
  template <class V>
  void describe(V& v) {
    v.optional("job", job, "Id chosen by the client, as in flow.run.");
    v.required("spec", spec, "What to take in.");
    v.optional("library", library, "Library in which it becomes a version.");
  }
};

/// An item that a task is done without.
struct LeftOut {
  std::int64_t item = 0;
  std::string reason;
  template <class V>
  void describe(V& v) {
    v.required("item", item, "Its number.", Range{0, kNoLimit});
    v.required("reason", reason, "Why.");
  }
};

/// The spec of a `sample` task: a block of a dataset. What all blocks have in common is planned by
/// `samples.plan`.
struct SampleTask {
  Object input, flow;
  std::string name, tech, files, common;
  std::vector<std::string> labels;
  std::int64_t seed = 0, assignment = 0, first = 0, count = 0;
  std::vector<LeftOut> left_out;
  Json resume;
  template <class V>
  void describe(V& v) {
    v.required("input", input, "The circuit, as its plan read it.");
    v.required("flow", flow, "The flow, whole.");
    v.required("name", name, "The dataset.");
    v.required("tech", tech, "Technology.");
    v.required("labels", labels, "Measures that become labels.");
    v.required("seed", seed, "The dataset's.", Range{0, kNoLimit});
    v.required("assignment", assignment, "Finger assignment.", Range{0, kNoLimit});
    v.required("first", first, "Number of its first layout.", Range{0, kNoLimit});
    v.required("count", count, "Layouts.", Range{1, kNoLimit});
    v.optional("left_out", left_out, "Those that end workers.");
    v.optional("files", files, "Folder of the store's files.");
    v.optional("common", common, "The file that this was read from.");
    v.optional("resume", resume, "The block, where it was made already.");
  }
};

/// The spec of a `samples.import` task: what the client asked for, and what the store adds.
struct DatasetImportTask : DatasetImportSpec {
  std::string files;
  Json resume;
  template <class V>
  void describe(V& v) {
    DatasetImportSpec::describe(v);
    v.optional("files", files, "Folder of the store's files.");
    v.optional("resume", resume, "The dataset, where it was made already.");
  }
};

/// A dataset, as tasks of jobs find it: a part of their specs. Its blocks are files of the store.
struct StoredDataset {
  std::string library, name, files;
  std::int64_t version = 0;
  std::vector<std::string> blocks;
  template <class V>
  void describe(V& v) {
    v.required("library", library, "The library.");
    v.required("name", name, "The dataset.");
    v.required("version", version, "Which one.");
    v.required("blocks", blocks, "Its files, in order.", of_form(TextForm::kFile));
    v.optional("files", files, "Folder of the store's files.");
  }
};

/// The spec of an export's task.
struct DatasetExportSpec : StoredDataset {
  DatasetForm form = DatasetForm::kPtah;
  std::string label;
  bool balanced = false;
  template <class V>
  void describe(V& v) {
    StoredDataset::describe(v);
    v.optional("form", form, "Of the file.");
    v.optional("label", label, "Of the public form.");
    v.optional("balanced", balanced, "Of the public form.");
  }
};

/// What is drawn of a dataset: a part of dataset.render and of its task's spec.
struct DatasetPictures {
  std::optional<std::int64_t> index, count;
  std::string label;
  PictureFormat format = PictureFormat::kPng;

 protected:
  template <class V>
  void describe_pictures(V& v) {
    v.optional("index", index, "One layout, by its number, also where it failed.",
               Range{0, kNoLimit});
    v.optional("count", count,
               "So many of the best and so many of the worst by the label, which are not of the "
               "test part, and all of them on a sheet. Without `index`, 4.",
               Range{1, 32});
    v.optional("label", label, "As in dataset.check. Otherwise the dataset's first.");
    v.optional("format", format, "Of the files.");
  }
};

/// The spec of a `samples.render` task.
struct DatasetRenderSpec : StoredDataset, DatasetPictures {
  template <class V>
  void describe(V& v) {
    StoredDataset::describe(v);
    describe_pictures(v);
  }
};

/// "name", the newest version of the user's own, or where there is none of those that came with
/// Ptah; or "name@3".
struct DatasetParams {
  std::string library = "work", dataset;
  template <class V>
  void describe(V& v) {
    v.optional("library", library, "The library.");
    v.required("dataset", dataset,
               "Its name: the newest version (of one's own, where there is one; one that came with "
               "Ptah hides none). \"name@3\": that version.");
  }
};
struct DatasetExportParams {
  std::string library = "work", dataset, label, out;
  DatasetForm form = DatasetForm::kPtah;
  bool balanced = false, wait = false;
  template <class V>
  void describe(V& v) {
    v.optional("library", library, "The library.");
    v.required("dataset", dataset, "\"name\" or \"name@3\".");
    v.optional("form", form,
               "\"public\": with a group of pictures and classes as the public data set has them.");
    v.optional("label", label,
               "By which its classes are, as in dataset.check. Otherwise the dataset's first.");
    v.optional("balanced", balanced, "Only the best and the worst quarter have pictures.");
    v.optional("out", out, "Absolute folder in which the file appears as well, as in flow.run.",
               output_folder());
    v.optional("wait", wait, "Answer when the file is there; `result` names it.");
  }
  Status check(const std::string& path) const {
    if (form == DatasetForm::kPublic || (label.empty() && !balanced)) return ok();
    return make_error(ErrorCode::kInvalidArgument,
                      "`label` and `balanced` are of the public form; the dataset's own has all "
                      "labels and all layouts.",
                      field_path(path, "form"), "Add \"form\": \"public\".");
  }
};
/// dataset.render.
struct DatasetRenderParams : DatasetPictures {
  std::string library = "work", dataset, out;
  bool wait = false;
  template <class V>
  void describe(V& v) {
    v.optional("library", library, "The library.");
    v.required("dataset", dataset, "\"name\" or \"name@3\".");
    describe_pictures(v);
    v.optional("out", out, "Absolute folder in which the files appear as well, as in flow.run.",
               output_folder());
    v.optional("wait", wait, "Answer when the files are there; `result` names them.");
  }
  Status check(const std::string& path) const {
    if (!index || !count) return ok();
    return make_error(ErrorCode::kInvalidArgument, "Give one of `index` and `count`.",
                      field_path(path, "index"));
  }
};
struct DatasetListParams {
  std::string library = "work", name, after;
  std::int64_t limit = 100;
  template <class V>
  void describe(V& v) {
    v.optional("library", library, "The library.");
    v.optional("name", name, "Only versions of this dataset.");
    v.optional("after", after, "`next` of the answer before.");
    v.optional("limit", limit, "At most so many.", Range{1, 1000});
  }
};
struct DatasetFileInfo {
  std::string hash, path;
  std::int64_t size = 0;
  template <class V>
  void describe(V& v) {
    v.required("hash", hash, "SHA-256 of its bytes.");
    v.required("path", path, "The read-only file in the store.");
    v.required("size", size, "Bytes.");
  }
};
struct DatasetInfo {
  std::string library, name, hash, job, owner;
  std::int64_t version = 0, created_ms = 0, test_opened = 0;
  bool shipped = false;
  Object record;
  std::vector<DatasetFileInfo> files;
  template <class V>
  void describe(V& v) {
    v.required("library", library, "The library.");
    v.required("name", name, "The dataset's name.");
    v.required("version", version, "1 is the first.");
    v.required("hash", hash, "SHA-256 of what the dataset is: of its record and its files.");
    v.required("job", job, "The job that made it.");
    v.required("owner", owner, "Whose it is: the owner of that job.");
    v.required("created_ms", created_ms, "Milliseconds since 1970.");
    v.required("shipped", shipped, "Whether it came with Ptah.");
    v.required("record", record,
               "`circuit`, `tech`, `count`, `clean`, `failures` by class, `labels`, `seed`, "
               "`imported`, `bytes`.");
    v.required("test_opened", test_opened,
               "How often model.evaluate looked at the test part of what it is.");
    v.required("files", files, "Its blocks, in order (dataset.get only).");
  }
};
struct DatasetListReply {
  std::vector<DatasetInfo> datasets;
  std::optional<std::string> next;
  template <class V>
  void describe(V& v) {
    v.required("datasets", datasets, "By name, the newest version first.");
    v.optional("next", next, "`after` for the next call, where there are more.");
  }
};

}  // namespace ptah::rpc
