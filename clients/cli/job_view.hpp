/// Following a job: its notifications become lines, a bar, and a closing table.
#pragma once

#include <span>
#include <string>

#include "session.hpp"

namespace ptah::cli {

/// The row of a variant with its files' absolute paths, and "seconds" by stage out of its file
/// `times`: what `--json` prints a line for each.
Json variant_line(const Json& variant, const std::string& out);

/// Every judge that saw the layout passed it.
bool is_clean(const Json& line);

/// {"objective", "cost", "circuit", "assignment", "variant"}, with "gds" where the line has it: how
/// `--json` names a best layout.
Json layout_summary(const Json& line);
/// "CIRCUIT_ASSIGNMENT variant 3"
std::string layout_text(const Json& line);

/// What `--json` prints while a job works.
enum class Lines {
  kVariants,
  kMetrics,       ///< Of a training; the model is in the summary then.
  kImprovements,  ///< Of an exploration: {"evaluations", "seconds", "cost", "feasible"} each.
};

/// Follows jobs of one folder to their ends, one after the other. Prints lines as they come
/// (--json) or a bar, then the summary. On SIGINT all are cancelled; a second one leaves at once.
int follow_jobs(const Session& session, Client& client, std::span<const std::string> jobs,
                const std::string& out, Lines shown = Lines::kVariants);

/// The closing table of a list of variant lines.
std::string variant_table(const std::vector<Json>& lines);

}  // namespace ptah::cli
