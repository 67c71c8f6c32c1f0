#include "store/outputs.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <string_view>
#include <utility>

#include "store/failure.hpp"

namespace ptah {

namespace fs = std::filesystem;

namespace {

/// Folders kept open; a dataset has four a netlist.
constexpr std::size_t kOpenFolders = 64;
constexpr const char* kMark = ".ptah";
constexpr std::string_view kMarkText =
    "Ptah writes into this folder: later runs may replace the files that earlier ones wrote.\n";

/// Enough to look things up below it, also where the folder may not be listed.
constexpr int kFolder = O_PATH | O_DIRECTORY | O_CLOEXEC;

bool is_marked(int folder) {
  struct stat info {};
  return ::fstatat(folder, kMark, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(info.st_mode) &&
         info.st_uid == ::geteuid();
}

/// Not where it may not be listed: then it is not ours.
bool is_empty(int folder, const fs::path& out) {
  const int listed = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (listed < 0 && (errno == EACCES || errno == EPERM)) return false;
  DIR* entries = listed < 0 ? nullptr : ::fdopendir(listed);
  if (entries == nullptr) {
    const int error_number = errno;
    if (listed >= 0) ::close(listed);
    fail_with_errno("The output folder cannot be listed", out.string(), error_number);
  }
  bool empty = true;
  while (const dirent* entry = ::readdir(entries)) {
    const std::string_view name = entry->d_name;
    empty = empty && (name == "." || name == "..");
  }
  ::closedir(entries);
  return empty;
}

void mark(int folder, const fs::path& out) {
  Descriptor file(
      ::openat(folder, kMark, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
  // One that is left without its text by a full disk marks the folder as well.
  if (!file || ::write(file.get(), kMarkText.data(), kMarkText.size()) < 0 || !file.close())
    fail_with_errno("The output folder cannot be written", out.string());
}

}  // namespace

/// What the forbidden folders are at this moment.
class Outputs::Guard {
 public:
  Guard(const std::vector<fs::path>& forbidden, const fs::path& out) : out_(out) {
    for (const fs::path& folder : forbidden) {
      struct stat info {};
      if (::stat(folder.c_str(), &info) == 0)
        folders_.push_back({{info.st_dev, info.st_ino}, folder});
    }
  }

  /// Fails for a forbidden folder.
  void check(int folder) const { compare(identity(folder)); }

  /// Fails for one, and for what lies below one.
  void check_with_parents(int folder) const {
    Descriptor at(::openat(folder, ".", kFolder));
    for (;;) {
      if (!at) fail_with_errno("The output folder cannot be opened", out_.string());
      const Identity here = identity(at.get());
      compare(here);
      Descriptor parent(::openat(at.get(), "..", kFolder));
      if (parent && identity(parent.get()) == here) return;
      at = std::move(parent);
    }
  }

 private:
  using Identity = std::pair<dev_t, ino_t>;

  Identity identity(int folder) const {
    struct stat info {};
    if (::fstat(folder, &info) != 0)
      fail_with_errno("The output folder cannot be opened", out_.string());
    return {info.st_dev, info.st_ino};
  }

  void compare(const Identity& folder) const {
    for (const auto& [identity, path] : folders_) {
      if (folder != identity) continue;
      fail(ErrorCode::kDenied,
           "Results are not written into the daemon's own folders, and this leads into " +
               path.string() + ".",
           out_.string(), "Choose an output folder elsewhere.");
    }
  }

  const fs::path& out_;
  std::vector<std::pair<Identity, fs::path>> folders_;
};

void Outputs::check(const fs::path& out) const {
  const Guard guard(forbidden_, out);
  Descriptor at(::open("/", kFolder));
  for (const fs::path& part : out.relative_path()) {
    if (part.empty() || part == ".") continue;
    Descriptor next(::openat(at.get(), part.c_str(), kFolder));
    if (!next && errno == ENOENT) break;
    if (!next) fail_with_errno("The output folder cannot be opened", out.string());
    at = std::move(next);
  }
  guard.check_with_parents(at.get());
}

Outputs::Opened Outputs::open_output(const fs::path& out) const {
  const Guard guard(forbidden_, out);
  Opened opened{Descriptor(::open("/", kFolder)), false};
  bool made = false;
  for (const fs::path& part : out.relative_path()) {
    if (part.empty() || part == ".") continue;
    const int at = opened.descriptor.get();
    Descriptor next(::openat(at, part.c_str(), kFolder));
    made = !next && errno == ENOENT;
    if (made) {
      guard.check_with_parents(at);
      made = ::mkdirat(at, part.c_str(), 0777) == 0;
      if (!made && errno != EEXIST)
        fail_with_errno("The output folder cannot be created", out.string());
      next = Descriptor(::openat(at, part.c_str(), kFolder | O_NOFOLLOW));
    }
    if (!next) fail_with_errno("The output folder cannot be opened", out.string());
    opened.descriptor = std::move(next);
  }
  const int folder = opened.descriptor.get();
  guard.check_with_parents(folder);
  opened.ours = is_marked(folder);
  if (!opened.ours && (made || is_empty(folder, out))) {
    mark(folder, out);
    opened.ours = true;
  }
  return opened;
}

Outputs::Folder Outputs::open(const fs::path& out, const fs::path& inside) {
  if (opened_.size() >= kOpenFolders) opened_.clear();
  const fs::path whole = out / inside;
  if (const auto found = opened_.find(whole); found != opened_.end())
    return {found->second.descriptor.get(), found->second.ours};
  auto base = opened_.find(out);
  if (base == opened_.end()) base = opened_.emplace(out, open_output(out)).first;
  if (inside.empty()) return {base->second.descriptor.get(), base->second.ours};

  const Guard guard(forbidden_, out);
  Opened inner{Descriptor(), base->second.ours};
  int at = base->second.descriptor.get();
  for (const fs::path& part : inside) {
    if (::mkdirat(at, part.c_str(), 0777) != 0 && errno != EEXIST)
      fail_with_errno("The output folder cannot be created", whole.string());
    Descriptor next(::openat(at, part.c_str(), kFolder | O_NOFOLLOW));
    if (!next) fail_with_errno("The output folder cannot be opened", whole.string());
    guard.check(next.get());
    inner.descriptor = std::move(next);
    at = inner.descriptor.get();
  }
  const Opened& kept = opened_.emplace(whole, std::move(inner)).first->second;
  return {kept.descriptor.get(), kept.ours};
}

}  // namespace ptah
