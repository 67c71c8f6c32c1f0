/// Copies the files of whole jobs into outputs, on a thread of their own: outputs lie on disks of
/// other people, which may be slow or hang, and nobody who asks the store waits for them. Files'
/// names come from the store a page at a time.
///
/// A job may be deleted meanwhile: then the copy ends with an error that says so. What was copied
/// when a copy ends early stays, and each file is whole or not there. Used on the main thread.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "store/file_thread.hpp"
#include "store/store_thread.hpp"

namespace ptah {

/// What became of the files that belong into an output.
struct OutputCounts {
  std::int64_t files = 0;
  std::int64_t written = 0;
  std::int64_t kept = 0;  ///< Other bytes were there, and stay.
};

/// Copies those of `rows` that belong into `out`; adds to `counts`. Ends before the next file when
/// `cancelled` is set. Throws Failure.
void copy_out(const StoredFiles& files, Outputs& outputs, const std::vector<OutputFile>& rows,
              const std::filesystem::path& out, FileStore::Existing existing, OutputCounts& counts,
              const std::atomic<bool>* cancelled = nullptr);
/// Flushes the file system of `out`: copies there are not synced one by one. Throws Failure.
void sync_output(const std::filesystem::path& out);

class Exporter {
 public:
  using Done = std::function<void(Result<OutputCounts>)>;

  /// `forbidden`: where nothing may be written (see Outputs). `store` outlives the exporter.
  Exporter(StoreThread& store, FileThread::Post post, StoredFiles files,
           const std::vector<std::filesystem::path>& forbidden);
  /// Ends after the present file; copies that are not done are dropped, with their answers.
  ~Exporter();

  /// Copies the files of `job` that belong into an output, and syncs them. The function that it
  /// returns cancels that: `done` is still called, with kCancelled if it came in time.
  std::function<void()> copy(std::string job, std::filesystem::path out,
                             FileStore::Existing existing, Done done);
  /// Syncs what others have copied to `out`.
  void sync(std::filesystem::path out, std::function<void(Status)> done);
  /// Where copies are made, one after the other.
  FileThread& thread() noexcept { return thread_; }

 private:
  struct Copy;
  void next_page(const std::shared_ptr<Copy>& copy);
  void copy_page(const std::shared_ptr<Copy>& copy, std::vector<OutputFile> page);

  StoreThread& store_;
  StoredFiles files_;
  Outputs outputs_;  ///< Of `thread_`.
  std::vector<std::weak_ptr<Copy>> copies_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  FileThread thread_;
};

}  // namespace ptah
