#include "netgen_lvs.hpp"

#include "comparison.hpp"
#include "diagnosis.hpp"
#include "extracted_spice.hpp"
#include "ptah/core/quoting.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/tech/generate.hpp"

namespace ptah::netgen {
namespace {

const std::string kSetupMark = "PTAH SETUP READ";

Result<Report> run_netgen(const Comparison& comparison, const std::string& setup,
                          const magic::Limits& limits, JobContext& job) {
  PTAH_TRY(const ScratchDir folder, ScratchDir::create(job.scratch_dir(), "netgen"));
  const auto write = [&](const char* name, const std::string& text) {
    return write_text_file(folder.path() / name, text, Durability::kCached);
  };
  PTAH_TRY(write("layout.spice", to_spice(comparison, true)));
  PTAH_TRY(write("schematic.spice", to_spice(comparison, false)));
  PTAH_TRY(write("setup.tcl", setup + "puts stdout " + quoting::tcl(kSetupMark) + "\n"));
  PTAH_TRY(const std::filesystem::path program, find_tool("netgen-lvs", "netgen-lvs"));
  ToolRun run;
  run.program = program;
  run.arguments = {"-batch",    "lvs",       "layout.spice top", "schematic.spice top",
                   "setup.tcl", "report.txt"};
  run.directory = folder.path();
  run.wall_limit_s = limits.wall_s;
  run.cpu_limit_s = limits.wall_s;
  run.memory_limit_bytes = limits.memory_bytes;
  PTAH_TRY(const ToolOutput output, run_tool(run, job));
  const auto text = read_text_file(folder.path() / "report.txt");
  const Report report = text ? read_report(text.value()) : Report{};
  // Without its setup Netgen goes on, merging parallel devices, and still ends in "LVS Done".
  const bool as_asked = output.out.find(kSetupMark) != std::string::npos &&
                        output.out.find("LVS Done") != std::string::npos;
  if (output.signal != 0 || !as_asked || !report.complete) {
    const std::string words = output.out + output.err;
    return make_error(
        ErrorCode::kToolFailed, "Netgen ended without a result.", "netgen-lvs",
        "Its last words: \"" + words.substr(words.size() > 300 ? words.size() - 300 : 0) + "\".");
  }
  return report;
}

bool matches(const Report& report) {
  return report.unique_match && !report.property_errors && !report.pin_errors;
}

}  // namespace

Result<Verdict> compare(const LayoutFile& layout, const Circuit& circuit,
                        const Technology& technology, const magic::Limits& limits,
                        JobContext& job) {
  PTAH_TRY(const magic::Session session, magic::examine(layout, circuit, technology, limits, job));
  if (!session.block_differences.empty()) {
    Verdict verdict;
    verdict.kind = Verdict::Kind::kLvs;
    verdict.errors = 1;
    verdict.summary = session.block_differences.front().text;
    verdict.violations = session.block_differences;
    return verdict;
  }
  PTAH_TRY(ExtractedNetlist netlist, magic::netlist_of(session, technology));
  magic::adopt_names(circuit, technology, netlist);
  if (session.boxed) {
    return compare_netlists(netlist, session.boxed->circuit, session.boxed->technology, limits,
                            job);
  }
  return compare_netlists(netlist, circuit, technology, limits, job);
}

Result<Verdict> compare_netlists(const ExtractedNetlist& layout, const Circuit& circuit,
                                 const Technology& technology, const magic::Limits& limits,
                                 JobContext& job) {
  if (circuit.devices.empty()) {
    return make_error(ErrorCode::kInvalidArgument, "The schematic has no devices to compare with.",
                      circuit.name);
  }
  PTAH_TRY(const Comparison comparison, make_comparison(layout, circuit, technology));
  Verdict verdict;
  verdict.kind = Verdict::Kind::kLvs;
  const auto mismatch = [&](std::vector<std::string> reasons) {
    verdict.clean = false;
    verdict.errors = 1;
    verdict.summary = reasons.front();
    for (std::string& reason : reasons)
      verdict.violations.push_back({"lvs", std::move(reason), {}, {}});
    return verdict;
  };
  if (layout.devices.empty()) return mismatch({"the layout has no devices"});

  const std::string setup = netgen_setup(technology);
  PTAH_TRY(Report report, run_netgen(comparison, setup, limits, job));
  const std::vector<std::string> found = differences(comparison);
  if (found.empty() && report.property_errors && !report.pin_errors) {
    const SizedModels sized = with_sized_models(comparison, technology);
    PTAH_TRY(const Report again, run_netgen(sized.comparison, setup + sized.setup, limits, job));
    if (matches(again)) report = again;
  }
  if (matches(report) && found.empty()) {
    verdict.clean = true;
    verdict.summary = "match";
    return verdict;
  }
  if (!found.empty()) return mismatch(found);
  if (!report.property_lines.empty()) {
    return mismatch(translated(report.property_lines, comparison));
  }
  if (report.property_errors) return mismatch({"sizes of devices differ"});
  if (report.pin_errors) return mismatch({"ports are connected to different nets"});
  return mismatch({"the same devices are connected differently between inner nets"});
}

}  // namespace ptah::netgen
