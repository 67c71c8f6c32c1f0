#include "jobs/subscriptions.hpp"

namespace ptah {
namespace {

constexpr std::int64_t kEventsAtOnce = 100;
/// A client that has not taken so much gets no more for now.
constexpr std::size_t kMostBacklog = 4u << 20;

std::string encode(const std::string& job, const EventRow& event) {
  Json params = event.params.is_object() ? event.params : Json::object();
  params["job"] = job;
  params["event"] = event.number;
  return rpc::encode_notification(event.method, params);
}

}  // namespace

void Subscriptions::add(const std::shared_ptr<rpc::Caller>& caller, const std::string& job,
                        std::int64_t after) {
  remove(caller, job);
  auto subscription = std::make_shared<Subscription>();
  subscription->caller = caller;
  subscription->job = job;
  subscription->last = after;
  by_job_[job].push_back(subscription);
  catch_up(subscription);
}

void Subscriptions::remove(const std::shared_ptr<rpc::Caller>& caller, const std::string& job) {
  const auto found = by_job_.find(job);
  if (found == by_job_.end()) return;
  for (const Ptr& subscription : std::list<Ptr>(found->second)) {
    if (subscription->caller.lock() == caller) drop(subscription);
  }
}

void Subscriptions::remove(const rpc::Caller* caller) {
  std::list<Ptr> hit;
  for (const auto& [job, list] : by_job_) {
    for (const Ptr& subscription : list) {
      const auto owner = subscription->caller.lock();
      if (!owner || owner.get() == caller) hit.push_back(subscription);
    }
  }
  for (const Ptr& subscription : hit) drop(subscription);
}

void Subscriptions::drop(const Ptr& subscription) {
  subscription->removed = true;
  const auto found = by_job_.find(subscription->job);
  if (found == by_job_.end()) return;
  found->second.remove(subscription);
  if (found->second.empty()) by_job_.erase(found);
}

void Subscriptions::catch_up(const Ptr& subscription) {
  struct Page {
    std::vector<EventRow> events;
    bool finished = false;
  };
  store_.submit(
      StoreThread::Kind::kRead,
      [job = subscription->job, after = subscription->last](Store& store) {
        Page page;
        page.events = store.events(job, after, kEventsAtOnce);
        const auto row = store.job(job);
        page.finished = page.events.empty() && (!row || is_final(row->state));
        return page;
      },
      [this, alive = alive_, subscription](Result<Page> page) {
        if (!*alive || subscription->removed) return;
        const auto caller = subscription->caller.lock();
        if (!page || !caller || page.value().finished) {
          drop(subscription);
          return;
        }
        for (const EventRow& event : page.value().events) deliver(subscription, event, nullptr);
        if (page.value().events.empty()) {
          subscription->catching_up = false;
          return;
        }
        // A slow client is waited for, not buffered for.
        caller->when_drained([this, alive, subscription] {
          if (*alive && !subscription->removed) catch_up(subscription);
        });
      });
}

void Subscriptions::deliver(const Ptr& subscription, const EventRow& event,
                            const std::string* encoded) {
  const auto caller = subscription->caller.lock();
  if (!caller || event.number <= subscription->last) return;
  subscription->last = event.number;
  caller->send(encoded != nullptr ? *encoded : encode(subscription->job, event));
}

void Subscriptions::tell(const std::string& job, const std::string& method, Json params) {
  const auto found = by_job_.find(job);
  if (found == by_job_.end()) return;
  params["job"] = job;
  const std::string line = rpc::encode_notification(method, params);
  for (const Ptr& subscription : found->second) {
    const auto caller = subscription->caller.lock();
    if (caller && !subscription->catching_up && caller->backlog() < kMostBacklog)
      caller->send(line);
  }
}

void Subscriptions::publish(const std::string& job, const EventRow& event) {
  const auto found = by_job_.find(job);
  if (found == by_job_.end()) return;
  const std::string line = encode(job, event);
  for (const Ptr& subscription : std::list<Ptr>(found->second)) {
    if (subscription->catching_up || subscription->removed) continue;
    const auto caller = subscription->caller.lock();
    if (!caller) {
      drop(subscription);
      continue;
    }
    if (caller->backlog() > kMostBacklog) {
      // Back to reading from the store, once the client has taken what is queued.
      subscription->catching_up = true;
      caller->when_drained([this, alive = alive_, subscription] {
        if (*alive && !subscription->removed) catch_up(subscription);
      });
      continue;
    }
    deliver(subscription, event, &line);
    if (event.method == "job.finished") drop(subscription);
  }
}

}  // namespace ptah
