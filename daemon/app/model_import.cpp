#include "app/model_import.hpp"

#include "rpc/task_kind.hpp"
#include "store/failure.hpp"

namespace ptah {
namespace {

/// Fails for a file that is not the one that the record names, and for one that is absent.
void check_hashes(const rpc::ModelRecord& record, const Json& hashes, const std::string& name) {
  for (const auto& [file, hash] : record.files) {
    if (hashes.value(file, std::string()) == hash) continue;
    fail(ErrorCode::kParse,
         hashes.contains(file)
             ? "File `" + file.substr(0, 64) +
                   "` is not the one that model.json names: it is damaged, or of "
                   "another model."
             : "File `" + file.substr(0, 64) + "`, which model.json names, is absent.",
         "model " + name);
  }
}

}  // namespace

Result<rpc::ModelRecord> read_model_record(const Json& json, const std::filesystem::path& where) {
  if (!json.is_object())
    return make_error(ErrorCode::kParse, "That is no record of a model: no JSON object.",
                      where.string());
  // What else it says is for people, and kept.
  Json known = Json::object();
  for (const char* field : {"predictor", "explorer", "label", "note", "metrics", "files"}) {
    if (const auto found = json.find(field); found != json.end()) known[field] = *found;
  }
  auto record = rpc::read_struct<rpc::ModelRecord>(known, rpc::kMaxText);
  if (record) return record;
  Error error = record.error();
  error.code = ErrorCode::kParse;
  error.where = where.string();
  return error;
}

ModelRow import_model(Store& store, const rpc::ModelPutParams& params, const std::string& shipped,
                      const std::string& owner) {
  const std::string folder = "models/" + params.name + "/";
  Json record = params.record.value, origins = Json::object(), hashes = Json::object();
  std::vector<NewFile> files;
  for (const rpc::ModelPutFile& file : params.files) {
    const std::string hash = store.files().put_file(file.path).hash;
    files.push_back(
        {kModelFileRole, store.files().path(hash).string(), {}, folder + "files/" + file.name});
    hashes[file.name] = hash;
    origins[file.name] = file.path;
  }
  if (!record.empty()) {
    const auto read = read_model_record(record, "record");
    if (!read) throw Failure(read.error());
    check_hashes(read.value(), hashes, params.name);
  }
  record.update({{"model", params.name}, {"files", hashes}});
  for (const char* kind : {"predictor", "explorer"}) record.erase(kind);
  if (!params.predictor.empty()) record["predictor"] = params.predictor;
  if (!params.explorer.empty()) record["explorer"] = params.explorer;
  record.emplace("metrics", Json::object());
  if (!params.note.empty() || !record.contains("note")) record["note"] = params.note;
  if (shipped.empty()) record.update({{"imported", true}, {"origins", std::move(origins)}});
  NewJob job{
      shipped, std::string(kImportJob.name), {}, params.library, record, {}, {}, !shipped.empty(),
      owner};
  return store.put_model(std::move(job), params.name, record, std::move(files));
}

}  // namespace ptah
