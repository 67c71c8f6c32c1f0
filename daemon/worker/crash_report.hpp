/// What a worker says on standard error before a signal ends it: the daemon puts it into the job's
/// error, and a plugin's author looks for the frame in it.
#pragma once

#include <string_view>

namespace ptah {

/// Handlers for SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT and SIGSYS that print the signal, its
/// address, what ran, which library is which plugin, and a backtrace, and then let the signal have
/// its default effect. Left to the sanitizers where they are built in. Call once, from main; the
/// calling thread gets a signal stack, so that a stack overflow is reported as well.
void install_crash_report();

/// A signal stack for a further thread that may run plugin code.
void use_crash_stack();

/// "task T1, stage placer, plugin sequence_pair 1.0.0": copied, cut to a few hundred bytes.
/// [one thread at a time]
void set_crash_context(std::string_view what);

}  // namespace ptah
