#include "store/backup.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "ptah/core/json.hpp"
#include "ptah/core/run_tool.hpp"
#include "store/failure.hpp"
#include "store/store.hpp"
#include "store/verification.hpp"

namespace ptah {

namespace fs = std::filesystem;

namespace {

constexpr int kPagesAStep = 64;
constexpr std::int64_t kHashesAtOnce = 500;
constexpr std::size_t kPiece = 1u << 20;
constexpr int kBackupFormat = 1;
/// In a folder that is not whole: ours to remove.
constexpr const char* kUnfinished = "unfinished";
/// In one that is.
constexpr const char* kWhole = "backup.json";

void make_folder(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0)
    fail_with_errno("The folder cannot be created", folder.string());
}

void sync_path(const fs::path& path) {
  const Descriptor opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!opened || ::fsync(opened.get()) != 0)
    fail_with_errno("What was copied cannot be made durable", path.string());
}

void write_synced(const fs::path& file, const std::string& text) {
  if (Status status = write_text_file(file, text); !status) throw Failure(status.error());
  sync_path(file);
}

bool is_empty_folder(const fs::path& folder) {
  std::error_code error;
  return fs::is_directory(fs::symlink_status(folder, error)) && fs::is_empty(folder, error) &&
         !error;
}

/// Fails unless nothing lies there but an empty folder.
void need_place(const fs::path& folder, const std::string& hint) {
  std::error_code error;
  if (fs::symlink_status(folder, error).type() == fs::file_type::not_found) return;
  if (!is_empty_folder(folder)) {
    fail(ErrorCode::kConflict, "There is something already.", folder.string(), hint);
  }
}

/// What an interrupted one left, if it is that.
void remove_unfinished(const fs::path& partial) {
  std::error_code error;
  if (fs::symlink_status(partial, error).type() == fs::file_type::not_found) return;
  if (!is_empty_folder(partial) && !fs::exists(partial / kUnfinished, error)) {
    fail(ErrorCode::kConflict, "This folder is in the way, and Ptah did not leave it there.",
         partial.string(), "Move it away.");
  }
  fs::remove_all(partial, error);
  if (error)
    fail_with_errno("What an interrupted copy left cannot be removed", partial.string(),
                    error.value());
}

fs::path beside(const fs::path& folder, const char* ending) {
  return folder.string() + ending;
}

fs::path without_slash(fs::path folder) {
  folder = folder.lexically_normal();
  return folder.has_filename() ? folder : folder.parent_path();
}

/// Gives what is whole its name, in place of an empty folder or none.
void put_in_place(const fs::path& partial, const fs::path& folder) {
  // An empty folder is replaced by rename itself; nothing else is.
  if (::rename(partial.c_str(), folder.c_str()) != 0)
    fail_with_errno("The copy cannot be given its name", folder.string());
  sync_path(folder.parent_path());
}

}  // namespace

Backup::Backup(Store& store, fs::path folder)
    : store_(store),
      folder_(without_slash(std::move(folder))),
      partial_(beside(folder_, ".partial")) {
  store_.files().outputs().check(folder_);
  need_place(folder_, "Name a folder that is not there yet.");
  remove_unfinished(partial_);
  make_folder(partial_);
  try {
    write_synced(partial_ / kUnfinished, "");
    make_folder(partial_ / "files");
    pages_.emplace(store_.database(), partial_ / store_.database().file().filename());
  } catch (const Failure&) {
    std::error_code ignored;
    fs::remove_all(partial_, ignored);
    throw;
  }
}

Backup::~Backup() {
  pages_.reset();
  snapshot_.reset();
  if (part_ == Part::kEnd) return;
  std::error_code ignored;
  fs::remove_all(partial_, ignored);
}

bool Backup::go_on(std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  do {
    step();
  } while (part_ != Part::kEnd && std::chrono::steady_clock::now() < end);
  return part_ != Part::kEnd;
}

void Backup::step() {
  switch (part_) {
    case Part::kDatabase:
      return copy_pages();
    case Part::kFiles:
      return from_ ? copy_piece() : keep_file();
    case Part::kFolders:
      return folders_.empty() ? this->end() : sync_folder();
    case Part::kEnd:
      return;
  }
}

void Backup::copy_pages() {
  if (pages_->step(kPagesAStep)) return;
  figures_.pages = pages_->pages();
  const fs::path file = pages_->file();
  pages_.reset();
  sync_path(file);
  // From now on this moment is kept: files go by the copy, whatever becomes of the state.
  snapshot_.emplace(file);
  part_ = Part::kFiles;
}

void Backup::keep_file() {
  if (hashes_.empty()) {
    Query query(*snapshot_,
                "SELECT hash FROM (SELECT hash FROM files UNION SELECT hash FROM versions UNION "
                "SELECT hash FROM kept) WHERE hash>? ORDER BY hash LIMIT ?");
    query << last_ << kHashesAtOnce;
    while (query.next()) hashes_.push_back(query.text(0));
  }
  if (hashes_.empty()) {
    snapshot_.reset();
    folders_.push_back(partial_ / "files");
    part_ = Part::kFolders;
    return;
  }
  const std::string hash = hashes_.front();
  last_ = hash;
  // What is no hash names no file; a verification says so.
  if (!StoredFiles::is_hash(hash)) {
    hashes_.pop_front();
    return;
  }
  const fs::path source = store_.files().path(hash);
  const fs::path target = stored_path(partial_ / "files", hash);
  if (::mkdir(target.parent_path().c_str(), 0700) == 0) {
    folders_.push_back(target.parent_path());
  } else if (errno != EEXIST) {
    fail_with_errno("The folder cannot be created", target.parent_path().string());
  }
  struct stat info {};
  if (::lstat(source.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) {
    ++figures_.missing;
    hashes_.pop_front();
    return;
  }
  ++figures_.files;
  figures_.bytes += info.st_size;
  if (::link(source.c_str(), target.c_str()) == 0) {
    ++figures_.linked;
    hashes_.pop_front();
    return;
  }
  if (errno != EXDEV && errno != EPERM && errno != EMLINK)
    fail_with_errno("The file cannot be linked", target.string());
  from_ = Descriptor(::open(source.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!from_) fail_with_errno("The file cannot be read", source.string());
  to_ = Descriptor(
      ::open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400));
  if (!to_) fail_with_errno("The file cannot be written", target.string());
}

void Backup::copy_piece() {
  static thread_local std::array<char, kPiece> buffer;
  const ssize_t got = ::read(from_.get(), buffer.data(), buffer.size());
  if (got < 0) fail_with_errno("A file of the store cannot be read", last_);
  for (ssize_t at = 0; at < got;) {
    const ssize_t written =
        ::write(to_.get(), buffer.data() + at, static_cast<std::size_t>(got - at));
    if (written <= 0) fail_with_errno("The backup cannot be written", partial_.string());
    at += written;
  }
  if (got > 0) return;
  if (::fsync(to_.get()) != 0 || !to_.close())
    fail_with_errno("The backup cannot be written", partial_.string());
  from_ = Descriptor();
  to_ = Descriptor();
  hashes_.pop_front();
}

void Backup::sync_folder() {
  sync_path(folders_.back());
  folders_.pop_back();
}

void Backup::end() {
  sync_path(partial_ / store_.database().file().filename());
  write_synced(partial_ / kWhole, Json{{"format", kBackupFormat},
                                       {"made_ms", now_ms()},
                                       {"files", figures_.files},
                                       {"bytes", figures_.bytes},
                                       {"missing", figures_.missing}}
                                          .dump() +
                                      "\n");
  if (::unlink((partial_ / kUnfinished).c_str()) != 0)
    fail_with_errno("The backup cannot be ended", partial_.string());
  sync_path(partial_);
  put_in_place(partial_, folder_);
  part_ = Part::kEnd;
}

double Backup::fraction() const noexcept {
  switch (part_) {
    case Part::kDatabase:
      return 0.1 * (pages_ ? pages_->fraction() : 0);
    case Part::kFiles: {
      // Hashes are spread evenly.
      const int begin =
          !StoredFiles::is_hash(last_) ? 0 : std::stoi(last_.substr(0, 4), nullptr, 16);
      return 0.1 + 0.85 * begin / 65536;
    }
    case Part::kFolders:
      return 0.95;
    case Part::kEnd:
      return 1;
  }
  return 0;
}

std::string Backup::present() const {
  switch (part_) {
    case Part::kDatabase:
      return "the database";
    case Part::kFiles:
      return "files";
    default:
      return "the folder";
  }
}

RestoreFigures restore_backup(const fs::path& backup_in, const fs::path& state_in) {
  const fs::path backup = without_slash(backup_in), state = without_slash(state_in);
  const fs::path marker = backup / kWhole;
  auto text = read_text_file(marker, 1u << 16);
  if (!text) {
    fail(ErrorCode::kNotFound, "This is no whole backup: it has no " + std::string(kWhole) + ".",
         backup.string(), "Name a folder that `ptah server backup` has made.");
  }
  const Json about = Json::parse(text.value(), nullptr, false);
  if (!about.is_object() || about.value("format", Json()) != Json(kBackupFormat)) {
    fail(ErrorCode::kUnsupported, "The backup is of a kind that this Ptah does not know.",
         marker.string(), "Use the Ptah that made it, or a newer one.");
  }
  need_place(state, "Name a folder for the state that is not there yet, or empty.");
  const fs::path partial = beside(state, ".restoring");
  std::error_code error;
  fs::create_directories(state.parent_path(), error);
  remove_unfinished(partial);
  make_folder(partial);
  RestoreFigures figures;
  const auto copy = [&](const fs::path& from, const fs::path& to) {
    std::error_code failed;
    if (!fs::copy_file(from, to, failed) || failed)
      fail_with_errno("A file of the backup cannot be copied", from.string(), failed.value());
    sync_path(to);
  };
  try {
    write_synced(partial / kUnfinished, "");
    copy(backup / kDatabaseName, partial / kDatabaseName);
    make_folder(partial / "files");
    for (fs::directory_iterator folder(backup / "files", error), end; !error && folder != end;
         folder.increment(error)) {
      const fs::path target = partial / "files" / folder->path().filename();
      if (!folder->is_directory()) continue;
      make_folder(target);
      for (fs::directory_iterator file(folder->path(), error); !error && file != end;
           file.increment(error)) {
        const std::string hash = file->path().filename().string();
        if (!StoredFiles::is_hash(hash) || !file->is_regular_file()) continue;
        copy(file->path(), target / hash);
        ++figures.files;
        figures.bytes += static_cast<std::int64_t>(file->file_size());
      }
      sync_path(target);
    }
    if (error) fail_with_errno("The backup cannot be read", backup.string(), error.value());
    {
      Store store(partial);
      Verification verification;
      while (verification.check(store, std::chrono::seconds(1))) {
      }
      if (!verification.damaged().empty()) {
        fail(ErrorCode::kIo,
             "The backup is damaged at " + std::to_string(verification.damaged().size()) +
                 (verification.cut() ? " places or more: " : " places: ") +
                 verification.damaged().front().problem,
             backup.string(), "Nothing was restored. Take another backup.");
      }
      figures.rows = verification.rows();
      figures.pages = verification.pages();
    }
    if (::unlink((partial / kUnfinished).c_str()) != 0)
      fail_with_errno("The state cannot be given its place", partial.string());
    sync_path(partial);
    put_in_place(partial, state);
  } catch (const std::exception&) {
    fs::remove_all(partial, error);
    throw;
  }
  return figures;
}

}  // namespace ptah
