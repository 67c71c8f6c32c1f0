#include "jobs/training_set.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "ptah/core/sha256.hpp"
#include "rpc/message.hpp"
#include "store/failure.hpp"

namespace ptah {
namespace {

/// A line of the worker's must hold them.
constexpr std::size_t kMostLayouts = 200'000;
constexpr std::int64_t kVariantsAtOnce = 200;

std::optional<double> number(const Json& record, const char* field) {
  const auto found = record.find(field);
  if (found == record.end() || !found->is_number()) return std::nullopt;
  const double value = found->get<double>();
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

/// The model that a training goes on from, if it does, and its files: the training's own, also when
/// the model goes.
struct Start {
  std::optional<rpc::StartingModel> model;
  std::vector<NewFile> files;
};

struct Gathering {
  StoreThread& store;
  rpc::TrainSpec spec;
  Start start;
  std::shared_ptr<const bool> alive;
  std::function<void(Result<GatheredTraining>)> done;
  rpc::TrainingSet set;
  std::size_t job = 0;     ///< That is being read.
  std::int64_t after = 0;  ///< Its last variant that was.
  std::int64_t left_out = 0;
};
using Ptr = std::shared_ptr<Gathering>;

struct Page {
  std::vector<VariantRow> variants;
  std::string common;  ///< Its hash; asked for with the first page.
};

/// [store's thread]
Page read_page(Store& store, const std::string& job, std::int64_t after) {
  Page page;
  if (after == 0) {
    const JobRow row = store.existing_job(job);
    if (row.kind != "run") {
      fail(ErrorCode::kInvalidArgument,
           "Job \"" + job + "\" is a " + row.kind + ": only runs have layouts to learn from.", job);
    }
    for (const FileRow& file : store.job_files(job)) {
      if (file.role == kCommonRole) page.common = file.hash;
    }
    if (page.common.empty()) {
      fail(ErrorCode::kInvalidArgument,
           "Job \"" + job + "\" is not planned yet, or was made by an older Ptah.", job,
           "Run it again.");
    }
  }
  page.variants = store.variants(job, std::nullopt, after, kVariantsAtOnce);
  return page;
}

/// [store's thread]
Start start_of(Store& store, const rpc::TrainSpec& spec, const std::string& library) {
  Start start;
  if (spec.from.empty()) return start;
  const ModelRow row = store.model(library, spec.from);
  start.model = rpc::StartingModel{
      row.version.cell, row.version.hash, predictor_of(row), row.version.version, {}};
  for (const FileRow& file : row.files) {
    if (file.role != kModelFileRole) continue;
    start.model->files[std::filesystem::path(file.dataset).filename().string()] = file.hash;
    start.files.push_back({kStartFileRole, store.files().path(file.hash).string(), {}, {}});
  }
  return start;
}

GatheredTraining gathered_of(rpc::TrainSpec spec, rpc::TrainingSet& set, Start start) {
  const Json json = rpc::write_value(set);
  const std::string dataset = sha256_hex(rpc::dump(json));
  Json task{{"spec", rpc::write_value(spec)}, {"set", json}, {"dataset", dataset}};
  GatheredTraining gathered;
  gathered.plan = {{"dataset", dataset}};
  if (start.model) {
    task["from"] = rpc::write_value(*start.model);
    gathered.plan["from"] = start.model->name + "@" + std::to_string(start.model->version);
  }
  gathered.task = rpc::dump(task);
  gathered.files = std::move(start.files);
  return gathered;
}

/// The labels are in the files, which only workers open. [store's thread]
GatheredTraining gather_dataset(Store& store, const rpc::TrainSpec& spec,
                                const std::string& library) {
  const DatasetRow row = store.dataset(library, spec.dataset);
  rpc::TrainingSet set;
  set.dataset = rpc::SourceDataset{row.version.cell, row.version.hash, row.version.version, {}};
  for (const FileRow& block : row.blocks) set.dataset->blocks.push_back(block.hash);
  GatheredTraining gathered = gathered_of(spec, set, start_of(store, spec, library));
  for (const FileRow& block : row.blocks)
    gathered.files.push_back({kSamplesRole, store.files().path(block.hash).string(), {}, {}});
  gathered.plan.update({{"name", row.version.cell},
                        {"version", row.version.version},
                        {"layouts", row.record.value("count", Json())}});
  return gathered;
}

void finish(const Ptr& gathering) {
  const rpc::TrainSpec& spec = gathering->spec;
  if (gathering->set.layouts.empty()) {
    gathering->done(make_error(ErrorCode::kInvalidArgument,
                               "None of the " + std::to_string(gathering->left_out) +
                                   " layouts has the label \"" + spec.label + "\".",
                               "label",
                               "`ptah variants JOB --json` shows what their records have."));
    return;
  }
  GatheredTraining gathered = gathered_of(spec, gathering->set, std::move(gathering->start));
  gathered.plan.update({{"layouts", gathering->set.layouts.size()},
                        {"left_out", gathering->left_out},
                        {"sources", gathering->set.sources.size()}});
  gathering->done(std::move(gathered));
}

/// False where there is no room for more.
bool take(Gathering& gathering, const VariantRow& row) {
  const auto label = label_of(row.record, gathering.spec.label);
  const auto assignment = row.record.find("assignment");
  const auto state = std::find_if(row.files.begin(), row.files.end(),
                                  [](const FileRow& file) { return file.role == "state"; });
  if (!label || state == row.files.end() || assignment == row.record.end() ||
      !assignment->is_number_integer()) {
    ++gathering.left_out;
    return true;
  }
  if (gathering.set.layouts.size() >= kMostLayouts) return false;
  gathering.set.layouts.push_back({static_cast<std::int64_t>(gathering.set.sources.size()) - 1,
                                   assignment->get<std::int64_t>(), row.variant, state->hash,
                                   *label});
  return true;
}

void read_more(const Ptr& gathering) {
  if (gathering->job == gathering->spec.jobs.size()) return finish(gathering);
  const std::string job = gathering->spec.jobs[gathering->job];
  gathering->store.submit(
      StoreThread::Kind::kRead,
      [job, after = gathering->after](Store& store) { return read_page(store, job, after); },
      [gathering, job](Result<Page> page) {
        if (!*gathering->alive) return;
        if (!page) return gathering->done(page.error());
        if (gathering->after == 0) gathering->set.sources.push_back({job, page.value().common});
        for (const VariantRow& row : page.value().variants) {
          gathering->after = row.sequence;
          if (take(*gathering, row)) continue;
          return gathering->done(make_error(
              ErrorCode::kLimit,
              "A training learns from at most " + std::to_string(kMostLayouts) + " layouts.",
              "jobs", "Name fewer jobs."));
        }
        if (page.value().variants.empty()) {
          ++gathering->job;
          gathering->after = 0;
        }
        read_more(gathering);
      });
}

}  // namespace

std::optional<double> label_of(const Json& record, const std::string& label) {
  if (!record.is_object()) return std::nullopt;
  if (label == "pscore") return number(record, "pscore_V");
  if (label == "area") return number(record, "area_um2");
  if (label == "hpwl") return number(record, "hpwl_um");
  if (label == "balanced") {
    const auto pscore = number(record, "pscore_V"), area = number(record, "area_um2");
    return pscore && area ? std::optional(*pscore * *area) : std::nullopt;
  }
  const bool negative = label.starts_with('-');
  const bool magnitude = label.size() > 2 && label.front() == '|' && label.back() == '|';
  const auto measures = record.find("measures");
  if (measures == record.end() || !measures->is_object()) return std::nullopt;
  const auto measure = measures->find(negative    ? label.substr(1)
                                      : magnitude ? label.substr(1, label.size() - 2)
                                                  : label);
  if (measure == measures->end() || !measure->is_object()) return std::nullopt;
  const auto value = number(*measure, "value");
  if (value && negative) return -*value;
  return value && magnitude ? std::optional(std::abs(*value)) : value;
}

void gather_training(StoreThread& store, const rpc::TrainSpec& spec, const std::string& library,
                     std::shared_ptr<const bool> alive,
                     std::function<void(Result<GatheredTraining>)> done) {
  if (!spec.dataset.empty()) {
    store.submit(
        StoreThread::Kind::kRead,
        [spec, library](Store& of) { return gather_dataset(of, spec, library); },
        [alive, done](Result<GatheredTraining> gathered) {
          if (*alive) done(std::move(gathered));
        });
    return;
  }
  rpc::TrainSpec given = spec;
  if (given.label.empty()) given.label = "pscore";
  const auto gathering = std::make_shared<Gathering>(
      Gathering{store, std::move(given), {}, std::move(alive), std::move(done), {}, 0, 0, 0});
  store.submit(
      StoreThread::Kind::kRead,
      [spec = gathering->spec, library](Store& of) { return start_of(of, spec, library); },
      [gathering](Result<Start> start) {
        if (!*gathering->alive) return;
        if (!start) return gathering->done(start.error());
        gathering->start = std::move(start.value());
        read_more(gathering);
      });
}

}  // namespace ptah
