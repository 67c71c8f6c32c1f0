/// Parasitic netlist of a layout, from Magic: devices with their junction areas and perimeters,
/// capacitors between nets. (Magic 8.3's resistance extraction is not usable: it drops bulks and
/// areas.)
#pragma once

#include "magic_session.hpp"

namespace ptah::magic {

/// Fails when the layout lacks a port of the circuit: its netlist could not stand for the circuit.
Result<ExtractedNetlist> extract(const LayoutFile& layout, const Circuit& circuit,
                                 const Technology& technology, const Limits& limits,
                                 JobContext& job);

}  // namespace ptah::magic
