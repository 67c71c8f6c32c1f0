/// Scratch folders and whole files (declared in run_tool.hpp).
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "ptah/core/run_tool.hpp"

namespace ptah {
namespace {

Error io_error(const std::filesystem::path& file, const std::string& what, int error) {
  return make_error(ErrorCode::kIo, what + ": " + std::strerror(error) + ".", file.string(),
                    error == ENOSPC ? "free some space and run it again" : "");
}

}  // namespace

Result<ScratchDir> ScratchDir::create(const std::filesystem::path& parent,
                                      std::string_view prefix) {
  std::string name = (parent / (std::string(prefix) + ".XXXXXX")).string();
  if (mkdtemp(name.data()) == nullptr) {  // mode 0700
    return io_error(parent, "No scratch folder can be made there", errno);
  }
  return ScratchDir(std::filesystem::path(name));
}

ScratchDir::ScratchDir(ScratchDir&& other) noexcept : path_(std::exchange(other.path_, {})) {}

ScratchDir& ScratchDir::operator=(ScratchDir&& other) noexcept {
  std::swap(path_, other.path_);
  return *this;
}

ScratchDir::~ScratchDir() {
  if (path_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Result<std::string> read_text_file(const std::filesystem::path& file, std::size_t max_bytes) {
  // O_NONBLOCK: a FIFO in place of a file must not hang the reader.
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    const int error = errno;
    Error failed = io_error(file, "The file can not be read", error);
    if (error == ENOENT)
      failed = make_error(ErrorCode::kNotFound, "There is no such file.", file.string());
    return failed;
  }
  std::string text;
  char buffer[65536];
  for (;;) {
    const ssize_t count = ::read(fd, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const int error = errno;
      ::close(fd);
      return io_error(file, "The file can not be read", error);
    }
    if (count == 0) break;
    if (text.size() + static_cast<std::size_t>(count) > max_bytes) {
      ::close(fd);
      return make_error(ErrorCode::kLimit,
                        "The file is larger than " + std::to_string(max_bytes) + " bytes.",
                        file.string());
    }
    text.append(buffer, static_cast<std::size_t>(count));
  }
  ::close(fd);
  return text;
}

Status write_text_file(const std::filesystem::path& file, std::string_view text,
                       Durability durability) {
  const std::filesystem::path folder =
      file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  std::string aside = folder.string();
  aside.append("/.").append(file.filename().string()).append(".XXXXXX");
  const int fd = mkostemp(aside.data(), O_CLOEXEC);
  if (fd < 0) return io_error(file, "The file can not be written", errno);
  const auto fail = [&](int error) -> Status {
    ::close(fd);
    ::unlink(aside.c_str());
    return io_error(file, "The file can not be written", error);
  };
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t count = ::write(fd, text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(errno);
    done += static_cast<std::size_t>(count);
  }
  const bool synced = durability == Durability::kSynced;
  if (::fchmod(fd, 0644) != 0 || (synced && ::fsync(fd) != 0)) return fail(errno);
  if (::close(fd) != 0 || ::rename(aside.c_str(), file.c_str()) != 0) {
    const int error = errno;
    ::unlink(aside.c_str());
    return io_error(file, "The file can not be written", error);
  }
  if (!synced) return ok();
  // The rename itself is durable once the folder is synced. One that may be written and not listed
  // cannot be, and some file systems have nothing to sync there.
  const int folder_fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_fd < 0)
    return errno == EACCES ? ok() : io_error(file, "The file can not be synced", errno);
  const int error = ::fsync(folder_fd) == 0 || errno == EINVAL ? 0 : errno;
  ::close(folder_fd);
  return error == 0 ? ok() : io_error(file, "The file can not be synced", error);
}

}  // namespace ptah
