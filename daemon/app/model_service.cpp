// Models: training them, and the versions that a library has of them.
#include "app/answer_rows.hpp"
#include "app/model_import.hpp"
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
  info.shipped = row.version.shipped;
  if (row.used) info.aliases.push_back(kChampion);
  if (row.newest) info.aliases.push_back(kCandidate);
  info.hash = row.version.hash;
  info.job = row.version.job;
  info.owner = row.version.owner;
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

}  // namespace

void Server::tell_models(const std::string& change, const VersionRow& model) {
  const std::string line = encode_notification("model.changed", {{"change", change},
                                                                 {"library", model.library},
                                                                 {"name", model.cell},
                                                                 {"version", model.version}});
  for (const auto& session : sessions_) {
    if (session->role() != Role::kStranger && session->sees(model.library) &&
        session->backlog() == 0)
      session->send(line);
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
        job.owner = reply.caller()->principal();
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
    std::optional<VersionName> after;
    if (!params.after.empty()) after = version_name(params.after, kModelView);
    ModelListReply answer;
    answer.next = add_versions(
        store.models(params.library, params.name, after, params.limit + 1), params.limit,
        answer.models, [&](const ModelRow& row) { return info_of(row, store.files(), false); });
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
  const std::string owner = reply.caller()->principal();
  change_model("ready", reply, [params, owner, quota = quota_of(owner)](Store& store) {
    ModelRow model = import_model(store, params, {}, owner);
    store.check_quota(owner, quota);
    return model;
  });
}

void Server::model_use(const ModelUseParams& params, Reply<ModelInfo> reply) {
  change_model("used", reply,
               [params](Store& store) { return store.use_model(params.library, params.model); });
}

void Server::delete_version(const Caller& caller, const std::string& view,
                            const std::string& reference, std::function<VersionRow(Store&)> find,
                            std::function<void(Result<VersionRow>)> done) {
  store_->submit(
      StoreThread::Kind::kRead,
      [sight = sight_of(caller), view, reference, find = std::move(find)](Store& store) {
        if (version_name(reference, view).version == 0) {
          fail(ErrorCode::kInvalidArgument, "Say which version is to go: \"name@3\".", view,
               "`ptah " + view + " list` shows them.");
        }
        VersionRow version = find(store);
        sight.check_owner("Version \"" + reference + "\"", version.owner);
        return version;
      },
      [this, done = std::move(done)](Result<VersionRow> version) {
        if (!version) return done(version.error());
        jobs_->remove(version.value().job, [done, version = version.value()](Status removed) {
          if (!removed) return done(removed.error());
          done(version);
        });
      });
}

void Server::model_delete(const ModelParams& params, Reply<Nothing> reply) {
  delete_version(
      *reply.caller(), kModelView, params.model,
      [params](Store& store) { return store.model(params.library, params.model).version; },
      [this, reply](Result<VersionRow> deleted) {
        if (!deleted) return reply(deleted.error());
        tell_models("deleted", deleted.value());
        reply(Nothing{});
      });
}

}  // namespace ptah
