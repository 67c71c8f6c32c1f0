/// The ngspice program behind the simulator stage, on circuits small enough to know the answer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <numbers>

#include "hostile_benches.hpp"
#include "ngspice_simulation.hpp"
#include "ptah/core/run_tool.hpp"

namespace ptah {
namespace {

using testing::HasSubstr;

/// 1 kohm and 1 nF from `in` to `out`, both ideal: a low-pass filter of 159 kHz.
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

class Ngspice : public testing::Test {
 protected:
  void SetUp() override {
    if (!find_tool("ngspice", "ngspice")) GTEST_SKIP() << "ngspice is not installed";
  }
  Result<std::vector<Waveform>> simulate(const ExtractedNetlist& netlist, const Testbench& bench) {
    return simulate_with_ngspice(netlist, bench, Technology::ptah130(), limits_, job_);
  }

  NgspiceLimits limits_;
  SimpleJobContext job_;
};

TEST_F(Ngspice, SweepsFrequencies) {
  const auto result = simulate(rc_netlist(), rc_testbench({".ac dec 50 1k 1g"}));
  ASSERT_TRUE(result) << result.error().text();
  const Waveform& ac = result.value().at(0);
  EXPECT_EQ(ac.analysis, "ac");
  ASSERT_EQ(ac.x.size(), 301u);
  const auto* out = ac.find("V(OUT)");
  ASSERT_NE(out, nullptr);
  for (std::size_t i = 0; i < ac.x.size(); ++i) {
    const std::complex<double> expected =
        1.0 / std::complex<double>(1, 2 * std::numbers::pi * ac.x[i] * 1e-6);
    EXPECT_NEAR(std::abs((*out)[i] - expected), 0, 1e-9) << ac.x[i];
  }
}

TEST_F(Ngspice, RunsEveryAnalysisInOrder) {
  Testbench bench = rc_testbench({".op", ".dc Vin -1 1 0.5", ".tran 10n 5u",
                                  ".noise v(out) Vin dec 10 1 1meg", ".ac lin 5 1k 2k"});
  const auto result = simulate(rc_netlist(), bench);
  ASSERT_TRUE(result) << result.error().text();
  const auto& waveforms = result.value();
  ASSERT_EQ(waveforms.size(), 5u);
  EXPECT_EQ(waveforms[0].analysis, "op");
  EXPECT_EQ(waveforms[0].names, (std::vector<std::string>{"v(out)", "i(vin)"}));
  EXPECT_NEAR((*waveforms[1].find("v(out)"))[4].real(), 1, 1e-6);
  EXPECT_EQ(waveforms[1].x.size(), 5u);
  // After 5 time constants.
  EXPECT_NEAR((*waveforms[2].find("v(out)")).back().real(), 1 - std::exp(-5), 2e-3);
  // 4kTR of 1 kohm at 300 K: 4.07 nV per root hertz.
  const auto* noise = waveforms[3].find("onoise_spectrum");
  ASSERT_NE(noise, nullptr);
  EXPECT_NEAR((*noise)[0].real(), 4.07e-9, 0.01e-9);
  EXPECT_EQ(waveforms[4].x.size(), 5u);
}

TEST_F(Ngspice, GivesTheSameBytesTwice) {
  const auto first = simulate(rc_netlist(), rc_testbench({".tran 10n 5u"}));
  const auto second = simulate(rc_netlist(), rc_testbench({".tran 10n 5u"}));
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first.value()[0].x, second.value()[0].x);
  EXPECT_EQ(first.value()[0].y, second.value()[0].y);
}

TEST_F(Ngspice, SaysInItsOwnWordsThatACircuitDoesNotConverge) {
  // Two ideal sources in one loop.
  Testbench bench = rc_testbench({".op"});
  bench.cards.push_back("Vother in 0 dc 2");
  const auto result = simulate(rc_netlist(), bench);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kToolFailed);
  EXPECT_THAT(result.error().message, HasSubstr("does not converge"));
  EXPECT_THAT(result.error().message, HasSubstr("singular matrix"));
  EXPECT_EQ(result.error().where, "circuit rc");
}

TEST_F(Ngspice, NamesAnUnknownModelOfTheTestbench) {
  Testbench bench = rc_testbench({".op"});
  bench.cards.push_back("xextra in out nosuchcell");
  const auto result = simulate(rc_netlist(), bench);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kToolFailed);
  EXPECT_THAT(result.error().message, HasSubstr("nosuchcell"));
}

TEST_F(Ngspice, DoesNotTakeAnIncompleteSweepForAResult) {
  // The transient stops half way: the source's time step underflows is hard to provoke, a limit on
  // the run is not.
  Testbench bench = rc_testbench({".tran 1p 1"});
  limits_.wall_s = 0.5;
  const auto result = simulate(rc_netlist(), bench);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kLimit);
}

TEST_F(Ngspice, NamesAnOutputThatDoesNotExist) {
  Testbench bench = rc_testbench({".ac dec 5 1k 1meg"});
  bench.outputs = {"v(nowhere)"};
  const auto result = simulate(rc_netlist(), bench);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("nowhere"));
}

TEST_F(Ngspice, IgnoresStartFilesOfTheUser) {
  const auto home = ScratchDir::create(testing::TempDir(), "home");
  const auto marker = home.value().path() / "marker";
  std::ofstream(home.value().path() / ".spiceinit") << "shell touch " << marker.string() << "\n";
  const std::string before = std::getenv("HOME") != nullptr ? std::getenv("HOME") : "";
  setenv("HOME", home.value().path().c_str(), 1);
  const auto result = simulate(rc_netlist(), rc_testbench({".op"}));
  setenv("HOME", before.c_str(), 1);
  EXPECT_TRUE(result) << result.error().text();
  EXPECT_FALSE(std::filesystem::exists(marker));
}

TEST_F(Ngspice, FilesOfTheUserStayAsTheyAre) {
  const auto folder = ScratchDir::create(testing::TempDir(), "victim");
  const test::Victim victim(folder.value().path());
  for (const auto& [what, bench] : test::hostile_benches(rc_testbench({".op"}), victim.path())) {
    const auto result = simulate(rc_netlist(), bench);
    ASSERT_FALSE(result) << what;
    EXPECT_FALSE(result.error().hint.empty()) << what;
    EXPECT_TRUE(victim.untouched()) << what;
  }
}

TEST_F(Ngspice, StopsWhenCancelled) {
  job_.cancel();
  const auto result = simulate(rc_netlist(), rc_testbench({".op"}));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kCancelled);
}

TEST_F(Ngspice, LeavesNothingInTheScratchFolder) {
  const auto scratch = ScratchDir::create(testing::TempDir(), "scratch");
  SimpleJobContext job(0, scratch.value().path());
  ASSERT_TRUE(simulate_with_ngspice(rc_netlist(), rc_testbench({".op"}), Technology::ptah130(),
                                    limits_, job));
  EXPECT_TRUE(std::filesystem::is_empty(scratch.value().path()));
}

/// 18k by its drawing, in both kinds of model, against the law of the process.
TEST_F(Ngspice, ResistorsOfPtah130HaveTheirMeasuredValues) {
  struct Case {
    const char* model;
    double w, l, ohm;
  };
  for (const Case& c : {Case{"sky130_fd_pr__res_generic_po", 1, 10, 510.6},
                        Case{"sky130_fd_pr__res_generic_l1", 1, 10, 119.7},
                        Case{"sky130_fd_pr__res_generic_m1", 1, 10, 1.29},
                        Case{"sky130_fd_pr__res_high_po", 1, 10, 3550},
                        Case{"sky130_fd_pr__res_high_po_0p35", 0.35, 10, 11846},
                        Case{"sky130_fd_pr__res_high_po_0p69", 0.69, 10, 5325},
                        Case{"sky130_fd_pr__res_high_po_1p41", 1.41, 10, 2567},
                        Case{"sky130_fd_pr__res_high_po_2p85", 2.85, 10, 1275},
                        Case{"sky130_fd_pr__res_high_po_5p73", 5.73, 10, 632.6},
                        Case{"sky130_fd_pr__res_xhigh_po", 1, 10, 21221},
                        Case{"sky130_fd_pr__res_xhigh_po_0p69", 0.69, 10, 29386},
                        Case{"sky130_fd_pr__res_xhigh_po_1p41", 1.41, 10, 14415},
                        Case{"sky130_fd_pr__res_xhigh_po_2p85", 2.85, 10, 7148},
                        Case{"sky130_fd_pr__res_xhigh_po_5p73", 5.73, 10, 3567},
                        Case{"sky130_fd_pr__res_xhigh_po_0p35", 0.35, 10, 57727},
                        Case{"sky130_fd_pr__res_xhigh_po_0p35", 0.35, 3.05, 18000}}) {
    ExtractedNetlist netlist;
    netlist.name = "rc";
    netlist.ports = {"in", "out", "gnd"};
    netlist.devices = {{"R0", c.model, {"in", "gnd", "gnd"}, {{"w", c.w}, {"l", c.l}}}};
    netlist.resistors = {{"in", "out", 1}};
    Testbench bench = rc_testbench({".op"});
    bench.cards[1] = "Vin in 0 dc 0.1";
    const auto result = simulate(netlist, bench);
    ASSERT_TRUE(result) << result.error().text();
    const double ohm = -0.1 / (*result.value()[0].find("i(vin)"))[0].real();
    EXPECT_NEAR(ohm / c.ohm, 1, 0.02) << c.model << " w=" << c.w << " l=" << c.l;
  }
}

TEST_F(Ngspice, MimCapacitorsOfPtah130HaveTheirMeasuredValues) {
  for (const auto& [side, farad] :
       {std::pair{10.0, 206.6e-15}, {24.0, 1168e-15}, {25.0, 1267e-15}}) {
    ExtractedNetlist netlist;
    netlist.name = "rc";
    netlist.ports = {"in", "out", "gnd"};
    netlist.devices = {
        {"C0", "sky130_fd_pr__cap_mim_m3_1", {"in", "gnd"}, {{"w", side}, {"l", side}}}};
    netlist.resistors = {{"in", "out", 1}};
    Testbench bench = rc_testbench({".ac lin 1 1meg 1meg"});
    const auto result = simulate(netlist, bench);
    ASSERT_TRUE(result) << result.error().text();
    const double capacitance =
        std::abs((*result.value()[0].find("i(vin)"))[0].imag()) / (2 * std::numbers::pi * 1e6);
    EXPECT_NEAR(capacitance / farad, 1, 0.002) << side;
  }
}

}  // namespace
}  // namespace ptah
