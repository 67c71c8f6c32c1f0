/// A testbench is written for the cell of the netlist. What is simulated is the layout's part of
/// it: without ideal sources, with names that tools can take, and with pins that the cell lacks.
#pragma once

#include <string>

#include "ptah/core/error.hpp"
#include "ptah/netlist/spice.hpp"
#include "ptah/sim/testbench.hpp"

namespace ptah {

/// Makes of a testbench for the cell as written one for `cell.circuit`: every instance gets the
/// cell's sources beside it, on nodes of its own where they meet inner nets, and `.global` nets are
/// those of the testbench. `name` is the testbench's, for messages. Fails where the testbench
/// connects a port that the cell does not have.
Status fit_to_layout(Testbench& bench, const SpiceCircuit& cell, const std::string& name);

}  // namespace ptah
