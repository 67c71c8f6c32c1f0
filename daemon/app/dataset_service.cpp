// Datasets: making them, and the versions that a library has of them.
#include "app/answer_rows.hpp"
#include "app/server.hpp"
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
  info.owner = row.version.owner;
  info.created_ms = row.version.created_ms;
  info.test_opened = test_openings(store, row);
  info.shipped = row.version.shipped;
  info.record.value = cut_fields(row.record, kMaxPart);
  if (!with_files) return info;
  for (const FileRow& file : row.blocks)
    info.files.push_back({file.hash, store.files().path(file.hash).string(), file.size});
  return info;
}

/// What a task of a job has to know of the dataset. [store's thread]
void fill(StoredDataset& spec, const DatasetRow& dataset, Store& store) {
  spec.library = dataset.version.library;
  spec.name = dataset.version.cell;
  spec.version = dataset.version.version;
  spec.files = store.files().root().string();
  for (const FileRow& block : dataset.blocks) spec.blocks.push_back("sha256:" + block.hash);
}

/// Of dataset.make and dataset.import.
template <class Params>
Status check_names(const Params& params) {
  if (!params.job.empty()) {
    PTAH_TRY(check_id(params.job, "job"));
  }
  PTAH_TRY(check_id(params.library, "library"));
  return check_id(params.spec.value.name, "spec.name");
}

}  // namespace

void Server::dataset_make(const DatasetMakeParams& params, Reply<JobReply> reply) {
  if (const Status status = check_names(params); !status) return reply(status.error());
  start_job(
      {params.job, std::string(kDatasetJob.name), {}, params.library, params.spec.json, {}, {}},
      false, std::move(reply));
}

void Server::dataset_import(const DatasetImportParams& params, Reply<JobReply> reply) {
  if (const Status status = check_names(params); !status) return reply(status.error());
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

template <class Spec, class Params>
void Server::dataset_job(const JobKind& kind, Spec spec, const Params& params,
                         const Reply<JobReply>& reply) {
  store_->submit(
      StoreThread::Kind::kRead,
      [spec = std::move(spec), params](Store& store) mutable {
        fill(spec, store.dataset(params.library, params.dataset), store);
        return write_value(spec);
      },
      [this, &kind, params, reply](Result<Json> written) {
        if (!written) return reply(written.error());
        start_job({{},
                   std::string(kind.name),
                   params.out,
                   params.library,
                   std::move(written.value()),
                   {},
                   {}},
                  params.wait, reply);
      });
}

void Server::dataset_export(const DatasetExportParams& params, Reply<JobReply> reply) {
  DatasetExportSpec spec;
  spec.form = params.form;
  spec.label = params.label;
  spec.balanced = params.balanced;
  dataset_job(kDatasetExportJob, std::move(spec), params, reply);
}

void Server::dataset_render(const DatasetRenderParams& params, Reply<JobReply> reply) {
  DatasetRenderSpec spec;
  static_cast<DatasetPictures&>(spec) = params;
  dataset_job(kDatasetRenderJob, std::move(spec), params, reply);
}

void Server::dataset_list(const DatasetListParams& params, Reply<DatasetListReply> reply) {
  answer_from_store<DatasetListReply>(reply, [params](Store& store) {
    std::optional<VersionName> after;
    if (!params.after.empty()) after = version_name(params.after, kDatasetView);
    DatasetListReply answer;
    answer.next = add_versions(store.datasets(params.library, params.name, after, params.limit + 1),
                               params.limit, answer.datasets,
                               [&](const DatasetRow& row) { return info_of(row, store, false); });
    return answer;
  });
}

void Server::dataset_get(const DatasetParams& params, Reply<DatasetInfo> reply) {
  answer_from_store<DatasetInfo>(reply, [params](Store& store) {
    return info_of(store.dataset(params.library, params.dataset), store, true);
  });
}

void Server::dataset_delete(const DatasetParams& params, Reply<Nothing> reply) {
  delete_version(
      *reply.caller(), kDatasetView, params.dataset,
      [params](Store& store) { return store.dataset(params.library, params.dataset).version; },
      [reply](Result<VersionRow> deleted) {
        if (!deleted) return reply(deleted.error());
        reply(Nothing{});
      });
}

}  // namespace ptah
