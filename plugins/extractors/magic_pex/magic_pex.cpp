#include "magic_pex.hpp"

#include <algorithm>

#include "extracted_spice.hpp"

namespace ptah::magic {

Result<ExtractedNetlist> extract(const LayoutFile& layout, const Circuit& circuit,
                                 const Technology& technology, const Limits& limits,
                                 JobContext& job) {
  PTAH_TRY(const Session session, examine(layout, technology, limits, job));
  if (!session.has_capacitors) {
    return make_error(ErrorCode::kToolFailed, "Magic crashed while it wrote the capacitors.",
                      layout.gds.string(),
                      "This happens where a bulk has no tap: see what LVS says of the layout.");
  }
  PTAH_TRY(ExtractedNetlist netlist,
           read_extracted(session.devices_spice, session.capacitors_spice, technology));
  adopt_names(circuit, technology, netlist);
  netlist.name = circuit.name.empty() ? session.top : circuit.name;
  for (const NetId port : circuit.ports) {
    const std::string& name = circuit.nets.at(static_cast<std::size_t>(port)).name;
    if (std::find(netlist.ports.begin(), netlist.ports.end(), name) == netlist.ports.end()) {
      return make_error(ErrorCode::kInvalidArgument, "The layout has no port " + name + ".",
                        layout.gds.string(),
                        "Put its label on a shape of the pin purpose in the top cell.");
    }
  }
  return netlist;
}

}  // namespace ptah::magic
