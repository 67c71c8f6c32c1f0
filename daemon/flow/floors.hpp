/// How much of a score is not the wiring's: that of the circuit with the parasitics of its tiles
/// alone, and with the shortest wires there can be. Where wires slow down what the tiles do, a
/// layout comes close to these floors; where they make up for it, as in a filter, below.
#pragma once

#include "flow/stage_runner.hpp"
#include "ptah/stages/stages.hpp"

namespace ptah {

/// V of pscore; nothing where the simulation came to nothing.
struct Floors {
  std::optional<double> tiles;  ///< Tiles placed, nothing routed.
  /// And each net a wire as long as half its box's perimeter, which no tree is shorter than, of the
  /// layer that has the least capacitance.
  std::optional<double> trees;
};

/// What `extractor` finds in each tile alone, with the circuit's nets: as if ideal wires joined
/// them. Fails where a tile has nets that are no terminals.
Result<ExtractedNetlist> unrouted_netlist(const Circuit& circuit, const Tiles& tiles,
                                          const Technology& technology, Bound<Extractor>& extractor,
                                          FlowJob& job, StageSeconds& seconds);
/// Adds the wires of Floors::trees.
void add_shortest_wires(const Circuit& circuit, const Tiles& tiles, const Placement& placement,
                        const Technology& technology, ExtractedNetlist& netlist);

}  // namespace ptah
