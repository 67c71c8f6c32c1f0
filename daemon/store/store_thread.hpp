/// The one thread that touches the store. Work is done in the order in which it was handed in;
/// writes that wait together are committed together (one fsync), and each answer is posted back
/// after its commit.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <variant>

#include "store/store.hpp"

namespace ptah {

class StoreThread {
 public:
  /// Runs a function on the thread that owns the daemon's state.
  using Post = std::function<void(std::function<void()>)>;

  enum class Kind {
    kRead,
    kWrite,
    kGatheredWrite,  ///< Waits up to kGather for others, to be committed with them: results.
    kRelaxedWrite,   ///< Also may be lost when the machine (not the daemon) dies: progress.
    kEssentialWrite  ///< On a full disk the reserve is released for it: the end of a job.
  };

  static constexpr std::chrono::milliseconds kGather{100};

  StoreThread(std::unique_ptr<Store> store, Post post);
  /// Does what is queued, then ends; answers that were not posted yet are dropped with their owner.
  ~StoreThread();
  void stop();

  /// `work(Store&)` returns R or throws; it may run twice when a commit has to be repeated.
  /// `done(Result<R>)` runs on the main thread. R of `void` is handed on as std::monostate.
  /// Thread-safe.
  template <class Work, class Done>
  void submit(Kind kind, Work work, Done done) {
    submit_then(
        kind, std::move(work), [](Store&, const auto&) {},
        [done = std::move(done)](auto result, Status) mutable { done(std::move(result)); });
  }

  /// As `submit`; after the commit `then(Store&, const R&)` runs on the store thread, and its
  /// failure is the second argument of `done`.
  template <class Work, class Then, class Done>
  void submit_then(Kind kind, Work work, Then then, Done done) {
    using Raw = std::invoke_result_t<Work&, Store&>;
    using R = std::conditional_t<std::is_void_v<Raw>, std::monostate, Raw>;
    auto value = std::make_shared<std::optional<R>>();
    Item item;
    item.kind = kind;
    item.run = [value, work = std::move(work)](Store& store) mutable {
      value->reset();
      if constexpr (std::is_void_v<Raw>) {
        work(store);
        value->emplace();
      } else {
        value->emplace(work(store));
      }
    };
    item.then = [value, then = std::move(then)](Store& store) mutable { then(store, **value); };
    item.done = [value, done = std::move(done)](Status status, Status then_status) mutable {
      if (status) {
        done(Result<R>(std::move(**value)), std::move(then_status));
      } else {
        done(Result<R>(status.error()), std::move(then_status));
      }
    };
    enqueue(std::move(item));
  }

  /// Items that wait; for back-pressure.
  std::size_t backlog() const;

 private:
  struct Item {
    Kind kind = Kind::kRead;
    std::function<void(Store&)> run;
    std::function<void(Store&)> then;
    std::function<void(Status, Status)> done;
    std::optional<Error> error;
    std::optional<Error> then_error;
  };
  static bool can_wait(Kind kind) noexcept {
    return kind == Kind::kGatheredWrite || kind == Kind::kRelaxedWrite;
  }
  void enqueue(Item item);
  void loop();
  void run_batch(std::vector<Item>& batch);
  void run_transaction(std::vector<Item*> items);
  /// After a transaction: work that failed leaves the files that it has put, and work that put one
  /// in another's place leaves that. They stay while a failed commit may be whole in the log: a
  /// start after a crash would find its rows there.
  void drop_files_without_rows();
  void deliver(Item item);

  std::unique_ptr<Store> store_;
  Post post_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Item> queue_;
  std::size_t urgent_ = 0;  ///< Items that nobody may keep waiting.
  bool stopping_ = false;
  bool reserve_used_ = false;
  bool relaxed_ = false;
  bool failed_commit_ = false;
  std::vector<std::string> loose_;  ///< Files that may have no row.
  std::thread thread_;
};

}  // namespace ptah
