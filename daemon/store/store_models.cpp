// Models: versions of view `model`, and which of them a name alone means.
#include <algorithm>
#include <utility>

#include "ptah/core/run_tool.hpp"
#include "rpc/task_kind.hpp"
#include "store/failure.hpp"
#include "store/readers.hpp"
#include "store/store.hpp"

namespace ptah {
namespace {

constexpr std::size_t kMostLearntRecord = 400u << 10;

std::string reference_of(const ModelRow& model) {
  return model.version.cell + "@" + std::to_string(model.version.version);
}

/// Empty where the record has no such text.
std::string text_of(const ModelRow& model, const char* field) {
  const auto found = model.record.find(field);
  return found != model.record.end() && found->is_string() ? found->get<std::string>() : "";
}

/// Of the setting that says which version is in use: "VERSION HASH".
std::string setting_name(const std::string& library, const std::string& name) {
  return "model " + library + " " + name;
}

}  // namespace

std::string predictor_of(const ModelRow& model) {
  const std::string predictor = text_of(model, "predictor");
  if (!predictor.empty()) return predictor;
  const std::string name = reference_of(model), explorer = text_of(model, "explorer");
  if (explorer.empty())
    fail(ErrorCode::kInvalidArgument, "The model does not say its predictor.", name);
  fail(ErrorCode::kInvalidArgument,
       "Model " + name + " is a policy of explorer `" + explorer + "`: it predicts nothing.", name,
       "`ptah explore CIRCUIT --explorer " + explorer + " --model " + name +
           "` begins with it; `ptah model explain " + name + "` says what it prefers.");
}

void check_explorer(const ModelRow& model, const std::string& explorer) {
  const std::string of = text_of(model, "explorer"), name = reference_of(model);
  if (of == explorer) return;
  fail(ErrorCode::kInvalidArgument,
       of.empty()
           ? "Model " + name + " is one of predictor `" + text_of(model, "predictor") +
                 "`: no exploration begins with it."
           : "Model " + name + " is a policy of explorer `" + of + "`, not of `" + explorer + "`.",
       "model",
       of.empty()
           ? "`ptah explore ... --keep-model NAME` makes one that an exploration begins with."
           : "Explore with `" + of + "`.");
}

ModelRow Store::read_model(const VersionRow& version) {
  VariantRow made = variant(version.job, version.chain, version.variant);
  return {version, used_version(version.library, version.cell) == version.version,
          newest_version(version.library, kModelView, version.cell, false) == version.version,
          std::move(made.record), std::move(made.files)};
}

std::int64_t Store::used_version(const std::string& library, const std::string& name) {
  const std::string chosen = setting(setting_name(library, name));
  if (const std::size_t space = chosen.find(' '); space != std::string::npos) {
    // Of a version that was deleted since, the number may be another's by now.
    Query query(database_,
                "SELECT version FROM versions WHERE library=? AND cell=? AND view=? AND "
                "version=CAST(? AS INTEGER) AND hash=? AND job NOT IN (SELECT job FROM deletions)");
    query << library << name << kModelView << chosen.substr(0, space) << chosen.substr(space + 1);
    if (query.next()) return query.natural(0);
  }
  return named_version(library, kModelView, name);
}

std::vector<ModelRow> Store::models(const std::string& library, const std::string& name,
                                    const std::optional<VersionName>& after, std::int64_t limit) {
  std::vector<ModelRow> rows;
  for (const VersionRow& version : versions_of_view(library, kModelView, name, after, limit))
    rows.push_back(read_model(version));
  return rows;
}

ModelRow Store::model(const std::string& library, const std::string& reference) {
  VersionName wanted = version_name(reference, kModelView);
  if (wanted.version == 0 && !wanted.newest) wanted.version = used_version(library, wanted.name);
  return read_model(existing_version(library, kModelView, wanted));
}

ModelRow Store::use_model(const std::string& library, const std::string& reference) {
  const VersionName key = version_name(reference, kModelView);
  const std::string name = setting_name(library, key.name);
  if (reference == key.name) {
    set_setting(name, "");
  } else {
    const VersionRow chosen = model(library, reference).version;
    set_setting(name, std::to_string(chosen.version) + " " + chosen.hash);
  }
  return model(library, key.name);
}

ModelRow Store::put_model(NewJob job, const std::string& name, const Json& record,
                          std::vector<NewFile> files) {
  files.insert(files.begin(),
               NewFile{kModelRole, {}, record.dump(1) + "\n", "models/" + name + "/model.json"});
  const std::string library = job.library;
  job.plan.emplace();
  job.plan->circuit = name;
  job.plan->chains.push_back(Json::object());
  const std::string id = create_job(std::move(job)).first.id;
  const VariantCommit made = commit_variant(id, 0, 0, record, files);
  finish_chain(id, 0, nullptr, nullptr);
  finish_job(id, JobState::kDone, nullptr, {{"model", name}});
  return model(library, name + "@" + std::to_string(made.model ? made.model->version : 0));
}

void Store::put_learnt(const std::string& job, Json record, const std::vector<NewFile>& files) {
  if (!existing_job(job).spec.value("explore", Json::object()).contains("keep_model"))
    fail(ErrorCode::kPluginFailed, "A task has left a model that nobody asked for.", job);
  std::vector<NewFile> stored;
  Json hashes = Json::object();
  for (NewFile file : files) {
    if (file.role != kModelFileRole || !is_id(file.dataset) || hashes.contains(file.dataset))
      fail(ErrorCode::kPluginFailed, "The files of a model are not named as such.", job);
    hashes[std::exchange(file.dataset, {})] = put_file(file).hash;
    stored.push_back(std::move(file));
  }
  record["files"] = std::move(hashes);
  std::string text = stored_json(record);
  if (text.size() > kMostLearntRecord)
    fail(ErrorCode::kLimit, "The record of a model is larger than 400 KiB.", job);
  stored.push_back({kModelRole, {}, std::move(text), {}});
  drop_files(job, kWholeJob, kOutcome);
  put_files(job, kWholeJob, kOutcome, stored);
}

std::optional<VersionRow> Store::keep_learnt(const std::string& job) {
  const JobRow row = existing_job(job);
  const auto learnt = files_of(job, kWholeJob, kOutcome);
  const auto about = std::find_if(learnt.begin(), learnt.end(),
                                  [](const FileRow& file) { return file.role == kModelRole; });
  const Json explore = row.spec.value("explore", Json::object());
  if (about == learnt.end() || !explore.contains("keep_model")) return std::nullopt;
  const auto name = explore["keep_model"].get<std::string>();
  const auto text = read_text_file(files_.path(about->hash), kMostLearntRecord);
  const Json record = text ? Json::parse(text.value(), nullptr, false) : Json();
  if (!record.is_object() || !record.value("files", Json()).is_object())
    fail(ErrorCode::kIo, "What was learnt is damaged in the store.", job);
  std::vector<NewFile> files;
  for (const auto& [part, hash] : record["files"].items()) {
    files.push_back({kModelFileRole,
                     files_.path(hash.get<std::string>()).string(),
                     {},
                     "models/" + name + "/files/" + part});
  }
  NewJob kept;
  kept.kind = kImportJob.name;
  kept.library = row.library;
  kept.owner = row.owner;
  kept.spec = {{"exploration", job}, {"model", name}};
  const VersionRow made = put_model(std::move(kept), name, record, std::move(files)).version;
  drop_files(job, kWholeJob, kOutcome);
  return made;
}

}  // namespace ptah
