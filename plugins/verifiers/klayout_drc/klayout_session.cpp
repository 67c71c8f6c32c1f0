#include "klayout_session.hpp"

#include <algorithm>

#include "ptah/core/quoting.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/layout/gds.hpp"
#include "ptah/tech/generate.hpp"

namespace ptah::klayout {
namespace {

namespace fs = std::filesystem;
using quoting::ruby;

constexpr std::size_t kMaxReportBytes = 64u << 20;

/// Runs the deck on every layout of the list that comes before it, [layout, cell, report] each.
/// Where the deck fails there is no complete report, and none after it when KLayout dies of the
/// failure.
constexpr std::string_view kBatch = R"ruby(
layouts.each_with_index do |(layout, cell, report), index|
  $input, $top, $report = layout, cell, report
  begin
    RBA::Macro::new(deck).run
  rescue => error
    puts "PTAH #{index} #{error.message.lines.first}"
  end
end
puts "PTAH END"
)ruby";

/// The cell to judge. The file must be whole: KLayout, too, reads some damaged ones.
Result<std::string> top_of(const LayoutFile& layout) {
  PTAH_TRY(const gds::Library library, gds::read_file(layout.gds));
  std::string top = layout.top;
  if (top.empty()) {
    const std::vector<std::string> tops = library.tops();
    if (tops.size() != 1) {
      return make_error(ErrorCode::kInvalidArgument,
                        tops.empty()
                            ? "The layout has no cells."
                            : "The layout has " + std::to_string(tops.size()) + " top cells.",
                        layout.gds.string(), tops.empty() ? "" : "Name the one to check.");
    }
    top = tops.front();
  } else if (library.find(top) == nullptr) {
    return make_error(ErrorCode::kNotFound, "The layout has no cell \"" + top + "\".",
                      layout.gds.string());
  }
  if (top.empty()) {
    return make_error(ErrorCode::kUnsupported, "The cell has no name.", layout.gds.string());
  }
  return top;
}

std::string line_of(std::string_view output, std::string_view mark) {
  const std::size_t at = output.find(mark);
  if (at == std::string_view::npos) return {};
  const std::size_t begin = at + mark.size();
  return std::string(
      output.substr(begin, std::min<std::size_t>(output.find('\n', begin) - begin, 300)));
}

}  // namespace

Result<std::vector<Result<Report>>> examine(std::span<const LayoutFile> layouts,
                                            const Technology& technology, const Limits& limits,
                                            JobContext& job) {
  PTAH_TRY(const fs::path program, find_tool("klayout", "klayout"));
  // The folder stays until the job ends: reports are for people, too.
  fs::path folder;
  std::error_code failed;
  for (int i = 0;; ++i) {
    folder = fs::absolute(job.scratch_dir()) / ("klayout-" + std::to_string(i));
    if (fs::create_directory(folder, failed)) break;
    if (failed || i > 1'000'000) {
      return make_error(ErrorCode::kIo, "A folder for KLayout's files can not be made.",
                        folder.string(), "Check the space and the rights of the scratch folder.");
    }
  }
  fs::permissions(folder, fs::perms::owner_all, failed);
  if (failed) return make_error(ErrorCode::kIo, failed.message(), folder.string());

  std::string list;
  std::vector<std::string> tops;
  std::vector<Result<Report>> results;
  for (const LayoutFile& layout : layouts) {
    auto top = top_of(layout);
    if (!top) {
      tops.emplace_back();
      results.emplace_back(top.error());
      continue;
    }
    const fs::path report = folder / (std::to_string(results.size()) + ".lyrdb");
    list += "  [" + ruby(fs::absolute(layout.gds).string()) + ", " + ruby(top.value()) + ", " +
            ruby(report.string()) + "],\n";
    tops.push_back(std::move(top).value());
    results.emplace_back(Report{});
  }
  if (list.empty()) return results;

  const auto write = [&](const char* name, std::string_view text) {
    return write_text_file(folder / name, text, Durability::kCached);
  };
  PTAH_TRY(const std::string deck, klayout_drc(technology));
  PTAH_TRY(write("deck.drc", deck));
  PTAH_TRY(write("batch.rb", "deck = " + ruby((folder / "deck.drc").string()) + "\nlayouts = [\n" +
                                 list + "]\n" + std::string(kBatch)));
  ToolRun run;
  run.program = program;
  run.arguments = {"-b", "-r", "batch.rb"};
  run.directory = folder;
  // KLayout decodes file names by the locale.
  run.environment = {{"LC_ALL", "C.UTF-8"},
                     {"KLAYOUT_HOME", (folder / "home").string()},
                     {"QT_QPA_PLATFORM", "offscreen"}};
  run.wall_limit_s = limits.wall_s * static_cast<double>(layouts.size());
  run.cpu_limit_s = run.wall_limit_s;
  run.memory_limit_bytes = limits.memory_bytes;
  run.file_limit_bytes = kMaxReportBytes;
  PTAH_TRY(const ToolOutput output, run_tool(run, job));

  for (std::size_t i = 0; i < results.size(); ++i) {
    if (!results[i]) continue;
    const fs::path file = folder / (std::to_string(i) + ".lyrdb");
    const auto error = [&](std::string message) {
      std::string words = line_of(output.out, "PTAH " + std::to_string(i) + " ");
      if (words.empty()) words = line_of(output.err, "ERROR: ");
      return make_error(ErrorCode::kToolFailed, std::move(message), layouts[i].gds.string(),
                        words.empty() ? "KLayout said nothing." : "Its words: " + words);
    };
    if (!fs::is_regular_file(file, failed)) {
      results[i] = error("KLayout wrote no report.");
      continue;
    }
    auto xml = read_text_file(file, kMaxReportBytes);
    if (!xml) {
      results[i] = xml.error();
      continue;
    }
    results[i] = read_report(xml.value());
    if (!results[i]) {
      if (results[i].error().code == ErrorCode::kToolFailed)
        results[i] = error(results[i].error().message);
      continue;
    }
    if (results[i].value().top != tops[i]) {
      results[i] =
          error("KLayout judged cell \"" + results[i].value().top + "\", not \"" + tops[i] + "\".");
      continue;
    }
    results[i].value().file = file;
  }
  return results;
}

}  // namespace ptah::klayout
