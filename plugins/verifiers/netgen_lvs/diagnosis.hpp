/// Why two netlists differ, in a designer's words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "comparison.hpp"

namespace ptah::netgen {

/// What Netgen's report says, and nothing that it does not.
struct Report {
  bool complete = false;  ///< The final result is there.
  bool unique_match = false;
  bool property_errors = false;
  bool pin_errors = false;
  std::vector<std::string> property_lines;  ///< The report's own lines on sizes.
};
Report read_report(std::string_view text);

/// Every difference that can be named by looking at both sides: missing and extra ports, counts of
/// devices by model, sizes, connections of ports. Sorted by how much they explain; at most 20.
std::vector<std::string> differences(const Comparison& comparison);

/// Netgen's lines on sizes with our instance names translated back.
std::vector<std::string> translated(const std::vector<std::string>& lines,
                                    const Comparison& comparison);

}  // namespace ptah::netgen
