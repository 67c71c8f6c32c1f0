/// Do two graphs of nets and devices agree? Partition refinement as in Gemini (C. Ebeling, ICCAD
/// 1988): nets and devices are coloured by what hangs on them, round by round, on both sides at
/// once. Where automorphisms leave classes of several, one pair is told apart and refinement goes
/// on, with backtracking. A match is verified edge by edge, so that colours never decide it.
#pragma once

#include <cstdint>
#include <vector>

#include "graph.hpp"

namespace ptah::native::lvs {

struct Colouring {
  /// Colours of nets and bundles: [0] layout, [1] schematic.
  std::vector<std::uint64_t> nets[2], bundles[2];
};

struct Match {
  bool same = false;
  bool gave_up = false;               ///< Too many automorphisms were tried in vain.
  std::vector<std::int32_t> nets;     ///< Schematic net -> layout net
  std::vector<std::int32_t> bundles;  ///< Schematic bundle -> layout bundle
};

struct Bundles {
  std::vector<Bundle> layout, schematic;
};

/// With sizes and counts of the members, or connections alone.
Match match(const Problem& problem, const Bundles& bundles, bool with_sizes);

/// Colours before the first round, and one round.
Colouring first_colours(const Problem& problem, const Bundles& bundles, bool with_sizes);
void refine_once(const Problem& problem, const Bundles& bundles, Colouring& colours);

}  // namespace ptah::native::lvs
