#include "store/exporter.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "ptah/core/job_context.hpp"
#include "store/failure.hpp"

namespace ptah {
namespace {

/// Files whose names the store is asked for at once.
constexpr std::int64_t kPage = 500;

}  // namespace

void copy_out(const StoredFiles& files, Outputs& outputs, const std::vector<OutputFile>& rows,
              const std::filesystem::path& out, FileStore::Existing existing, OutputCounts& counts,
              const std::atomic<bool>* cancelled) {
  for (const OutputFile& row : rows) {
    if (cancelled != nullptr && *cancelled) throw Failure(cancelled_error());
    if (row.file.dataset.empty()) continue;
    ++counts.files;
    const auto copied = files.copy_out(row.file.hash, outputs, out, row.file.dataset, existing);
    counts.written += copied == FileStore::Copied::kWritten;
    counts.kept += copied == FileStore::Copied::kKept;
  }
}

void sync_output(const std::filesystem::path& out) {
  const Descriptor folder(::open(out.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) {
    if (errno == ENOENT) return;  // No file of the job belongs there.
    fail_with_errno("The output folder cannot be opened", out.string());
  }
  if (::syncfs(folder.get()) != 0) fail_with_errno("The output cannot be written", out.string());
}

struct Exporter::Copy {
  std::string job;
  std::filesystem::path out;
  FileStore::Existing existing = FileStore::Existing::kKeep;
  Done done;
  OutputKey after;
  OutputCounts counts;
  std::atomic<bool> cancelled = false;
};

Exporter::Exporter(StoreThread& store, FileThread::Post post, StoredFiles files,
                   const std::vector<std::filesystem::path>& forbidden)
    : store_(store), files_(std::move(files)), outputs_("-x"), thread_(std::move(post)) {
  for (const auto& folder : forbidden) outputs_.forbid(folder);
}

Exporter::~Exporter() {
  *alive_ = false;
  for (const auto& weak : copies_) {
    if (const auto copy = weak.lock()) copy->cancelled = true;
  }
}

std::function<void()> Exporter::copy(std::string job, std::filesystem::path out,
                                     FileStore::Existing existing, Done done) {
  auto copy = std::make_shared<Copy>();
  copy->job = std::move(job);
  copy->out = std::move(out);
  copy->existing = existing;
  copy->done = std::move(done);
  std::erase_if(copies_, [](const auto& weak) { return weak.expired(); });
  copies_.push_back(copy);
  next_page(copy);
  return [weak = std::weak_ptr(copy)] {
    if (const auto cancelled = weak.lock()) cancelled->cancelled = true;
  };
}

void Exporter::next_page(const std::shared_ptr<Copy>& copy) {
  store_.submit(
      StoreThread::Kind::kRead,
      [job = copy->job, after = copy->after](Store& store) {
        store.job_summary(job);
        return store.output_files(job, after, kPage);
      },
      [this, alive = alive_, copy](Result<std::vector<OutputFile>> page) {
        if (!*alive) return;
        if (!page) {
          copy->done(page.error());
        } else if (copy->cancelled) {
          copy->done(cancelled_error());
        } else if (!page.value().empty()) {
          copy_page(copy, std::move(page.value()));
        } else {
          sync(copy->out, [copy](const Status& synced) {
            if (synced) {
              copy->done(copy->counts);
            } else {
              copy->done(synced.error());
            }
          });
        }
      });
}

void Exporter::copy_page(const std::shared_ptr<Copy>& copy, std::vector<OutputFile> page) {
  copy->after = page.back().key;
  thread_.submit(
      [this, copy, rows = std::move(page)] {
        // Folders are found by their names again in the next page.
        const std::unique_ptr<Outputs, void (*)(Outputs*)> closing(
            &outputs_, [](Outputs* outputs) { outputs->close(); });
        copy_out(files_, outputs_, rows, copy->out, copy->existing, copy->counts, &copy->cancelled);
      },
      [this, alive = alive_, copy](const Result<std::monostate>& copied) {
        if (!*alive) return;
        if (copied) {
          next_page(copy);
        } else {
          copy->done(copied.error());
        }
      });
}

void Exporter::sync(std::filesystem::path out, std::function<void(Status)> done) {
  thread_.submit([out = std::move(out)] { sync_output(out); },
                 [alive = alive_, done = std::move(done)](const Result<std::monostate>& synced) {
                   if (*alive) done(synced ? ok() : Status(synced.error()));
                 });
}

}  // namespace ptah
