/// A thread for what may take long on the disk and touches no row: nobody who asks the store waits
/// for it. The daemon has two: one for its own folders (scratch, plugins, what clients send), and
/// one for outputs (Exporter).
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <variant>

#include "ptah/core/error.hpp"
#include "store/failure.hpp"

namespace ptah {

class FileThread {
 public:
  /// Runs a function on the thread that owns the daemon's state.
  using Post = std::function<void(std::function<void()>)>;

  explicit FileThread(Post post);
  ~FileThread() { stop(); }
  /// Ends after the present piece of work; what is queued is dropped, with its answers.
  void stop();

  /// In the order in which it was handed in: `work()` returns R or throws; `done(Result<R>)` runs
  /// on the main thread. R of `void` is handed on as std::monostate. Thread-safe.
  template <class Work, class Done>
  void submit(Work work, Done done) {
    using Raw = std::invoke_result_t<Work&>;
    using R = std::conditional_t<std::is_void_v<Raw>, std::monostate, Raw>;
    enqueue([work = std::move(work), done = std::move(done)]() mutable -> std::function<void()> {
      auto result = std::make_shared<Result<R>>(run<R>(work));
      return [result, done = std::move(done)]() mutable { done(std::move(*result)); };
    });
  }

 private:
  using Item = std::function<std::function<void()>()>;  ///< Returns the answer.

  template <class R, class Work>
  static Result<R> run(Work& work) {
    try {
      if constexpr (std::is_void_v<std::invoke_result_t<Work&>>) {
        work();
        return R();
      } else {
        return work();
      }
    } catch (const std::exception& exception) {
      return error_of(exception, "files");
    }
  }

  void enqueue(Item item);
  void loop();

  Post post_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Item> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace ptah
