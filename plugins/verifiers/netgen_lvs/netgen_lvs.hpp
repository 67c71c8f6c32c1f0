/// Layout versus schematic: Magic finds the layout's devices, Netgen compares.
///
/// What Netgen 1.5 needs to be trusted (each has a test): its exit status is 0 whatever it found,
/// and a missing setup file still ends in "LVS Done", so only a fresh, complete report counts;
/// parallel devices are never merged; exchanged ports are a "unique match" to it; missing ports and
/// size errors are failures although the report still says that the circuits match.
#pragma once

#include "magic_session.hpp"

namespace ptah::netgen {

Result<Verdict> compare(const LayoutFile& layout, const Circuit& circuit,
                        const Technology& technology, const magic::Limits& limits, JobContext& job);

/// The comparison alone, of a netlist that somebody extracted.
Result<Verdict> compare_netlists(const ExtractedNetlist& layout, const Circuit& circuit,
                                 const Technology& technology, const magic::Limits& limits,
                                 JobContext& job);

}  // namespace ptah::netgen
