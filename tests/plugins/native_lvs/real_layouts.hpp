/// Layouts of the shipped circuits, made once.
#pragma once

#include <string>
#include <vector>

#include "ptah/layout/gds.hpp"
#include "ptah/netlist/circuit.hpp"
#include "recognition/connectivity.hpp"

namespace ptah::test {

inline const Technology& technology() {
  return Technology::ptah130();
}

struct RealLayout {
  std::string name;
  Circuit circuit;
  gds::Flat flat;
  native::Connectivity found;
};

/// The first layout and two shifts of it for each circuit.
const std::vector<RealLayout>& real_layouts();
/// The first of the circuit named.
const RealLayout& real_layout(const std::string& circuit);

}  // namespace ptah::test
