#include "app/shipped.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "app/model_import.hpp"
#include "plugins/content_hash.hpp"
#include "ptah/core/descriptor.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/core/sha256.hpp"
#include "store/failure.hpp"

namespace ptah {

namespace fs = std::filesystem;

namespace {

constexpr const char* kRecordFile = "model.json";
constexpr std::size_t kMostRecord = 256u << 10, kMostThings = 256;
constexpr std::uint64_t kMostDataset = 1u << 30;
/// Of a job's id: enough of a hash for no two to be alike.
constexpr std::size_t kShownHash = 16;

/// In order; what is not there holds nothing.
std::vector<fs::path> entries(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator at(folder, error); !error && at != fs::directory_iterator();
       at.increment(error))
    found.push_back(at->path());
  std::sort(found.begin(), found.end());
  if (found.size() > kMostThings) found.resize(kMostThings);
  return found;
}

std::string described(const char* what, const std::string& name, const Error& error) {
  return std::string(what) + " \"" + name.substr(0, 64) +
         "\", which comes with Ptah, cannot be offered: " + error.text();
}

Status check_name(const std::string& name, const fs::path& where) {
  if (is_id(name)) return ok();
  return make_error(ErrorCode::kParse, "That is no name of a model or a dataset.", where.string());
}

Result<ShippedModel> read_model(const fs::path& folder) {
  ShippedModel model;
  model.params.name = folder.filename().string();
  PTAH_TRY(check_name(model.params.name, folder));
  const fs::path file = folder / kRecordFile;
  PTAH_TRY(const std::string text, read_text_file(file, kMostRecord));
  model.params.record.value = Json::parse(text, nullptr, false);
  PTAH_TRY(const rpc::ModelRecord record, read_model_record(model.params.record.value, file));
  model.params.predictor = record.predictor;
  model.params.explorer = record.explorer;
  for (const auto& [name, hash] : record.files)
    model.params.files.push_back({name, (folder / name).string()});
  PTAH_TRY(model.params.check(""));
  model.hash = sha256_hex("model " + model.params.name + "\n" + text);
  return model;
}

Result<ShippedDataset> read_dataset(const fs::path& file) {
  ShippedDataset dataset{{}, file.stem().string(), file};
  PTAH_TRY(check_name(dataset.name, file));
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!descriptor) return make_error(ErrorCode::kIo, "The file cannot be opened.", file.string());
  PTAH_TRY(const std::string hash, sha256_of(descriptor.get(), kMostDataset, file.string()));
  dataset.hash = sha256_hex("dataset " + dataset.name + "\n" + hash);
  return dataset;
}

std::string job_id(const char* what, const std::string& hash) {
  return std::string("shipped-") + what + "-" + hash.substr(0, kShownHash);
}

}  // namespace

ShippedThings read_shipped(const fs::path& folder) {
  ShippedThings things;
  std::error_code error;
  for (const fs::path& entry : entries(folder / "models")) {
    if (!fs::is_directory(entry, error)) continue;
    if (auto model = read_model(entry)) {
      things.models.push_back(std::move(model.value()));
    } else {
      things.problems.push_back(described("Model", entry.filename().string(), model.error()));
    }
  }
  for (const fs::path& entry : entries(folder / "datasets")) {
    if (entry.extension() != ".h5") continue;
    if (auto dataset = read_dataset(entry)) {
      things.datasets.push_back(std::move(dataset.value()));
    } else {
      things.problems.push_back(described("Dataset", entry.stem().string(), dataset.error()));
    }
  }
  return things;
}

Shipped::Shipped(boost::asio::io_context& io, StoreThread& store, FileThread& files,
                 JobManager& jobs, fs::path folder)
    : longest_(io), store_(store), files_(files), jobs_(jobs), folder_(std::move(folder)) {}

void Shipped::start(std::function<void(const VersionRow&)> made) {
  made_ = std::move(made);
  if (folder_.empty()) {
    models_there_ = all_there_ = true;
    return;
  }
  longest_.expires_after(kLongest);
  longest_.async_wait([this](boost::system::error_code cancelled) {
    if (cancelled) return;
    models_there_ = all_there_ = true;
    open_gates();
  });
  files_.submit([folder = folder_] { return read_shipped(folder); },
                [this, alive = alive_](Result<ShippedThings> read) {
                  if (!*alive) return;
                  ShippedThings things;
                  if (read) {
                    things = std::move(read.value());
                  } else {
                    problem("What comes with Ptah", read.error());
                  }
                  take_in(std::move(things));
                });
}

void Shipped::take_in(ShippedThings things) {
  for (std::string& text : things.problems) {
    spdlog::warn("{}", text);
    problems_.push_back(std::move(text));
  }
  store_.submit(
      StoreThread::Kind::kRead,
      [things = std::move(things)](Store& store) {
        const auto known = [&store](const auto& thing) { return store.knew_shipped(thing.hash); };
        ShippedThings fresh = things;
        std::erase_if(fresh.models, known);
        std::erase_if(fresh.datasets, known);
        return fresh;
      },
      [this, alive = alive_](Result<ShippedThings> fresh) {
        if (!*alive) return;
        if (!fresh) {
          problem("What comes with Ptah", fresh.error());
          fresh = ShippedThings();
        }
        models_.assign(fresh.value().models.begin(), fresh.value().models.end());
        datasets_ = fresh.value().datasets.size();
        for (const ShippedDataset& dataset : fresh.value().datasets) import(dataset);
        next_model();
      });
}

// One at a time: whoever asks the store meanwhile waits for one.
void Shipped::next_model() {
  if (models_.empty()) {
    models_there_ = true;
    all_there_ = all_there_ || datasets_ == 0;
    open_gates();
    return;
  }
  ShippedModel model = std::move(models_.front());
  models_.pop_front();
  const std::string name = model.params.name;
  store_.submit(
      StoreThread::Kind::kWrite,
      [model = std::move(model)](Store& store) {
        const std::string job = job_id("model", model.hash);
        const ModelRow row = import_model(store, model.params, job);
        store.remember_shipped(model.hash, job);
        return row.version;
      },
      [this, alive = alive_, name](const Result<VersionRow>& version) {
        if (!*alive) return;
        if (version) {
          spdlog::info("model {}@{} came with Ptah", name, version.value().version);
          made_(version.value());
        } else {
          problem("Model \"" + name + "\"", version.error());
        }
        next_model();
      });
}

void Shipped::import(const ShippedDataset& dataset) {
  const Json spec{
      {"name", dataset.name}, {"file", dataset.file.string()}, {"note", "It came with Ptah."}};
  NewJob job{job_id("dataset", dataset.hash),
             std::string(kDatasetImportJob.name),
             {},
             "work",
             spec,
             NewPlan{},
             {},
             true};
  job.plan->circuit = dataset.name;
  job.plan->chains.push_back(spec);
  jobs_.create(std::move(job), [this, alive = alive_, dataset](const Result<JobRow>& created) {
    if (!*alive) return;
    if (!created) return imported(dataset, created);
    jobs_.wait(created.value().id, [this, alive, dataset](const Result<JobRow>& ended) {
      if (*alive) imported(dataset, ended);
    });
  });
}

void Shipped::imported(const ShippedDataset& dataset, const Result<JobRow>& ended) {
  const std::string what = "Dataset \"" + dataset.name + "\"";
  if (!ended) {
    problem(what, ended.error());
    return dataset_done();
  }
  const std::string job = ended.value().id;
  if (ended.value().state != JobState::kDone) {
    const Json& error = ended.value().error;
    problem(what, make_error(ErrorCode::kParse,
                             error.is_object() ? error.value("message", "") : std::string(),
                             dataset.file.string()));
    // The next start tries again.
    jobs_.remove(job, [this, alive = alive_](const Status&) {
      if (*alive) dataset_done();
    });
    return;
  }
  store_.submit(
      StoreThread::Kind::kWrite,
      [hash = dataset.hash, job](Store& store) { store.remember_shipped(hash, job); },
      [this, alive = alive_, what](const Result<std::monostate>& remembered) {
        if (!*alive) return;
        if (!remembered) problem(what, remembered.error());
        dataset_done();
      });
}

void Shipped::dataset_done() {
  --datasets_;
  if (datasets_ > 0 || !models_there_) return;
  all_there_ = true;
  open_gates();
}

void Shipped::problem(const std::string& what, const Error& error) {
  problems_.push_back(what + ", which comes with Ptah, cannot be offered: " + error.text());
  spdlog::warn("{}", problems_.back());
}

Shipped::Need Shipped::need_of(std::string_view method) {
  if (method.starts_with("dataset.") || method == "model.evaluate" || method == "model.predict" ||
      method == "flow.train")
    return Need::kAll;
  return method.starts_with("model.") || method.starts_with("score.") || method == "flow.run"
             ? Need::kModels
             : Need::kNothing;
}

bool Shipped::there(Need need) const {
  return need == Need::kNothing || (need == Need::kModels ? models_there_ : all_there_);
}

bool Shipped::holds(std::string_view method) const {
  return !there(need_of(method));
}

void Shipped::wait(std::string_view method, std::function<void()> go) {
  waiting_.emplace_back(need_of(method), std::move(go));
}

void Shipped::open_gates() {
  if (all_there_) longest_.cancel();
  std::vector<std::pair<Need, std::function<void()>>> held;
  held.swap(waiting_);
  for (auto& [need, go] : held) {
    if (there(need)) {
      go();
    } else {
      waiting_.emplace_back(need, std::move(go));
    }
  }
}

}  // namespace ptah
