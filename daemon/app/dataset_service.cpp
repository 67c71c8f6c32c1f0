// Datasets: making them, and the versions that a library has of them.
#include "app/server.hpp"
#include "store/failure.hpp"
#include "store/test_openings.hpp"

namespace ptah {

using namespace rpc;

namespace {

/// [store's thread]
DatasetInfo info_of(const DatasetRow& row, Store& store, bool with_files) {
  DatasetInfo info;
  info.library = row.version.library;
  info.name = row.version.cell;
  info.version = row.version.version;
  info.hash = row.version.hash;
  info.job = row.version.job;
  info.created_ms = row.version.created_ms;
  info.test_opened = test_openings(store, row);
  info.record.value = cut_fields(row.record, kMaxPart);
  if (!with_files) return info;
  for (const FileRow& file : row.blocks)
    info.files.push_back({file.hash, store.files().path(file.hash).string(), file.size});
  return info;
}

}  // namespace

void Server::dataset_make(const DatasetMakeParams& params, Reply<JobReply> reply) {
  Status status = params.job.empty() ? ok() : check_id(params.job, "job");
  if (status) status = check_id(params.library, "library");
  if (status) status = check_id(params.spec.value.name, "spec.name");
  if (!status) return reply(status.error());
  start_job(
      {params.job, std::string(kDatasetJob.name), {}, params.library, params.spec.json, {}, {}},
      false, std::move(reply));
}

void Server::dataset_import(const DatasetImportParams& params, Reply<JobReply> reply) {
  Status status = params.job.empty() ? ok() : check_id(params.job, "job");
  if (status) status = check_id(params.library, "library");
  if (status) status = check_id(params.spec.value.name, "spec.name");
  if (!status) return reply(status.error());
  NewJob job{params.job,
             std::string(kDatasetImportJob.name),
             {},
             params.library,
             params.spec.json,
             NewPlan{},
             {}};
  job.plan->circuit = params.spec.value.name;
  job.plan->chains.push_back(params.spec.json);
  start_job(std::move(job), false, std::move(reply));
}

void Server::dataset_export(const DatasetExportParams& params, Reply<JobReply> reply) {
  store_->submit(
      StoreThread::Kind::kRead,
      [params](Store& store) { return store.dataset(params.library, params.dataset); },
      [this, params, reply](Result<DatasetRow> dataset) {
        if (!dataset) return reply(dataset.error());
        const VersionRow& version = dataset.value().version;
        Json blocks = Json::array();
        for (const FileRow& block : dataset.value().blocks)
          blocks.push_back("sha256:" + block.hash);
        Json spec{{"library", version.library},
                  {"name", version.cell},
                  {"version", version.version},
                  {"blocks", std::move(blocks)}};
        start_job({{},
                   std::string(kDatasetExportJob.name),
                   params.out,
                   params.library,
                   std::move(spec),
                   {},
                   {}},
                  params.wait, reply);
      });
}

void Server::dataset_list(const DatasetListParams& params, Reply<DatasetListReply> reply) {
  answer_from_store<DatasetListReply>(reply, [params](Store& store) {
    std::optional<ModelKey> after;
    if (!params.after.empty()) after = model_key(params.after);
    DatasetListReply answer;
    std::size_t bytes = 0;
    for (const DatasetRow& row :
         store.datasets(params.library, params.name, after, params.limit + 1)) {
      DatasetInfo info = info_of(row, store, false);
      bytes += dump(write_value(info)).size() + 1;
      const auto count = static_cast<std::int64_t>(answer.datasets.size());
      if (count == params.limit || (bytes > kMaxAnswer && count > 0)) {
        const DatasetInfo& last = answer.datasets.back();
        answer.next = last.name + "@" + std::to_string(last.version);
        break;
      }
      answer.datasets.push_back(std::move(info));
    }
    return answer;
  });
}

void Server::dataset_get(const DatasetParams& params, Reply<DatasetInfo> reply) {
  answer_from_store<DatasetInfo>(reply, [params](Store& store) {
    return info_of(store.dataset(params.library, params.dataset), store, true);
  });
}

void Server::dataset_delete(const DatasetParams& params, Reply<Nothing> reply) {
  store_->submit(
      StoreThread::Kind::kRead,
      [params](Store& store) {
        if (model_key(params.dataset).version == 0) {
          fail(ErrorCode::kInvalidArgument, "Say which version is to go: \"name@3\".", "dataset",
               "`ptah dataset list` shows them.");
        }
        return store.dataset(params.library, params.dataset).version;
      },
      [this, reply](Result<VersionRow> dataset) {
        if (!dataset) return reply(dataset.error());
        jobs_->remove(dataset.value().job, [reply](Status removed) {
          if (!removed) return reply(removed.error());
          reply(Nothing{});
        });
      });
}

}  // namespace ptah
