// Models: training them, and the versions that a library has of them.
#include "app/server.hpp"
#include "jobs/training_set.hpp"
#include "store/failure.hpp"

namespace ptah {

using namespace rpc;

namespace {

ModelInfo info_of(const ModelRow& row, const FileStore& files, bool with_files) {
  ModelInfo info;
  info.library = row.version.library;
  info.name = row.version.cell;
  info.version = row.version.version;
  info.used = row.used;
  info.hash = row.version.hash;
  info.job = row.version.job;
  info.created_ms = row.version.created_ms;
  info.record.value = cut_fields(row.record, kMaxPart);
  if (!with_files) return info;
  for (const FileRow& file : row.files) {
    if (file.role != kModelFileRole) continue;
    info.files.push_back({std::filesystem::path(file.dataset).filename().string(), file.hash,
                          files.path(file.hash).string(), file.size});
  }
  return info;
}

/// A job that is done when it is there, and whose one variant is the model. [store's thread]
ModelRow import_model(Store& store, const ModelPutParams& params) {
  const std::string folder = "models/" + params.name + "/";
  Json origins = Json::object();
  std::vector<NewFile> files;
  for (const ModelPutFile& file : params.files) {
    files.push_back({kModelFileRole, file.path, {}, folder + "files/" + file.name});
    origins[file.name] = file.path;
  }
  Json record{{"model", params.name},          {"imported", true},
              {"predictor", params.predictor}, {"note", params.note},
              {"origins", std::move(origins)}, {"metrics", Json::object()}};
  files.insert(files.begin(),
               NewFile{kModelRole, {}, record.dump(1) + "\n", folder + "model.json"});
  NewJob job{{}, std::string(kImportJob.name), {}, params.library, record, NewPlan{}, {}};
  job.plan->circuit = params.name;
  job.plan->chains.push_back(Json::object());
  const std::string id = store.create_job(job).first.id;
  store.commit_variant(id, 0, 0, record, files);
  store.finish_chain(id, 0, nullptr, nullptr);
  store.finish_job(id, JobState::kDone, nullptr, {{"model", params.name}});
  return store.models(params.library, params.name, std::nullopt, 1).front();
}

}  // namespace

void Server::tell_models(const std::string& change, const VersionRow& model) {
  const std::string line = encode_notification("model.changed", {{"change", change},
                                                                 {"library", model.library},
                                                                 {"name", model.cell},
                                                                 {"version", model.version}});
  for (const auto& session : sessions_) {
    if (session->role() != Role::kStranger && session->backlog() == 0) session->send(line);
  }
}

void Server::flow_train(const TrainParams& params, Reply<JobReply> reply) {
  Status status = params.job.empty() ? ok() : check_id(params.job, "job");
  if (status) status = check_id(params.library, "library");
  if (!status) return reply(status.error());
  gather_training(
      *store_, params.spec.value, params.library, alive_,
      [this, params, reply](Result<GatheredTraining> gathered) {
        if (!gathered) return reply(gathered.error());
        NewJob job{params.job,
                   std::string(kTrainJob.name),
                   {},
                   params.library,
                   params.spec.json,
                   NewPlan{},
                   {}};
        job.plan->circuit = params.spec.value.model;
        job.plan->plan = std::move(gathered.value().plan);
        job.plan->chains.push_back(Json::object());
        job.plan->files = std::move(gathered.value().files);
        job.plan->files.push_back({kCommonRole, {}, std::move(gathered.value().task), {}});
        jobs_->create(std::move(job), [reply](Result<JobRow> row) {
          if (!row) return reply(row.error());
          reply(JobReply{row.value().id, std::string(to_string(row.value().state)), nullptr});
        });
      });
}

void Server::model_list(const ModelListParams& params, Reply<ModelListReply> reply) {
  answer_from_store<ModelListReply>(reply, [params](Store& store) {
    std::optional<ModelKey> after;
    if (!params.after.empty()) after = model_key(params.after);
    ModelListReply answer;
    std::size_t bytes = 0;
    const auto rows = store.models(params.library, params.name, after, params.limit + 1);
    for (const ModelRow& row : rows) {
      ModelInfo info = info_of(row, store.files(), false);
      bytes += dump(write_value(info)).size() + 1;
      const auto count = static_cast<std::int64_t>(answer.models.size());
      if (count == params.limit || (bytes > kMaxAnswer && count > 0)) {
        const ModelInfo& last = answer.models.back();
        answer.next = last.name + "@" + std::to_string(last.version);
        break;
      }
      answer.models.push_back(std::move(info));
    }
    return answer;
  });
}

void Server::model_get(const ModelParams& params, Reply<ModelInfo> reply) {
  answer_from_store<ModelInfo>(reply, [params](Store& store) {
    return info_of(store.model(params.library, params.model), store.files(), true);
  });
}

template <class Work>
void Server::change_model(const std::string& change, const Reply<ModelInfo>& reply, Work work) {
  struct Changed {
    VersionRow version;
    ModelInfo info;
  };
  store_->submit(
      StoreThread::Kind::kWrite,
      [work = std::move(work)](Store& store) {
        const ModelRow model = work(store);
        return Changed{model.version, info_of(model, store.files(), true)};
      },
      [this, change, reply](Result<Changed> changed) {
        if (!changed) return reply(changed.error());
        tell_models(change, changed.value().version);
        reply(std::move(changed.value().info));
      });
}

void Server::model_put(const ModelPutParams& params, Reply<ModelInfo> reply) {
  if (const Status status = check_id(params.library, "library"); !status)
    return reply(status.error());
  change_model("ready", reply, [params](Store& store) { return import_model(store, params); });
}

void Server::model_use(const ModelUseParams& params, Reply<ModelInfo> reply) {
  change_model("used", reply,
               [params](Store& store) { return store.use_model(params.library, params.model); });
}

void Server::model_delete(const ModelParams& params, Reply<Nothing> reply) {
  store_->submit(
      StoreThread::Kind::kRead,
      [params](Store& store) {
        if (model_key(params.model).version == 0) {
          fail(ErrorCode::kInvalidArgument, "Say which version is to go: \"name@3\".", "model",
               "`ptah model list` shows them.");
        }
        return store.model(params.library, params.model).version;
      },
      [this, reply](Result<VersionRow> model) {
        if (!model) return reply(model.error());
        jobs_->remove(model.value().job, [this, reply, version = model.value()](Status removed) {
          if (!removed) return reply(removed.error());
          tell_models("deleted", version);
          reply(Nothing{});
        });
      });
}

}  // namespace ptah
