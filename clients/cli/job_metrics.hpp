/// ptah jobs metrics
#pragma once

#include <string>

#include "session.hpp"

namespace ptah::cli {

/// Prints a table, a line for each name and chain; with --json an object a value.
int job_metrics(const Session& session, const std::string& job);

}  // namespace ptah::cli
