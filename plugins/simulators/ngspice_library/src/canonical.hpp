/// Netlists of layouts that differ in their parasitics alone, made to differ in numbers alone. An
/// extractor names and orders nets and devices by their places, so that every layout of a circuit
/// is another text; as circuits most of them are the same.
#pragma once

#include <optional>

#include "ptah/stages/stages.hpp"
#include "ptah/tech/technology.hpp"

namespace ptah {

/// The same circuit, a function of `netlist` alone:
/// - nets without a port are named and devices ordered by what they are connected to (colour
///   refinement; nets that are alike in this stay in the order of their names);
/// - drain and source of a transistor, and the ends of a resistor, come in the order of their nets.
///   Drain and source are interchangeable, as in LVS: the models are symmetric, and each keeps the
///   area and perimeter of its diffusion;
/// - equal transistors in parallel come in the order of their diffusion, those of the same as one;
/// - there is one capacitor for each pair of nets, and where there are at most kPairedNets nets one
///   for every pair, of 0 F where the layout has none. Capacitors are the last lines of a deck.
///
/// Wire resistors with one for every pair of nodes that they join are those of a reduced network
/// (native_pex): nodes are named by the schematic, and keep their names, and no capacitor is added.
/// nullopt when there is nothing to gain: nodes of other wire resistors depend on the layout.
std::optional<ExtractedNetlist> canonical(const ExtractedNetlist& netlist,
                                          const Technology& technology);

/// So many nets make 780 pairs, half of which an extractor finds anyway.
inline constexpr std::size_t kPairedNets = 40;

}  // namespace ptah
