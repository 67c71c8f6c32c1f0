#include "store/store_thread.hpp"

#include <csignal>

#include "store/failure.hpp"

namespace ptah {
namespace {

constexpr std::size_t kMaxBatch = 64;

}  // namespace

StoreThread::StoreThread(std::unique_ptr<Store> store, Post post)
    : store_(std::move(store)), post_(std::move(post)) {
  // Signals are the main thread's.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { loop(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

StoreThread::~StoreThread() {
  stop();
}

void StoreThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

std::size_t StoreThread::backlog() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

void StoreThread::enqueue(Item item) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    if (!can_wait(item.kind)) ++urgent_;
    queue_.push_back(std::move(item));
  }
  wake_.notify_one();
}

void StoreThread::loop() {
  for (;;) {
    std::vector<Item> batch;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) break;
      wake_.wait_for(lock, kGather,
                     [this] { return stopping_ || urgent_ > 0 || queue_.size() >= kMaxBatch; });
      const bool read = queue_.front().kind == Kind::kRead;
      do {
        batch.push_back(std::move(queue_.front()));
        queue_.pop_front();
      } while (!read && !queue_.empty() && queue_.front().kind != Kind::kRead &&
               batch.size() < kMaxBatch);
      for (const Item& item : batch) urgent_ -= can_wait(item.kind) ? 0 : 1;
    }
    run_batch(batch);
    // The next batch finds the outputs by their names again.
    store_->files().outputs().close();
    for (Item& item : batch) deliver(std::move(item));
  }
  drop_files_without_rows();
}

void StoreThread::run_batch(std::vector<Item>& batch) {
  if (batch.front().kind == Kind::kRead) {
    try {
      batch.front().run(*store_);
    } catch (const std::exception& exception) {
      batch.front().error = error_of(exception, "store");
    }
    return;
  }
  std::vector<Item*> items;
  for (Item& item : batch) items.push_back(&item);
  run_transaction(items);
  for (Item& item : batch) {
    if (item.error && is_disk_full(*item.error) && item.kind == Kind::kEssentialWrite &&
        store_->release_reserve()) {
      reserve_used_ = true;
      item.error.reset();
      run_transaction({&item});
    }
    if (item.error) continue;
    try {
      item.then(*store_);
    } catch (const std::exception& exception) {
      item.then_error = error_of(exception, "store");
    }
  }
  if (reserve_used_) {
    store_->restore_reserve();
    reserve_used_ = !store_->has_reserve();
  }
}

void StoreThread::run_transaction(std::vector<Item*> items) {
  Database& database = store_->database();
  bool committing = false;
  try {
    bool relaxed = true;
    for (const Item* item : items) relaxed = relaxed && item->kind == Kind::kRelaxedWrite;
    if (relaxed != relaxed_) {
      database.exec(relaxed ? "PRAGMA synchronous=NORMAL" : "PRAGMA synchronous=FULL");
      relaxed_ = relaxed;
    }
    database.exec("BEGIN IMMEDIATE");
    for (Item* item : items) {
      item->error.reset();
      database.exec("SAVEPOINT item");
      try {
        item->run(*store_);
      } catch (const std::exception& exception) {
        item->error = error_of(exception, "store");
        // SQLite ends the whole transaction on some failures, such as a full disk.
        if (!database.in_transaction()) throw;
        database.exec("ROLLBACK TO item");
      }
      database.exec("RELEASE item");
    }
    // Files are on disk before the rows that speak of them.
    store_->files().sync();
    committing = true;
    database.exec("COMMIT");
    drop_files_without_rows();
  } catch (const std::exception& exception) {
    if (database.in_transaction()) {
      try {
        database.exec("ROLLBACK");
      } catch (const Failure&) {
        // The journal cannot be written; SQLite rolls back by itself at the next start.
      }
    }
    failed_commit_ = failed_commit_ || committing;
    drop_files_without_rows();
    if (items.size() == 1) {
      items.front()->error = error_of(exception, "store");
      return;
    }
    for (Item* item : items) run_transaction({item});
  }
}

void StoreThread::drop_files_without_rows() {
  if (store_->database().in_transaction()) return;
  for (const auto& hashes : {store_->files().take_new(), store_->take_replaced()})
    loose_.insert(loose_.end(), hashes.begin(), hashes.end());
  try {
    if (failed_commit_) {
      store_->database().empty_log();
      failed_commit_ = false;
    }
    store_->remove_unreferenced(loose_);
    loose_.clear();
  } catch (const Failure&) {
    // The transaction's own failure is what is told. The next one tries again, and a start after a
    // crash looks for such files.
  }
}

void StoreThread::deliver(Item item) {
  post_([done = std::move(item.done), error = std::move(item.error),
         then_error = std::move(item.then_error)]() mutable {
    const auto status = [](std::optional<Error>& from) {
      return from ? Status(std::move(*from)) : ok();
    };
    done(status(error), status(then_error));
  });
}

}  // namespace ptah
