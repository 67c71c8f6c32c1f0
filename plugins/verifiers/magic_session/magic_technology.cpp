// Which tech file Magic is given.
#include <charconv>
#include <optional>

#include "magic_session.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/tech/generate.hpp"

namespace ptah::magic {
namespace {

namespace fs = std::filesystem;

/// The numbers of "8.3.105", as far as they go.
std::vector<int> numbers(std::string_view text) {
  std::vector<int> list;
  while (!text.empty()) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) break;
    list.push_back(number);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.empty() || text.front() != '.') break;
    text.remove_prefix(1);
  }
  return list;
}

std::string shown(const std::vector<int>& version) {
  std::string text;
  for (const int number : version) text += (text.empty() ? "" : ".") + std::to_string(number);
  return text;
}

/// Asked once a process: the program does not change under a running worker.
Result<std::vector<int>> installed_version(const fs::path& folder, JobContext& job) {
  static std::optional<std::vector<int>> known;
  if (known) return *known;
  PTAH_TRY(const fs::path program, find_tool("magic", "magic"));
  ToolRun run;
  run.program = program;
  run.arguments = {"--version"};
  run.directory = folder;
  run.wall_limit_s = 20;
  PTAH_TRY(const ToolOutput output, run_tool(run, job));
  const std::size_t digit = output.out.find_first_of("0123456789");
  std::vector<int> version =
      digit == std::string::npos ? std::vector<int>{} : numbers(output.out.substr(digit));
  if (version.size() < 2) {
    return make_error(ErrorCode::kToolFailed, "magic --version answered nothing that is a version.",
                      program.string(), "Run it by hand; apt install magic.");
  }
  known = version;
  return version;
}

}  // namespace

std::vector<int> required_version(std::string_view tech_text) {
  constexpr std::string_view kWord = "requires";
  for (std::size_t at = tech_text.find(kWord); at != std::string_view::npos;
       at = tech_text.find(kWord, at + 1)) {
    // A word of its own at the start of a line, before any comment.
    const std::size_t line = tech_text.rfind('\n', at) + 1;  // npos + 1 == 0
    const std::string_view before = tech_text.substr(line, at - line);
    if (before.find_first_not_of(" \t") != std::string_view::npos) continue;
    std::string_view rest = tech_text.substr(at + kWord.size());
    rest = rest.substr(0, rest.find('\n'));
    const std::size_t dash = rest.find("magic-");
    if (dash != std::string_view::npos) return numbers(rest.substr(dash + 6));
  }
  return {};
}

Result<TechFile> tech_file(const Technology& technology, const fs::path& folder, JobContext& job) {
  if (!technology.pdk()) {
    PTAH_TRY(const std::string text, magic_tech(technology));
    // A relative name: Magic's own scripts are not made for every folder's name.
    const TechFile made{technology.name() + ".tech", technology.name()};
    PTAH_TRY(write_text_file(folder / made.file, text, Durability::kCached));
    return made;
  }
  PTAH_TRY(const std::vector<int> installed, installed_version(folder, job));
  std::optional<TechFile> best;
  std::vector<int> best_version, least;
  for (const char* name : {"sky130A.tech", "sky130A.new.tech"}) {
    const fs::path file = technology.pdk()->magic_tech / name;
    std::error_code ignored;
    if (!fs::is_regular_file(file, ignored)) continue;
    PTAH_TRY(const std::string text, read_text_file(file, 16u << 20));
    const std::vector<int> needs = required_version(text);
    if (needs > installed) {
      if (least.empty() || needs < least) least = needs;
      continue;
    }
    // A tie goes to the plain name.
    if (!best || needs > best_version) {
      best = TechFile{file, "sky130A"};
      best_version = needs;
    }
  }
  if (best) return *best;
  if (least.empty()) {
    return make_error(ErrorCode::kNotFound, "The PDK holds no Magic tech file.",
                      technology.pdk()->magic_tech.string(),
                      "Install sky130A again, or use --tech ptah130.");
  }
  return make_error(ErrorCode::kUnsupported,
                    "The PDK's tech file needs magic " + shown(least) + ", and " +
                        shown(installed) + " is installed.",
                    technology.pdk()->magic_tech.string(),
                    "Install a newer magic or an older PDK, or use --tech ptah130.");
}

}  // namespace ptah::magic
