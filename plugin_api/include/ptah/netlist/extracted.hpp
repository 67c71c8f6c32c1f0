/// Extracted netlists as text for other tools. Deterministic: no dates.
#pragma once

#include <map>
#include <string>

#include "ptah/core/error.hpp"
#include "ptah/stages/stages.hpp"

namespace ptah {

/// A `.subckt` with its devices (`X` lines, two-terminal resistors `R` lines, diodes `D` lines;
/// sizes in bare um, of diodes as models beside `.option scale=1u` have them), capacitors in farad
/// and resistors in ohm. Fails naming what cannot stand in a SPICE netlist.
Result<std::string> write_extracted_spice(const ExtractedNetlist& netlist,
                                          const Technology& technology);

/// IEEE 1481 (SPEF): a *D_NET for each net, fF and ohm, names in a *NAME_MAP. The nodes of a net
/// are those that its resistors join to the net's own name; "out:3" is written *7:3 where 7 stands
/// for "out". A device's terminal is the pin instance:terminal, joined to its node by 0 ohm. Every
/// capacitor is a coupling between two nets, as in the netlist: the substrate is a net like others,
/// and each of the two nets lists it. Fails naming what cannot stand in a SPEF file.
Result<std::string> write_spef(const ExtractedNetlist& netlist, const Technology& technology);

/// The net of every node: nodes that resistors join are one net, under the name that the others
/// begin with.
std::map<std::string, std::string> nets_of_nodes(const ExtractedNetlist& netlist);

}  // namespace ptah
