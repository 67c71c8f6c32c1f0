/// Following a job: its notifications become lines, a bar, and a closing table.
#pragma once

#include <string>

#include "session.hpp"

namespace ptah::cli {

/// The row of a variant with its files' absolute paths: what `--json` prints a line for each.
Json variant_line(const Json& variant, const std::string& out);

/// Follows `job` to its end. Prints each variant as it comes (--json) or a bar, then the summary.
/// On SIGINT the job is cancelled; a second one leaves at once.
int follow_job(const Session& session, Client& client, const std::string& job,
               const std::string& out);

/// The closing table of a list of variant lines.
std::string variant_table(const std::vector<Json>& lines);

}  // namespace ptah::cli
