#include "magic_pex.hpp"

#include <algorithm>
#include <tuple>

#include "extracted_spice.hpp"

namespace ptah::magic {
namespace {

/// Magic lists devices and capacitors in the order of its hash tables, which changes from run to
/// run; the last digits of a simulation would change with it.
void sort_lists(ExtractedNetlist& netlist) {
  std::sort(netlist.devices.begin(), netlist.devices.end(),
            [](const ExtractedDevice& a, const ExtractedDevice& b) {
              return std::tie(a.model, a.nets, a.parameters) <
                     std::tie(b.model, b.nets, b.parameters);
            });
  for (std::size_t i = 0; i < netlist.devices.size(); ++i) {
    netlist.devices[i].name = "X" + std::to_string(i);
  }
  for (ExtractedCapacitor& capacitor : netlist.capacitors) {
    if (capacitor.b < capacitor.a) std::swap(capacitor.a, capacitor.b);
  }
  std::sort(netlist.capacitors.begin(), netlist.capacitors.end(),
            [](const ExtractedCapacitor& a, const ExtractedCapacitor& b) {
              return std::tie(a.a, a.b, a.farad) < std::tie(b.a, b.b, b.farad);
            });
}

}  // namespace

Result<ExtractedNetlist> extract(const LayoutFile& layout, const Circuit& circuit,
                                 const Technology& technology, const Limits& limits,
                                 JobContext& job) {
  PTAH_TRY(const Session session, examine(layout, circuit, technology, limits, job));
  if (!session.has_capacitors) {
    return make_error(ErrorCode::kToolFailed, "Magic crashed while it wrote the capacitors.",
                      layout.gds.string(),
                      "This happens where a bulk has no tap: see what LVS says of the layout.");
  }
  PTAH_TRY(ExtractedNetlist netlist, netlist_of(session, technology));
  adopt_names(circuit, technology, netlist);
  sort_lists(netlist);
  if (session.boxed) session.boxed->close(netlist);
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
