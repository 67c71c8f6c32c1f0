/// Found devices as those of a netlist.
#pragma once

#include <string>
#include <vector>

#include "ptah/stages/stages.hpp"
#include "recognition/connectivity.hpp"

namespace ptah::native {

/// Names of nets and terminals as the netlist has them.
struct NetNames {
  std::vector<std::string> nets;  ///< By NetIndex.
  std::string none = "unconnected";
  const std::string& of(NetIndex net) const {
    return net == kNone ? none : nets[static_cast<std::size_t>(net)];
  }
};

/// Sorted by model, nets, sizes; named X0, X1, .. Where `circuit` calls a resistor by its fixed
/// width, so does the list. As in Magic's netlists, all diffusion of a net belongs to one
/// transistor. `nodes`, where given, has the nodes of each found device's terminals in place of the
/// nets; `by_nodes`: devices of the same nets are sorted by them, too, and resistors
/// have their ends in the order of nets. `merge`: fingers that are
/// equal in everything become one device whose parameter "m" counts them.
std::vector<ExtractedDevice> device_list(
    const Connectivity& connectivity, const NetNames& names, const Circuit& circuit,
    const Technology& technology, bool merge,
    const std::vector<std::vector<std::string>>* nodes = nullptr, bool by_nodes = false);

}  // namespace ptah::native
