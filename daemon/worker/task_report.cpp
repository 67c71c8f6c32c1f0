#include "worker/task_report.hpp"

#include <algorithm>
#include <utility>

#include "worker/crash_report.hpp"

namespace ptah {
namespace {

constexpr std::size_t kMostMessageBytes = 8 * 1024;

// People read messages; a plugin that logs a netlist must not fill the daemon's memory. The
// protocol has no zero bytes.
std::string readable(const std::string& text) {
  std::string cut =
      text.size() > kMostMessageBytes ? text.substr(0, kMostMessageBytes) + " ..." : text;
  std::replace(cut.begin(), cut.end(), '\0', '?');
  return cut;
}

void make_readable(Json& event) {
  for (const char* field : {"message", "stage", "plugin"}) {
    const auto found = event.find(field);
    if (found != event.end() && found->is_string())
      *found = readable(found->get_ref<const std::string&>());
  }
}

}  // namespace

TaskReport::TaskReport(Channel& channel, std::string task, int progress_interval_ms,
                       int log_lines_per_s)
    : channel_(channel),
      task_(std::move(task)),
      progress_interval_(progress_interval_ms),
      log_lines_per_s_(log_lines_per_s) {}

void TaskReport::send(Json event) {
  event["task"] = task_;
  channel_.send(event);
}

bool TaskReport::drop_log_line() {
  const auto now = Clock::now();
  if (now - log_window_ >= std::chrono::seconds(1)) {
    log_window_ = now;
    logged_ = 0;
    if (dropped_ > 0) {
      send({{"event", "log"},
            {"level", "warning"},
            {"message", std::to_string(dropped_) + " log lines were dropped: more than " +
                            std::to_string(log_lines_per_s_) + " in a second."}});
      dropped_ = 0;
    }
  }
  if (logged_ >= log_lines_per_s_) {
    ++dropped_;
    return true;
  }
  ++logged_;
  return false;
}

void TaskReport::emit(const Json& event) {
  Json message = event;
  make_readable(message);
  const Json kind = message.value("event", Json());
  const std::lock_guard lock(mutex_);
  if (kind == "progress") {
    const auto now = Clock::now();
    if (last_progress_ && now - *last_progress_ < progress_interval_) {
      held_ = std::move(message);
      return;
    }
    held_.reset();
    last_progress_ = now;
    send(std::move(message));
    return;
  }
  if (kind == "log" && drop_log_line()) return;
  if (kind == "stage") {
    running_ = "stage " + message.value("stage", std::string()) + ", plugin " +
               message.value("plugin", std::string());
    set_crash_context("task " + task_ + ", " + running_);
  }
  send(std::move(message));
}

void TaskReport::tick() {
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  if (!held_ || now - *last_progress_ < progress_interval_) return;
  last_progress_ = now;
  send(std::move(*held_));
  held_.reset();
}

void TaskReport::finish(const Result<Json>& result) {
  const std::lock_guard lock(mutex_);
  held_.reset();  // The end says more.
  if (dropped_ > 0) {
    send({{"event", "log"},
          {"level", "warning"},
          {"message", std::to_string(dropped_) + " log lines were dropped: more than " +
                          std::to_string(log_lines_per_s_) + " in a second."}});
  }
  if (result) {
    Json done{{"event", "done"}, {"result", result.value()}};
    if (Json& value = done["result"]; value.is_object() && value.contains("files")) {
      done["files"] = std::move(value["files"]);
      value.erase("files");
    }
    send(done);
    return;
  }
  const Error& error = result.error();
  send({{"event", "error"},
        {"error",
         {{"code", to_string(error.code)},
          {"message", readable(error.message)},
          {"where", readable(error.where)},
          {"hint", readable(error.hint)}}}});
}

}  // namespace ptah
