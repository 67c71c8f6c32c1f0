/// The netlists that Magic writes, as values.
#pragma once

#include <string>
#include <string_view>

#include "ptah/core/error.hpp"
#include "ptah/netlist/circuit.hpp"
#include "ptah/stages/stages.hpp"

namespace ptah::magic {

/// Devices and ports of `devices_spice`, capacitors of `capacitors_spice`; names and terminals as
/// Magic wrote them, sizes in um and um^2. An unknown model or a line of another form is
/// kToolFailed.
Result<ExtractedNetlist> read_extracted(std::string_view devices_spice,
                                        std::string_view capacitors_spice,
                                        const Technology& technology);

/// Gives ports the circuit's spelling and order (a port that the layout lacks is left out), and
/// devices that exist both with a width and as a fixed-width model the name that the circuit uses.
void adopt_names(const Circuit& circuit, const Technology& technology, ExtractedNetlist& netlist);

/// The generic model and width of a fixed-width resistor model: "res_high_po_0p35" is "res_high_po"
/// of 0.35 um. Anything else comes back unchanged, with width 0.
struct GenericModel {
  std::string name;
  double width_um = 0;
};
GenericModel generic_model(std::string_view model);

/// "1.05e+06u" -> 1.05, "14.2fF" -> 1.42e-14; fails on anything that is no number with a suffix.
Result<double> spice_number(std::string_view text);

}  // namespace ptah::magic
