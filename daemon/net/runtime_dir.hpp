/// Where the daemon's socket, lock and tokens lie, and that only one daemon uses a socket.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

#include "ptah/core/error.hpp"

namespace ptah {

/// $XDG_RUNTIME_DIR/ptah, else /tmp/ptah-<uid>.
std::filesystem::path default_runtime_dir();
/// `default_runtime_dir()`/ptahd.sock: where clients look.
std::filesystem::path default_socket_path();
/// $XDG_STATE_HOME/ptah, else ~/.local/state/ptah.
std::filesystem::path default_state_dir();

/// Creates `directory` with mode 0700 where missing. Fails with kDenied when it is not a real
/// folder of ours or lets others in: somebody else may have made it first in /tmp. With a group its
/// members can reach what is in it (mode 0710), and not see what that is.
Status prepare_private_dir(const std::filesystem::path& directory, std::optional<gid_t> group = {});

/// Fails with kNotFound where there is no such group.
Result<gid_t> group_of(const std::string& name);
/// Whether a peer of a Unix socket, whose own group is `own`, was in a group when it connected.
bool has_group(int descriptor, gid_t own, gid_t group);

/// Holds an exclusive lock on a file until its end; the kernel releases it whatever happens to the
/// process.
class FileLock {
 public:
  /// Fails with kConflict when another process holds it; `what` names the thing in the message.
  static Result<FileLock> acquire(const std::filesystem::path& file, const std::string& what);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

/// The secret in `file` (0600): made on the first call, read afterwards.
Result<std::string> load_token(const std::filesystem::path& file);
/// Compares in a time that does not depend on where they differ.
bool same_token(const std::string& a, const std::string& b) noexcept;

}  // namespace ptah
