#include "workers/worker_event.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "rpc/message.hpp"
#include "store/records.hpp"

namespace ptah {
namespace {

constexpr int kMostDepth = 128;
constexpr std::size_t kMostValues = 4'000'000;  // of a line: a value takes far more than its text
constexpr std::size_t kMostFiles = 10'000;
constexpr std::size_t kMostPlugins = 1'000;
constexpr std::size_t kMostNameBytes = 4'096;
constexpr std::size_t kMostOptionsBytes = 64u << 10;
// Texts for people. A whole message goes into a line of the protocol with others.
constexpr std::size_t kMostMessageBytes = 8u << 10;
constexpr std::size_t kMostHintBytes = 1u << 10;
constexpr std::size_t kMostProgressBytes = 300;

Error unreadable(const std::string& field, std::string message) {
  return make_error(ErrorCode::kPluginFailed, std::move(message), field);
}

void cut(std::string& text, std::size_t most) {
  text = rpc::cut_text(std::move(text), most);
}

Status bound(const std::string& name, const std::string& field) {
  if (name.size() <= kMostNameBytes) return ok();
  return unreadable(field, "Field \"" + field + "\" has " + std::to_string(name.size()) +
                               " bytes, it may have " + std::to_string(kMostNameBytes) + ".");
}

Status bound_count(const Json& json, const char* field, std::size_t most) {
  const auto found = json.find(field);
  if (found == json.end() || !found->is_array() || found->size() <= most) return ok();
  return unreadable(field, "Field \"" + std::string(field) + "\" has " +
                               std::to_string(found->size()) + " items, it may have " +
                               std::to_string(most) + ".");
}

void cut(ErrorText& error) {
  cut(error.message, kMostMessageBytes);
  cut(error.where, kMostHintBytes);
  cut(error.hint, kMostHintBytes);
}

Status bound(const std::vector<FileEvent>& files) {
  for (const FileEvent& file : files) {
    PTAH_TRY(bound(file.role, "files.role"));
    PTAH_TRY(bound(file.path, "files.path"));
    PTAH_TRY(bound(file.dataset, "files.dataset"));
    if (file.role.empty()) return unreadable("files.role", "Field \"files.role\" is empty.");
    if (file.offset.has_value() != file.size.has_value()) {
      return unreadable("files.offset",
                        "A part of a file has both fields \"files.offset\" and \"files.size\".");
    }
  }
  return ok();
}

Status tidy(ReadyEvent& ready) {
  for (PluginEntryEvent& plugin : ready.plugins) {
    PTAH_TRY(bound(plugin.file, "plugins.file"));
    if (rpc::dump(plugin.options).size() > kMostOptionsBytes) {
      return unreadable("plugins.options", "The options of plugin " + plugin.file +
                                               " are described in more than " +
                                               std::to_string(kMostOptionsBytes >> 10) + " KiB.");
    }
  }
  for (RefusedEvent& refused : ready.refused) {
    PTAH_TRY(bound(refused.file, "refused.file"));
    cut(refused.error);
  }
  return ok();
}
Status tidy(StageEvent& stage) {
  PTAH_TRY(bound(stage.stage, "stage"));
  return bound(stage.plugin, "plugin");
}
Status tidy(ItemEvent&) {
  return ok();
}
Status tidy(ProgressEvent& progress) {
  if (progress.fraction) progress.fraction = std::clamp(*progress.fraction, 0.0, 1.0);
  cut(progress.message, kMostProgressBytes);
  return ok();
}
Status tidy(LogEvent& log) {
  cut(log.message, kMostMessageBytes);
  constexpr std::array<std::string_view, 4> kLevels{"debug", "info", "warning", "error"};
  if (std::find(kLevels.begin(), kLevels.end(), log.level) != kLevels.end()) return ok();
  return unreadable("level", "Field \"level\" must be debug, info, warning or error.");
}
Status tidy(VariantEvent& variant) {
  return bound(variant.files);
}
Status tidy(CheckpointEvent& checkpoint) {
  return bound({checkpoint.file});
}
Status tidy(ModelEvent& model) {
  return bound(model.files);
}
Status tidy(MetricEvent& metric) {
  if (!is_metric_name(metric.name))
    return unreadable("name", "Field \"name\" is a word of at most 64 characters.");
  if (!std::isfinite(metric.value))
    return unreadable("value", "Field \"value\" is a finite number.");
  return ok();
}
Status tidy(DoneEvent& done) {
  return bound(done.files);
}
Status tidy(ErrorEvent& error) {
  cut(error.error);
  return ok();
}

template <class Event>
Result<WorkerEvent> read(const Json& json) {
  PTAH_TRY(bound_count(json, "plugins", kMostPlugins));
  PTAH_TRY(bound_count(json, "refused", kMostPlugins));
  PTAH_TRY(bound_count(json, "files", kMostFiles));
  PTAH_TRY(Event event, rpc::read_struct<Event>(json));
  PTAH_TRY(tidy(event));
  return WorkerEvent(std::move(event));
}

/// Values of a line, or more: what is parsed takes many times the memory of its text.
std::size_t count_values(std::string_view line) noexcept {
  return static_cast<std::size_t>(std::count(line.begin(), line.end(), ',')) +
         static_cast<std::size_t>(std::count(line.begin(), line.end(), '[')) +
         static_cast<std::size_t>(std::count(line.begin(), line.end(), '{'));
}

}  // namespace

Result<WorkerEvent> read_worker_event(const Json& json) {
  if (!json.is_object()) return unreadable("", "An event is a JSON object.");
  const auto name = json.find("event");
  if (name == json.end() || !name->is_string()) {
    return unreadable("event", "Field \"event\" must be there and be a string.");
  }
  const auto& event = name->get_ref<const std::string&>();
  if (event == "ready") return read<ReadyEvent>(json);
  if (event == "stage") return read<StageEvent>(json);
  if (event == "item") return read<ItemEvent>(json);
  if (event == "progress") return read<ProgressEvent>(json);
  if (event == "log") return read<LogEvent>(json);
  if (event == "variant") return read<VariantEvent>(json);
  if (event == "checkpoint") return read<CheckpointEvent>(json);
  if (event == "model") return read<ModelEvent>(json);
  if (event == "metric") return read<MetricEvent>(json);
  if (event == "done") return read<DoneEvent>(json);
  if (event == "error") return read<ErrorEvent>(json);
  return unreadable("event", "There is no event \"" + event.substr(0, 64) + "\".");
}

Result<WorkerEvent> read_worker_line(std::string_view line) {
  if (count_values(line) > kMostValues) {
    return unreadable("", "An event has more than " + std::to_string(kMostValues) + " values.");
  }
  PTAH_TRY(const Json json, rpc::parse_json(line, kMostDepth));
  return read_worker_event(json);
}

}  // namespace ptah
