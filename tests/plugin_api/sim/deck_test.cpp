#include "ptah/sim/deck.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace ptah {
namespace {

using testing::HasSubstr;
using testing::Not;

ExtractedNetlist netlist() {
  ExtractedNetlist result;
  result.name = "cell";
  result.ports = {"in", "OUT", "VSS"};
  result.devices = {
      {"M0",
       "sky130_fd_pr__nfet_01v8",
       {"OUT", "in", "VSS", "VSS"},
       {{"w", 1.05}, {"l", 0.15}, {"ad", 0.28}, {"pd", 2.6}}},
      {"R0", "sky130_fd_pr__res_generic_l1", {"in", "a_12#"}, {{"r", 18e3}}},
      {"R1", "sky130_fd_pr__res_generic_l1", {"in", "a_12#"}, {{"w", 0.29}, {"l", 10}}},
      {"R2", "sky130_fd_pr__res_xhigh_po", {"in", "a_12#", "VSS"}, {{"w", 0.35}, {"l", 3.05}}},
      {"C0", "sky130_fd_pr__cap_mim_m3_1", {"OUT", "VSS"}, {{"w", 24}, {"l", 25}}},
  };
  result.capacitors = {{"OUT", "VSS", 1.25e-15}, {"OUT", "in", 0}};
  result.resistors = {{"OUT", "a 1", 12.5}, {"in", "a 1", 0}};
  return result;
}

Testbench testbench() {
  Testbench result;
  result.dut = "cell";
  result.dut_ports = {"VSS", "IN", "OUT"};
  result.cards = {"xdut (0 in out) cell", "Vin in 0 dc 0.9 ac 1",
                  "xload out 0 0 0 sky130_fd_pr__nfet_01v8 w = 2 l=0.5"};
  result.analyses = {".ac dec 50 1000 1000MEG"};
  result.outputs = {"v(out)"};
  return result;
}

Result<Deck> deck_of(const ExtractedNetlist& circuit, const Testbench& bench) {
  return simulation_deck(circuit, bench, Technology::ptah130(), ".option scale=1.0u\n");
}

TEST(SpiceNumber, KnowsScaleFactors) {
  EXPECT_EQ(spice_number("1.8"), 1.8);
  EXPECT_EQ(spice_number("1000MEG"), 1e9);
  EXPECT_EQ(spice_number("10gig"), 1e10);
  EXPECT_DOUBLE_EQ(spice_number("3.3mV").value(), 3.3e-3);
  EXPECT_EQ(spice_number("50ohm"), 50);
  EXPECT_FALSE(spice_number("abc"));
  EXPECT_FALSE(spice_number("1k*2"));
  EXPECT_FALSE(spice_number(""));
}

TEST(Deck, WritesTheDeviceUnderTestInTheTestbenchsPortOrder) {
  const auto deck = deck_of(netlist(), testbench());
  ASSERT_TRUE(deck) << deck.error().text();
  const std::string& text = deck.value().text;
  EXPECT_THAT(text, HasSubstr(".subckt cell VSS IN OUT\n"));
  EXPECT_THAT(text, HasSubstr("XM0.1 OUT in VSS VSS sky130_fd_pr__nfet_01v8 w=1.05 l=0.15 ad=0.28 "
                              "pd=2.6\n"));
  EXPECT_THAT(text, HasSubstr("XC0.5 OUT VSS sky130_fd_pr__cap_mim_m3_1 w=24 l=25\n"));
  EXPECT_THAT(text, HasSubstr("C1 OUT VSS 1.25e-15\n"));
  EXPECT_THAT(text, Not(HasSubstr("C2 ")));
  EXPECT_THAT(text, HasSubstr(".ends cell\n"));
}

TEST(Deck, GivesNetsOfCapacitorsAloneAPathForDirectCurrent) {
  ExtractedNetlist circuit = netlist();
  EXPECT_THAT(deck_of(circuit, testbench()).value().text, Not(HasSubstr("Rdc")));
  circuit.capacitors.push_back({"body_1_2", "OUT", 1e-15});
  circuit.capacitors.push_back({"VSS", "body_1_2", 2e-15});
  const std::string text = deck_of(circuit, testbench()).value().text;
  EXPECT_THAT(text, HasSubstr("Rdc1 body_1_2 0 1e12\n"));
  EXPECT_THAT(text, Not(HasSubstr("Rdc2")));
}

TEST(Deck, WritesResistorsByValueAsTheirValueAndBySizeWithTheirModel) {
  const std::string text = deck_of(netlist(), testbench()).value().text;
  EXPECT_THAT(text, HasSubstr("RR0.2 in a_12# 18000\n"));
  EXPECT_THAT(text, HasSubstr("RR1.3 in a_12# sky130_fd_pr__res_generic_l1 w=0.29 l=10\n"));
  // The drawing of a fixed width takes the model of that width.
  EXPECT_THAT(text,
              HasSubstr("XR2.4 in a_12# VSS sky130_fd_pr__res_xhigh_po_0p35 w=0.35 l=3.05\n"));
}

// ngspice scales an area anew with every analysis of a circuit, and sides once.
TEST(Deck, WritesDiodesByTheirSides) {
  ExtractedNetlist circuit = netlist();
  circuit.devices = {
      {"D0", "sky130_fd_pr__diode_pw2nd_05v5", {"VSS", "in"}, {{"area", 0.4347}, {"pj", 2.64}}},
      {"D1", "sky130_fd_pr__diode_pd2nw_05v5", {"in", "OUT"}, {{"area", 1}, {"pj", 4}, {"m", 2}}}};
  const auto deck = deck_of(circuit, testbench());
  ASSERT_TRUE(deck) << deck.error().text();
  EXPECT_THAT(deck.value().text,
              HasSubstr("D0.1 VSS in sky130_fd_pr__diode_pw2nd_05v5 w=630000 l=690000\n"));
  EXPECT_THAT(deck.value().text,
              HasSubstr("D1.2 in OUT sky130_fd_pr__diode_pd2nw_05v5 w=1000000 l=1000000 m=2\n"));
  circuit.devices[0].parameters.erase("area");
  EXPECT_THAT(deck_of(circuit, testbench()).error().message, HasSubstr("area=0"));
}

TEST(Deck, RenamesNodesThatSpiceWouldReadAsSomethingElse) {
  const std::string text = deck_of(netlist(), testbench()).value().text;
  EXPECT_THAT(text, HasSubstr("Rw1 OUT ptah_node_1 12.5\n"));
  EXPECT_THAT(text, HasSubstr("Rw2 in ptah_node_1 0.001\n"));
}

TEST(Deck, HasOneControlBlockAndItIsOurs) {
  const std::string text = deck_of(netlist(), testbench()).value().text;
  EXPECT_EQ(text.find(".control"), text.rfind(".control"));
  EXPECT_THAT(text, HasSubstr("set num_threads=1\nset filetype=ascii\n"
                              "ac dec 50 1000 1000e6\nwrite analysis0.raw v(out)\n"));
}

TEST(Deck, KnowsWhatEveryAnalysisMustCover) {
  Testbench bench = testbench();
  bench.analyses = {".op",
                    ".dc Vin 0 1.8 0.1",
                    ".tran 1n 2u",
                    ".noise v(out) Vin dec 10 1 1meg",
                    ".ac lin 11 1k 2k",
                    ".noise v(out) Vin dec 10 1 1meg"};
  const auto deck = deck_of(netlist(), bench);
  ASSERT_TRUE(deck) << deck.error().text();
  const auto& analyses = deck.value().analyses;
  ASSERT_EQ(analyses.size(), 6u);
  EXPECT_EQ(analyses[0].kind, "op");
  EXPECT_EQ(analyses[1].last, 1.8);
  EXPECT_EQ(analyses[2].last, 2e-6);
  EXPECT_EQ(analyses[3].last, 1e6);
  EXPECT_DOUBLE_EQ(analyses[3].step_ratio, std::pow(10, 0.1));
  EXPECT_DOUBLE_EQ(analyses[4].step, 100);
  EXPECT_THAT(deck.value().text, HasSubstr("write analysis3.raw noise1.onoise_spectrum"));
  EXPECT_THAT(deck.value().text, HasSubstr("write analysis5.raw noise3.onoise_spectrum"));
}

TEST(Deck, FindsTheModelsOfBothTheCircuitAndTheTestbench) {
  const auto uses = model_uses(netlist(), testbench(), Technology::ptah130());
  const auto has = [&](const char* model, double w, double l) {
    return std::find(uses.begin(), uses.end(), ModelUse{model, w, l}) != uses.end();
  };
  EXPECT_TRUE(has("sky130_fd_pr__nfet_01v8", 1.05, 0.15));
  EXPECT_TRUE(has("sky130_fd_pr__nfet_01v8", 2, 0.5));
  EXPECT_TRUE(has("sky130_fd_pr__res_xhigh_po_0p35", 0.35, 3.05));
  EXPECT_TRUE(has("sky130_fd_pr__cap_mim_m3_1", 24, 25));
  for (const ModelUse& use : uses) EXPECT_NE(use.model, "cell");
}

TEST(Deck, RefusesAMissingPort) {
  ExtractedNetlist circuit = netlist();
  circuit.ports = {"in", "VSS"};
  const auto deck = deck_of(circuit, testbench());
  ASSERT_FALSE(deck);
  EXPECT_THAT(deck.error().message, HasSubstr("\"OUT\""));
}

TEST(Deck, RefusesUnknownDevicesAndSizes) {
  ExtractedNetlist circuit = netlist();
  circuit.devices[0].model = "nosuch";
  EXPECT_FALSE(deck_of(circuit, testbench()));
  circuit = netlist();
  circuit.devices[0].parameters["w"] = -1;
  const auto deck = deck_of(circuit, testbench());
  ASSERT_FALSE(deck);
  EXPECT_EQ(deck.error().where, "device M0");
  circuit = netlist();
  circuit.devices[0].nets.pop_back();
  EXPECT_FALSE(deck_of(circuit, testbench()));
}

/// What ngspice's command language gives a meaning to.
constexpr std::string_view kCommandCharacters = "<>|&;$!`'\"{}\\^~*?%@";

TEST(Deck, ItsCommandsHoldNothingThatNgspiceTakesForMoreThanWords) {
  Testbench bench = testbench();
  bench.cards = {"xdut (0 in out) cell", "Vin in 0 dc 0.9 ac 1", "B1 q 0 v=v(in)>0.5?1:0",
                 "xbus a<0> a<1> cell"};
  bench.analyses = {".OP",
                    ".dc Vin 0 1.8 100m temp -40 125 5",
                    ".tran 1n 2u 0 10p uic",
                    ".noise v(out, in) Vin dec 10 1 1MEG 3",
                    ".ac lin 11 1k 2k",
                    ".ac oct 3 1 1k"};
  bench.outputs = {"V(out)", "v( in , out )", "I(Vin)", "v(x1.n[3]#d/e:f+)"};
  const auto deck = deck_of(netlist(), bench);
  ASSERT_TRUE(deck) << deck.error().text();
  const std::string& text = deck.value().text;
  const std::string commands = text.substr(text.find(".control"));
  EXPECT_EQ(commands.find_first_of(kCommandCharacters), std::string::npos) << commands;
  EXPECT_THAT(commands, HasSubstr("\ndc Vin 0 1.8 100e-3 temp -40 125 5\n"));
  EXPECT_THAT(commands, HasSubstr("\ntran 1e-9 2e-6 0 10e-12 uic\n"));
  EXPECT_THAT(commands, HasSubstr("\nnoise v(out,in) Vin dec 10 1 1e6 3\n"));
  EXPECT_THAT(commands, HasSubstr(" v(out) v(in,out) i(Vin) v(x1.n[3]#d/e:f+)\n"));
}

class HostileTestbench : public testing::TestWithParam<const char*> {};

TEST_P(HostileTestbench, IsRefused) {
  Testbench card = testbench();
  card.cards.push_back(GetParam());
  EXPECT_FALSE(deck_of(netlist(), card)) << "card";
  Testbench analysis = testbench();
  analysis.analyses = {GetParam()};
  EXPECT_FALSE(deck_of(netlist(), analysis)) << "analysis";
  Testbench output = testbench();
  output.outputs = {GetParam()};
  EXPECT_FALSE(deck_of(netlist(), output)) << "output";
}

INSTANTIATE_TEST_SUITE_P(All, HostileTestbench,
                         testing::Values(".control", ".CONTROL\nshell id", ".include /etc/passwd",
                                         ".lib \"x\" tt", "v1 a 0 1\n.control", "r1 a 0 `id`",
                                         ".ac dec 5 1 10\nshell id", "v(out)\nshell id", ".end",
                                         ".ac dec 5 1 10 > f", ".ac dec 5 1 10>f", ".op >> f",
                                         ".dc V1>f 0 1 1", ".save all > f", "v(a>f)", "v(a,b>f)",
                                         "i(V1;shell)", "v($path)", "V1>f a 0 1", "*# shell id",
                                         "a1 [x] m", ".option unixcom", ".csparam a=1"));

TEST(Deck, RefusesWhatIsNoAnalysis) {
  for (const char* analysis : {".ac dec 50 1000", ".ac dec 0 1 10", ".ac dec 5 0 10", ".tran",
                               ".dc v1 0", ".disto dec 10 1 10", "ac dec 5 1 10", ""}) {
    Testbench bench = testbench();
    bench.analyses = {analysis};
    EXPECT_FALSE(deck_of(netlist(), bench)) << analysis;
  }
  Testbench bench = testbench();
  bench.analyses.clear();
  EXPECT_FALSE(deck_of(netlist(), bench));
  bench = testbench();
  bench.outputs.clear();
  EXPECT_FALSE(deck_of(netlist(), bench));
}

}  // namespace
}  // namespace ptah
