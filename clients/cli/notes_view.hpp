/// What a netlist was taken as otherwise than written (flow.plan, metrics.json), for people.
#pragma once

#include <string>

#include "ptah/core/json.hpp"

namespace ptah::cli {

/// The changes among notes as a table, of many of one kind the first; empty without any.
std::string changes_text(const Json& notes);

}  // namespace ptah::cli
