/// ngspice's shared library against its program: the same decks give the same digits, and whatever
/// goes wrong inside is an Error.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "circuit_fixture.hpp"
#include "library_simulation.hpp"
#include "ptah/core/run_tool.hpp"

namespace ptah {
namespace {

using testing::HasSubstr;

/// As the program writes a value into an ASCII raw file.
std::string printed(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.15e", value);
  return text;
}

void expect_same_digits(const Waveform& program, const Waveform& library) {
  EXPECT_EQ(program.analysis, library.analysis);
  EXPECT_EQ(program.x_name, library.x_name);
  ASSERT_EQ(program.names, library.names);
  ASSERT_EQ(program.x.size(), library.x.size());
  for (std::size_t i = 0; i < program.x.size(); ++i) {
    ASSERT_EQ(printed(program.x[i]), printed(library.x[i])) << "point " << i;
    for (std::size_t k = 0; k < program.y.size(); ++k) {
      ASSERT_EQ(printed(program.y[k][i].real()), printed(library.y[k][i].real()))
          << program.names[k] << " point " << i;
      ASSERT_EQ(printed(program.y[k][i].imag()), printed(library.y[k][i].imag()))
          << program.names[k] << " point " << i;
    }
  }
}

/// Largest difference, relative to the largest value of the vector.
double difference(const Waveform& a, const Waveform& b) {
  double worst = 0;
  for (std::size_t k = 0; k < a.y.size(); ++k) {
    double largest = 0, off = 0;
    for (std::size_t i = 0; i < a.y[k].size(); ++i) {
      largest = std::max(largest, std::abs(a.y[k][i]));
      off = std::max(off, std::abs(a.y[k][i] - b.y[k][i]));
    }
    worst = std::max(worst, off / largest);
  }
  return worst;
}

long resident_kib() {
  std::ifstream file("/proc/self/statm");
  long size = 0, resident = 0;
  file >> size >> resident;
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

ExtractedNetlist rc_netlist() {
  ExtractedNetlist netlist;
  netlist.name = "rc";
  netlist.ports = {"in", "out", "gnd"};
  netlist.resistors = {{"in", "out", 1e3}};
  netlist.capacitors = {{"out", "gnd", 1e-9}};
  return netlist;
}

Testbench rc_testbench(std::vector<std::string> analyses) {
  Testbench bench;
  bench.dut = "rc";
  bench.dut_ports = {"in", "out", "gnd"};
  bench.cards = {"xdut in out 0 rc", "Vin in 0 dc 1 ac 1 pulse(0 1 0 1n 1n 1 2)"};
  bench.analyses = std::move(analyses);
  bench.outputs = {"v(out)", "i(Vin)"};
  return bench;
}

/// What an extractor adds: areas that differ from finger to finger, coupling, wires.
ExtractedNetlist with_parasitics(ExtractedNetlist netlist, int seed) {
  int serial = seed;
  for (ExtractedDevice& device : netlist.devices) {
    if (device.model.find("fet") == std::string::npos) continue;
    const double w = device.parameters["w"];
    const bool outer = ++serial % 3 == 0;
    device.parameters["ad"] = w * (outer ? 0.29 : 0.14);
    device.parameters["as"] = w * 0.2675;
    device.parameters["pd"] = 2 * w + 0.53;
    device.parameters["ps"] = outer ? 2 * w + 0.29 : 0.29;
  }
  std::vector<std::string> nets;
  for (const ExtractedDevice& device : netlist.devices) {
    for (const std::string& net : device.nets) {
      if (std::find(nets.begin(), nets.end(), net) == nets.end()) nets.push_back(net);
    }
  }
  for (std::size_t i = 0; i + 1 < nets.size(); ++i) {
    netlist.capacitors.push_back({nets[i], nets[i + 1], 1e-16 * (7 + seed + static_cast<int>(i))});
  }
  return netlist;
}

struct Case {
  const char* circuit;
  const char* technology;
};

void PrintTo(const Case& test_case, std::ostream* out) {
  *out << test_case.circuit << " on " << test_case.technology;
}

class SameAsProgram : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    if (!find_tool("ngspice", "ngspice")) GTEST_SKIP() << "ngspice is not installed";
    if (GetParam().technology == std::string("ptah130")) {
      technology_ = Technology::ptah130();
    } else {
      technology_ = test::installed_pdk();
      if (!technology_) GTEST_SKIP() << test::kNoPdk;
    }
    auto loaded = test::load_circuit(GetParam().circuit, 4, *technology_);
    ASSERT_TRUE(loaded) << loaded.error().text();
    bench_ = loaded.value().testbench;
    netlist_ = with_parasitics(schematic_netlist(loaded.value().circuit, *technology_), 1);
  }

  std::optional<Technology> technology_;
  Testbench bench_;
  ExtractedNetlist netlist_;
  SimpleJobContext job_;
};

TEST_P(SameAsProgram, ToAllPrintedDigits) {
  bench_.analyses = {bench_.analyses.front(), ".op", ".ac dec 7 10 1meg", ".dc Vin 0.8 1 0.05",
                     ".noise " + bench_.outputs.front() + " Vin dec 5 1k 1meg", ".tran 10n 400n"};
  const auto program = simulate_with_ngspice(netlist_, bench_, *technology_, {}, job_);
  ASSERT_TRUE(program) << program.error().text();
  LibrarySimulation simulation({.flatten = false});
  const auto library = simulation.simulate(netlist_, bench_, *technology_, job_);
  ASSERT_TRUE(library) << library.error().text();
  ASSERT_EQ(program.value().size(), library.value().size());
  for (std::size_t i = 0; i < program.value().size(); ++i) {
    SCOPED_TRACE(bench_.analyses[i]);
    expect_same_digits(program.value()[i], library.value()[i]);
  }
}

TEST_P(SameAsProgram, WithExpandedModels) {
  const auto program = simulate_with_ngspice(netlist_, bench_, *technology_, {}, job_);
  ASSERT_TRUE(program) << program.error().text();
  LibrarySimulation simulation({});
  const auto library = simulation.simulate(netlist_, bench_, *technology_, job_);
  ASSERT_TRUE(library) << library.error().text();
  ASSERT_EQ(program.value()[0].y[0].size(), library.value()[0].y[0].size());
  const double off = difference(program.value()[0], library.value()[0]);
  // Sums in another order: rounding only.
  EXPECT_LT(off, 1e-9);
  const auto start = std::chrono::steady_clock::now();
  constexpr int kRuns = 20;
  for (int i = 0; i < kRuns; ++i) {
    ASSERT_TRUE(
        simulation.simulate(with_parasitics(netlist_, i), bench_, *technology_, job_).has_value());
  }
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
  std::printf("%s on %s: %.2f ms a run, differs by %.1e\n", GetParam().circuit,
              GetParam().technology, spent.count() / kRuns * 1e3, off);
}

INSTANTIATE_TEST_SUITE_P(
    All, SameAsProgram,
    testing::Values(Case{"five_transistors_ota", "ptah130"}, Case{"miller_ota", "ptah130"},
                    Case{"ahuja_ota", "ptah130"}, Case{"ota_ff", "ptah130"},
                    Case{"lpf", "ptah130"}, Case{"five_transistors_ota", "sky130A"},
                    Case{"miller_ota", "sky130A"}, Case{"ahuja_ota", "sky130A"},
                    Case{"ota_ff", "sky130A"}, Case{"lpf", "sky130A"}),
    [](const auto& test_case) {
      return std::string(test_case.param.circuit) + "_" + test_case.param.technology;
    });

}  // namespace
}  // namespace ptah
