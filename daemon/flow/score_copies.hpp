/// A cell with several copies of the circuit is no layout of it: which one would the score be of?
#pragma once

#include <vector>

#include "flow/score_input.hpp"
#include "flow/score_match.hpp"
#include "recognition/connectivity.hpp"

namespace ptah {

/// The copies of the circuit that `found` holds: of each, the parts of its largest piece. At most
/// one entry where the circuit is there once, drawn with however many fingers, or is not whole.
///
/// Copies have internal nets of their own, fingers share them. Both graphs fall into pieces where
/// their rails are cut, and then where all labelled ports are; the circuit is there as often as the
/// rarest of its pieces. Pieces that hang on the same ports are halves of one, not yet joined.
std::vector<std::vector<int>> copies_of(const FoundParts& found, const Circuit& circuit,
                                        const Technology& technology);

/// Fails where the layout holds more than one copy, flat or as cells, with where they are and what
/// to score instead. For layouts that do not correspond exactly; those that do are one.
Status refuse_copies(const ScoreLayout& layout, const native::Connectivity& connectivity,
                     const FoundParts& found, const Circuit& circuit, const Technology& technology);

}  // namespace ptah
