#include "store/file_store.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <vector>

#include "ptah/core/sha256.hpp"
#include "store/failure.hpp"

namespace ptah {
namespace {

constexpr std::size_t kChunk = 256u << 10;
/// More files than this are synced with their whole file system: one flush instead of one each.
constexpr std::size_t kSyncedSingly = 6;

void write_all(int to, const char* bytes, std::size_t size, const std::string& where) {
  while (size > 0) {
    const ssize_t written = ::write(to, bytes, size);
    if (written < 0) {
      if (errno == EINTR) continue;
      fail_with_errno("The file cannot be written", where);
    }
    bytes += written;
    size -= static_cast<std::size_t>(written);
  }
}

/// Calls `sink` with each chunk, up to `limit` bytes (-1: to the end); returns how many there were.
template <class Sink>
std::int64_t read_all(int from, const std::string& where, Sink sink, std::int64_t limit = -1) {
  std::vector<char> buffer(kChunk);
  std::int64_t total = 0;
  for (;;) {
    const std::size_t wanted = limit < 0 ? buffer.size()
                                         : static_cast<std::size_t>(std::min<std::int64_t>(
                                               limit - total, static_cast<std::int64_t>(kChunk)));
    const ssize_t got = wanted == 0 ? 0 : ::read(from, buffer.data(), wanted);
    if (got < 0) {
      if (errno == EINTR) continue;
      fail_with_errno("The file cannot be read", where);
    }
    if (got == 0) return total;
    total += got;
    if (static_cast<std::uint64_t>(total) > kMaxStoredFile) {
      fail(ErrorCode::kLimit, "The file is larger than the store takes (4 GiB).", where);
    }
    sink(buffer.data(), static_cast<std::size_t>(got));
  }
}

std::string hash_of(int from, const std::string& where) {
  Sha256 hash;
  read_all(from, where, [&](const char* bytes, std::size_t size) { hash.add(bytes, size); });
  return hash.hex();
}

/// Removes a file unless told to keep it.
class Aside {
 public:
  Aside(int folder, std::string name) : folder_(folder), name_(std::move(name)) {}
  Aside(const Aside&) = delete;
  ~Aside() {
    if (!kept_) ::unlinkat(folder_, name_.c_str(), 0);
  }
  void keep() noexcept { kept_ = true; }

 private:
  int folder_;
  std::string name_;
  bool kept_ = false;
};

/// A file that comes into being in a folder. It has no name until it is whole, so that a kill
/// leaves nothing of it; only a file system that knows no such files gives it a temporary one at
/// once.
class Fresh {
 public:
  Fresh(int folder, std::string temporary, std::string where)
      : folder_(folder), temporary_(std::move(temporary)), where_(std::move(where)) {
    file_ = Descriptor(::openat(folder, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0666));
    named_ = !file_ && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL);
    if (named_) {
      ::unlinkat(folder, temporary_.c_str(), 0);
      file_ = Descriptor(::openat(folder, temporary_.c_str(),
                                  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
    }
    if (!file_) give_up();
  }
  Fresh(const Fresh&) = delete;
  ~Fresh() {
    if (named_) ::unlinkat(folder_, temporary_.c_str(), 0);
  }
  int get() const noexcept { return file_.get(); }

  /// Under its name, and over a file of that name only if it is to `replace` it.
  void place(const std::string& name, bool replace) {
    if (named_ || replace) {
      if (!named_) link(temporary_);
      named_ = true;
      if (!file_.close()) give_up();
      move(name, replace);
    } else {
      link(name);
      if (!file_.close()) give_up();
    }
  }

 private:
  [[noreturn]] void give_up() const { fail_with_errno("The output cannot be written", where_); }
  void link(const std::string& name) const {
    if (name == temporary_) ::unlinkat(folder_, temporary_.c_str(), 0);
    const std::string file = "/proc/self/fd/" + std::to_string(file_.get());
    if (::linkat(AT_FDCWD, file.c_str(), folder_, name.c_str(), AT_SYMLINK_FOLLOW) != 0) give_up();
  }
  void move(const std::string& name, bool replace) {
    const char* const from = temporary_.c_str();
    if (replace) {
      if (::renameat(folder_, from, folder_, name.c_str()) != 0) give_up();
      named_ = false;
    } else if (::renameat2(folder_, from, folder_, name.c_str(), RENAME_NOREPLACE) == 0) {
      named_ = false;
    } else if ((errno != EINVAL && errno != ENOSYS) ||
               ::linkat(folder_, from, folder_, name.c_str(), 0) != 0) {
      // Some file systems cannot rename so.
      give_up();
    }
  }

  int folder_;
  std::string temporary_, where_;
  Descriptor file_;
  bool named_ = false;
};

}  // namespace

bool StoredFiles::is_hash(std::string_view text) noexcept {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

FileStore::FileStore(std::filesystem::path root) : StoredFiles(std::move(root)) {
  std::error_code error;
  std::filesystem::create_directories(root_ / "aside", error);
  if (error) fail_with_errno("The store cannot be created", root_.string(), error.value());
  ::chmod(root_.c_str(), 0700);
  root_folder_ = Descriptor(::open(root_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root_folder_) fail_with_errno("The store cannot be opened", root_.string());
  for (const auto& entry : std::filesystem::directory_iterator(root_ / "aside", error)) {
    std::filesystem::remove(entry.path(), error);
  }
}

FileStore::Stored FileStore::put_file(const std::filesystem::path& source, std::int64_t offset,
                                      std::int64_t size) {
  const Descriptor from(::open(source.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!from) fail_with_errno("The file cannot be opened", source.string());
  struct stat info {};
  if (::fstat(from.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    fail(ErrorCode::kIo, "This is not a regular file.", source.string());
  }
  if (offset < 0 || size < -1 || offset > info.st_size ||
      (size >= 0 && size > info.st_size - offset)) {
    fail(ErrorCode::kIo, "The file does not hold the part that was named.", source.string());
  }
  if (offset > 0 && ::lseek(from.get(), offset, SEEK_SET) < 0)
    fail_with_errno("The file cannot be read", source.string());
  return put(from.get(), source.string(), size);
}

FileStore::Stored FileStore::put_text(std::string_view text) {
  const Descriptor memory(::memfd_create("ptah", MFD_CLOEXEC));
  if (!memory) fail_with_errno("A text cannot be stored", root_.string());
  write_all(memory.get(), text.data(), text.size(), root_.string());
  ::lseek(memory.get(), 0, SEEK_SET);
  return put(memory.get(), "text", -1);
}

FileStore::Stored FileStore::put(int source, const std::string& where, std::int64_t size) {
  const std::string name = "aside/" + std::to_string(next_aside_++);
  const int root = root_folder_.get();
  Descriptor to(
      ::openat(root, name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!to) fail_with_errno("The store cannot be written", root_.string());
  Aside aside(root, name);
  Sha256 digest;
  Stored stored;
  stored.size = read_all(
      source, where,
      [&](const char* bytes, std::size_t count) {
        digest.add(bytes, count);
        write_all(to.get(), bytes, count, root_.string());
      },
      size);
  stored.hash = digest.hex();
  // Equal bytes that are there already stay; damaged ones are replaced.
  if (!problem(stored.hash)) {
    unsynced_.insert(path(stored.hash).parent_path());
    return stored;
  }
  if (::fchmod(to.get(), 0444) != 0 || !to.close()) {
    fail_with_errno("The store cannot be written", root_.string());
  }
  move_in(name, stored.hash);
  aside.keep();
  return stored;
}

void FileStore::link_file(const std::filesystem::path& whole, const std::string& hash) {
  // Seldom: others have put the same bytes just now, or those that are there are damaged.
  if (size(hash) && !problem(hash)) {
    unsynced_.insert(path(hash).parent_path());
    return;
  }
  const std::string name = "aside/" + std::to_string(next_aside_++);
  if (::linkat(AT_FDCWD, whole.c_str(), root_folder_.get(), name.c_str(), 0) != 0)
    fail_with_errno("The store cannot be written", whole.string());
  const Aside aside(root_folder_.get(), name);
  move_in(name, hash);
}

void FileStore::move_in(const std::string& name, const std::string& hash) {
  const std::filesystem::path target = path(hash);
  if (::mkdir(target.parent_path().c_str(), 0700) == 0) {
    unsynced_.insert(root_);
  } else if (errno != EEXIST) {
    fail_with_errno("The store cannot be written", target.parent_path().string());
  }
  if (::renameat(root_folder_.get(), name.c_str(), AT_FDCWD, target.c_str()) != 0) {
    fail_with_errno("The store cannot be written", target.string());
  }
  unsynced_.insert(target.parent_path());
  unsynced_files_.push_back(target);
  new_.push_back(hash);
}

void FileStore::sync() {
  const auto sync_one = [](const std::filesystem::path& place) {
    const Descriptor opened(::open(place.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    // Somebody else removed it: who needs the file is told. To fail here fails every later sync.
    if (!opened && errno == ENOENT) return;
    if (!opened || ::fsync(opened.get()) != 0)
      fail_with_errno("The store cannot be synced", place.string());
  };
  try {
    if (unsynced_files_.size() > kSyncedSingly) {
      if (::syncfs(root_folder_.get()) != 0)
        fail_with_errno("The store cannot be synced", root_.string());
    } else {
      for (const auto& file : unsynced_files_) sync_one(file);
      for (const auto& folder : unsynced_) sync_one(folder);
    }
  } catch (const Failure&) {
    for (const auto& file : unsynced_files_) ::unlink(file.c_str());
    unsynced_files_.clear();
    unsynced_.clear();
    throw;
  }
  unsynced_files_.clear();
  unsynced_.clear();
}

std::optional<std::string> StoredFiles::problem(const std::string& hash) const {
  const std::filesystem::path file = path(hash);
  const Descriptor from(::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!from) return errno == ENOENT ? "missing" : "unreadable";
  try {
    if (hash_of(from.get(), file.string()) != hash) return "its bytes do not match its hash";
  } catch (const Failure& failure) {
    return failure.error().message;
  }
  return std::nullopt;
}

std::filesystem::path StoredFiles::checked(const std::string& hash,
                                           const std::string& where) const {
  const auto damage = problem(hash);
  if (damage == "missing") {
    fail(ErrorCode::kNotFound, "The store has no file with this hash.", where,
         "Its job may have been deleted; store.put sends a file.");
  }
  if (damage) {
    fail(ErrorCode::kIo, "The file in the store is damaged: " + *damage + ".", path(hash).string(),
         kHowToRestoreFile);
  }
  return path(hash);
}

std::optional<std::int64_t> StoredFiles::size(const std::string& hash) const {
  struct stat info {};
  if (!is_hash(hash) || ::lstat(path(hash).c_str(), &info) != 0 || !S_ISREG(info.st_mode))
    return std::nullopt;
  return info.st_size;
}

std::string StoredFiles::read(const std::string& hash, std::int64_t offset,
                              std::int64_t size) const {
  const std::filesystem::path file = path(hash);
  const Descriptor from(::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!from && errno == ENOENT)
    fail(ErrorCode::kNotFound, "The store has no file with this hash.", hash);
  if (!from) fail_with_errno("A file of the store cannot be opened", file.string());
  std::string bytes(static_cast<std::size_t>(size), '\0');
  std::size_t got = 0;
  while (got < bytes.size()) {
    const ssize_t count = ::pread(from.get(), bytes.data() + got, bytes.size() - got,
                                  offset + static_cast<std::int64_t>(got));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_with_errno("A file of the store cannot be read", file.string());
    if (count == 0) break;
    got += static_cast<std::size_t>(count);
  }
  bytes.resize(got);
  return bytes;
}

void FileStore::remove(const std::string& hash) {
  if (::unlink(path(hash).c_str()) != 0 && errno != ENOENT)
    fail_with_errno("A file cannot be removed", path(hash).string());
  std::erase(unsynced_files_, path(hash));
}

std::vector<std::string> FileStore::hashes(int folder) const {
  static constexpr char kDigits[] = "0123456789abcdef";
  const std::string name{kDigits[folder >> 4 & 15], kDigits[folder & 15]};
  std::vector<std::string> found;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(root_ / name, error), end; entry != end;
       entry.increment(error)) {
    std::string hash = entry->path().filename().string();
    if (is_hash(hash) && hash.starts_with(name)) found.push_back(std::move(hash));
    if (error) break;
  }
  return found;
}

Status check_relative_path(const std::string& relative) {
  const std::filesystem::path path(relative);
  bool good =
      !relative.empty() && relative.size() < 1024 && !path.is_absolute() && path.has_filename();
  for (const auto& part : path) {
    const std::string& word = part.native();
    good = good && !word.empty() && word.front() != '.' && word.front() != '-' &&
           std::none_of(word.begin(), word.end(),
                        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  }
  if (good) return ok();
  return make_error(ErrorCode::kDenied,
                    "The path \"" + relative.substr(0, 200) + "\" does not stay below its folder.");
}

StoredFiles::Copied StoredFiles::copy_out(const std::string& hash, Outputs& outputs,
                                          const std::filesystem::path& out,
                                          const std::string& relative, Existing existing) const {
  if (Status status = check_relative_path(relative); !status) throw Failure(status.error());
  const std::filesystem::path whole = out / relative;
  const std::filesystem::path relative_path(relative);
  const auto [folder, ours] = outputs.open(out, relative_path.parent_path());
  const std::string name = relative_path.filename().string();
  struct stat info {};
  const bool present = ::fstatat(folder, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
  if (present) {
    const Descriptor file(
        ::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    // A link, a socket, or a file that is not for us holds no bytes of ours.
    if (!file && errno != ELOOP && errno != ENXIO && errno != EACCES)
      fail_with_errno("A file in the output cannot be read", whole.string());
    if (file && ::fstat(file.get(), &info) == 0 && S_ISREG(info.st_mode) &&
        hash_of(file.get(), whole.string()) == hash) {
      return Copied::kEqual;
    }
    if (existing == Existing::kKeep) return Copied::kKept;
    if (!ours) {
      fail(ErrorCode::kConflict,
           "A file with other bytes is there, in a folder that Ptah did not make.", whole.string(),
           "Choose an empty output folder, or move the file away and go on with job.resume.");
    }
  }
  const std::filesystem::path source = path(hash);
  const Descriptor from(::open(source.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!from && errno == ENOENT) {
    fail(ErrorCode::kNotFound,
         "A file of the store is gone: its job was deleted meanwhile, or the store is damaged.",
         source.string(), "`ptah server verify` lists what is missing.");
  }
  if (!from) fail_with_errno("A file of the store cannot be opened", source.string());
  Fresh fresh(folder, ".ptah-" + hash.substr(0, 16) + outputs.tag() + ".part", whole.string());
  Sha256 digest;
  read_all(from.get(), source.string(), [&](const char* bytes, std::size_t size) {
    digest.add(bytes, size);
    write_all(fresh.get(), bytes, size, whole.string());
  });
  if (digest.hex() != hash) {
    fail(ErrorCode::kIo, "A file of the store is damaged: its bytes do not match its hash.",
         source.string(), kHowToRestoreFile);
  }
  fresh.place(name, present);
  return Copied::kWritten;
}

}  // namespace ptah
