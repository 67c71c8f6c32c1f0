// What a job's tasks leave when they end: chains of a plan, files, the end of a chain.
#include <spdlog/spdlog.h>

#include <algorithm>

#include "jobs/job_manager.hpp"
#include "jobs/plan_result.hpp"
#include "jobs/task_files.hpp"
#include "ptah/core/run_tool.hpp"
#include "rpc/message.hpp"
#include "store/failure.hpp"

namespace ptah {

namespace {

constexpr std::size_t kMaxPlan = 512u << 10;
constexpr std::size_t kMostCommon = 64u << 20;

/// {"name", "version", "hash", "files": {name: hash}}; its files join `files`, in this role.
Json chosen_model(const Store& store, const ModelRow& model, const char* role,
                  std::vector<NewFile>& files) {
  Json named = Json::object();
  for (const FileRow& file : model.files) {
    if (file.role != kModelFileRole) continue;
    named[std::filesystem::path(file.dataset).filename().string()] = file.hash;
    files.push_back({role, store.files().path(file.hash).string(), {}, {}});
  }
  return {{"name", model.version.cell},
          {"version", model.version.version},
          {"hash", model.version.hash},
          {"files", std::move(named)}};
}

/// The models that a run's predictor works with, and that its explorer begins with, as its own:
/// also when they go.
void choose_models(Store& store, const std::string& job, const std::vector<std::string>& predicting,
                   Json& common, std::vector<NewFile>& files) {
  const JobRow row = store.existing_job(job);
  if (!predicting.empty()) {
    const ModelRow model = store.model(row.library, predicting.front());
    predictor_of(model);
    common["model"] = chosen_model(store, model, kModelFileRole, files);
  }
  const Json explore = row.spec.value("explore", Json::object());
  if (explore.contains("model")) {
    const ModelRow model = store.model(row.library, explore["model"].get<std::string>());
    check_explorer(model, explore.at("explorer").get<std::string>());
    common["start"] = chosen_model(store, model, kStartFileRole, files);
  }
}

/// What the chains of a planned job have in common, less what the daemon added and the seed, by
/// which more assignments may be drawn than the layouts are made by.
Json common_of(Store& store, const std::string& job) {
  for (const FileRow& file : store.job_files(job)) {
    if (file.role != kCommonRole) continue;
    const auto text = read_text_file(store.files().path(file.hash), kMostCommon);
    Json common = text ? Json::parse(text.value(), nullptr, false) : Json();
    if (!common.is_object()) break;
    common.erase("model");
    common.erase("seed");
    return common;
  }
  return {};
}

}  // namespace

void JobManager::Agreement::add(const Json& result) {
  const auto count = [](const Json& json, const std::string& name) -> std::int64_t {
    if (!json.is_object() || !json.contains(name) || !json[name].is_number_integer()) return 0;
    return std::clamp<std::int64_t>(json[name].get<std::int64_t>(), 0, 1'000'000'000);
  };
  judged += count(result, "judged");
  if (!result.is_object() || !result.contains("disagreements")) return;
  for (auto& [about, differ] : differences) differ += count(result["disagreements"], about);
}

void JobManager::chain_done(const JobPtr& job, std::int64_t chain, TaskEnd end) {
  if (end.blameless) {
    job->pending.push_front(chain);
    schedule();
    return;
  }
  Json error, result;
  if (end.result) {
    result = end.result.value();
    agreement_.add(result);
    ++job->done;
  } else {
    error = rpc::error_to_json(end.result.error());
    ++job->failed;
    if (!job->first_error) job->first_error = end.result.error();
  }
  job->running[chain].fraction = 1;  // Until it is written, the job is not complete.
  store_.submit(
      StoreThread::Kind::kWrite,
      [id = job->id, chain, error, result](Store& store) {
        return store.finish_chain(id, chain, error, result);
      },
      [this, alive = alive_, job, chain](Result<EventRow> row) {
        if (!*alive || !known(job)) return;
        job->running.erase(chain);
        if (row) {
          publish(job->id, row.value());
          progress(job);
        } else if (!job->stop) {
          job->stop = row.error();
          stop(job);
        }
        finish_if_ready(job);
        schedule();
      });
}

void JobManager::planned(const JobPtr& job, TaskEnd end) {
  if (!end.result) {
    job->stop = end.result.error();
    finish_if_ready(job);
    return;
  }
  Result<PlanResult> read = rpc::read_struct<PlanResult>(end.result.value());
  if (!read) {
    job->stop = make_error(ErrorCode::kPluginFailed,
                           "The plan cannot be read: " + read.error().message, read.error().where);
    finish_if_ready(job);
    return;
  }
  const std::string circuit = read.value().circuit;
  std::vector<Json> chains;
  for (rpc::Object& chain : std::exchange(read.value().chains, {}))
    chains.push_back(std::move(chain.value));
  std::vector<NewFile> files;
  for (PlanText& text : std::exchange(read.value().dataset, {})) {
    files.push_back(
        {text.role.empty() ? "dataset" : text.role, {}, std::move(text.text), text.path});
  }
  auto common = std::exchange(read.value().common, std::nullopt);
  const std::vector<std::string> models = read.value().models;
  Json plan = rpc::write_value(read.value());
  plan.erase("chains");
  plan.erase("dataset");
  if (circuit.empty() || rpc::dump(plan).size() > kMaxPlan) {
    job->stop = make_error(ErrorCode::kLimit,
                           "The plan has no circuit, or describes it in more than " +
                               std::to_string(kMaxPlan >> 10) + " KiB.",
                           job->id);
    finish_if_ready(job);
    return;
  }
  job->running[kFirst].fraction = 1;
  store_.submit_then(
      StoreThread::Kind::kWrite,
      [id = job->id, circuit, plan, chains = std::move(chains), files, common = std::move(common),
       models](Store& store) mutable {
        if (common) choose_models(store, id, models, common->value, files);
        // Once for all chains, and like every file as long as the job is there.
        if (common) files.push_back({kCommonRole, {}, rpc::dump(common->value), {}});
        store.save_plan(id, circuit, plan, chains, files);
        return store.pending_chains(id);
      },
      [id = job->id, out = job->out](Store& store, const std::vector<std::int64_t>&) {
        if (!out.empty()) store.materialise(store.job_files(id), out);
      },
      [this, alive = alive_, job](Result<std::vector<std::int64_t>> pending, Status written) {
        if (!*alive || !known(job)) return;
        job->running.erase(kFirst);
        if (!pending || !written) {
          if (!job->stop) job->stop = pending ? written.error() : pending.error();
        } else {
          job->planned = true;
          job->total = static_cast<std::int64_t>(pending.value().size());
          if (!job->cancelled) job->pending.assign(pending.value().begin(), pending.value().end());
          job->message = "planned";
          progress(job);
        }
        finish_if_ready(job);
        schedule();
      });
}

void JobManager::append(const std::string& id, Json choice,
                        std::function<void(Result<Appended>)> done) {
  const auto found = jobs_.find(id);
  const bool open = found != jobs_.end() && found->second->kind == &kRunJob &&
                    found->second->planned && !found->second->finishing &&
                    !found->second->cancelled && !found->second->stop;
  if (!open) {
    done(make_error(ErrorCode::kConflict,
                    "Job \"" + id.substr(0, 64) + "\" is no run that goes on: it takes no more.",
                    id.substr(0, 64), "Resume it first, or start a new job."));
    return;
  }
  const JobPtr job = found->second;
  ++job->appending;
  store_.submit(
      StoreThread::Kind::kRead, [id](Store& store) { return store.whole_spec(id); },
      [this, alive = alive_, job, choice = std::move(choice),
       done = std::move(done)](Result<Json> whole) {
        if (!*alive || !known(job)) return;
        if (!whole) return append_planned(job, whole.error(), done);
        Json spec = std::move(whole.value());
        if (spec.contains("explore")) {
          const Error refusal =
              make_error(ErrorCode::kConflict,
                         "Job \"" + job->id + "\" explores all assignments: it takes no more.",
                         job->id, "Start a new one.");
          return append_planned(job, refusal, done);
        }
        for (const char* field : {"fingers", "indices", "assignments"}) spec.erase(field);
        spec.update(choice);
        run_task(TaskKind::kPlan, spec, job->owner, [this, alive, job, done](Result<Json> plan) {
          if (*alive && known(job)) append_planned(job, std::move(plan), done);
        });
      });
}

void JobManager::append_planned(const JobPtr& job, Result<Json> plan,
                                const std::function<void(Result<Appended>)>& done) {
  const auto end = [this, job, done](Result<Appended> appended) {
    --job->appending;
    done(std::move(appended));
    finish_if_ready(job);
  };
  if (!plan) return end(plan.error());
  Result<PlanResult> read = rpc::read_struct<PlanResult>(plan.value());
  if (!read) {
    return end(make_error(ErrorCode::kPluginFailed,
                          "The plan cannot be read: " + read.error().message, read.error().where));
  }
  std::vector<Json> chains;
  for (rpc::Object& chain : read.value().chains) chains.push_back(std::move(chain.value));
  Json planned_common = read.value().common.value_or(rpc::Object{}).value;
  planned_common.erase("seed");
  store_.submit(
      StoreThread::Kind::kWrite,
      [id = job->id, chains = std::move(chains), common = std::move(planned_common)](Store& store) {
        if (common != common_of(store, id)) {
          fail(ErrorCode::kConflict,
               "The inputs of job \"" + id + "\" have changed since it was planned.", id,
               "Start a new job with them.");
        }
        const std::int64_t before = store.job_summary(id).chains;
        Appended appended;
        appended.chains = store.append_chains(id, chains);
        appended.fresh = std::count_if(appended.chains.begin(), appended.chains.end(),
                                       [before](std::int64_t chain) { return chain >= before; });
        return appended;
      },
      [this, alive = alive_, job, end](Result<Appended> appended) {
        if (!*alive || !known(job)) return;
        if (appended) {
          // In the store's order, so that the new ones of each are those behind all before.
          for (const std::int64_t chain : appended.value().chains) {
            if (chain >= job->total) job->pending.push_back(chain);
          }
          job->total += appended.value().fresh;
        }
        end(std::move(appended));
        progress(job);
        schedule();
      });
}

void JobManager::files_done(const JobPtr& job, const std::string& task, TaskEnd end) {
  if (!end.result) {
    clean(task);
    job->stop = end.result.error();
    finish_if_ready(job);
    return;
  }
  Result<std::vector<NewFile>> files = files_of_event(end.files, scratch(task));
  if (!files) {
    clean(task);
    job->stop = files.error();
    finish_if_ready(job);
    return;
  }
  job->result = end.result.value().is_null() ? Json::object() : std::move(end.result.value());
  job->running[kFirst].fraction = 1;
  struct Stored {
    std::vector<FileRow> rows;
    Json shown = Json::array();
  };
  store_.submit_then(
      StoreThread::Kind::kWrite,
      [id = job->id, files = files.value()](Store& store) {
        Stored stored{store.add_job_files(id, files)};
        for (const FileRow& row : stored.rows) stored.shown.push_back(store.describe(row));
        return stored;
      },
      [out = job->out](Store& store, const Stored& stored) {
        if (!out.empty()) store.materialise(stored.rows, out);
      },
      [this, alive = alive_, job, task](Result<Stored> stored, Status written) {
        if (!*alive || !known(job)) return;
        clean(task);
        job->running.erase(kFirst);
        if (!stored || !written) {
          job->stop = stored ? written.error() : stored.error();
        } else if (!stored.value().rows.empty() && job->result.is_object()) {
          job->result["files"] = std::move(stored.value().shown);
        }
        finish_if_ready(job);
      });
}

}  // namespace ptah
