/// Makes a variant of a layout: its files, and the event that brings them to the daemon.
#pragma once

#include <optional>
#include <vector>

#include "flow/layout_space.hpp"
#include "ptah/sim/measures.hpp"

namespace ptah {

struct RecordedVariant {
  const FlowLayoutSpace& space;
  Candidate& candidate;
  const Json& moves_um;
  int placed;  ///< Number of the variant whose tiles were placed; moves led from there.
  std::optional<std::vector<Measure>> measures;
  /// With the first variant of an assignment, which also carries its netlist, tiles and the
  /// schematic's curve.
  std::optional<std::vector<Measure>> schematic_measures;
  Floors floors;  ///< Of an exploration's.
};

/// As number `chain.next_variant`, which goes on by one.
Status write_variant(Exploration& chain, const RecordedVariant& variant);

}  // namespace ptah
