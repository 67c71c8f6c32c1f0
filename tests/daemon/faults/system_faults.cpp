#include "system_faults.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>

namespace ptah::faults {
namespace {

std::atomic<bool> armed{false};
std::atomic<long> calls{0};
Plan plan;

/// Counts a call; true, with `errno`, when it is to fail.
bool fails() {
  if (!armed.load(std::memory_order_acquire)) return false;
  const long call = ++calls;
  if (call < plan.first || (plan.once && call != plan.first)) return false;
  if (plan.error_number == kKilled) ::raise(SIGKILL);
  errno = plan.error_number;
  return true;
}

template <class... Arguments>
long call(long number, Arguments... arguments) {
  return fails() ? -1 : ::syscall(number, arguments...);
}

template <class... Arguments>
int call_int(long number, Arguments... arguments) {
  return static_cast<int>(call(number, arguments...));
}

int open_file(int folder, const char* path, int flags, va_list rest) {
  const bool makes = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
  const unsigned mode = makes ? va_arg(rest, unsigned) : 0;
  return call_int(SYS_openat, folder, path, flags, mode);
}

int allocate(int file, off_t offset, off_t size) {
  return call(SYS_fallocate, file, 0, offset, size) == 0 ? 0 : errno;
}

/// No test loses power: to wait for the disk would only make it slow.
int sync() {
  return fails() ? -1 : 0;
}

}  // namespace

void arm(const Plan& next) {
  plan = next;
  calls = 0;
  armed.store(true, std::memory_order_release);
}

bool disarm() {
  armed.store(false, std::memory_order_release);
  return calls >= plan.first;
}

}  // namespace ptah::faults

// In place of the C library's. Both names of what has one for large files.
using namespace ptah::faults;

#define PTAH_OPEN(folder, path, flags)                         \
  va_list rest;                                                \
  va_start(rest, flags);                                       \
  const int descriptor = open_file(folder, path, flags, rest); \
  va_end(rest);                                                \
  return descriptor

extern "C" {

int open(const char* path, int flags, ...) {
  PTAH_OPEN(AT_FDCWD, path, flags);
}
int open64(const char* path, int flags, ...) {
  PTAH_OPEN(AT_FDCWD, path, flags);
}
int openat(int folder, const char* path, int flags, ...) {
  PTAH_OPEN(folder, path, flags);
}
int openat64(int folder, const char* path, int flags, ...) {
  PTAH_OPEN(folder, path, flags);
}
int close(int file) {
  // It is closed, whatever is said.
  const long status = ::syscall(SYS_close, file);
  return fails() ? -1 : static_cast<int>(status);
}
ssize_t write(int file, const void* bytes, size_t size) {
  return call(SYS_write, file, bytes, size);
}
ssize_t pwrite(int file, const void* bytes, size_t size, off_t offset) {
  return call(SYS_pwrite64, file, bytes, size, offset);
}
ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t offset) {
  return call(SYS_pwrite64, file, bytes, size, offset);
}
ssize_t sendfile(int to, int from, off_t* offset, size_t size) noexcept {
  return call(SYS_sendfile, to, from, offset, size);
}
ssize_t sendfile64(int to, int from, off64_t* offset, size_t size) noexcept {
  return call(SYS_sendfile, to, from, offset, size);
}
int fsync(int) {
  return ptah::faults::sync();
}
int fdatasync(int) {
  return ptah::faults::sync();
}
int syncfs(int) noexcept {
  return ptah::faults::sync();
}
int ftruncate(int file, off_t size) noexcept {
  return call_int(SYS_ftruncate, file, size);
}
int ftruncate64(int file, off64_t size) noexcept {
  return call_int(SYS_ftruncate, file, size);
}
int fallocate(int file, int mode, off_t offset, off_t size) {
  return call_int(SYS_fallocate, file, mode, offset, size);
}
int fallocate64(int file, int mode, off64_t offset, off64_t size) {
  return call_int(SYS_fallocate, file, mode, offset, size);
}
int posix_fallocate(int file, off_t offset, off_t size) {
  return allocate(file, offset, size);
}
int posix_fallocate64(int file, off64_t offset, off64_t size) {
  return allocate(file, offset, size);
}
int rename(const char* from, const char* to) noexcept {
  return call_int(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}
int renameat(int from_folder, const char* from, int to_folder, const char* to) noexcept {
  return call_int(SYS_renameat2, from_folder, from, to_folder, to, 0);
}
int renameat2(int from_folder, const char* from, int to_folder, const char* to,
              unsigned flags) noexcept {
  return call_int(SYS_renameat2, from_folder, from, to_folder, to, flags);
}
int linkat(int from_folder, const char* from, int to_folder, const char* to, int flags) noexcept {
  return call_int(SYS_linkat, from_folder, from, to_folder, to, flags);
}
int unlink(const char* path) noexcept {
  return call_int(SYS_unlinkat, AT_FDCWD, path, 0);
}
int unlinkat(int folder, const char* path, int flags) noexcept {
  return call_int(SYS_unlinkat, folder, path, flags);
}
int rmdir(const char* path) noexcept {
  return call_int(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR);
}
int remove(const char* path) noexcept {
  if (fails()) return -1;
  if (::syscall(SYS_unlinkat, AT_FDCWD, path, 0) == 0) return 0;
  return errno == EISDIR ? static_cast<int>(::syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR))
                         : -1;
}
int mkdir(const char* path, mode_t mode) noexcept {
  return call_int(SYS_mkdirat, AT_FDCWD, path, mode);
}
int mkdirat(int folder, const char* path, mode_t mode) noexcept {
  return call_int(SYS_mkdirat, folder, path, mode);
}
int chmod(const char* path, mode_t mode) noexcept {
  return call_int(SYS_fchmodat, AT_FDCWD, path, mode);
}
int fchmod(int file, mode_t mode) noexcept {
  return call_int(SYS_fchmod, file, mode);
}
int fchmodat(int folder, const char* path, mode_t mode, int) noexcept {
  return call_int(SYS_fchmodat, folder, path, mode);
}
int memfd_create(const char* name, unsigned flags) noexcept {
  return call_int(SYS_memfd_create, name, flags);
}
int mkostemp(char* name, int flags) {
  static const auto next = reinterpret_cast<int (*)(char*, int)>(::dlsym(RTLD_NEXT, "mkostemp"));
  return fails() ? -1 : next(name, flags);
}
int mkostemp64(char* name, int flags) {
  return mkostemp(name, flags);
}

}  // extern "C"
