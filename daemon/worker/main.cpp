/// ptah-worker: the process that runs plugins. Started by ptahd with one end of a socket pair.
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flow/tasks.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/core/write_fence.hpp"
#include "ptah/sim/models.hpp"
#include "worker/channel.hpp"
#include "worker/crash_report.hpp"
#include "worker/worker.hpp"

namespace {

constexpr int kUsage = 2;
constexpr std::size_t kMostListBytes = 1u << 20;

constexpr char kHelp[] =
    "ptah-worker: runs the plugins of a flow for ptahd, which starts it.\n"
    "  --plugins FILE,FILE | @LIST   plugins to load; LIST is a file with one path a line\n"
    "  --fd N                        the socket to ptahd (default 3)\n"
    "  --write-below DIR             files are changed only there and in the cache of models\n"
    "  --memory-limit-mb N           address space of this process (default: no limit)\n"
    "  --load-in-place               load plugins from their files, for a debugger\n"
    "  --help\n";

struct CommandLine {
  ptah::WorkerParams params;
  int descriptor = 3;
  std::uint64_t memory_limit_mb = 0;
  std::filesystem::path write_below;  ///< Empty: files may be changed anywhere.
  bool help = false;
};

std::optional<std::uint64_t> number(std::string_view text, std::uint64_t most) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > most) return std::nullopt;
  return value;
}

std::vector<std::filesystem::path> split(std::string_view text, char separator) {
  std::vector<std::filesystem::path> parts;
  while (!text.empty()) {
    const std::size_t end = text.find(separator);
    const std::string_view part = text.substr(0, end);
    if (!part.empty()) parts.emplace_back(part);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return parts;
}

ptah::Result<std::vector<std::filesystem::path>> plugin_files(std::string_view argument) {
  if (argument.starts_with('@')) {
    PTAH_TRY(const std::string text, ptah::read_text_file(argument.substr(1), kMostListBytes));
    return split(text, '\n');
  }
  return split(argument, ',');
}

ptah::Result<CommandLine> parse(const std::vector<std::string_view>& arguments) {
  using ptah::ErrorCode;
  CommandLine line;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view name = arguments[i];
    if (name == "--help") {
      line.help = true;
    } else if (name == "--load-in-place") {
      line.params.loading = ptah::PluginLoading::kInPlace;
    } else if (name == "--plugins" || name == "--fd" || name == "--memory-limit-mb" ||
               name == "--write-below") {
      if (++i == arguments.size()) {
        return ptah::make_error(ErrorCode::kInvalidArgument, "It needs a value.", std::string(name),
                                "see --help");
      }
      const std::string_view value = arguments[i];
      if (name == "--plugins") {
        PTAH_TRY(line.params.plugins, plugin_files(value));
        continue;
      }
      if (name == "--write-below") {
        line.write_below = value;
        continue;
      }
      const auto parsed = number(value, name == "--fd" ? 1'000'000 : 1u << 24);
      if (!parsed) {
        return ptah::make_error(ErrorCode::kInvalidArgument,
                                "Its value must be a number, not \"" + std::string(value) + "\".",
                                std::string(name), "see --help");
      }
      if (name == "--fd") {
        line.descriptor = static_cast<int>(*parsed);
      } else {
        line.memory_limit_mb = *parsed;
      }
    } else {
      return ptah::make_error(ErrorCode::kInvalidArgument, "There is no such option.",
                              std::string(name), "see --help");
    }
  }
  return line;
}

// Only the soft limits: outside tools get limits of their own, below the hard ones.
void limit(__rlimit_resource resource, rlim_t value) {
  rlimit present{};
  if (::getrlimit(resource, &present) != 0) return;
  present.rlim_cur = std::min(value, present.rlim_max);
  ::setrlimit(resource, &present);
}

void set_limits(const CommandLine& line) {
  limit(RLIMIT_CORE, 0);
  if (line.memory_limit_mb == 0) return;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  std::fputs("ptah-worker: --memory-limit-mb has no effect in a sanitizer build.\n", stderr);
#else
  limit(RLIMIT_AS, static_cast<rlim_t>(line.memory_limit_mb) << 20);
#endif
}

/// Before any plugin's code is loaded, and before there are threads.
ptah::Status keep_below(const std::filesystem::path& folder) {
  if (folder.empty()) return ptah::ok();
  ::setenv("TMPDIR", folder.c_str(), 1);
  std::vector<std::filesystem::path> folders{folder};
  const std::filesystem::path models = ptah::model_cache_directory();
  std::error_code none;
  if (!models.empty()) std::filesystem::create_directories(models, none);
  if (!models.empty() && std::filesystem::is_directory(models, none)) folders.push_back(models);
  PTAH_TRY(const ptah::WriteFence fence, ptah::WriteFence::around(folders));
  if (fence.enclose()) return ptah::ok();
  return ptah::make_error(ptah::ErrorCode::kIo,
                          std::string("Landlock refuses: ") + std::strerror(errno) + ".",
                          "--write-below");
}

}  // namespace

int main(int count, char** arguments) {
  const auto line = parse({arguments + 1, arguments + count});
  if (!line) {
    std::fprintf(stderr, "ptah-worker: %s\n", line.error().text().c_str());
    return kUsage;
  }
  if (line.value().help) {
    std::fputs(kHelp, stdout);
    return 0;
  }
  struct stat status;
  if (::fstat(line.value().descriptor, &status) != 0 || !S_ISSOCK(status.st_mode)) {
    std::fprintf(stderr,
                 "ptah-worker: descriptor %d is no socket; ptahd starts this program, people use "
                 "ptah.\n",
                 line.value().descriptor);
    return kUsage;
  }
  // The socket's end says as much, but only while the reader thread still runs.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The designer's editor, and the daemon, come first.
  [[maybe_unused]] const int niceness = ::nice(5);
  ptah::install_crash_report();
  set_limits(line.value());
  if (const ptah::Status kept = keep_below(line.value().write_below); !kept) {
    std::fprintf(stderr, "ptah-worker: %s\n", kept.error().text().c_str());
    return kUsage;
  }
  ptah::Channel channel(line.value().descriptor);
  const auto end = ptah::serve(channel, line.value().params, &ptah::run_task);
  if (end == ptah::WorkerEnd::kOutOfMemory) ::kill(::getpid(), SIGKILL);
  return static_cast<int>(end);
}
