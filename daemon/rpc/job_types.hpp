/// Requests and replies of flow.* and job.*; the specs of tasks are in specs.hpp.
#pragma once

#include "rpc/fields.hpp"
#include "rpc/specs.hpp"

namespace ptah::rpc {

struct RunParams {
  std::string job, out, library = "work";
  Given<RunSpec> spec;
  template <class V>
  void describe(V& v) {
    v.optional("job", job,
               "Id chosen by the client ([A-Za-z0-9._-], at most 64): a retry with the same id and "
               "spec is the same job.");
    v.required("spec", spec, "What to run. A job keeps it as it was given.");
    v.optional("out", out,
               "Absolute folder in which the results appear as well: not one of the daemon's own. "
               "Files that are there are replaced only in a folder that Ptah made or found empty, "
               "which bears its mark, the file `.ptah`; elsewhere the job fails at the first one "
               "with other bytes.",
               output_folder());
    v.optional("library", library, "Library in which the results become versions.");
  }
};
/// Of a job of one task.
template <class Spec>
struct TaskParams {
  std::string job, out, library = "work";
  Given<Spec> spec;
  bool wait = false;
  template <class V>
  void describe(V& v) {
    v.optional("job", job, "Id chosen by the client, as in flow.run.");
    v.required("spec", spec, "What to do.");
    v.optional("out", out,
               "Absolute folder in which the task's files appear as well, under the rules of "
               "flow.run.",
               output_folder());
    v.optional("library", library, "Library to which the job belongs.");
    v.optional("wait", wait,
               "Answer when the task has finished, with its result, or with its error.");
  }
};
using CheckParams = TaskParams<CheckSpec>;
using RenderParams = TaskParams<RenderSpec>;
struct JobReply {
  std::string job, state;
  Json result;
  template <class V>
  void describe(V& v) {
    v.required("job", job, "The job's id.");
    v.required("state", state, "\"queued\", \"running\", \"done\", \"failed\" or \"cancelled\".");
    v.optional("result", result, "The task's result, where the request waited for it.");
  }
};
struct PlanParams {
  Given<RunSpec> spec;
  template <class V>
  void describe(V& v) {
    v.required("spec", spec, "What to plan, as in flow.run.");
  }
};
struct ResultReply {
  Json result;
  template <class V>
  void describe(V& v) {
    v.required("result", result,
               "The task's result. An array \"chains\" that does not fit into a line is cut, and "
               "\"chains_cut\": true added.");
  }
};
struct JobParams {
  std::string job;
  template <class V>
  void describe(V& v) {
    v.required("job", job, "The job's id.");
  }
};
struct JobWaitParams {
  std::string job;
  std::int64_t timeout_s = 0;
  template <class V>
  void describe(V& v) {
    v.required("job", job, "The job's id.");
    v.optional("timeout_s", timeout_s, "Answer after so long with the state as it is; 0: no limit.",
               Range{0, 31536000});
  }
};
struct ChainCounts {
  std::int64_t total = 0, done = 0, failed = 0;
  template <class V>
  void describe(V& v) {
    v.required("total", total, "Chains planned.");
    v.required("done", done, "Chains finished.");
    v.required("failed", failed, "Chains that ended with an error.");
  }
};
struct BestInfo {
  std::int64_t chain = 0, variant = 0;
  double cost = 0;
  template <class V>
  void describe(V& v) {
    v.required("chain", chain, "Number of its chain.");
    v.required("variant", variant, "Number of the variant.");
    v.required("cost", cost, "The `cost` of its record.");
  }
};
struct JobInfo {
  std::string job, kind, state, circuit, library, out, owner;
  std::int64_t created_ms = 0, finished_ms = 0, variants = 0, last_event = 0, bytes = 0;
  ChainCounts chains;
  std::optional<BestInfo> best;
  Json error, result, spec, plan;
  std::optional<bool> cut;
  template <class V>
  void describe(V& v) {
    v.required("job", job, "The job's id.");
    v.required("kind", kind, "\"run\", \"check\", \"render\" and so on.");
    v.required("state", state, "\"queued\", \"running\", \"done\", \"failed\" or \"cancelled\".");
    v.required("circuit", circuit, "Name of the circuit, once planned.");
    v.required("library", library, "Library of the results.");
    v.required("out", out, "Folder of the results, or empty.");
    v.required("owner", owner, "Whose it is.");
    v.required("bytes", bytes, "Size of its files, which count for its owner.");
    v.required("created_ms", created_ms, "Milliseconds since 1970.");
    v.required("finished_ms", finished_ms, "The same, 0 while it lives.");
    v.required("chains", chains, "Progress in chains.");
    v.required("variants", variants, "Variants committed.");
    v.required("last_event", last_event, "Number of its newest event.");
    v.optional("best", best,
               "The best layout so far: that of least `cost` in its record, which is by the run's "
               "`objective`; of equal ones the first by chain, then by variant. Missing while no "
               "layout has a cost.");
    v.optional("error", error, "Why it failed: code, message, where, hint.");
    v.optional("result", result, "The result of a finished job.");
    v.optional("spec", spec, "As given (job.get only).");
    v.optional("plan", plan, "The plan without its chains and files (job.get only).");
    v.optional(
        "cut", cut,
        "True where parts of result, spec or plan are left out, because they do not fit into "
        "a line.");
  }
};
/// Of a job that runs.
struct AppendParams {
  std::string job;
  std::optional<FingerCounts> fingers;
  std::optional<std::vector<std::int64_t>> indices;
  std::optional<std::int64_t> assignments, seed;
  template <class V>
  void describe(V& v) {
    v.required("job", job, "The job's id.");
    v.optional("fingers", fingers, "One assignment more, as in flow.run.", kFingerCount);
    v.optional("indices", indices, "Assignments by their numbers.", Range{0, kNoLimit});
    v.optional("assignments", assignments, "So many, drawn by `seed`.", Range{1, kNoLimit});
    v.optional("seed", seed, "Of the draw; otherwise the job's, which draws the same again.",
               Range{0, kNoLimit});
  }
  Status check(const std::string& path) const {
    if (fingers.has_value() + indices.has_value() + assignments.has_value() == 1) return ok();
    return make_error(ErrorCode::kInvalidArgument,
                      "Give one of `fingers`, `indices` and `assignments`.",
                      field_path(path, "fingers"));
  }
};
struct AppendReply {
  std::vector<std::int64_t> chains;
  std::int64_t fresh = 0;
  template <class V>
  void describe(V& v) {
    v.required("chains", chains, "Numbers of the assignments' chains in the job, the first 1,000.");
    v.required("fresh", fresh, "How many of them are new: the job had the others.");
  }
};
struct JobListParams {
  std::string state, after;
  std::int64_t limit = 100;
  template <class V>
  void describe(V& v) {
    v.optional("state", state, "Only jobs in this state.");
    v.optional("after", after, "Continue after this job, in order of creation.");
    v.optional("limit", limit, "At most so many.", Range{1, 1000});
  }
};
struct JobListReply {
  std::vector<JobInfo> jobs;
  std::optional<std::string> next;
  template <class V>
  void describe(V& v) {
    v.required("jobs", jobs, "In order of creation; as many as fit into a line.");
    v.optional("next", next, "`after` for the next call, where there are more.");
  }
};
struct ChainListParams {
  std::string job;
  std::int64_t after = -1, limit = 100;
  template <class V>
  void describe(V& v) {
    v.required("job", job, "The job's id.");
    v.optional("after", after, "Continue after this chain.",
               Range{-1, std::numeric_limits<std::int64_t>::max()});
    v.optional("limit", limit, "At most so many.", Range{1, 1000});
  }
};
struct ChainInfo {
  std::int64_t chain = 0, variants = 0;
  std::string state;
  Json error, result;
  template <class V>
  void describe(V& v) {
    v.required("chain", chain, "Its number in the plan, from 0.");
    v.required("state", state, "\"pending\", \"done\" or \"failed\".");
    v.required("variants", variants, "Variants committed.");
    v.optional("error", error, "Why it failed: code, message, where, hint.");
    v.optional("result", result,
               "What the flow says about a finished one; fields that do not fit into a line are "
               "left out, and `cut` is true in it.");
  }
};
struct ChainListReply {
  std::vector<ChainInfo> chains;
  bool more = false;
  template <class V>
  void describe(V& v) {
    v.required("chains", chains, "In order; as many as fit into a line.");
    v.required("more", more, "Whether there are more: ask again after the last one.");
  }
};
/// Metrics of a job are in order of chain, name and step.
struct MetricPlace {
  std::int64_t chain = 0, step = 0;
  std::string name;
  template <class V>
  void describe(V& v) {
    v.required("chain", chain, "Number of the chain; -1: the job as a whole.",
               Range{-1, std::numeric_limits<std::int64_t>::max()});
    v.required("name", name, "Name of the metric.");
    v.required("step", step, "Step at which it was measured.",
               Range{0, std::numeric_limits<std::int64_t>::max()});
  }
};
struct MetricInfo : MetricPlace {
  double value = 0;
  template <class V>
  void describe(V& v) {
    MetricPlace::describe(v);
    v.required("value", value, "The value.");
  }
};
struct MetricListParams {
  std::string job;
  std::optional<MetricPlace> after;
  std::int64_t limit = 1000;
  template <class V>
  void describe(V& v) {
    v.required("job", job, "The job's id.");
    v.optional("after", after, "`next` of the answer before.");
    v.optional("limit", limit, "At most so many.", Range{1, 1000});
  }
};
struct MetricListReply {
  std::vector<MetricInfo> metrics;
  std::optional<MetricPlace> next;
  template <class V>
  void describe(V& v) {
    v.required("metrics", metrics, "In order of chain, name and step; as many as fit into a line.");
    v.optional("next", next, "`after` for the next call, where there are more at present.");
  }
};
struct JobEventsParams {
  std::string job;
  std::int64_t after = 0, limit = 100;
  template <class V>
  void describe(V& v) {
    v.required("job", job, "The job's id.");
    v.optional("after", after, "Only events with greater numbers.",
               Range{0, std::numeric_limits<std::int64_t>::max()});
    v.optional("limit", limit, "At most so many.", Range{1, 1000});
  }
};
struct EventInfo {
  std::int64_t event = 0;
  std::string method;
  Json params;
  template <class V>
  void describe(V& v) {
    v.required("event", event, "Its number: they grow, with gaps.");
    v.required("method", method, "Name of its notification.");
    v.required("params", params, "Parameters of its notification.");
  }
};
struct JobEventsReply {
  std::vector<EventInfo> events;
  bool more = false;
  template <class V>
  void describe(V& v) {
    v.required("events", events, "In order.");
    v.required("more", more, "Whether there are more at present: ask again after the last one.");
  }
};
struct SubscribeParams {
  std::string job;
  std::int64_t after = 0;
  template <class V>
  void describe(V& v) {
    v.required("job", job, "The job's id.");
    v.optional("after", after, "The last event already seen; 0 for all.",
               Range{0, std::numeric_limits<std::int64_t>::max()});
  }
};

}  // namespace ptah::rpc
