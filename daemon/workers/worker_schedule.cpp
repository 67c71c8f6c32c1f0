// Which task goes to which worker, and when there must be more of them.
#include <algorithm>
#include <boost/asio/post.hpp>

#include "ptah/core/job_context.hpp"
#include "workers/worker_pool.hpp"

namespace ptah {

namespace asio = boost::asio;

namespace {

/// After so many starts in a row that failed, waiting tasks fail instead of waiting on.
constexpr int kHopeless = 5;

}  // namespace

void WorkerPool::assign(const SlotPtr& slot, Task task) {
  std::error_code error;
  std::filesystem::create_directories(task.scratch, error);
  if (error) {
    finish_task(std::move(task),
                {make_error(ErrorCode::kIo,
                            "The scratch folder cannot be created: " + error.message() + ".",
                            task.scratch.string()),
                 {},
                 false});
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
  if (start_failures_ >= kHopeless || (!current_ && !proposing_ && !problem_.empty())) {
    const Error error =
        make_error(ErrorCode::kPluginFailed, "No worker can be started: " + problem_, {},
                   "plugin.list and the daemon's log say more.");
    while (!interactive_.empty())
      finish_task(interactive_.drop(interactive_.begin()), {error, {}, false});
    while (!batch_.empty()) {
      finish_task(std::move(batch_.front()), {error, {}, false});
      batch_.pop_front();
    }
  }
  if (!current_) return;

  int batch_busy = 0, starting = 0, first_busy = 0;
  for (const SlotPtr& slot : slots_) {
    if (slot->draining) continue;
    if (slot->state == State::kBusy && !slot->task->interactive()) ++batch_busy;
    if (slot->state == State::kBusy && slot->task->interactive() && !slot->task->answers)
      ++first_busy;
    if (slot->state == State::kStarting && !slot->proposal) ++starting;
  }
  // Who waits for an answer may use any idle worker; first tasks of jobs leave one for them.
  const Wanted wanted = assign_interactive(options_.workers + 1 - batch_busy - first_busy);
  for (const SlotPtr& slot : slots_) {
    if (slot->draining || slot->state != State::kIdle) continue;
    if (!batch_.empty() && batch_busy < options_.workers) {
      Task task = std::move(batch_.front());
      batch_.pop_front();
      ++batch_busy;
      assign(slot, std::move(task));
    }
  }
  // One worker beyond the number is enough for first tasks of jobs, and one more for answers.
  const int batch_wanted =
      std::min<int>(static_cast<int>(batch_.size()), options_.workers - batch_busy);
  int live = 0;
  for (const SlotPtr& slot : slots_) {
    if (!slot->draining && !slot->proposal) ++live;
  }
  int missing = std::min(wanted.answers + wanted.firsts + std::max(0, batch_wanted) - starting,
                         options_.workers + 1 + wanted.answers - live);
  const auto now = Clock::now();
  if (missing > 0 && now < next_start_) {
    start_timer_.expires_at(next_start_);
    start_timer_.async_wait([this, alive = alive_](boost::system::error_code error) {
      if (!error && *alive) schedule_soon();
    });
    missing = 0;
  }
  for (; missing > 0; --missing) {
    if (Status status = start_worker(*current_, std::nullopt); !status) {
      start_failed(status.error().text());
      schedule_soon();
      break;
    }
  }
  if (on_slots_ && free_slots() > 0) on_slots_();
}

WorkerPool::Wanted WorkerPool::assign_interactive(int room_for_firsts) {
  Wanted wanted;
  for (auto next = interactive_.begin(); next != interactive_.end();) {
    const Task& queued = next->second.item;
    const bool answers = queued.answers;
    if (!answers && room_for_firsts <= 0) break;  // They are behind all answers.
    SlotPtr chosen;
    bool wait = false;
    int best = -1;
    for (const SlotPtr& slot : slots_) {
      if (slot->draining) continue;
      const bool same = !queued.affinity.empty() && slot->affinity == queued.affinity;
      if (slot->state == State::kBusy && same && slot->cancelled && !slot->verdict) wait = true;
      if (slot->state != State::kIdle) continue;
      const int fitness = same ? 2 : slot->affinity.empty() ? 1 : 0;
      if (fitness <= best) continue;
      best = fitness;
      chosen = slot;
    }
    if (wait && best < 2) {
      ++next;
    } else if (chosen) {
      auto [task, behind] = interactive_.take(next);
      next = behind;
      chosen->affinity = task.affinity;
      assign(chosen, std::move(task));
      if (!answers) --room_for_firsts;
    } else {
      (answers ? wanted.answers : wanted.firsts) = 1;
      ++next;
    }
  }
  return wanted;
}

}  // namespace ptah
