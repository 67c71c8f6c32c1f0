/// Keeps a process from changing files outside chosen folders, by Linux' Landlock. Reading files
/// and running programs stay as they are. A fence holds for the calling thread and for every thread
/// and process that it starts later; within one, further fences only make it narrower.
#pragma once

#include <filesystem>
#include <vector>

#include "ptah/core/error.hpp"

namespace ptah {

/// The version of Landlock that the running kernel offers; 0: none, and fences have no effect.
/// Before version 3 (Linux 6.2) a file outside can still be emptied by truncate(2).
int landlock_version() noexcept;

class WriteFence {
 public:
  /// Around `folders`, which exist; the null device and its like stay writable. Fails with kIo. A
  /// kernel without Landlock gives a fence without effect.
  static Result<WriteFence> around(const std::vector<std::filesystem::path>& folders);

  WriteFence(WriteFence&& other) noexcept;
  WriteFence& operator=(WriteFence&& other) noexcept;
  ~WriteFence();

  /// Encloses the calling thread for good; false, with errno, when the kernel refuses. Safe between
  /// fork and exec.
  bool enclose() const noexcept;

 private:
  explicit WriteFence(int ruleset) : ruleset_(ruleset) {}
  int ruleset_;  ///< A descriptor; -1: no effect.
};

}  // namespace ptah
