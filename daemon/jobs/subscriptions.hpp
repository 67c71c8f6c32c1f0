/// Clients that follow jobs: stored events first, then live ones, none twice and none lost. [main
/// thread]
#pragma once

#include <list>
#include <map>
#include <memory>
#include <string>

#include "rpc/caller.hpp"
#include "store/store_thread.hpp"

namespace ptah {

class Subscriptions {
 public:
  explicit Subscriptions(StoreThread& store) : store_(store) {}
  ~Subscriptions() { *alive_ = false; }

  /// Sends events after number `after` to `caller`. A second subscription of the same caller and
  /// job replaces the first.
  void add(const std::shared_ptr<rpc::Caller>& caller, const std::string& job, std::int64_t after);
  void remove(const std::shared_ptr<rpc::Caller>& caller, const std::string& job);
  /// All of a client that has left.
  void remove(const rpc::Caller* caller);
  /// An event that is on disk by now.
  void publish(const std::string& job, const EventRow& event);
  /// A notification without a number, which is not kept among events: to those who follow live and
  /// keep up.
  void tell(const std::string& job, const std::string& method, Json params);
  bool empty() const noexcept { return by_job_.empty(); }

 private:
  struct Subscription {
    std::weak_ptr<rpc::Caller> caller;
    std::string job;
    std::int64_t last = 0;
    /// Reading stored events. Live ones are passed over meanwhile: the store works in order, so
    /// every event that is published before a read's answer arrives is part of that answer, or of
    /// the next one's.
    bool catching_up = true;
    bool removed = false;
  };
  using Ptr = std::shared_ptr<Subscription>;

  void catch_up(const Ptr& subscription);
  void deliver(const Ptr& subscription, const EventRow& event, const std::string* encoded);
  void drop(const Ptr& subscription);

  StoreThread& store_;
  std::map<std::string, std::list<Ptr>> by_job_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace ptah
