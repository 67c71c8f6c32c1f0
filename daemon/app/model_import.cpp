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
  for (const char* field : {"predictor", "label", "note", "metrics", "files"}) {
    if (const auto found = json.find(field); found != json.end()) known[field] = *found;
  }
  auto record = rpc::read_struct<rpc::ModelRecord>(known, rpc::kMaxText);
  if (record) return record;
  Error error = record.error();
  error.code = ErrorCode::kParse;
  error.where = where.string();
  return error;
}

ModelRow import_model(Store& store, const rpc::ModelPutParams& params, const std::string& shipped) {
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
  record.update({{"model", params.name}, {"predictor", params.predictor}, {"files", hashes}});
  record.emplace("metrics", Json::object());
  if (!params.note.empty() || !record.contains("note")) record["note"] = params.note;
  if (shipped.empty()) record.update({{"imported", true}, {"origins", std::move(origins)}});
  files.insert(files.begin(),
               NewFile{kModelRole, {}, record.dump(1) + "\n", folder + "model.json"});
  NewJob job{
      shipped,         std::string(kImportJob.name), {}, params.library, record, NewPlan{}, {},
      !shipped.empty()};
  job.plan->circuit = params.name;
  job.plan->chains.push_back(Json::object());
  const std::string id = store.create_job(job).first.id;
  const VariantCommit made = store.commit_variant(id, 0, 0, record, files);
  store.finish_chain(id, 0, nullptr, nullptr);
  store.finish_job(id, JobState::kDone, nullptr, {{"model", params.name}});
  return store.model(params.library,
                     params.name + "@" + std::to_string(made.model ? made.model->version : 0));
}

}  // namespace ptah
