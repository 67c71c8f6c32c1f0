/// Runs an outside program the only way Ptah does: no shell, standard input closed, a process group
/// of its own that is ended by SIGKILL, in a private folder, under limits. Where the kernel has
/// Landlock it can change files only below that folder (write_fence.hpp); reading is free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/core/job_context.hpp"

namespace ptah {

struct ToolRun {
  std::filesystem::path program;  ///< Absolute, from `find_tool`.
  std::vector<std::string> arguments;
  std::filesystem::path directory;  ///< Working directory; must exist. The only one it writes to.
  std::map<std::string, std::string>
      environment;  ///< Added to a minimal one (PATH, HOME=TMPDIR=directory, LANG=C).
  double wall_limit_s = 120;
  double cpu_limit_s = 120;
  std::uint64_t memory_limit_bytes = 4ull << 30;
  std::uint64_t file_limit_bytes = 1ull << 30;  ///< Largest file it may write.
  std::size_t output_limit_bytes = 4u << 20;    ///< Kept of each stream; the rest is dropped.
};

struct ToolOutput {
  int exit_status = 0;  ///< Not to be believed: a verdict needs a fresh output with its end mark.
  int signal = 0;       ///< That ended it, or 0.
  std::string out;
  std::string err;
  double seconds = 0;
};

/// Fails with kCancelled, kLimit (which limit), kIo. Polls `job` at least every 50 ms; when this
/// returns, no process of the group is left.
Result<ToolOutput> run_tool(const ToolRun& run, JobContext& job);

/// The program on PATH. Fails with kToolMissing and "apt install <debian_package>".
Result<std::filesystem::path> find_tool(std::string_view name, std::string_view debian_package);

/// A fresh private directory (0700) below `parent`, removed with everything in it at the end.
class ScratchDir {
 public:
  static Result<ScratchDir> create(const std::filesystem::path& parent, std::string_view prefix);
  ScratchDir(ScratchDir&& other) noexcept;
  ScratchDir& operator=(ScratchDir&& other) noexcept;
  ~ScratchDir();
  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  explicit ScratchDir(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

/// What a written file must survive: a power failure, or only this process (working files).
enum class Durability { kSynced, kCached };

/// Whole files. Reading is bounded; writing goes aside, is synced where asked, and renamed.
Result<std::string> read_text_file(const std::filesystem::path& file,
                                   std::size_t max_bytes = 64u << 20);
Status write_text_file(const std::filesystem::path& file, std::string_view text,
                       Durability durability = Durability::kSynced);

}  // namespace ptah
