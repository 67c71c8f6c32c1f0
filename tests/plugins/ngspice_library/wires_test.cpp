/// Netlists with wire resistors: reduced ones stay loaded and say what fresh ones say, networks
/// start from the circuit without them, and what does not stop is an Error.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "circuit_fixture.hpp"
#include "library_simulation.hpp"
#include "ptah/core/random.hpp"
#include "ptah/core/run_tool.hpp"
#include "wire_nodes.hpp"

namespace ptah {
namespace {

/// The schematic with a node for each terminal and resistors of 1 to `ohm` between those of a net:
/// every pair, or (`chain`) one after the other.
ExtractedNetlist with_wires(const Circuit& circuit, const Technology& technology,
                            std::uint64_t seed, double ohm, bool chain = false) {
  ExtractedNetlist netlist = schematic_netlist(circuit, technology);
  Rng rng(seed);
  std::map<std::string, std::vector<std::string>> nodes;
  for (const std::string& port : netlist.ports) nodes[port].push_back(port);
  for (std::size_t d = 0; d < netlist.devices.size(); ++d) {
    for (std::size_t t = 0; t < 3 && t < netlist.devices[d].nets.size(); ++t) {
      std::string& net = netlist.devices[d].nets[t];
      auto& all = nodes[net];
      if (!all.empty()) net += ":d" + std::to_string(d) + ":" + std::to_string(t);
      all.push_back(net);
    }
  }
  for (const auto& [net, all] : nodes) {
    for (std::size_t b = 1; b < all.size(); ++b) {
      for (std::size_t a = chain ? b - 1 : 0; a < b; ++a) {
        netlist.resistors.push_back({all[a], all[b], 1 + (ohm - 1) * rng.uniform()});
      }
      netlist.capacitors.push_back({all[b], netlist.ports.front(), 1e-15 * rng.uniform()});
    }
  }
  return netlist;
}

class Wires : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    auto loaded = test::load_circuit(GetParam(), 4, technology_);
    ASSERT_TRUE(loaded) << loaded.error().text();
    circuit_ = loaded.value().circuit;
    bench_ = loaded.value().testbench;
  }

  const Technology& technology_ = Technology::ptah130();
  Circuit circuit_;
  Testbench bench_;
  SimpleJobContext job_;
};

TEST_P(Wires, ResidentAnswersAreFreshAnswersDigitByDigit) {
  for (const bool direct : {false, true}) {
    Testbench bench = bench_;
    if (direct) bench.analyses = {".op"};
    LibrarySimulation kept({});
    for (int i = 0; i < 5; ++i) {
      SCOPED_TRACE(i);
      const auto netlist =
          with_wires(circuit_, technology_, static_cast<std::uint64_t>(i * 3 % 5), 200);
      LibrarySimulation fresh({});
      const auto a = kept.simulate(netlist, bench, technology_, job_);
      const auto b = fresh.simulate(netlist, bench, technology_, job_);
      test::expect_equal(a, b);
    }
  }
}

TEST_P(Wires, LibraryAndProgramAgree) {
  if (!find_tool("ngspice", "ngspice")) GTEST_SKIP() << "ngspice is not installed";
  Testbench bench = bench_;
  bench.analyses = {".op"};
  bench.cards.emplace_back(".option reltol=1e-6 vntol=1e-9");
  for (const bool chain : {false, true}) {
    const auto netlist = with_wires(circuit_, technology_, 7, 500, chain);
    LibrarySimulation library({});
    const auto a = library.simulate(netlist, bench, technology_, job_);
    const auto b = simulate_with_ngspice(netlist, bench, technology_, {}, job_);
    ASSERT_TRUE(a) << a.error().text();
    ASSERT_TRUE(b) << b.error().text();
    EXPECT_NEAR(a.value()[0].y[0][0].real(), b.value()[0].y[0][0].real(), 1e-6);
  }
}

TEST_P(Wires, WithoutResistanceTheyAreTheSchematic) {
  Testbench bench = bench_;
  bench.analyses = {".op"};
  bench.cards.emplace_back(".option reltol=1e-6 vntol=1e-9");
  LibrarySimulation library({});
  const auto plain =
      library.simulate(schematic_netlist(circuit_, technology_), bench, technology_, job_);
  const auto wired =
      library.simulate(with_wires(circuit_, technology_, 1, 1), bench, technology_, job_);
  const auto far =
      library.simulate(with_wires(circuit_, technology_, 1, 2000), bench, technology_, job_);
  ASSERT_TRUE(plain) << plain.error().text();
  ASSERT_TRUE(wired) << wired.error().text();
  ASSERT_TRUE(far) << far.error().text();
  const auto value = [](const auto& waves) { return waves.value()[0].y[0][0].real(); };
  EXPECT_NEAR(value(wired), value(plain), 2e-3);
  EXPECT_GT(std::abs(value(far) - value(plain)), std::abs(value(wired) - value(plain)));
}

INSTANTIATE_TEST_SUITE_P(Circuits, Wires,
                         testing::Values("five_transistors_ota", "miller_ota", "ota_ff"),
                         [](const auto& circuit) { return std::string(circuit.param); });

TEST(JoinedWires, NodesOfANetHaveItsPort) {
  ExtractedNetlist netlist;
  netlist.ports = {"OUT", "VSS"};
  netlist.devices = {{"X0", "nfet", {"OUT:m1:d", "x", "vss:m1:s", "VSS"}, {{"ad", 2}}},
                     {"X1", "nfet", {"x:m2:d", "OUT", "VSS", "VSS"}, {}}};
  netlist.resistors = {{"OUT", "out:m1:d", 1}, {"VSS", "vss:m1:s", 1}, {"x:m2:d", "x", 1}};
  netlist.capacitors = {{"x", "VSS", 1e-15}};
  const auto joined = join_wires(netlist);
  ASSERT_TRUE(joined);
  EXPECT_EQ(joined->netlist.devices[0].nets, (std::vector<std::string>{"OUT", "x", "VSS", "VSS"}));
  EXPECT_EQ(joined->netlist.devices[0].parameters.at("ad"), 0);
  EXPECT_EQ(joined->netlist.devices[1].nets, (std::vector<std::string>{"x", "OUT", "VSS", "VSS"}));
  EXPECT_TRUE(joined->netlist.resistors.empty());
  EXPECT_TRUE(joined->netlist.capacitors.empty());

  Testbench bench;
  bench.dut = "dut";
  bench.dut_ports = {"OUT", "VSS"};
  bench.cards = {"Xa (o1 0) DUT", "xb o2 0 dut", ".subckt other a b", "xc a b dut", ".ends"};
  const auto lines = wire_nodesets(
      *joined, bench,
      {{"o1", 0.5}, {"o2", 0.25}, {"xa.x", 1}, {"xb.x", 2}, {"xa.gone", 3}, {"m1#d", 4}});
  const std::vector<std::string> expected = {
      ".nodeset v(o1)=5.000000000e-01",          ".nodeset v(o2)=2.500000000e-01",
      ".nodeset v(xa.out:m1:d)=5.000000000e-01", ".nodeset v(xa.vss:m1:s)=0.000000000e+00",
      ".nodeset v(xa.x)=1.000000000e+00",        ".nodeset v(xa.x:m2:d)=1.000000000e+00",
      ".nodeset v(xb.out:m1:d)=2.500000000e-01", ".nodeset v(xb.vss:m1:s)=0.000000000e+00",
      ".nodeset v(xb.x)=2.000000000e+00",        ".nodeset v(xb.x:m2:d)=2.000000000e+00"};
  EXPECT_EQ(lines, expected);

  netlist.resistors.push_back({"OUT", "VSS", 1});
  EXPECT_FALSE(join_wires(netlist)) << "two ports";
}

/// ngspice does not look up while it reads a deck, nor while it searches an operating point.
TEST(Unstoppable, IsAnErrorAndTheNextCallGoesOn) {
  ExtractedNetlist netlist;
  netlist.name = "chain";
  netlist.ports = {"in", "out"};
  std::string last = "in";
  for (int i = 0; i < 30'000; ++i) {
    const std::string next = i == 29'999 ? "out" : "n" + std::to_string(i);
    netlist.resistors.push_back({last, next, 10});
    last = next;
  }
  Testbench bench;
  bench.dut = "chain";
  bench.dut_ports = {"in", "out"};
  bench.cards = {"xdut in out chain", "Vin in 0 dc 1", "Rload out 0 1k"};
  bench.analyses = {".op"};
  bench.outputs = {"v(out)"};
  SimpleJobContext job;
  LibrarySimulation hasty({.wall_s = 0.1}), patient({.wall_s = 60});
  const auto stopped = hasty.simulate(netlist, bench, Technology::ptah130(), job);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kLimit);
  // While ngspice is at it, a call that can not wait is refused too.
  const auto refused = hasty.simulate(netlist, bench, Technology::ptah130(), job);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kLimit);
  netlist.resistors = {{"in", "out", 1e3}};
  const auto next = patient.simulate(netlist, bench, Technology::ptah130(), job);
  ASSERT_TRUE(next) << next.error().text();
  EXPECT_NEAR(next.value()[0].y[0][0].real(), 0.5, 1e-6);
}

}  // namespace
}  // namespace ptah
