/// The shipped circuits, ready to simulate.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "ngspice_simulation.hpp"
#include "ptah/netlist/circuit_folder.hpp"
#include "ptah/netlist/fingers.hpp"
#include "ptah/netlist/spice.hpp"

namespace ptah::test {

struct LoadedCircuit {
  Circuit circuit;
  Testbench testbench;
};

/// `configs/circuits/<name>` with every free group at `fingers`.
inline Result<LoadedCircuit> load_circuit(const std::string& name, int fingers,
                                          const Technology& technology) {
  PTAH_TRY(const CircuitFolder folder,
           read_circuit_folder(std::filesystem::path(PTAH_SOURCE_DIR) / "configs/circuits" / name));
  PTAH_TRY(SpiceCircuit read, read_spice(folder.netlist, folder.netlist_name, technology));
  if (!folder.pairs.empty()) {
    PTAH_TRY(read_pairs(folder.pairs, "pairs.json", read.circuit));
  }
  PTAH_TRY(Testbench testbench, read_testbench(folder.testbench, "testbench.spice"));
  PTAH_TRY(const FingerSpace space, FingerSpace::create(read.circuit, {fingers}));
  PTAH_TRY(Circuit circuit, with_fingers(read.circuit, space.at(0)));
  return LoadedCircuit{std::move(circuit), std::move(testbench)};
}

/// The real process where PDK_ROOT names one.
inline std::optional<Technology> installed_pdk() {
  if (std::getenv("PDK_ROOT") == nullptr) return std::nullopt;
  auto technology = Technology::resolve("sky130A");
  if (!technology) return std::nullopt;
  return std::move(technology.value());
}

inline constexpr char kNoPdk[] = "PDK_ROOT names no installed sky130A: nothing to compare with";

}  // namespace ptah::test
