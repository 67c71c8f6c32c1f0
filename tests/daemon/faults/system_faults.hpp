/// Makes a call of this process to the system fail, as on a full, broken or read-only disk. A
/// program with system_faults.cpp in it opens and changes files through what stands there, and so
/// do the libraries that it uses, SQLite among them.
#pragma once

namespace ptah::faults {

/// In place of an error: the process ends there, as by `kill -9`.
constexpr int kKilled = -1;

/// Which call fails, counted from `arm` over all threads, and whether all later ones do, too.
struct Plan {
  long first = 1;
  int error_number = 0;
  bool once = true;
};

void arm(const Plan& plan);
/// Whether the plan's call has come.
bool disarm();

}  // namespace ptah::faults
