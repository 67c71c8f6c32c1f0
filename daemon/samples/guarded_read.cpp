#include "samples/guarded_read.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "samples/sample_file_io.hpp"

namespace ptah {
namespace {

constexpr rlim_t kMostSeconds = 120;
constexpr rlim_t kMostMemory = 8ull << 30;

void limit(int resource, rlim_t most) {
  const struct rlimit value { most, most };
  ::setrlimit(static_cast<__rlimit_resource>(resource), &value);
}

/// What of them is wrong is told by whoever reads them.
void read_all_pictures(const std::filesystem::path& file) {
  const auto groups = read_picture_groups(file);
  if (!groups) return;
  for (const PictureGroup& group : groups.value())
    (void)read_pictures(file, group,
                        [](std::size_t, std::span<const std::uint8_t>) { return ok(); });
}

/// In the child: what a fault does is to end it, without a word.
[[noreturn]] void read_and_exit(const std::filesystem::path& file) {
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) ::signal(fault, SIG_DFL);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_CPU, kMostSeconds);
#ifndef __SANITIZE_ADDRESS__
  limit(RLIMIT_AS, kMostMemory);
#endif
  try {
    if (Samples::read(file)) read_all_pictures(file);
  } catch (...) {
    ::_exit(2);
  }
  ::_exit(0);
}

}  // namespace

Result<Samples> read_of_stranger(const std::filesystem::path& file) {
  PTAH_TRY(sample_file_io());  // not in the child: another thread may be opening a library
  const pid_t child = ::fork();
  if (child == 0) read_and_exit(file);
  int status = 0;
  pid_t got = child;
  do {
    if (child > 0) got = ::waitpid(child, &status, 0);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return make_error(ErrorCode::kIo, std::strerror(errno), file.string());
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return make_error(ErrorCode::kParse,
                      "The HDF5 library breaks on this file, or needs too much for it: the file is "
                      "damaged, or made to do that.",
                      file.string());
  }
  return Samples::read(file);
}

}  // namespace ptah
