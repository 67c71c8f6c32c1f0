// Datasets: versions of view `dataset`, each of the job whose chains made its files.
#include "store/failure.hpp"
#include "store/readers.hpp"
#include "store/store.hpp"

namespace ptah {
namespace {

void add_counts(Json& to, const Json& from) {
  for (const auto& [name, count] : from.items()) {
    if (count.is_number_integer())
      to[name] = to.value(name, std::int64_t{0}) + count.get<std::int64_t>();
  }
}

std::int64_t count_of(const Json& record, const char* field) {
  const Json value = record.value(field, Json());
  return value.is_number_integer() ? value.get<std::int64_t>() : 0;
}

}  // namespace

Json Store::add_dataset(const std::string& job) {
  const JobRow row = existing_job(job);
  const Json named = row.spec.value("name", Json());
  if (!named.is_string() || !is_id(named.get<std::string>()))
    fail(ErrorCode::kInternal, "The job of a dataset does not say its name.", job);
  Json record = Json::object(), failures = Json::object(), blocks = Json::array();
  std::int64_t count = 0, clean = 0, bytes = 0;
  std::vector<VariantRow> made;
  {
    Query query(database_, std::string("SELECT ") + kVariantColumns +
                               " FROM variants WHERE job=? ORDER BY chain, variant");
    query << job;
    while (query.next()) made.push_back(read_variant(query));
  }
  for (const VariantRow& variant : made) {
    if (record.empty()) record = variant.record;
    count += count_of(variant.record, "count");
    clean += count_of(variant.record, "clean");
    add_counts(failures, variant.record.value("failures", Json::object()));
    for (const FileRow& file : files_of(job, variant.chain, variant.variant)) {
      if (file.role != kSamplesRole) continue;
      blocks.push_back(file.hash);
      bytes += file.size;
    }
  }
  if (blocks.empty()) return nullptr;
  for (const char* field : {"first", "distinct"}) record.erase(field);
  record.update({{"dataset", named},
                 {"count", count},
                 {"clean", clean},
                 {"failures", std::move(failures)},
                 {"bytes", bytes},
                 {"blocks", std::move(blocks)}});
  const std::string name = named.get<std::string>();
  const std::vector<FileRow> stored =
      put_files(job, kWholeJob, kOutcome,
                {{kDatasetRole, {}, record.dump(1) + "\n", "datasets/" + name + "/dataset.json"}});
  const std::int64_t version = add_version(row.library, name, kDatasetView, stored.front().hash,
                                           job, kWholeJob, kOutcome, false);
  record.erase("blocks");
  record["version"] = version;
  return record;
}

DatasetRow Store::read_dataset(const VersionRow& version) {
  DatasetRow row{version, existing_job(version.job).result.value("dataset", Json::object()), {}};
  for (const FileRow& file : job_files(version.job)) {
    if (file.role == kSamplesRole) row.blocks.push_back(file);
  }
  return row;
}

std::vector<DatasetRow> Store::datasets(const std::string& library, const std::string& name,
                                        const std::optional<VersionName>& after,
                                        std::int64_t limit) {
  std::vector<DatasetRow> rows;
  for (const VersionRow& version : versions_of_view(library, kDatasetView, name, after, limit))
    rows.push_back(read_dataset(version));
  return rows;
}

DatasetRow Store::dataset(const std::string& library, const std::string& reference) {
  return read_dataset(
      existing_version(library, kDatasetView, version_name(reference, kDatasetView)));
}

}  // namespace ptah
