#include "workers/worker_pool.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <csignal>

#include "ptah/core/job_context.hpp"

namespace ptah {

namespace asio = boost::asio;

namespace {

/// The task that an event is about; nothing for `ready`.
const std::string* task_of(const WorkerEvent& event) {
  return std::visit(
      [](const auto& some) -> const std::string* {
        if constexpr (std::is_same_v<decltype(some), const ReadyEvent&>) {
          return nullptr;
        } else {
          return &some.task;
        }
      },
      event);
}

}  // namespace

WorkerPool::WorkerPool(asio::io_context& io, WorkerFactory& factory, WorkerPoolOptions options)
    : io_(io), factory_(factory), options_(std::move(options)), watch_timer_(io), start_timer_(io) {
  std::error_code error;
  std::filesystem::remove_all(options_.scratch_root, error);
  std::filesystem::create_directories(options_.scratch_root, error);
  if (error) problem_ = "The scratch folder cannot be created: " + error.message() + ".";
  watch();
}

WorkerPool::~WorkerPool() {
  *alive_ = false;
  for (const SlotPtr& slot : slots_) slot->worker->kill();
}

void WorkerPool::submit(Task task) {
  if (stopping_) {
    finish_task(std::move(task),
                {make_error(ErrorCode::kCancelled, "The daemon is stopping."), {}, true});
    return;
  }
  if (task.interactive()) {
    const std::string principal = task.principal;
    const bool answers = task.answers;
    interactive_.push(principal, answers, std::move(task));
  } else {
    batch_.push_back(std::move(task));
  }
  schedule_soon();
}

void WorkerPool::cancel(const std::string& task_id) {
  for (auto queued = interactive_.begin(); queued != interactive_.end(); ++queued) {
    if (queued->second.item.id != task_id) continue;
    finish_task(interactive_.drop(queued), {cancelled_error(), {}, false});
    return;
  }
  const auto found = std::find_if(batch_.begin(), batch_.end(),
                                  [&](const Task& task) { return task.id == task_id; });
  if (found != batch_.end()) {
    Task task = std::move(*found);
    batch_.erase(found);
    finish_task(std::move(task), {cancelled_error(), {}, false});
    return;
  }
  for (const SlotPtr& slot : slots_) {
    if (!slot->task || slot->task->id != task_id || slot->kill_at) continue;
    slot->cancelled = true;
    slot->kill_at = Clock::now() + options_.cancel_grace;
    slot->worker->cancel_task(task_id);
  }
}

void WorkerPool::pause(const std::string& task_id, bool paused) {
  for (const SlotPtr& slot : slots_) {
    if (slot->task && slot->task->id == task_id) {
      // The silence that we cause is not the worker's.
      slot->last_event = Clock::now();
      slot->paused = paused;
      slot->worker->pause(paused);
    }
  }
}

void WorkerPool::hold(bool held) {
  if (held_ == held) return;
  held_ = held;
  schedule_soon();
}

void WorkerPool::hold_batch(bool held) {
  if (batch_held_ == held) return;
  batch_held_ = held;
  schedule_soon();
}

int WorkerPool::free_slots() const {
  if (!current_ || stopping_ || held_ || batch_held_) return 0;
  int used = static_cast<int>(batch_.size());
  for (const SlotPtr& slot : slots_) {
    if (slot->task && !slot->task->interactive() && !slot->draining) ++used;
  }
  return std::max(0, options_.workers - used);
}

bool WorkerPool::running() const noexcept {
  return std::any_of(slots_.begin(), slots_.end(),
                     [](const SlotPtr& slot) { return slot->task.has_value(); });
}

std::vector<WorkerView> WorkerPool::workers() const {
  std::vector<WorkerView> views;
  for (const SlotPtr& slot : slots_) {
    WorkerView view;
    view.pid = slot->worker->pid();
    switch (slot->state) {
      case State::kStarting:
        view.state = "starting";
        break;
      case State::kTesting:
        view.state = "testing";
        break;
      case State::kIdle:
        view.state = "idle";
        break;
      case State::kBusy:
        view.state = "busy";
        break;
    }
    if (slot->draining) view.state = "draining";
    if (slot->task) view.task = slot->task->id;
    view.stage = slot->stage;
    view.plugin = slot->plugin;
    view.rss_bytes = slot->worker->rss_bytes();
    view.generation = slot->set.generation;
    views.push_back(std::move(view));
  }
  return views;
}

void WorkerPool::propose(std::vector<std::string> plugin_files, SetResult done) {
  if (stopping_) return;
  proposing_ = true;
  const PluginSet set{next_generation_++, std::move(plugin_files)};
  if (Status status = start_worker(set, Proposal{done, true}); !status) {
    asio::post(io_, [this, alive = alive_, set, done, error = status.error()] {
      if (*alive) announce(set, {done, true}, error);
    });
  }
}

Status WorkerPool::try_plugin(const std::string& file, SetResult done) {
  if (stopping_) return cancelled_error();
  return start_worker({next_generation_++, {file}}, Proposal{std::move(done), false});
}

std::set<std::string> WorkerPool::files_in_use() const {
  std::set<std::string> files;
  if (current_) files.insert(current_->files.begin(), current_->files.end());
  for (const SlotPtr& slot : slots_) files.insert(slot->set.files.begin(), slot->set.files.end());
  return files;
}

void WorkerPool::decide(const SlotPtr& slot, Result<std::vector<PluginEntryEvent>> result) {
  if (!slot->proposal) return;
  Proposal proposal = std::move(*slot->proposal);
  slot->proposal.reset();
  slot->stage.clear();
  slot->plugin.clear();
  if (result && !proposal.serve) {
    slot->draining = true;
    slot->worker->kill();  // It has no task, and a plugin may not let it go.
  }
  announce(slot->set, std::move(proposal), std::move(result));
}

void WorkerPool::announce(const PluginSet& set, Proposal proposal,
                          Result<std::vector<PluginEntryEvent>> result) {
  if (proposal.serve) {
    proposing_ = false;
    if (result) {
      current_ = set;
      problem_.clear();
      start_failures_ = 0;
      for (const SlotPtr& slot : slots_) {
        if (!slot->proposal && slot->set.generation != current_->generation) drain(slot);
      }
      spdlog::info("plugin set {} serves, {} files", set.generation, set.files.size());
    } else if (!current_) {
      problem_ = result.error().text();
    }
  }
  if (!result) spdlog::warn("plugin set {} was refused: {}", set.generation, result.error().text());
  proposal.done(std::move(result));
  schedule_soon();
}

Status WorkerPool::start_worker(const PluginSet& set, std::optional<Proposal> proposal) {
  auto slot = std::make_shared<Slot>();
  slot->set = set;
  slot->proposal = std::move(proposal);
  slot->started = slot->last_event = Clock::now();
  Worker::Callbacks callbacks;
  callbacks.on_event = [this, alive = alive_, slot](const WorkerEvent& event) {
    if (*alive) on_event(slot, event);
  };
  callbacks.on_exit = [this, alive = alive_, slot](const WorkerExit& exit) {
    if (*alive) on_exit(slot, exit);
  };
  PTAH_TRY(auto worker, factory_.start(set, std::move(callbacks)));
  slot->worker = std::move(worker);
  slots_.push_back(std::move(slot));
  return ok();
}

void WorkerPool::on_event(const SlotPtr& slot, const WorkerEvent& event) {
  slot->last_event = Clock::now();
  if (const auto* ready = std::get_if<ReadyEvent>(&event)) {
    on_ready(slot, *ready);
    return;
  }
  if (slot->state != State::kBusy || !slot->task || *task_of(event) != slot->task->id) {
    on_other_event(slot, event);
    return;
  }
  if (const auto* done = std::get_if<DoneEvent>(&event)) {
    end_task(slot, {done->result, done->files, false});
  } else if (const auto* failed = std::get_if<ErrorEvent>(&event)) {
    end_task(slot, {slot->cancelled ? cancelled_error() : failed->error.error(), {}, false});
  } else {
    if (const auto* stage = std::get_if<StageEvent>(&event)) {
      slot->stage = stage->stage;
      slot->plugin = stage->plugin;
    } else if (const auto* item = std::get_if<ItemEvent>(&event)) {
      slot->item = item->item;
    }
    if (slot->task->on_event) slot->task->on_event(event);
  }
}

void WorkerPool::on_other_event(const SlotPtr& slot, const WorkerEvent& event) {
  const auto* stage = std::get_if<StageEvent>(&event);
  if (stage != nullptr && slot->proposal) {
    slot->stage = stage->stage;
    slot->plugin = stage->plugin;
  }
  if (slot->state != State::kTesting || *task_of(event) != "selftest") return;
  const auto* failed = std::get_if<ErrorEvent>(&event);
  if (failed == nullptr && !std::holds_alternative<DoneEvent>(event)) return;
  std::error_code ignored;
  std::filesystem::remove_all(selftest_scratch(*slot), ignored);
  if (failed == nullptr) {
    slot->state = State::kIdle;
    decide(slot, std::move(slot->ready_plugins));
  } else {
    kill(slot, make_error(ErrorCode::kPluginFailed, "The self-test failed."));
    decide(slot, failed->error.error());
  }
}

std::filesystem::path WorkerPool::selftest_scratch(const Slot& slot) const {
  return options_.scratch_root / ("selftest-" + std::to_string(slot.set.generation));
}

void WorkerPool::on_ready(const SlotPtr& slot, const ReadyEvent& event) {
  if (slot->state != State::kStarting) return;
  if (slot->proposal) {
    // A file that could not be loaded makes the set unfit; the worker says which.
    if (!event.refused.empty()) {
      Error error = event.refused.front().error.error();
      if (error.where.empty()) error.where = event.refused.front().file;
      kill(slot, error);
      decide(slot, error);
      return;
    }
    slot->state = State::kTesting;
    slot->ready_plugins = event.plugins;
    std::error_code ignored;
    const auto scratch = selftest_scratch(*slot);
    std::filesystem::create_directories(scratch, ignored);
    slot->worker->start_task("selftest", TaskKind::kSelfTest, Json::object(), scratch.string());
    return;
  }
  start_failures_ = 0;
  problem_.clear();
  slot->state = State::kIdle;
  if (slot->draining) {
    leave(slot);
  } else {
    schedule_soon();
  }
}

Error WorkerPool::death(const Slot& slot, const WorkerExit& exit) const {
  if (slot.verdict) return *slot.verdict;
  std::string doing;
  if (!slot.plugin.empty()) doing = "plugin " + slot.plugin;
  if (!slot.stage.empty()) doing += (doing.empty() ? "stage " : " in stage ") + slot.stage;
  if (exit.fault) {
    Error error = *exit.fault;
    error.message = "The worker was ended for what it said" +
                    (doing.empty() ? "" : " while it ran " + doing) + ": " + error.message;
    return error;
  }
  std::string message =
      "The worker " + exit.text + (doing.empty() ? "" : " while it ran " + doing) + ".";
  // Its first words are for people; all of them, and a backtrace, are in the log.
  const std::string words = exit.stderr_tail.substr(0, exit.stderr_tail.find('\n')).substr(0, 300);
  if (!words.empty()) message += " It said: " + words;
  return make_error(ErrorCode::kPluginFailed, std::move(message), doing,
                    doing.empty() ? "The daemon's log may say more."
                                  : "Choose another plugin for this stage, or report this.");
}

void WorkerPool::on_exit(const SlotPtr& slot, const WorkerExit& exit) {
  slots_.remove(slot);
  const bool had_task = slot->task.has_value();
  if (!slot->draining || had_task) spdlog::info("worker {} {}", slot->worker->pid(), exit.text);
  if (!exit.stderr_tail.empty())
    spdlog::info("worker {} said: {}", slot->worker->pid(), exit.stderr_tail);
  if (slot->proposal) {
    decide(slot, death(*slot, exit));
  } else if (slot->state == State::kStarting && !slot->draining && !stopping_) {
    start_failed(death(*slot, exit).text());
  }
  if (had_task) end_task(slot, end_of(*slot, exit));
  schedule_soon();
}

TaskEnd WorkerPool::end_of(const Slot& slot, const WorkerExit& exit) const {
  TaskEnd end;
  end.result = slot.cancelled ? cancelled_error() : death(slot, exit);
  // Signals that a plugin does not raise by itself: somebody, or the system short of memory,
  // ended the worker.
  const bool from_outside = exit.signal == SIGKILL || exit.signal == SIGTERM ||
                            exit.signal == SIGHUP || exit.signal == SIGINT;
  end.blameless = !slot.cancelled && !slot.verdict && !exit.fault && (from_outside || stopping_);
  if (slot.item && !slot.cancelled && !end.blameless) {
    // No word of how it died: the same death leaves the same words.
    end.died = TaskDeath{*slot.item, slot.stage.empty()
                                         ? std::string()
                                         : "stage " + slot.stage + ", plugin " + slot.plugin};
  }
  return end;
}

void WorkerPool::start_failed(const std::string& why) {
  ++start_failures_;
  const auto delay = std::min<std::int64_t>(30'000, 100ll << std::min(start_failures_ - 1, 10));
  next_start_ = Clock::now() + std::chrono::milliseconds(delay);
  problem_ = why;
  spdlog::error("a worker did not come up, next try in {} ms: {}", delay, why);
}

void WorkerPool::end_task(const SlotPtr& slot, TaskEnd end) {
  Task task = std::move(*slot->task);
  slot->task.reset();
  slot->state = State::kIdle;
  slot->kill_at.reset();
  slot->cancelled = false;
  slot->paused = false;
  slot->item.reset();
  slot->stage.clear();
  slot->plugin.clear();
  if (slot->draining) leave(slot);
  finish_task(std::move(task), std::move(end));
  schedule_soon();
}

void WorkerPool::finish_task(Task task, TaskEnd end) {
  // Owners submit and cancel from inside `on_end`; later is safer than now.
  asio::post(io_, [on_end = std::move(task.on_end), end = std::move(end)]() mutable {
    on_end(std::move(end));
  });
}

void WorkerPool::kill(const SlotPtr& slot, Error verdict) {
  if (!slot->verdict) slot->verdict = std::move(verdict);
  slot->draining = true;
  slot->worker->kill();
}

void WorkerPool::drain(const SlotPtr& slot) {
  if (slot->draining) return;
  slot->draining = true;
  // A worker that is starting is told when it is ready; `quit` lets a task come to its end.
  if (slot->state == State::kIdle) {
    leave(slot);
  } else if (slot->state != State::kStarting) {
    slot->worker->quit();
  }
}

void WorkerPool::leave(const SlotPtr& slot) {
  // A plugin's destructors run now, and may not come to an end.
  slot->kill_at = Clock::now() + options_.cancel_grace;
  slot->worker->quit();
}

std::optional<Error> WorkerPool::overdue(const Slot& slot, Clock::time_point now) const {
  if (slot.state != State::kStarting && slot.state != State::kTesting) return std::nullopt;
  const bool trial = slot.proposal && !slot.proposal->serve;
  const auto silence = slot.proposal ? options_.load_limit : options_.start_limit;
  const auto whole = trial ? 2 * options_.load_limit : options_.start_limit;
  if (now - slot.last_event <= silence && now - slot.started <= whole) return std::nullopt;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(
      now - slot.last_event <= silence ? whole : silence);
  const std::string who = slot.plugin.empty() ? "The worker" : "Plugin " + slot.plugin;
  return make_error(
      ErrorCode::kPluginFailed,
      who + " did not " + (slot.state == State::kStarting ? "load" : "pass its self-test") +
          " within " + std::to_string(seconds.count()) + " s.",
      slot.plugin, slot.proposal ? "plugin_limit_s in the configuration sets the limit." : "");
}

void WorkerPool::watch() {
  const auto now = Clock::now();
  int idle = 0;
  for (const SlotPtr& slot : std::list<SlotPtr>(slots_)) {
    if (slot->verdict) continue;
    const auto silent =
        std::chrono::duration_cast<std::chrono::milliseconds>(now - slot->last_event);
    std::string doing = slot->plugin.empty()
                            ? std::string()
                            : "Plugin " + slot->plugin + " in stage " + slot->stage;
    if (doing.empty()) doing = "The worker";
    if (slot->state == State::kBusy || slot->state == State::kTesting ||
        slot->state == State::kStarting) {
      const std::int64_t rss = slot->worker->rss_bytes();
      if (rss > options_.memory_limit_bytes) {
        kill(slot,
             make_error(ErrorCode::kPluginFailed,
                        doing + " used more memory than a worker may (" +
                            std::to_string(options_.memory_limit_bytes >> 20) +
                            " MiB) and was ended.",
                        slot->plugin, "worker_memory_mib in the configuration sets the limit."));
        continue;
      }
    }
    if (slot->kill_at && now >= *slot->kill_at) {
      kill(slot, cancelled_error());
    } else if (slot->state == State::kBusy && !slot->paused && silent > options_.hang_limit) {
      kill(slot, make_error(ErrorCode::kPluginFailed,
                            doing + " gave no sign of life for " +
                                std::to_string(silent.count() / 1000) + " s and was ended.",
                            slot->plugin, "hang_limit_s in the configuration sets the limit."));
    } else if (auto why = overdue(*slot, now)) {
      kill(slot, std::move(*why));
    } else if (slot->state == State::kIdle && !slot->draining && ++idle > 1 &&
               silent > options_.idle_limit) {
      drain(slot);
    }
  }
  watch_timer_.expires_after(options_.watch_period);
  watch_timer_.async_wait([this, alive = alive_](boost::system::error_code error) {
    if (!error && *alive) watch();
  });
}

void WorkerPool::shutdown() {
  if (stopping_) return;
  stopping_ = true;
  watch_timer_.cancel();
  start_timer_.cancel();
  const TaskEnd stopping{make_error(ErrorCode::kCancelled, "The daemon is stopping."), {}, true};
  while (!interactive_.empty()) finish_task(interactive_.drop(interactive_.begin()), stopping);
  while (!batch_.empty()) {
    finish_task(std::move(batch_.front()), stopping);
    batch_.pop_front();
  }
  for (const SlotPtr& slot : slots_) slot->worker->kill();
}

}  // namespace ptah
