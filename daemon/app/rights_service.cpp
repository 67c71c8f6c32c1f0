// What a caller may ask of which things, and the account of who did what: server.audit.
#include <spdlog/spdlog.h>

#include <algorithm>

#include "app/answer_rows.hpp"
#include "app/server.hpp"
#include "store/failure.hpp"

namespace ptah {

using namespace rpc;

namespace {

constexpr const FieldDoc* field(const std::vector<FieldDoc>& fields, std::string_view name) {
  for (const FieldDoc& doc : fields) {
    if (doc.name == name) return &doc;
  }
  return nullptr;
}

constexpr std::int64_t kMostPrincipals = 1000;

/// What its owner or an administrator alone may do to a job.
bool is_owners(const MethodDoc& method) {
  return method.changes && method.role == Role::kUser && method.name.starts_with("job.");
}

/// Things that a request names and that are there already.
struct Named {
  std::vector<std::string> jobs, hashes;
};

/// Every text that names a file of the store, wherever it stands.
void add_hashes(const Json& value, std::vector<std::string>& hashes) {
  if (value.is_structured()) {
    for (const Json& part : value) add_hashes(part, hashes);
  } else if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    if (const auto hash = stored_hash(text)) {
      hashes.push_back(*hash);
    } else if (FileStore::is_hash(text)) {
      hashes.push_back(text);
    }
  }
}

Named named_by(const MethodDoc& method, const Json& params) {
  Named named;
  if (!params.is_object()) return named;
  // One that may be left out is the name of a job that is to be made.
  const FieldDoc* job = field(method.params, "job");
  if (job != nullptr && job->required && params.value("job", Json()).is_string())
    named.jobs.push_back(params["job"].get<std::string>());
  const Json spec = params.value("spec", Json());
  const Json jobs = spec.is_object() ? spec.value("jobs", Json()) : Json();
  if (jobs.is_array() && method.name == "flow.train") {
    for (const Json& each : jobs) {
      if (each.is_string()) named.jobs.push_back(each.get<std::string>());
    }
  }
  // Of a file that is sent, who sends it knows all.
  if (method.name != "store.put") add_hashes(params, named.hashes);
  std::sort(named.hashes.begin(), named.hashes.end());
  named.hashes.erase(std::unique(named.hashes.begin(), named.hashes.end()), named.hashes.end());
  return named;
}

std::string list_of(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  return list;
}

/// Puts a library that there is for the caller in place of one that is not named.
Status check_library(const Caller& caller, const MethodDoc& method, Json& params) {
  if (field(method.params, "library") == nullptr || !params.is_object()) return ok();
  const auto given = params.find("library");
  if (given == params.end()) {
    if (!caller.sees("work")) params["library"] = caller.libraries().front();
    return ok();
  }
  if (!given->is_string() || caller.sees(given->get_ref<const std::string&>())) return ok();
  const std::string name = cut_text(given->get<std::string>(), 64);
  return make_error(method.role > Role::kViewer ? ErrorCode::kDenied : ErrorCode::kNotFound,
                    "There is no library \"" + name + "\" for " + caller.principal() + ".",
                    "library", "Libraries of this token: " + list_of(caller.libraries()) + ".");
}

}  // namespace

Sight sight_of(const Caller& caller) {
  return {caller.principal(), caller.libraries(), caller.role() >= Role::kAdmin};
}

bool Sight::sees(const std::string& library) const {
  return libraries.empty() ||
         std::find(libraries.begin(), libraries.end(), library) != libraries.end();
}

bool Sight::sees_file(Store& store, const std::string& hash) const {
  if (libraries.empty() || store.has_sent(principal, hash)) return true;
  const std::vector<std::string> in = store.libraries_of(hash);
  return std::any_of(in.begin(), in.end(), [this](const auto& library) { return sees(library); });
}

void Sight::check_owner(const std::string& what, const std::string& owner) const {
  if (admin || owner == principal) return;
  fail(ErrorCode::kDenied, what + " belongs to " + owner + ", not to " + principal + ".", {},
       "Only its owner and administrators may do that.");
}

void Server::guard(const std::shared_ptr<Caller>& caller, const MethodDoc& method, Json params,
                   std::function<void(Result<Json>)> go) {
  const bool limited = !caller->libraries().empty();
  const bool owners = is_owners(method) && caller->role() < Role::kAdmin;
  if (!limited && !owners) return go(std::move(params));
  if (limited) {
    if (const Status status = check_library(*caller, method, params); !status)
      return go(status.error());
  }
  Named named = named_by(method, params);
  if (!limited) named.hashes.clear();
  if (named.jobs.empty() && named.hashes.empty()) return go(std::move(params));
  store_->submit(
      StoreThread::Kind::kRead,
      [sight = sight_of(*caller), owners, named = std::move(named)](Store& store) {
        for (const std::string& job : named.jobs) {
          const JobRow row = store.job_summary(job);
          if (!sight.sees(row.library)) fail_without_job(job);
          if (owners) sight.check_owner("Job \"" + job + "\"", row.owner);
        }
        for (const std::string& hash : named.hashes) {
          if (!sight.sees_file(store, hash))
            fail(ErrorCode::kNotFound, "The store has no file with this hash.", hash);
        }
      },
      [params = std::move(params), go = std::move(go)](const Result<std::monostate>& seen) mutable {
        if (seen) {
          go(std::move(params));
        } else {
          go(seen.error());
        }
      });
}

Quota Server::quota_of(const std::string& principal) const {
  const auto found = options_.quotas_of.find(principal);
  return found == options_.quotas_of.end() ? options_.quota : found->second;
}

void Server::usage(const Nothing&, Reply<UsageReply> reply) {
  const bool all = reply.caller()->role() >= Role::kAdmin;
  answer_from_store<UsageReply>(
      reply, [all, who = reply.caller()->principal(), tasks = jobs_->running_chains(),
              quota = options_.quota, of = options_.quotas_of](Store& store) {
        std::map<std::string, Usage> usages;
        if (all) {
          usages = store.usages(kMostPrincipals);
        } else {
          usages[who] = store.usage(who);
        }
        UsageReply answer;
        for (const auto& [principal, used] : usages) {
          const auto own = of.find(principal);
          const Quota& most = own == of.end() ? quota : own->second;
          const auto running = tasks.find(principal);
          answer.principals.push_back({principal, used.jobs,
                                       running == tasks.end() ? 0 : running->second, used.bytes,
                                       most.queued_jobs, most.running_tasks, most.disk_mb});
        }
        return answer;
      });
}

// Who did what.

void Server::note(const Caller& caller, const MethodDoc& method, const std::string& object,
                  const Result<Json>& answer) {
  // A file is there with its last piece.
  if (answer && method.name == "store.put" && answer.value().value("file", "").empty()) return;
  AuditRow row;
  row.who = caller.principal();
  row.role = role_name(caller.role());
  row.origin = caller.origin();
  row.method = method.name;
  row.object = object;
  if (answer) {
    row.outcome = "ok";
    // Of a job that was given its name here.
    const Json job = answer.value().is_object() ? answer.value().value("job", Json()) : Json();
    if (job.is_string() && object.find(job.get<std::string>()) == std::string::npos)
      row.object += (object.empty() ? "" : " ") + job.get<std::string>();
  } else {
    row.outcome = to_string(answer.error().code);
    row.message = cut_text(answer.error().message, 500);
  }
  note(std::move(row), answer.has_value());
}

void Server::note(AuditRow row, bool done) {
  row.time_ms = now_ms();
  write_audit(done ? std::vector<AuditRow>{std::move(row)}
                   : bursts_.add(row, Bursts::Clock::now()));
}

void Server::write_audit(std::vector<AuditRow> rows) {
  if (rows.empty() || !store_) return;
  store_->submit(
      StoreThread::Kind::kGatheredWrite,
      [rows = std::move(rows)](Store& store) { store.add_audit(rows); },
      [](const Result<std::monostate>& written) {
        if (!written) spdlog::error("the audit cannot be written: {}", written.error().text());
      });
}

void Server::watch_bursts() {
  write_audit(bursts_.due(Bursts::Clock::now()));
  burst_timer_.expires_after(Bursts::kWhile);
  burst_timer_.async_wait([this](boost::system::error_code error) {
    if (!error && !ending_) watch_bursts();
  });
}

void Server::audit(const AuditParams& params, Reply<AuditReply> reply) {
  answer_from_store(reply, [params](Store& store) {
    std::vector<AuditRow> rows =
        store.audit(params.who, params.since_ms, params.after, params.limit + 1);
    AuditReply answer;
    std::size_t bytes = 0;
    for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
      AuditInfo info;
      info.number = row->number;
      info.time_ms = row->time_ms;
      info.count = row->count;
      info.who = row->who;
      info.role = row->role;
      info.from = row->origin;
      info.method = row->method;
      info.object = row->object;
      info.outcome = row->outcome;
      info.message = row->message;
      if (static_cast<std::int64_t>(answer.records.size()) == params.limit ||
          !add_row(answer.records, bytes, std::move(info)))
        break;
    }
    answer.more = answer.records.size() < rows.size();
    std::reverse(answer.records.begin(), answer.records.end());
    return answer;
  });
}

}  // namespace ptah
