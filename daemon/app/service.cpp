// Methods of flows, jobs and variants: each checks its arguments, and asks jobs or the store.
#include <algorithm>
#include <sstream>

#include "app/answer_rows.hpp"
#include "app/server.hpp"
#include "store/failure.hpp"
#include "store/store_sources.hpp"

namespace ptah {

namespace asio = boost::asio;

using namespace rpc;

namespace {

constexpr std::size_t kMaxId = 64;

/// A chain of a plan as clients read it: fingers by device, where the plan counts them by group.
void name_fingers(Json& chain, const Json& groups) {
  if (!chain.is_object() || !groups.is_array() || !chain.contains("fingers")) return;
  const Json counts = std::move(chain["fingers"]);
  if (!counts.is_array() || counts.size() != groups.size()) {
    chain["fingers"] = counts;
    return;
  }
  Json fingers = Json::object();
  for (std::size_t group = 0; group < groups.size(); ++group) {
    for (const Json& device : groups[group]) {
      if (device.is_string()) fingers[device.get<std::string>()] = counts[group];
    }
  }
  chain["fingers"] = std::move(fingers);
}

Json bounded_error(const Json& error) {
  return error.is_null() ? error : error_to_json(error_from_json(error));
}

JobInfo info_of(const JobRow& row) {
  JobInfo info;
  info.job = row.id;
  info.kind = row.kind;
  info.state = std::string(to_string(row.state));
  info.circuit = cut_text(row.circuit, kMaxId * 4);
  info.library = row.library;
  info.out = cut_text(row.out, kMaxPlace);
  info.owner = row.owner;
  info.bytes = row.bytes;
  info.created_ms = row.created_ms;
  info.finished_ms = row.finished_ms;
  info.variants = row.variants;
  info.last_event = row.last_event;
  info.chains = {row.chains, row.chains_done, row.chains_failed};
  if (row.best) info.best = {row.best->chain, row.best->variant, row.best->cost};
  info.error = bounded_error(row.error);
  info.result = row.result;
  info.spec = row.spec;
  info.plan = row.plan;
  if (dump(write_value(info)).size() > kMaxAnswer) {
    info.cut = true;
    for (Json* part : {&info.result, &info.spec, &info.plan}) *part = cut_fields(*part, kMaxPart);
  }
  return info;
}

JobReply brief(const JobRow& row) {
  return {row.id, std::string(to_string(row.state)), nullptr};
}

VariantInfo info_of(const JobRow& job, const VariantRow& row, const FileStore& files) {
  VariantInfo info;
  info.job = job.id;
  if (job.best && job.best->chain == row.chain && job.best->variant == row.variant)
    info.best = true;
  info.chain = row.chain;
  info.variant = row.variant;
  info.record = row.record;
  for (const FileRow& file : row.files) {
    info.files.push_back(
        {file.role, file.hash, files.path(file.hash).string(), file.dataset, file.size});
  }
  while (dump(write_value(info)).size() > kMaxAnswer && !info.files.empty()) {
    info.files.resize(info.files.size() / 2);
    info.cut = true;
  }
  return info;
}

}  // namespace

Status check_id(const std::string& id, const char* field) {
  if (is_id(id)) return ok();
  return make_error(ErrorCode::kInvalidArgument,
                    "\"" + id.substr(0, kMaxId) +
                        "\" cannot be an id: letters, digits, '.', '_' and '-', at most 64, not "
                        "beginning with '.' or '-'.",
                    field);
}

// Flows.

void Server::flow_run(const RunParams& params, Reply<JobReply> reply) {
  Status status = params.job.empty() ? ok() : check_id(params.job, "job");
  if (status) status = check_id(params.library, "library");
  if (!status) {
    reply(status.error());
    return;
  }
  NewJob job{
      params.job, std::string(kRunJob.name), params.out, params.library, params.spec.json, {}, {}};
  job.owner = reply.caller()->principal();
  jobs_->create(std::move(job), [reply](Result<JobRow> row) {
    if (row) {
      reply(brief(row.value()));
    } else {
      reply(row.error());
    }
  });
}

void Server::small_task(TaskKind kind, const Json& spec, Reply<ResultReply> reply) {
  const std::string& principal = reply.caller()->principal();
  const std::string task = jobs_->run_task(kind, spec, principal, [reply](Result<Json> result) {
    if (!result) {
      reply(result.error());
      return;
    }
    Json value = std::move(result.value());
    // A plan of thousands of chains does not fit into a line; its head does.
    if (value.is_object() && value.contains("chains") && value["chains"].is_array()) {
      value.erase("common");
      Json chains = std::move(value["chains"]);
      const Json groups = value.value("groups", Json());
      std::size_t bytes = 0, fitting = 0;
      while (fitting < chains.size() && bytes < (512u << 10)) {
        name_fingers(chains[fitting], groups);
        bytes += dump(chains[fitting++]).size();
      }
      if (fitting < chains.size()) {
        chains.erase(chains.begin() + static_cast<std::ptrdiff_t>(fitting), chains.end());
        value["chains_cut"] = true;
      }
      value["chains"] = std::move(chains);
    }
    reply(ResultReply{std::move(value)});
  });
  reply.on_cancel([this, task] { jobs_->cancel_task(task); });
}

void Server::with_sources(Json spec, std::function<void(Result<Json>)> go) {
  const std::string hash = sources_hash(spec);
  if (hash.empty()) {
    go(std::move(spec));
    return;
  }
  store_->submit(
      StoreThread::Kind::kRead, [hash](Store& store) { return store.sources(hash); },
      [spec = std::move(spec), go = std::move(go)](Result<Json> whole) mutable {
        if (whole) {
          spec["sources"] = std::move(whole.value());
          go(std::move(spec));
        } else {
          go(whole.error());
        }
      });
}

void Server::flow_plan(const PlanParams& params, Reply<ResultReply> reply) {
  with_sources(params.spec.json, [this, reply](Result<Json> spec) {
    if (spec) {
      small_task(TaskKind::kPlan, spec.value(), reply);
    } else {
      reply(spec.error());
    }
  });
}

void Server::flow_check(const CheckParams& params, Reply<JobReply> reply) {
  single_task(kCheckJob, params, std::move(reply));
}
void Server::flow_render(const RenderParams& params, Reply<JobReply> reply) {
  single_task(kRenderJob, params, std::move(reply));
}

template <class Spec>
void Server::single_task(const JobKind& kind, const TaskParams<Spec>& params,
                         Reply<JobReply> reply) {
  Status status = params.job.empty() ? ok() : check_id(params.job, "job");
  if (status) status = check_id(params.library, "library");
  if (!status) {
    reply(status.error());
    return;
  }
  start_job(
      {params.job, std::string(kind.name), params.out, params.library, params.spec.json, {}, {}},
      params.wait, std::move(reply));
}

void Server::start_job(NewJob job, bool wait, Reply<JobReply> reply) {
  job.owner = reply.caller()->principal();
  jobs_->create(std::move(job), [this, reply, wait](Result<JobRow> row) {
    if (!row) {
      reply(row.error());
      return;
    }
    if (!wait) {
      reply(brief(row.value()));
      return;
    }
    const std::string id = row.value().id;
    const std::int64_t ticket = jobs_->wait(id, [reply](Result<JobRow> finished) {
      if (!finished) {
        reply(finished.error());
      } else if (!finished.value().error.is_null()) {
        reply(error_from_json(finished.value().error));
      } else {
        reply(JobReply{finished.value().id, std::string(to_string(finished.value().state)),
                       finished.value().result});
      }
    });
    reply.on_cancel([this, id, ticket] {
      jobs_->forget(ticket);
      jobs_->cancel(id, [](const Result<JobRow>&) {});
    });
  });
}

// Jobs.

void Server::job_list(const JobListParams& params, Reply<JobListReply> reply) {
  const auto state = job_state_from_string(params.state);
  if (!params.state.empty() && !state) {
    reply(make_error(ErrorCode::kInvalidArgument,
                     "There is no state \"" + params.state.substr(0, 32) + "\".", "state",
                     "queued, running, done, failed, cancelled"));
    return;
  }
  answer_from_store(reply, [params, state, libraries = reply.caller()->libraries()](Store& store) {
    JobListReply answer;
    std::size_t bytes = 0;
    for (const JobRow& row : store.jobs(state, params.after, params.limit, libraries)) {
      if (!add_row(answer.jobs, bytes, info_of(row))) break;
    }
    if (!answer.jobs.empty() && !store.jobs(state, answer.jobs.back().job, 1, libraries).empty())
      answer.next = answer.jobs.back().job;
    return answer;
  });
}

void Server::job_get(const JobParams& params, Reply<JobInfo> reply) {
  store_->submit(
      StoreThread::Kind::kRead,
      [id = params.job](Store& store) { return info_of(store.existing_job(id)); },
      [this, reply](Result<JobInfo> info) {
        if (info) {
          if (const auto error = jobs_->unwritten_error(info.value().job)) {
            info.value().state = "failed";
            info.value().error = error_to_json(*error);
          }
        }
        reply(std::move(info));
      });
}

void Server::job_wait(const JobWaitParams& params, Reply<JobInfo> reply) {
  // The timer holds the reply, and must not hold it longer than needed.
  auto timer = std::make_shared<asio::steady_timer>(io_);
  const std::int64_t ticket = jobs_->wait(params.job, [reply, timer](Result<JobRow> row) {
    timer->cancel();
    if (row) {
      reply(info_of(row.value()));
    } else {
      reply(row.error());
    }
  });
  reply.on_cancel([this, ticket, timer] {
    timer->cancel();
    jobs_->forget(ticket);
  });
  if (params.timeout_s > 0) {
    timer->expires_after(std::chrono::seconds(params.timeout_s));
    timer->async_wait([this, ticket, reply, job = params.job](boost::system::error_code error) {
      if (error) return;
      jobs_->forget(ticket);
      job_get({job}, reply);
    });
  }
}

void Server::job_cancel(const JobParams& params, Reply<JobReply> reply) {
  jobs_->cancel(params.job, [reply](Result<JobRow> row) {
    if (row) {
      reply(brief(row.value()));
    } else {
      reply(row.error());
    }
  });
}

void Server::job_resume(const JobParams& params, Reply<JobReply> reply) {
  jobs_->resume(params.job, [reply](Result<JobRow> row) {
    if (row) {
      reply(brief(row.value()));
    } else {
      reply(row.error());
    }
  });
}

void Server::job_append(const AppendParams& params, Reply<AppendReply> reply) {
  AppendParams choice = params;
  Json fields = write_value(choice);
  fields.erase("job");
  jobs_->append(params.job, std::move(fields), [reply](Result<JobManager::Appended> appended) {
    if (!appended) return reply(appended.error());
    AppendReply answer{std::move(appended.value().chains), appended.value().fresh};
    constexpr std::size_t kMostShown = 1000;
    if (answer.chains.size() > kMostShown) answer.chains.resize(kMostShown);
    reply(std::move(answer));
  });
}

void Server::job_delete(const JobParams& params, Reply<Nothing> reply) {
  jobs_->remove(params.job, [reply](const Status& deleted) {
    if (deleted) {
      reply(Nothing{});
    } else {
      reply(deleted.error());
    }
  });
}

void Server::job_chains(const ChainListParams& params, Reply<ChainListReply> reply) {
  answer_from_store(reply, [params](Store& store) {
    store.job_summary(params.job);
    ChainListReply answer;
    std::size_t bytes = 0;
    for (const ChainRow& row : store.chains(params.job, params.after, params.limit)) {
      ChainInfo info{row.chain, row.variants, row.state, bounded_error(row.error),
                     cut_fields(row.result, kMaxPart)};
      if (!add_row(answer.chains, bytes, std::move(info))) break;
    }
    answer.more =
        !answer.chains.empty() && !store.chains(params.job, answer.chains.back().chain, 1).empty();
    return answer;
  });
}

void Server::job_events(const JobEventsParams& params, Reply<JobEventsReply> reply) {
  answer_from_store(reply, [params](Store& store) {
    const JobRow job = store.job_summary(params.job);
    JobEventsReply answer;
    std::size_t bytes = 0;
    for (EventRow& row : store.events(params.job, params.after, params.limit)) {
      Json shown = cut_fields(std::move(row.params), 2 * kMaxPart);
      shown["job"] = params.job;
      shown["event"] = row.number;
      if (!add_row(answer.events, bytes, EventInfo{row.number, row.method, std::move(shown)}))
        break;
    }
    answer.more = !answer.events.empty() && answer.events.back().event < job.last_event;
    return answer;
  });
}

void Server::job_metrics(const MetricListParams& params, Reply<MetricListReply> reply) {
  answer_from_store(reply, [params](Store& store) {
    store.existing_job(params.job);
    std::optional<MetricKey> after;
    if (params.after) after = {params.after->chain, params.after->name, params.after->step};
    const std::vector<MetricRow> rows = store.metrics(params.job, after, params.limit);
    MetricListReply answer;
    std::size_t bytes = 0;
    for (const MetricRow& row : rows) {
      if (!add_row(answer.metrics, bytes, MetricInfo{{row.chain, row.step, row.name}, row.value}))
        break;
    }
    const bool cut = answer.metrics.size() < rows.size();
    if (cut || static_cast<std::int64_t>(rows.size()) == params.limit)
      answer.next = answer.metrics.back();
    return answer;
  });
}

void Server::job_subscribe(const SubscribeParams& params, Reply<JobReply> reply) {
  store_->submit(
      StoreThread::Kind::kRead,
      [id = params.job](Store& store) { return brief(store.job_summary(id)); },
      [this, reply, params](Result<JobReply> job) {
        if (job && reply.caller()->connected()) {
          reply(std::move(job));
          subscriptions_->add(reply.caller(), params.job, params.after);
        } else {
          reply(std::move(job));
        }
      });
}

void Server::job_unsubscribe(const JobParams& params, Reply<Nothing> reply) {
  subscriptions_->remove(reply.caller(), params.job);
  reply(Nothing{});
}

// Variants.

void Server::variant_list(const VariantListParams& params, Reply<VariantListReply> reply) {
  answer_from_store(reply, [params](Store& store) {
    const JobRow job = store.job_summary(params.job);
    VariantListReply answer;
    std::size_t bytes = 0;
    std::int64_t last = 0;
    for (const VariantRow& row :
         store.variants(params.job, params.chain, params.after, params.limit)) {
      if (!add_row(answer.variants, bytes, info_of(job, row, store.files()))) break;
      last = row.sequence;
    }
    if (last > 0 && !store.variants(params.job, params.chain, last, 1).empty()) answer.next = last;
    return answer;
  });
}

void Server::variant_get(const VariantParams& params, Reply<VariantInfo> reply) {
  answer_from_store(reply, [params](Store& store) {
    const JobRow job = store.job_summary(params.job);
    return info_of(job, store.variant(params.job, params.chain, params.variant), store.files());
  });
}

void Server::variant_files(const VariantFilesParams& params, Reply<VariantFilesReply> reply) {
  OutputKey after;
  std::istringstream words(params.after);
  if (!params.after.empty() && !(words >> after.chain >> after.variant >> after.place)) {
    reply(make_error(ErrorCode::kInvalidArgument, "Field \"after\" is no `next` of an answer.",
                     "after"));
    return;
  }
  answer_from_store<VariantFilesReply>(reply, [params, after](Store& store) {
    store.existing_job(params.job);
    VariantFilesReply answer;
    const auto rows = store.output_files(params.job, after, params.limit);
    for (const OutputFile& row : rows) {
      if (!row.file.dataset.empty())
        answer.files.push_back({row.file.dataset, row.file.hash, row.file.size});
    }
    if (rows.size() == static_cast<std::size_t>(params.limit)) {
      const OutputKey& last = rows.back().key;
      answer.next = std::to_string(last.chain) + " " + std::to_string(last.variant) + " " +
                    std::to_string(last.place);
    }
    return answer;
  });
}

void Server::variant_export(const ExportParams& params, Reply<ExportReply> reply) {
  if (params.out.empty()) {
    reply(make_error(ErrorCode::kInvalidArgument, "Field \"out\" is empty.", "out"));
    return;
  }
  auto cancel = exporter_->copy(params.job, params.out, FileStore::Existing::kKeep,
                                [reply](const Result<OutputCounts>& copied) {
                                  if (copied) {
                                    const OutputCounts& counts = copied.value();
                                    reply(ExportReply{counts.files, counts.written, counts.kept});
                                  } else {
                                    reply(copied.error());
                                  }
                                });
  reply.on_cancel(std::move(cancel));
}

}  // namespace ptah
