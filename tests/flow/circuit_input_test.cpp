#include "flow/circuit_input.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

TEST(CircuitInput, ATestbenchForAnotherCellIsRefusedAtOnce) {
  CircuitInput input = one_transistor();
  input.testbench = {"bench.spice", bench_of("d g s bulk")};
  const auto loaded = load_circuit(input, Technology::ptah130());
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().where, "bench.spice");
  EXPECT_THAT(loaded.error().message, HasSubstr("no port \"bulk\""));
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
