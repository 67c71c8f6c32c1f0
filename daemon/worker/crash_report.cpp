#include "worker/crash_report.hpp"

#include <execinfo.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "plugins/crash_notes.hpp"

namespace ptah {
namespace {

// Everything the handler touches is static: after a crash the heap may be in pieces.
constexpr std::array kSignals{SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS};
constexpr std::size_t kStackBytes = 64 * 1024;
constexpr int kMostFrames = 64;
constexpr unsigned kSecondsToReport = 5;

char context[512];

void say(const char* text) {
  const ssize_t ignored = ::write(STDERR_FILENO, text, std::strlen(text));
  static_cast<void>(ignored);
}

void say_hex(std::uintptr_t value) {
  char text[2 + 2 * sizeof value + 1] = "0x";
  char* at = text + 2;
  for (int shift = static_cast<int>(8 * sizeof value) - 4; shift >= 0; shift -= 4) {
    *at++ = "0123456789abcdef"[(value >> shift) & 15];
  }
  *at = '\0';
  say(text);
}

const char* signal_name(int signal) {
  switch (signal) {
    case SIGSEGV:
      return "SIGSEGV (invalid memory access)";
    case SIGBUS:
      return "SIGBUS (memory behind a file's end)";
    case SIGILL:
      return "SIGILL (invalid instruction)";
    case SIGFPE:
      return "SIGFPE (arithmetic error)";
    case SIGABRT:
      return "SIGABRT (abort)";
    case SIGSYS:
      return "SIGSYS (forbidden system call)";
    default:
      return "a signal";
  }
}

void report(int signal, siginfo_t* information, void*) {
  // A handler that hangs (a lock held at the time of the crash) must not keep the process.
  std::signal(SIGALRM, SIG_DFL);
  ::alarm(kSecondsToReport);
  say("ptah-worker: ended by ");
  say(signal_name(signal));
  if (signal == SIGSEGV || signal == SIGBUS) {
    say(" at ");
    say_hex(reinterpret_cast<std::uintptr_t>(information->si_addr));
  }
  say("\n");
  if (context[0] != '\0') {
    say("ptah-worker: while running ");
    say(context);
    say("\n");
  }
  if (const char* activity = plugin_activity(); activity[0] != '\0') {
    say("ptah-worker: in ");
    say(activity);
    say("\n");
  }
  say(loaded_libraries());
  void* frames[kMostFrames];
  const int count = ::backtrace(frames, kMostFrames);
  ::backtrace_symbols_fd(frames, count, STDERR_FILENO);
  std::signal(signal, SIG_DFL);
  ::raise(signal);
}

bool sanitizer_reports() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return true;
#else
  return false;
#endif
}

}  // namespace

void use_crash_stack() {
  // One for each thread, for as long as the thread lives.
  thread_local std::array<std::byte, kStackBytes> stack;
  stack_t where{};
  where.ss_sp = stack.data();
  where.ss_size = stack.size();
  ::sigaltstack(&where, nullptr);
}

void install_crash_report() {
  if (sanitizer_reports()) return;
  // The first call loads libgcc_s, which may not happen within the handler.
  void* frame = nullptr;
  ::backtrace(&frame, 1);
  use_crash_stack();
  struct sigaction action {};
  action.sa_sigaction = &report;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND | SA_NODEFER;
  sigemptyset(&action.sa_mask);
  for (const int signal : kSignals) ::sigaction(signal, &action, nullptr);
}

void set_crash_context(std::string_view what) {
  const std::size_t size = std::min(what.size(), sizeof context - 1);
  std::memcpy(context, what.data(), size);
  context[size] = '\0';
}

}  // namespace ptah
