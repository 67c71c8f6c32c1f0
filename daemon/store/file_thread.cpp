#include "store/file_thread.hpp"

#include <csignal>

namespace ptah {

FileThread::FileThread(Post post) : post_(std::move(post)) {
  // Signals are the main thread's.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { loop(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void FileThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void FileThread::enqueue(Item item) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    queue_.push_back(std::move(item));
  }
  wake_.notify_one();
}

void FileThread::loop() {
  for (;;) {
    Item item;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (stopping_) return;
      item = std::move(queue_.front());
      queue_.pop_front();
    }
    // What the work held goes here, and what its answer holds on the main thread.
    std::function<void()> answer = item();
    item = nullptr;
    post_(std::move(answer));
  }
}

}  // namespace ptah
