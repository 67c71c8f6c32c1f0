#include "magic_batch.hpp"

#include <cmath>
#include <sstream>

#include "ptah/core/run_tool.hpp"

namespace ptah::agreement {
namespace {

namespace fs = std::filesystem;

/// Layouts of one process: a crash costs no more than these.
constexpr std::size_t kBatch = 50;

std::string script(const std::vector<LayoutFile>& layouts, std::size_t begin, std::size_t end) {
  std::string text =
      "puts \"PTAH TECH [tech name]\"\n"
      "scalegrid 1 2\n"
      "drc style drc(full)\n"
      "proc judge {index file cell} {\n"
      "  drc off\n"
      "  gds read $file\n"
      "  load $cell\n"
      "  select top cell\n"
      "  box grow c 400\n"
      "  drc on\n  drc check\n  drc catchup\n"
      "  puts \"\\nPTAH LAYOUT $index [lindex [drc list style] 0]\"\n"
      "  foreach {why boxes} [drc listall why] {\n"
      "    puts \"PTAH WHY $why\"\n"
      "    foreach box $boxes { puts \"PTAH PLACE $box\" }\n"
      "  }\n"
      "  puts \"PTAH ERRORS [lindex [drc list count total] 0]\"\n"
      "}\n";
  for (std::size_t i = begin; i < end; ++i) {
    text += "judge " + std::to_string(i) + " {" + layouts[i].gds.string() + "} {" + layouts[i].top +
            "}\n";
  }
  return text + "puts \"PTAH END\"\nquit -noprompt\n";
}

/// "Metal1 spacing < 0.14um (m1.2)" -> m1.2, else the sentence.
std::string rule_of(const std::string& why) {
  const std::size_t close = why.rfind(')'), open = why.rfind('(');
  return open != std::string::npos && close != std::string::npos && open < close
             ? why.substr(open + 1, close - open - 1)
             : why;
}

}  // namespace

Result<std::vector<Result<std::vector<Violation>>>> magic_drc(
    const std::vector<LayoutFile>& layouts, const Technology& technology, JobContext& job) {
  PTAH_TRY(const magic::TechFile tech, magic::tech_file(technology, job.scratch_dir(), job));
  PTAH_TRY(const fs::path program, find_tool("magic", "magic"));
  const Error unfinished =
      make_error(ErrorCode::kToolFailed, "Magic did not finish this layout.", "magic");
  std::vector<Result<std::vector<Violation>>> results(layouts.size(), unfinished);
  for (std::size_t begin = 0; begin < layouts.size(); begin += kBatch) {
    const std::size_t end = std::min(begin + kBatch, layouts.size());
    const fs::path file = job.scratch_dir() / "magic_batch.tcl";
    PTAH_TRY(write_text_file(file, script(layouts, begin, end), Durability::kCached));
    ToolRun run;
    run.program = program;
    run.arguments = {"-dnull", "-noconsole",       "-rcfile",    "/dev/null",
                     "-T",     tech.file.string(), file.string()};
    run.directory = job.scratch_dir();
    run.wall_limit_s = run.cpu_limit_s = 60.0 * static_cast<double>(kBatch);
    run.output_limit_bytes = 64u << 20;
    PTAH_TRY(const ToolOutput output, run_tool(run, job));

    std::istringstream lines(output.out);
    std::string line, why;
    std::size_t now = layouts.size();
    std::vector<Violation> found;
    bool loaded = false, full = false;
    while (std::getline(lines, line)) {
      const std::size_t at = line.find("PTAH ");
      if (at == std::string::npos) continue;
      std::istringstream words(line.substr(at + 5));
      std::string mark;
      words >> mark;
      if (mark == "TECH") {
        std::string name;
        words >> name;
        loaded = name == tech.name;
      } else if (mark == "LAYOUT") {
        std::string style;
        words >> now >> style;
        full = style.find("drc(full)") != std::string::npos;
        found.clear();
      } else if (mark == "WHY") {
        std::getline(words >> std::ws, why);
      } else if (mark == "PLACE") {
        double v[4] = {};
        words >> v[0] >> v[1] >> v[2] >> v[3];
        const auto nm = [](double value) { return static_cast<Dbu>(std::lround(value * 5)); };
        found.push_back({rule_of(why), why, "", {nm(v[0]), nm(v[1]), nm(v[2]), nm(v[3])}});
      } else if (mark == "ERRORS") {
        std::int64_t count = -1;
        words >> count;
        // Its count and its list must agree, or neither is believed.
        if (loaded && full && now < layouts.size() && (count > 0) == !found.empty())
          results[now] = found;
      }
    }
    if (!loaded) {
      return make_error(ErrorCode::kToolFailed, "Magic could not load its technology file.",
                        tech.file.string());
    }
  }
  return results;
}

}  // namespace ptah::agreement
