#include "workers/worker_pool.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <csignal>

#include "ptah/core/job_context.hpp"
#include "rpc/message.hpp"

namespace ptah {

namespace asio = boost::asio;

namespace {

/// After so many starts in a row that failed, waiting tasks fail instead of waiting on.
constexpr int kHopeless = 5;

std::string text_of(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
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
    finish_task(std::move(task), {make_error(ErrorCode::kCancelled, "The daemon is stopping."),
                                  Json::array(), true});
    return;
  }
  (task.interactive ? interactive_ : batch_).push_back(std::move(task));
  schedule_soon();
}

void WorkerPool::cancel(const std::string& task_id) {
  for (auto* queue : {&interactive_, &batch_}) {
    const auto found = std::find_if(queue->begin(), queue->end(),
                                    [&](const Task& task) { return task.id == task_id; });
    if (found == queue->end()) continue;
    Task task = std::move(*found);
    queue->erase(found);
    finish_task(std::move(task), {cancelled_error(), Json::array(), false});
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

int WorkerPool::free_slots() const {
  if (!current_ || stopping_ || held_) return 0;
  int used = static_cast<int>(batch_.size());
  for (const SlotPtr& slot : slots_) {
    if (slot->task && !slot->task->interactive && !slot->draining) ++used;
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
    view.generation = slot->generation;
    views.push_back(std::move(view));
  }
  return views;
}

void WorkerPool::propose(std::vector<std::string> plugin_files, SetResult done) {
  if (stopping_) return;
  proposal_.emplace(PluginSet{next_generation_++, std::move(plugin_files)}, std::move(done));
  if (Status status = start_worker(proposal_->first, true); !status) {
    asio::post(io_, [this, alive = alive_, error = status.error()] {
      if (*alive) finish_proposal(error);
    });
  }
}

void WorkerPool::finish_proposal(Result<Json> result) {
  if (!proposal_) return;
  auto [set, done] = std::move(*proposal_);
  proposal_.reset();
  if (result) {
    current_ = std::move(set);
    problem_.clear();
    start_failures_ = 0;
    for (const SlotPtr& slot : slots_) {
      if (slot->generation != current_->generation) drain(slot);
    }
    spdlog::info("plugin set {} serves, {} files", current_->generation, current_->files.size());
  } else {
    spdlog::warn("plugin set {} was refused: {}", set.generation, result.error().text());
    if (!current_) problem_ = result.error().text();
  }
  done(std::move(result));
  schedule_soon();
}

Status WorkerPool::start_worker(const PluginSet& set, bool probe) {
  auto slot = std::make_shared<Slot>();
  slot->generation = set.generation;
  slot->probe = probe;
  slot->last_event = Clock::now();
  Worker::Callbacks callbacks;
  callbacks.on_event = [this, alive = alive_, slot](const Json& event) {
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

void WorkerPool::on_event(const SlotPtr& slot, const Json& event) {
  slot->last_event = Clock::now();
  const std::string name = text_of(event, "event");
  if (name == "ready") {
    on_ready(slot, event);
    return;
  }
  if (slot->state != State::kBusy || !slot->task || text_of(event, "task") != slot->task->id) {
    // The end of a self-test, or news of a task that is over.
    if (slot->state == State::kTesting && text_of(event, "task") == "selftest") {
      if (name == "done" || name == "error") {
        std::error_code ignored;
        std::filesystem::remove_all(selftest_scratch(*slot), ignored);
      }
      if (name == "done") {
        slot->state = State::kIdle;
        slot->probe = false;
        finish_proposal(std::move(slot->ready_plugins));
      } else if (name == "error") {
        slot->probe = false;
        kill(slot, make_error(ErrorCode::kPluginFailed, "The self-test failed."));
        finish_proposal(rpc::error_from_json(event.value("error", Json())));
      }
    }
    return;
  }
  if (name == "done") {
    end_task(slot, {event.value("result", Json()), event.value("files", Json::array()), false});
  } else if (name == "error") {
    Error error = rpc::error_from_json(event.value("error", Json()));
    if (slot->cancelled) error = cancelled_error();
    end_task(slot, {std::move(error), Json::array(), false});
  } else {
    if (name == "stage") {
      slot->stage = text_of(event, "stage");
      slot->plugin = text_of(event, "plugin");
    }
    if (slot->task->on_event) slot->task->on_event(event);
  }
}

std::filesystem::path WorkerPool::selftest_scratch(const Slot& slot) const {
  return options_.scratch_root / ("selftest-" + std::to_string(slot.generation));
}

void WorkerPool::on_ready(const SlotPtr& slot, const Json& event) {
  if (slot->state != State::kStarting) return;
  if (slot->probe) {
    // A file that could not be loaded makes the set unfit; the worker says which.
    const Json refused = event.value("refused", Json::array());
    if (refused.is_array() && !refused.empty()) {
      Error error =
          rpc::error_from_json(refused[0].is_object() ? refused[0].value("error", Json()) : Json());
      if (error.where.empty() && refused[0].is_object()) error.where = text_of(refused[0], "file");
      slot->probe = false;
      kill(slot, error);
      finish_proposal(error);
      return;
    }
    slot->state = State::kTesting;
    slot->ready_plugins = event.value("plugins", Json::array());
    std::error_code ignored;
    const auto scratch = selftest_scratch(*slot);
    std::filesystem::create_directories(scratch, ignored);
    slot->worker->start_task("selftest", "selftest", Json::object(), scratch.string());
    return;
  }
  start_failures_ = 0;
  problem_.clear();
  slot->state = State::kIdle;
  if (slot->draining) {
    slot->worker->quit();
  } else {
    schedule_soon();
  }
}

Error WorkerPool::death(const Slot& slot, const WorkerExit& exit) const {
  if (slot.verdict) return *slot.verdict;
  std::string doing;
  if (!slot.plugin.empty()) doing = "plugin " + slot.plugin;
  if (!slot.stage.empty()) doing += (doing.empty() ? "stage " : " in stage ") + slot.stage;
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
  if (slot->probe) {
    finish_proposal(death(*slot, exit));
  } else if (slot->state == State::kStarting && !slot->draining && !stopping_) {
    start_failed(death(*slot, exit).text());
  }
  if (had_task) {
    TaskEnd end;
    end.result = slot->cancelled ? cancelled_error() : death(*slot, exit);
    // Signals that a plugin does not raise by itself: somebody, or the system short of memory,
    // ended the worker.
    const bool from_outside = exit.signal == SIGKILL || exit.signal == SIGTERM ||
                              exit.signal == SIGHUP || exit.signal == SIGINT;
    end.blameless = !slot->cancelled && !slot->verdict && (from_outside || stopping_);
    end_task(slot, std::move(end));
  }
  schedule_soon();
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
  slot->stage.clear();
  slot->plugin.clear();
  if (slot->draining) slot->worker->quit();
  finish_task(std::move(task), std::move(end));
  schedule_soon();
}

void WorkerPool::finish_task(Task task, TaskEnd end) {
  // Owners submit and cancel from inside `on_end`; later is safer than now.
  asio::post(io_, [on_end = std::move(task.on_end), end = std::move(end)]() mutable {
    on_end(std::move(end));
  });
}

void WorkerPool::assign(const SlotPtr& slot, Task task) {
  std::error_code error;
  std::filesystem::create_directories(task.scratch, error);
  if (error) {
    finish_task(std::move(task),
                {make_error(ErrorCode::kIo,
                            "The scratch folder cannot be created: " + error.message() + ".",
                            task.scratch.string()),
                 Json::array(), false});
    return;
  }
  slot->state = State::kBusy;
  slot->last_event = Clock::now();
  slot->task = std::move(task);
  slot->worker->start_task(slot->task->id, slot->task->kind, slot->task->spec,
                           slot->task->scratch.string());
  slot->task->spec = Json();  // The worker has it.
}

void WorkerPool::schedule_soon() {
  if (scheduled_) return;
  scheduled_ = true;
  asio::post(io_, [this, alive = alive_] {
    if (!*alive) return;
    scheduled_ = false;
    schedule();
  });
}

void WorkerPool::schedule() {
  if (stopping_ || held_) return;
  if (start_failures_ >= kHopeless || (!current_ && !proposal_ && !problem_.empty())) {
    const Error error =
        make_error(ErrorCode::kPluginFailed, "No worker can be started: " + problem_, {},
                   "plugin.list and the daemon's log say more.");
    for (auto* queue : {&interactive_, &batch_}) {
      while (!queue->empty()) {
        finish_task(std::move(queue->front()), {error, Json::array(), false});
        queue->pop_front();
      }
    }
  }
  if (!current_) return;

  int batch_busy = 0, starting = 0;
  for (const SlotPtr& slot : slots_) {
    if (slot->draining) continue;
    if (slot->state == State::kBusy && !slot->task->interactive) ++batch_busy;
    if (slot->state == State::kStarting && !slot->probe) ++starting;
  }
  int interactive_wanted = 0, batch_wanted = 0;
  // Interactive tasks may use any idle worker.
  const int waiting = assign_interactive();
  for (const SlotPtr& slot : slots_) {
    if (slot->draining || slot->state != State::kIdle) continue;
    if (!batch_.empty() && batch_busy < options_.workers) {
      Task task = std::move(batch_.front());
      batch_.pop_front();
      ++batch_busy;
      assign(slot, std::move(task));
    }
  }
  // One worker beyond the number is enough for those who wait for an answer.
  interactive_wanted = static_cast<int>(interactive_.size()) > waiting ? 1 : 0;
  batch_wanted = std::min<int>(static_cast<int>(batch_.size()), options_.workers - batch_busy);
  int live = 0;
  for (const SlotPtr& slot : slots_) {
    if (!slot->draining && !slot->probe) ++live;
  }
  int missing = std::min(interactive_wanted + std::max(0, batch_wanted) - starting,
                         options_.workers + 1 - live);
  const auto now = Clock::now();
  if (missing > 0 && now < next_start_) {
    start_timer_.expires_at(next_start_);
    start_timer_.async_wait([this, alive = alive_](boost::system::error_code error) {
      if (!error && *alive) schedule_soon();
    });
    missing = 0;
  }
  for (; missing > 0; --missing) {
    if (Status status = start_worker(*current_, false); !status) {
      start_failed(status.error().text());
      schedule_soon();
      break;
    }
  }
  if (on_slots_ && free_slots() > 0) on_slots_();
}

int WorkerPool::assign_interactive() {
  int waiting = 0;
  for (auto next = interactive_.begin(); next != interactive_.end();) {
    SlotPtr chosen;
    bool wait = false;
    int best = -1;
    for (const SlotPtr& slot : slots_) {
      if (slot->draining) continue;
      const bool same = !next->affinity.empty() && slot->affinity == next->affinity;
      if (slot->state == State::kBusy && same && slot->cancelled && !slot->verdict) wait = true;
      if (slot->state != State::kIdle) continue;
      const int fitness = same ? 2 : slot->affinity.empty() ? 1 : 0;
      if (fitness <= best) continue;
      best = fitness;
      chosen = slot;
    }
    if (wait && best < 2) {
      ++waiting;
      ++next;
    } else if (chosen) {
      Task task = std::move(*next);
      next = interactive_.erase(next);
      chosen->affinity = task.affinity;
      assign(chosen, std::move(task));
    } else {
      ++next;
    }
  }
  return waiting;
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
  if (slot->state != State::kStarting) slot->worker->quit();
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
    } else if ((slot->state == State::kStarting || slot->state == State::kTesting) &&
               silent > options_.start_limit) {
      kill(slot, make_error(
                     ErrorCode::kPluginFailed,
                     std::string("The worker did not ") +
                         (slot->state == State::kStarting ? "come up" : "pass its self-test") +
                         " within " + std::to_string(options_.start_limit.count() / 1000) + " s."));
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
  for (auto* queue : {&interactive_, &batch_}) {
    while (!queue->empty()) {
      finish_task(
          std::move(queue->front()),
          {make_error(ErrorCode::kCancelled, "The daemon is stopping."), Json::array(), true});
      queue->pop_front();
    }
  }
  for (const SlotPtr& slot : slots_) slot->worker->kill();
}

}  // namespace ptah
