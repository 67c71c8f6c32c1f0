/// The shipped circuits, ready to simulate.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "ngspice_simulation.hpp"
#include "ptah/core/run_tool.hpp"
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

/// All points of all waveforms, to the last bit.
inline void expect_equal(const Result<std::vector<Waveform>>& a,
                         const Result<std::vector<Waveform>>& b) {
  ASSERT_TRUE(a) << a.error().text();
  ASSERT_TRUE(b) << b.error().text();
  ASSERT_EQ(a.value().size(), b.value().size());
  for (std::size_t k = 0; k < a.value().size(); ++k) {
    ASSERT_EQ(a.value()[k].x, b.value()[k].x);
    ASSERT_EQ(a.value()[k].y, b.value()[k].y);
  }
}

struct Case {
  const char* circuit;
  const char* technology;
};
inline void PrintTo(const Case& test_case, std::ostream* out) {
  *out << test_case.circuit << " on " << test_case.technology;
}

/// A circuit on a technology, beside the ngspice program.
class CircuitOnTechnology : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    if (!find_tool("ngspice", "ngspice")) GTEST_SKIP() << "ngspice is not installed";
    if (GetParam().technology == std::string("ptah130")) {
      technology_ = Technology::ptah130();
    } else {
      technology_ = installed_pdk();
      if (!technology_) GTEST_SKIP() << kNoPdk;
    }
    open();
  }
  virtual void open() = 0;

  std::optional<Technology> technology_;
};

}  // namespace ptah::test
