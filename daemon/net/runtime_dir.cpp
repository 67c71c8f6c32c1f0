#include "net/runtime_dir.hpp"

#include <fcntl.h>
#include <grp.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>
#include <vector>

#include "ptah/core/run_tool.hpp"

namespace ptah {
namespace {

std::string words(int error_number) {
  return std::generic_category().message(error_number);
}

/// An absolute path from the environment, or empty.
std::filesystem::path from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && value[0] == '/' ? std::filesystem::path(value)
                                             : std::filesystem::path();
}

}  // namespace

std::filesystem::path default_runtime_dir() {
  const std::filesystem::path runtime = from_environment("XDG_RUNTIME_DIR");
  if (!runtime.empty()) return runtime / "ptah";
  return "/tmp/ptah-" + std::to_string(::getuid());
}

std::filesystem::path default_socket_path() {
  return default_runtime_dir() / "ptahd.sock";
}

std::filesystem::path default_state_dir() {
  const std::filesystem::path state = from_environment("XDG_STATE_HOME");
  if (!state.empty()) return state / "ptah";
  const std::filesystem::path home = from_environment("HOME");
  return home.empty() ? default_runtime_dir() / "state" : home / ".local/state/ptah";
}

Result<gid_t> group_of(const std::string& name) {
  std::vector<char> text(64 << 10);
  ::group entry{};
  ::group* found = nullptr;
  if (::getgrnam_r(name.c_str(), &entry, text.data(), text.size(), &found) == 0 && found != nullptr)
    return entry.gr_gid;
  return make_error(ErrorCode::kNotFound, "There is no group \"" + name + "\".", "unix_group",
                    "`getent group` lists them.");
}

bool has_group(int descriptor, gid_t own, gid_t group) {
  if (own == group) return true;
  std::vector<gid_t> groups(65536);  // As many as the kernel allows.
  socklen_t size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
  if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) != 0) return false;
  groups.resize(size / sizeof(gid_t));
  return std::find(groups.begin(), groups.end(), group) != groups.end();
}

Status prepare_private_dir(const std::filesystem::path& directory, std::optional<gid_t> group) {
  std::error_code error;
  if (directory.has_parent_path())
    std::filesystem::create_directories(directory.parent_path(), error);
  if (error) {
    return make_error(ErrorCode::kIo, "The folder cannot be created: " + error.message() + ".",
                      directory.parent_path().string());
  }
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return make_error(ErrorCode::kIo, "The folder cannot be created: " + words(errno) + ".",
                      directory.string());
  }
  struct stat info {};
  const auto look = [&] {
    return ::lstat(directory.c_str(), &info) == 0 && S_ISDIR(info.st_mode) &&
           info.st_uid == ::getuid();
  };
  // A group comes and goes with the configuration.
  if (look() && (info.st_mode & 067) == 0) {
    if (group && info.st_gid != *group &&
        ::chown(directory.c_str(), static_cast<uid_t>(-1), *group) != 0) {
      return make_error(
          ErrorCode::kDenied, "The folder cannot be given to the group: " + words(errno) + ".",
          directory.string(), "The daemon's user has to be in the group of unix_group itself.");
    }
    ::chmod(directory.c_str(), group ? 0710 : 0700);
  }
  if (!look() || (info.st_mode & 067) != 0 || (!group && (info.st_mode & 077) != 0)) {
    return make_error(ErrorCode::kDenied,
                      "The folder must be a real one, owned by the daemon's user, with mode 0700.",
                      directory.string(),
                      "Name a socket in a folder of its own, such as " +
                          (directory / "ptah" / "ptahd.sock").string() + ".");
  }
  return ok();
}

Result<FileLock> FileLock::acquire(const std::filesystem::path& file, const std::string& what) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (descriptor < 0)
    return make_error(ErrorCode::kIo, "The lock cannot be opened: " + words(errno) + ".",
                      file.string());
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    const int error_number = errno;
    char digits[16] = {};
    const ssize_t count = ::pread(descriptor, digits, sizeof digits - 1, 0);
    ::close(descriptor);
    if (error_number != EWOULDBLOCK)
      return make_error(ErrorCode::kIo, "The lock cannot be taken: " + words(error_number) + ".",
                        file.string());
    // Who took it wrote its number; one of before did not.
    const long holder = count > 0 ? std::strtol(digits, nullptr, 10) : 0;
    return make_error(ErrorCode::kConflict,
                      "Another ptahd uses " + what +
                          (holder > 0 ? " (pid " + std::to_string(holder) + ")" : "") + ".",
                      file.string(),
                      "Talk to that one, or choose another with --socket and --state.");
  }
  // For who finds it taken. That it cannot be written takes nothing from the lock.
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(descriptor, 0) == 0) (void)!::pwrite(descriptor, pid.data(), pid.size(), 0);
  return FileLock(descriptor);
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}
FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<std::string> load_token(const std::filesystem::path& file) {
  struct stat info {};
  if (::lstat(file.c_str(), &info) == 0) {
    if (!S_ISREG(info.st_mode) || info.st_uid != ::getuid() || (info.st_mode & 077) != 0) {
      return make_error(ErrorCode::kDenied, "The token file must be ours, with mode 0600.",
                        file.string(), "Remove it; a new one is made at the next start.");
    }
    PTAH_TRY(auto token, read_text_file(file, 4096));
    while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
    if (token.size() >= 32) return token;
  } else if (errno != ENOENT) {
    return make_error(ErrorCode::kIo, "The token file cannot be read: " + words(errno) + ".",
                      file.string());
  }
  std::array<unsigned char, 32> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    return make_error(ErrorCode::kIo, "The system gave no random bytes for a token.",
                      file.string());
  }
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string token;
  for (const unsigned char byte : bytes) {
    token += kDigits[byte >> 4];
    token += kDigits[byte & 15];
  }
  const std::string aside = file.string() + ".new";
  ::unlink(aside.c_str());
  const int descriptor =
      ::open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    return make_error(ErrorCode::kIo, "The token file cannot be written: " + words(errno) + ".",
                      file.string());
  }
  const std::string line = token + "\n";
  errno = 0;  // A write that comes out short sets none.
  bool written = ::write(descriptor, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  int error_number = errno;
  if (::close(descriptor) != 0 || (written && ::rename(aside.c_str(), file.c_str()) != 0)) {
    if (written) error_number = errno;
    written = false;
  }
  if (written) return token;
  ::unlink(aside.c_str());
  return make_error(
      ErrorCode::kIo,
      "The token file cannot be written: " + words(error_number == 0 ? ENOSPC : error_number) + ".",
      file.string());
}

bool same_token(const std::string& a, const std::string& b) noexcept {
  unsigned char difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    difference = static_cast<unsigned char>(difference | (a[i] ^ b[i]));
  }
  return difference == 0 && !a.empty();
}

}  // namespace ptah
