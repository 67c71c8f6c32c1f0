#include "ptah/core/write_fence.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

namespace ptah {
namespace {

// Of <linux/landlock.h>, which the build machine's kernel headers may lack or have an old one of.
constexpr long kCreateRuleset = 444, kAddRule = 445, kRestrictSelf = 446;
constexpr unsigned kGetVersion = 1u << 0;
constexpr int kPathBeneath = 1;
constexpr std::uint64_t kWriteFile = 1u << 1, kRemoveDir = 1u << 4, kRemoveFile = 1u << 5,
                        kMakeChar = 1u << 6, kMakeDir = 1u << 7, kMakeReg = 1u << 8,
                        kMakeSock = 1u << 9, kMakeFifo = 1u << 10, kMakeBlock = 1u << 11,
                        kMakeSym = 1u << 12, kRefer = 1u << 13, kTruncate = 1u << 14;

struct RulesetAttributes {
  std::uint64_t handled_access;
};
struct [[gnu::packed]] PathBeneath {
  std::uint64_t allowed_access;
  std::int32_t parent;
};

/// Every right to change something that version `version` knows.
std::uint64_t changes(int version) {
  std::uint64_t all = kWriteFile | kRemoveDir | kRemoveFile | kMakeChar | kMakeDir | kMakeReg |
                      kMakeSock | kMakeFifo | kMakeBlock | kMakeSym;
  if (version >= 2) all |= kRefer;  // renaming and linking between folders
  if (version >= 3) all |= kTruncate;
  return all;
}

/// Programs open these to write; what they write goes nowhere, or to who started them.
constexpr const char* kDevices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/tty"};

bool allow(int ruleset, const char* path, std::uint64_t access) {
  const int parent = ::open(path, O_PATH | O_CLOEXEC);
  if (parent < 0) return false;
  const PathBeneath rule{access, parent};
  const bool added = ::syscall(kAddRule, ruleset, kPathBeneath, &rule, 0u) == 0;
  const int saved = errno;
  ::close(parent);
  errno = saved;
  return added;
}

}  // namespace

int landlock_version() noexcept {
  const long version = ::syscall(kCreateRuleset, nullptr, std::size_t{0}, kGetVersion);
  return version > 0 ? static_cast<int>(version) : 0;
}

Result<WriteFence> WriteFence::around(const std::vector<std::filesystem::path>& folders) {
  const int version = landlock_version();
  if (version == 0) return WriteFence(-1);
  const std::uint64_t all = changes(version);
  const RulesetAttributes attributes{all};
  // The descriptor closes on exec.
  WriteFence fence(static_cast<int>(::syscall(kCreateRuleset, &attributes, sizeof attributes, 0u)));
  if (fence.ruleset_ < 0) {
    return make_error(ErrorCode::kIo, std::string("Landlock refuses a fence around files: ") +
                                          std::strerror(errno) + ".");
  }
  for (const char* device : kDevices) {
    // Absent from some containers.
    allow(fence.ruleset_, device, all & (kWriteFile | kTruncate));
  }
  for (const std::filesystem::path& folder : folders) {
    if (allow(fence.ruleset_, folder.c_str(), all)) continue;
    return make_error(
        ErrorCode::kIo,
        std::string("No fence can be made around the folder: ") + std::strerror(errno) + ".",
        folder.string(), "it must exist and be a folder");
  }
  return fence;
}

WriteFence::WriteFence(WriteFence&& other) noexcept : ruleset_(std::exchange(other.ruleset_, -1)) {}

WriteFence& WriteFence::operator=(WriteFence&& other) noexcept {
  std::swap(ruleset_, other.ruleset_);
  return *this;
}

WriteFence::~WriteFence() {
  if (ruleset_ >= 0) ::close(ruleset_);
}

bool WriteFence::enclose() const noexcept {
  if (ruleset_ < 0) return true;
  // Or else a program with other rights than ours could be confused by what it may not write.
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::syscall(kRestrictSelf, ruleset_, 0u) == 0;
}

}  // namespace ptah
