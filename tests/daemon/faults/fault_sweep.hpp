/// SQLite's way of testing for a bad disk (sqlite.org/testing.html, "I/O error testing"): something
/// is tried with a failure at its first call to the system, at its second, and so on.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <iostream>
#include <string>

#include "system_faults.hpp"

namespace ptah::faults {

/// Where the folders of such a test lie: in memory where that is possible, for they are many.
inline std::filesystem::path scratch_parent() {
  const std::filesystem::path memory = "/dev/shm";
  return ::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
}

/// How a disk fails; all but the first are tried at every `stride`-th call.
struct Trouble {
  const char* name;
  int error_number;
  bool once;
  long stride;
};
constexpr Trouble kTroubles[] = {{"one I/O error", EIO, true, 1},
                                 {"a disk that stays full", ENOSPC, false, 3},
                                 {"a disk that is full for a moment", ENOSPC, true, 7},
                                 {"a disk that becomes read-only", EROFS, false, 7}};

/// Calls `attempt(plan)`, which arms the plan, looks at what comes of it and returns whether the
/// failure came, until none did. Ends at the first test failure.
template <class Attempt>
void sweep(Attempt attempt) {
  long tries = 0;
  for (const Trouble& trouble : kTroubles) {
    for (long call = 1;; call += trouble.stride) {
      SCOPED_TRACE(std::string(trouble.name) + " at call " + std::to_string(call));
      ASSERT_LT(call, 10'000) << "it never passes";
      if (!attempt(Plan{call, trouble.error_number, trouble.once})) break;
      ++tries;
      if (testing::Test::HasFailure()) return;
    }
  }
  testing::Test::RecordProperty("tries", std::to_string(tries));
  std::cout << tries << " failures\n";
}

}  // namespace ptah::faults
