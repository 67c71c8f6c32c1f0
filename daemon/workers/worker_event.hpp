/// What a worker says (docs/architecture.md), as values.
///
/// A worker runs plugins, and a plugin can write any bytes to its worker's socket. Its lines are
/// read here, once, as strictly as a stranger's: what does not fit ends that worker.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/core/json.hpp"
#include "rpc/fields.hpp"

namespace ptah {

/// A plugin that the worker has loaded.
struct PluginEntryEvent {
  std::string kind, name, version, description, api, file, hash;
  Json options = Json::array();
  template <class V>
  void describe(V& v) {
    v.required("file", file, "The file, as the daemon named it.");
    v.optional("kind", kind, "Its stage.");
    v.optional("name", name, "Its name.");
    v.optional("version", version, "Its version.");
    v.optional("description", description, "What it is.");
    v.optional("api", api, "The API that it was built for.");
    v.optional("hash", hash, "SHA-256 of what was loaded.");
    v.optional("options", options, "The schema of its options.");
  }
};

/// An Error as it is written. Texts are cut to what people read.
struct ErrorText {
  std::string code, message, where, hint;
  template <class V>
  void describe(V& v) {
    v.required("code", code, "One of the codes of the protocol.");
    v.required("message", message, "What is wrong.");
    v.optional("where", where, "Where.");
    v.optional("hint", hint, "What next.");
  }
  Error error() const { return make_error(error_code_from_string(code), message, where, hint); }
};

struct RefusedEvent {
  std::string file;
  ErrorText error;
  template <class V>
  void describe(V& v) {
    v.required("file", file, "The file.");
    v.required("error", error, "Why it was not loaded.");
  }
};

/// A file that a task made; `size` bytes from `offset` of `path`, or all of it.
struct FileEvent {
  std::string role, path, dataset;
  std::optional<std::int64_t> offset, size;
  template <class V>
  void describe(V& v) {
    constexpr rpc::Range kSize{0, std::int64_t{1} << 50};
    v.required("role", role, "What it is to the variant.");
    v.required("path", path, "Below the task's scratch folder.");
    v.optional("dataset", dataset, "Where below the job's `out` it belongs; empty: nowhere.");
    v.optional("offset", offset, "Where in the file its bytes begin.", kSize);
    v.optional("size", size, "How many they are.", kSize);
  }
};

struct ReadyEvent {
  std::string event;
  std::int64_t pid = 0;
  std::vector<PluginEntryEvent> plugins;
  std::vector<RefusedEvent> refused;
  template <class V>
  void describe(V& v) {
    v.required("event", event, "\"ready\"");
    v.required("pid", pid, "Of the worker.");
    v.required("plugins", plugins, "Loaded.");
    v.required("refused", refused, "Not loaded: the set is not taken into service.");
  }
};

struct StageEvent {
  std::string event, task, stage, plugin;
  template <class V>
  void describe(V& v) {
    v.required("event", event, "\"stage\"");
    v.optional("task", task, "The task; empty while plugins are loaded.");
    v.required("stage", stage, "What runs now.");
    v.required("plugin", plugin, "Whose code; the file while plugins are loaded and tested.");
  }
};

/// Of a task that makes many things which do not depend on each other: which of them is next. When
/// the worker dies of it, the task can do without (TaskTraits::leaves_out).
struct ItemEvent {
  std::string event, task;
  std::int64_t item = 0;
  template <class V>
  void describe(V& v) {
    v.required("event", event, "\"item\"");
    v.required("task", task, "The task.");
    v.required("item", item, "Its number.", rpc::Range{0, std::int64_t{1} << 53});
  }
};

struct ProgressEvent {
  std::string event, task, message;
  std::optional<double> fraction;  ///< A plugin that divides by nothing has none.
  template <class V>
  void describe(V& v) {
    v.required("event", event, "\"progress\"");
    v.required("task", task, "The task.");
    v.optional("fraction", fraction, "0..1");
    v.optional("message", message, "For people.");
  }
};

struct LogEvent {
  std::string event, task, level, message;
  template <class V>
  void describe(V& v) {
    v.required("event", event, "\"log\"");
    v.required("task", task, "The task.");
    v.required("level", level, "\"debug\", \"info\", \"warning\" or \"error\".");
    v.required("message", message, "For people.");
  }
};

struct VariantEvent {
  std::string event, task;
  std::int64_t variant = 0;
  rpc::Object record;
  std::vector<FileEvent> files;
  template <class V>
  void describe(V& v) {
    v.required("event", event, "\"variant\"");
    v.required("task", task, "The task.");
    v.required("variant", variant, "Its number; 0 is the baseline.", rpc::Range{0, 1'000'000'000});
    v.required("record", record, "What is known of it.");
    v.required("files", files, "Its files.");
  }
};

struct CheckpointEvent {
  std::string event, task;
  std::int64_t after = 0;
  FileEvent file;
  template <class V>
  void describe(V& v) {
    v.required("event", event, "\"checkpoint\"");
    v.required("task", task, "The task.");
    v.required("after", after, "The last variant before it; -1: there is none.",
               rpc::Range{-1, 1'000'000'000});
    v.required("file", file, "Its bytes.");
  }
};

/// What an exploration has learnt; the last one counts, when its job ends.
struct ModelEvent {
  std::string event, task;
  rpc::Object record;
  std::vector<FileEvent> files;
  template <class V>
  void describe(V& v) {
    v.required("event", event, "\"model\"");
    v.required("task", task, "The task.");
    v.required("record", record, "Where it comes from.");
    v.required("files", files, "Its files; `dataset` is the name of each.");
  }
};

struct MetricEvent {
  std::string event, task, name;
  std::int64_t step = 0;
  double value = 0;
  template <class V>
  void describe(V& v) {
    v.required("event", event, "\"metric\"");
    v.required("task", task, "The task.");
    v.required("name", name, "Of the curve: a word.");
    v.required("step", step, "Where on it.", rpc::Range{0, std::int64_t{1} << 53});
    v.required("value", value, "A finite number.");
  }
};

struct DoneEvent {
  std::string event, task;
  Json result;
  std::vector<FileEvent> files;
  template <class V>
  void describe(V& v) {
    v.required("event", event, "\"done\"");
    v.required("task", task, "The task.");
    v.required("result", result, "By the kind of the task.");
    v.optional("files", files, "Of a check or a picture.");
  }
};

struct ErrorEvent {
  std::string event, task;
  ErrorText error;
  template <class V>
  void describe(V& v) {
    v.required("event", event, "\"error\"");
    v.required("task", task, "The task.");
    v.required("error", error, "Why there is no result.");
  }
};

using WorkerEvent =
    std::variant<ReadyEvent, StageEvent, ItemEvent, ProgressEvent, LogEvent, VariantEvent,
                 CheckpointEvent, ModelEvent, MetricEvent, DoneEvent, ErrorEvent>;

/// Fails naming the field. Texts for people are cut, names that are too long are refused.
Result<WorkerEvent> read_worker_event(const Json& json);
/// The same of a line.
Result<WorkerEvent> read_worker_line(std::string_view line);

}  // namespace ptah
