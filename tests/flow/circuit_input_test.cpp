#include "flow/circuit_input.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "ptah/core/run_tool.hpp"

namespace ptah {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

CircuitInput one_transistor() {
  CircuitInput input;
  input.netlist = {"one.sp", ".subckt one d g s b\nX1 d g s b nfet w=1 l=0.15 nf=2\n.ends\n"};
  return input;
}

// measures.yaml may come from anywhere, and name what lies beside it.
TEST(CircuitInput, ATestbenchThatOnlyMeasuresNameIsNotQuoted) {
  CircuitInput input = one_transistor();
  input.benches = {{"private.key", "* a key\n.geheim 4711\n"}};
  const auto loaded = load_circuit(input, Technology::ptah130());
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().where, "private.key:2");
  EXPECT_THAT(loaded.error().text(), Not(HasSubstr("geheim")));
  EXPECT_THAT(loaded.error().message, HasSubstr("is not supported in a testbench"));
}

TEST(CircuitInput, ATestbenchThatTheRequestNamesIsQuoted) {
  CircuitInput input = one_transistor();
  input.testbench = {"bench.spice", "* a bench\n.acc dec 1 1 10\n"};
  const auto loaded = load_circuit(input, Technology::ptah130());
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().where, "bench.spice:2");
  EXPECT_THAT(loaded.error().message, HasSubstr("\".acc\""));
}

/// A bench of an instance on other nets, and one within a subcircuit.
std::string bench_of(const std::string& ports) {
  return "* b\n.subckt cell " + ports +
         "\nXXX\n.ends\nxdut (a y v 0) cell\n"
         ".subckt load p q r s\nx1 p q r s cell\n.ends\nV1 v 0 1.8\n.op\n.print op v(y)\n";
}

TEST(CircuitInput, AnIdealSourceOfTheCellStandsBesideItsLayout) {
  CircuitInput input;
  input.netlist = {"cell.sp",
                   ".subckt cell in out! vdd vss\nX1 out! vb vdd vdd pfet w=1 l=0.15\n"
                   "X2 vb in vss vss nfet w=1 l=0.15\nI0 vb vss 10u\nV9 hi 0 1\n"
                   "G1 vb vss hi 0 1m\n.ends\n"};
  input.testbench = {"bench.spice", bench_of("in out! vdd vss")};
  const auto loaded = load_circuit(input, Technology::ptah130());
  ASSERT_TRUE(loaded) << loaded.error().text();
  const Testbench& bench = *loaded.value().testbench;
  EXPECT_THAT(bench.dut_ports, ElementsAre("in", "out_", "vdd", "vss", "vb"));
  EXPECT_THAT(
      bench.cards,
      ElementsAre("xdut a y v 0 xdut_vb cell", "i_xdut_I0 xdut_vb 0 1e-05", "v_xdut_V9 xdut_hi 0 1",
                  "g_xdut_G1 xdut_vb 0 xdut_hi 0 0.001", ".subckt load p q r s",
                  "x1 p q r s x1_vb cell", "i_x1_I0 x1_vb s 1e-05", "v_x1_V9 x1_hi 0 1",
                  "g_x1_G1 x1_vb s x1_hi 0 0.001", ".ends", "V1 v 0 1.8"));
}

TEST(CircuitInput, GlobalNetsAreThoseOfTheTestbench) {
  CircuitInput input;
  input.netlist = {"cell.sp",
                   ".global VDD\n.subckt cell in out vb vss\nX1 out in VDD VDD pfet w=1 l=0.15\n"
                   "X2 out vb vss 0 nfet w=1 l=0.15\n.ends\n"};
  input.testbench = {"bench.spice", bench_of("in out vb vss")};
  const auto loaded = load_circuit(input, Technology::ptah130());
  ASSERT_TRUE(loaded) << loaded.error().text();
  EXPECT_THAT(loaded.value().testbench->dut_ports, ElementsAre("in", "out", "vb", "vss", "VDD"));
  EXPECT_EQ(loaded.value().testbench->cards.front(), "xdut a y v 0 VDD cell");
}

TEST(CircuitInput, APortThatIsLeftOutGetsNoNodeOfTheTestbench) {
  CircuitInput input;
  input.netlist = {"cell.sp",
                   ".subckt cell in spare! out vss\nX2 out in vss vss nfet w=1 l=0.15\n.ends\n"};
  input.testbench = {"bench.spice", bench_of("in spare! out vss")};
  EXPECT_FALSE(load_circuit(input, Technology::ptah130()));
  input.floating = Floating::kAllow;
  const auto loaded = load_circuit(input, Technology::ptah130());
  ASSERT_TRUE(loaded) << loaded.error().text();
  EXPECT_THAT(loaded.value().testbench->dut_ports, ElementsAre("in", "out", "vss"));
  EXPECT_EQ(loaded.value().testbench->cards.front(), "xdut a v 0 cell");
}

TEST(CircuitInput, MoreThanAPlacerTakesIsRefusedWithBothNumbers) {
  CircuitInput input;
  input.netlist = {"cell.sp", ".subckt cell a b\nR1 a b res_generic_po w=1 l=5 m=" +
                                  std::to_string(kMostDevices) + "\n.ends\n"};
  EXPECT_TRUE(load_circuit(input, Technology::ptah130()));
  input.netlist.text =
      ".subckt cell a b\nR1 a b res_generic_po w=1 l=5 m=" + std::to_string(kMostDevices + 1) +
      "\n.ends\n";
  const auto refused = load_circuit(input, Technology::ptah130());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, AllOf(HasSubstr(" 801 devices"), HasSubstr("at most 800")));
  EXPECT_THAT(refused.error().hint, HasSubstr("--cell"));
}

TEST(CircuitInput, ATestbenchForAnotherCellIsRefusedAtOnce) {
  CircuitInput input = one_transistor();
  input.testbench = {"bench.spice", bench_of("d g s bulk")};
  const auto loaded = load_circuit(input, Technology::ptah130());
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().where, "bench.spice");
  EXPECT_THAT(loaded.error().message, HasSubstr("no port \"bulk\""));
}

/// A folder sky130A whose models are `text`.
Technology installed(const std::filesystem::path& folder, const std::string& text) {
  const auto tools = folder / "sky130A" / "libs.tech";
  for (const char* name : {"magic", "ngspice"}) std::filesystem::create_directories(tools / name);
  EXPECT_TRUE(write_text_file(tools / "magic" / "sky130A.tech", "tech\n"));
  EXPECT_TRUE(write_text_file(tools / "ngspice" / "sky130.lib.spice",
                              ".lib tt\n.include models.spice\n.endl\n"));
  EXPECT_TRUE(write_text_file(tools / "ngspice" / "models.spice", text));
  auto technology = Technology::resolve((folder / "sky130A").string());
  EXPECT_TRUE(technology) << technology.error().text();
  return std::move(technology).value();
}

TEST(CircuitInput, DevicesThatNoModelDescribesAreNamedAndNothingIsSimulated) {
  auto scratch = ScratchDir::create(std::filesystem::temp_directory_path(), "ptah-models-test");
  ASSERT_TRUE(scratch) << scratch.error().text();
  const auto cache = scratch.value().path() / "cache";
  ::setenv("XDG_CACHE_HOME", cache.c_str(), 1);
  CircuitInput input;
  input.netlist = {"two.sp",
                   ".subckt cell a y v s\nX1 y a s s nfet_01v8 w=1 l=0.15\n"
                   "X2 y a v v pfet_g5v0d10v5 w=1 l=0.5\nR1 y v 1k\n.ends\n"};
  input.testbench = {"bench.spice", bench_of("a y v s")};
  const std::string low = ".subckt  sky130_fd_pr__nfet_01v8 d g s b\n.ends\n";
  const std::string high = ".model sky130_fd_pr__pfet_g5v0d10v5.3 pmos level=54\n";
  const Technology bare = installed(scratch.value().path() / "bare", low);
  const Technology full = installed(scratch.value().path() / "full", low + high);
  for (const auto& [technology, who] :
       {std::pair{&Technology::ptah130(), "technology ptah130"}, {&bare, "the PDK of sky130A"}}) {
    const auto loaded = load_circuit(input, *technology);
    ASSERT_TRUE(loaded) << loaded.error().text();
    EXPECT_FALSE(loaded.value().testbench);
    EXPECT_THAT(
        loaded.value().not_simulated,
        HasSubstr(std::string(who) + " has no model of sky130_fd_pr__pfet_g5v0d10v5 (device X2);"));
    EXPECT_THAT(loaded.value().not_simulated, Not(HasSubstr("01v8")));
  }
  const auto loaded = load_circuit(input, full);
  ASSERT_TRUE(loaded) << loaded.error().text();
  EXPECT_TRUE(loaded.value().testbench);
  EXPECT_EQ(loaded.value().not_simulated, "");
  // Without a testbench nobody asks.
  input.testbench.reset();
  EXPECT_EQ(load_circuit(input, bare).value().not_simulated, "");
}

TEST(CircuitInput, HowSizesAreReadTravelsWithTheJob) {
  CircuitInput input = one_transistor();
  EXPECT_FALSE(to_json(input).contains("width"));
  input.width = WidthMeaning::kFinger;
  input.off_grid = OffGrid::kRefuse;
  input.floating = Floating::kAllow;
  const auto back = circuit_input_from_json(to_json(input));
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(back.value().width, WidthMeaning::kFinger);
  EXPECT_EQ(back.value().off_grid, OffGrid::kRefuse);
  EXPECT_EQ(back.value().floating, Floating::kAllow);
  EXPECT_EQ(load_circuit(back.value(), Technology::ptah130()).value().circuit.devices[0].width,
            1000);
}

}  // namespace
}  // namespace ptah
