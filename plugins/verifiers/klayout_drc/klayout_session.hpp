/// Design rules as KLayout sees them: the deck generated from the technology, run in batch, and its
/// report database read back.
///
/// What KLayout 0.28 needs to be trusted (each has a test):
///  - Its exit status says little: a deck that stops half-way may have written a report. A verdict
///    needs a fresh report whose last category is the end mark, with as many categories before it
///    as the deck counted checks.
///  - A cell name that the file lacks ends the deck; a cell without shapes would be clean: the end
///    mark carries the number of shapes read.
///  - A relative report path is taken relative to the layout: all paths are absolute.
///  - Start-up macros and settings of the user could change what is run: a home of its own, -b.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/core/job_context.hpp"
#include "ptah/stages/stages.hpp"

namespace ptah::klayout {

struct Limits {
  double wall_s = 120;  ///< One layout; several in one process get its multiple.
  std::uint64_t memory_bytes = 4ull << 30;
};

struct Report {
  std::string top;
  std::int64_t errors = 0;            ///< Markers.
  std::vector<Violation> violations;  ///< At most 1000, in the order of the report.
  std::filesystem::path file;         ///< The .lyrdb, below the job's scratch folder.
};

/// Judges the layouts one after the other in one KLayout process (its start costs a second). One
/// result a layout; an error for all when KLayout could not run at all.
Result<std::vector<Result<Report>>> examine(std::span<const LayoutFile> layouts,
                                            const Technology& technology, const Limits& limits,
                                            JobContext& job);

/// Reads a report database; fails when it is no complete report of a Ptah deck.
Result<Report> read_report(std::string_view xml);

}  // namespace ptah::klayout
