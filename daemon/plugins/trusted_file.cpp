#include "plugins/trusted_file.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace ptah {
namespace {

Error io_error(const std::filesystem::path& path, const char* what, int error) {
  const ErrorCode code =
      error == ENOENT || error == ENOTDIR ? ErrorCode::kNotFound : ErrorCode::kIo;
  return make_error(code, std::string(what) + ": " + std::strerror(error) + ".", path.string());
}

// Debian and others give each user a group of the same name that only he is in; with their umask
// of 002 everything he writes is writable by it, which means by him.
bool is_private_group(gid_t group, uid_t user) {
  std::array<char, 16'384> user_text, group_text;
  passwd user_entry, *user_found = nullptr;
  struct group group_entry, *group_found = nullptr;
  if (::getpwuid_r(user, &user_entry, user_text.data(), user_text.size(), &user_found) != 0 ||
      ::getgrgid_r(group, &group_entry, group_text.data(), group_text.size(), &group_found) != 0 ||
      user_found == nullptr || group_found == nullptr) {
    return false;
  }
  if (user_found->pw_gid != group || std::strcmp(group_found->gr_name, user_found->pw_name) != 0) {
    return false;
  }
  for (char** member = group_found->gr_mem; *member != nullptr; ++member) {
    if (std::strcmp(*member, user_found->pw_name) != 0) return false;
  }
  return true;
}

Status check_permissions(const std::filesystem::path& path, const struct stat& status,
                         bool sticky_is_enough) {
  if (status.st_uid != 0 && status.st_uid != ::geteuid()) {
    return make_error(ErrorCode::kDenied,
                      "It belongs to user " + std::to_string(status.st_uid) +
                          "; plugins are only loaded from what root or user " +
                          std::to_string(::geteuid()) + " owns.",
                      path.string(), "copy the plugin into a folder of your own");
  }
  if (sticky_is_enough && (status.st_mode & S_ISVTX) != 0) return ok();
  const bool by_group =
      (status.st_mode & S_IWGRP) != 0 && !is_private_group(status.st_gid, status.st_uid);
  const bool by_others = (status.st_mode & S_IWOTH) != 0;
  if (by_group || by_others) {
    return make_error(ErrorCode::kDenied,
                      "Other users may write it, so a plugin there is not trusted.", path.string(),
                      "chmod go-w '" + path.string() + "'");
  }
  return ok();
}

}  // namespace

Status check_trusted_directory(const std::filesystem::path& directory) {
  std::error_code failed;
  // The canonical path has no links and no "..", so its components are the whole truth about who
  // may replace the directory.
  const std::filesystem::path canonical = std::filesystem::canonical(directory, failed);
  if (failed) return io_error(directory, "The folder can not be opened", failed.value());
  std::filesystem::path part;
  for (const auto& component : canonical) {
    part /= component;
    struct stat status;
    if (::lstat(part.c_str(), &status) != 0) {
      return io_error(part, "The folder can not be opened", errno);
    }
    if (!S_ISDIR(status.st_mode)) {
      return make_error(ErrorCode::kIo, "This is no folder.", part.string());
    }
    PTAH_TRY(check_permissions(part, status, part != canonical));
  }
  return ok();
}

Result<Descriptor> open_trusted_file(const std::filesystem::path& file) {
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
  PTAH_TRY(check_trusted_directory(folder));
  std::error_code failed;
  const std::filesystem::path name = std::filesystem::canonical(folder, failed) / file.filename();
  // O_NONBLOCK: opening a FIFO must not wait for its writer.
  Descriptor opened(::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (opened.get() < 0) {
    if (errno == ELOOP) {
      return make_error(ErrorCode::kDenied,
                        "The plugin is a symbolic link; where it points may change.", file.string(),
                        "copy the file itself into the folder");
    }
    return io_error(file, "The plugin can not be opened", errno);
  }
  struct stat status;
  if (::fstat(opened.get(), &status) != 0) {
    return io_error(file, "The plugin can not be opened", errno);
  }
  if (!S_ISREG(status.st_mode)) {
    return make_error(ErrorCode::kDenied, "The plugin is no regular file.", file.string());
  }
  PTAH_TRY(check_permissions(file, status, false));
  return opened;
}

}  // namespace ptah
