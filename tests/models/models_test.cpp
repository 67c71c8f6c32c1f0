/// The compact models of ptah130 against the real ones: prints a table of errors and bounds them.
/// Needs ngspice, and PDK_ROOT for the real models.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "circuit_fixture.hpp"
#include "ptah/core/run_tool.hpp"

namespace ptah {
namespace {

struct Size {
  double w, l;  ///< um
};

/// Currents and gate capacitances of one device size, in order of the sweep's points.
struct Curves {
  std::vector<double> id_a;    ///< Id over Vgs, Vds and Vbs.
  std::vector<double> cgg_ff;  ///< Gate capacitance over Vgs at three drain voltages.
};

/// All devices side by side, each with its own ammeter, gates and drains on common sources. For a
/// p-channel device every voltage changes its sign.
class Bench {
 public:
  Bench(std::string model, std::vector<Size> sizes, const Technology& technology)
      : model_(std::move(model)),
        sizes_(std::move(sizes)),
        technology_(technology),
        sign_(technology.find_device(model_)->kind == DeviceKind::kPmos ? -1 : 1) {}

  Result<std::vector<Curves>> measure() {
    std::vector<Curves> curves(sizes_.size());
    for (const double bulk : {0.0, -0.6}) {
      const std::string v = volts(1.8);
      PTAH_TRY(const Waveform sweep, simulate({"Vg g 0 0", "Vd d 0 0", "Vb b 0 " + volts(bulk)},
                                              ".dc Vg 0 " + v + " " + volts(0.05) + " Vd " +
                                                  volts(0.1) + " " + v + " " + volts(0.2425)));
      for (std::size_t i = 0; i < sizes_.size(); ++i) {
        for (const auto& value : *sweep.find("i(vm" + std::to_string(i) + ")")) {
          curves[i].id_a.push_back(sign_ * value.real());
        }
      }
    }
    // The current into a gate that rises by 1 V/us is its capacitance.
    for (const double drain : {0.0, 0.9, 1.8}) {
      PTAH_TRY(const Waveform ramp,
               simulate({"Vg g 0 pwl(0 0 1.8u " + volts(1.8) + ")", "Vd d 0 " + volts(drain),
                         "Vb b 0 0", ".options gmin=1e-16 abstol=1e-15 reltol=1e-5 chgtol=1e-19"},
                        ".tran 10n 1.8u 0 10n"));
      for (std::size_t i = 0; i < sizes_.size(); ++i) {
        const auto& current = *ramp.find("i(vn" + std::to_string(i) + ")");
        for (double gate = 0.1; gate < 1.75; gate += 0.1) {
          const auto at =
              std::lower_bound(ramp.x.begin(), ramp.x.end(), gate * 1e-6) - ramp.x.begin();
          curves[i].cgg_ff.push_back(sign_ * current[static_cast<std::size_t>(at)].real() * 1e9);
        }
      }
    }
    return curves;
  }

 private:
  std::string volts(double value) const { return std::to_string(sign_ * value); }

  Result<Waveform> simulate(std::vector<std::string> cards, std::string analysis) const {
    ExtractedNetlist netlist;
    netlist.name = "bench";
    Testbench bench;
    bench.dut = "bench";
    std::string dut = "xdut s b";
    netlist.ports = {"s", "b"};
    for (std::size_t i = 0; i < sizes_.size(); ++i) {
      const std::string n = std::to_string(i);
      netlist.ports.insert(netlist.ports.end(), {"d" + n, "g" + n});
      netlist.devices.push_back({"M" + n,
                                 model_,
                                 {"d" + n, "g" + n, "s", "b"},
                                 {{"w", sizes_[i].w}, {"l", sizes_[i].l}}});
      dut += " d" + n + " g" + n;
      cards.push_back("Vm" + n + " d d" + n + " 0");
      cards.push_back("Vn" + n + " g g" + n + " 0");
      bench.outputs.insert(bench.outputs.end(), {"i(vm" + n + ")", "i(vn" + n + ")"});
    }
    cards.push_back(dut + " bench");
    cards.push_back("Vs s 0 0");
    bench.dut_ports = netlist.ports;
    bench.cards = std::move(cards);
    bench.analyses = {std::move(analysis)};
    SimpleJobContext job;
    PTAH_TRY(auto waveforms, simulate_with_ngspice(netlist, bench, technology_, {}, job));
    return std::move(waveforms.at(0));
  }

  std::string model_;
  std::vector<Size> sizes_;
  const Technology& technology_;
  double sign_;
};

/// Root mean square and largest magnitude of a set of errors.
struct Spread {
  double squares = 0, largest = 0;
  int count = 0;
  void add(double error) {
    squares += error * error;
    largest = std::max(largest, std::abs(error));
    ++count;
  }
  double rms() const { return count == 0 ? 0 : std::sqrt(squares / count); }
};

struct Errors {
  Spread strong;        ///< Relative, of Id above 20 uA a square of W/L = 1 um / 0.15 um.
  Spread subthreshold;  ///< Decades, of Id between 10 pA/um and that.
  Spread gate;          ///< Of Cgg, relative to its largest value.
};

Errors compare(const Curves& ours, const Curves& real, const Size& size) {
  Errors errors;
  for (std::size_t i = 0; i < real.id_a.size(); ++i) {
    const double normalized = real.id_a[i] / size.w * size.l / 0.15;
    if (normalized > 2e-5) {
      errors.strong.add(ours.id_a[i] / real.id_a[i] - 1);
    } else if (real.id_a[i] > 1e-11 * size.w) {
      errors.subthreshold.add(std::log10(std::max(ours.id_a[i], 1e-16) / real.id_a[i]));
    }
  }
  const double largest = *std::max_element(real.cgg_ff.begin(), real.cgg_ff.end());
  for (std::size_t i = 0; i < real.cgg_ff.size(); ++i) {
    errors.gate.add((ours.cgg_ff[i] - real.cgg_ff[i]) / largest);
  }
  return errors;
}

struct Bounds {
  double strong_rms, strong_max, subthreshold_rms, subthreshold_max, gate_rms, gate_max;
};

struct Case {
  const char* name;
  const char* model;
  std::vector<Size> sizes;
  Bounds bounds;
};

class CompactModelErrors : public testing::TestWithParam<Case> {};

TEST_P(CompactModelErrors, StayInTheirBounds) {
  if (!find_tool("ngspice", "ngspice")) GTEST_SKIP() << "ngspice is not installed";
  const auto pdk = test::installed_pdk();
  if (!pdk) GTEST_SKIP() << test::kNoPdk;
  const Case& c = GetParam();
  const auto ours = Bench(c.model, c.sizes, Technology::ptah130()).measure();
  const auto real = Bench(c.model, c.sizes, *pdk).measure();
  ASSERT_TRUE(ours) << ours.error().text();
  ASSERT_TRUE(real) << real.error().text();
  std::printf("%-30s  W / L um     Id strong %%     subthr. dec    Cgg %%\n", "");
  std::printf("%-30s               rms    max     rms   max     rms   max\n", "");
  for (std::size_t i = 0; i < c.sizes.size(); ++i) {
    const Size& size = c.sizes[i];
    ASSERT_GT(real.value()[i].id_a.size(), 500u);
    ASSERT_EQ(ours.value()[i].id_a.size(), real.value()[i].id_a.size());
    const Errors e = compare(ours.value()[i], real.value()[i], size);
    std::printf("%-30s %5.3f / %-4g %5.1f  %5.1f   %5.3f %5.2f  %5.1f %5.1f\n", c.model, size.w,
                size.l, 100 * e.strong.rms(), 100 * e.strong.largest, e.subthreshold.rms(),
                e.subthreshold.largest, 100 * e.gate.rms(), 100 * e.gate.largest);
    ASSERT_GT(e.strong.count, 100);
    ASSERT_GT(e.subthreshold.count, 50);
    EXPECT_LT(e.strong.rms(), c.bounds.strong_rms);
    EXPECT_LT(e.strong.largest, c.bounds.strong_max);
    EXPECT_LT(e.subthreshold.rms(), c.bounds.subthreshold_rms);
    EXPECT_LT(e.subthreshold.largest, c.bounds.subthreshold_max);
    EXPECT_LT(e.gate.rms(), c.bounds.gate_rms);
    EXPECT_LT(e.gate.largest, c.bounds.gate_max);
  }
}

/// Drain currents at full and at low gate drive, W/L = 1/0.15, in one corner.
Result<std::pair<double, double>> drive_currents(const std::string& model,
                                                 const std::string& corner,
                                                 const Technology& technology) {
  const double sign = technology.find_device(model)->kind == DeviceKind::kPmos ? -1 : 1;
  const auto volts = [&](double value) { return std::to_string(sign * value); };
  ExtractedNetlist netlist;
  netlist.name = "bench";
  netlist.ports = {"d1", "g1", "d2", "g2"};
  netlist.devices = {{"M1", model, {"d1", "g1", "0", "0"}, {{"w", 1}, {"l", 0.15}}},
                     {"M2", model, {"d2", "g2", "0", "0"}, {{"w", 1}, {"l", 0.15}}}};
  Testbench bench;
  bench.dut = "bench";
  bench.dut_ports = netlist.ports;
  bench.cards = {"xdut d1 g1 d2 g2 bench", "V1 d1 0 " + volts(1.8), "V2 g1 0 " + volts(1.8),
                 "V3 d2 0 " + volts(0.9), "V4 g2 0 " + volts(0.8)};
  bench.analyses = {".op"};
  bench.outputs = {"i(v1)", "i(v3)"};
  bench.corner = corner;
  SimpleJobContext job;
  PTAH_TRY(const auto waveforms, simulate_with_ngspice(netlist, bench, technology, {}, job));
  return std::pair{std::abs((*waveforms.at(0).find("i(v1)"))[0]),
                   std::abs((*waveforms.at(0).find("i(v3)"))[0])};
}

TEST(CompactModelCorners, MoveCurrentsAsTheRealOnesDo) {
  if (!find_tool("ngspice", "ngspice")) GTEST_SKIP() << "ngspice is not installed";
  const auto pdk = test::installed_pdk();
  if (!pdk) GTEST_SKIP() << test::kNoPdk;
  for (const char* model : {"sky130_fd_pr__nfet_01v8", "sky130_fd_pr__pfet_01v8"}) {
    for (const char* corner : {"ff", "ss", "fs", "sf"}) {
      const auto ours_tt = drive_currents(model, "tt", Technology::ptah130());
      const auto ours = drive_currents(model, corner, Technology::ptah130());
      const auto real_tt = drive_currents(model, "tt", *pdk);
      const auto real = drive_currents(model, corner, *pdk);
      ASSERT_TRUE(ours_tt && ours && real_tt && real);
      const double full = ours.value().first / ours_tt.value().first;
      const double full_real = real.value().first / real_tt.value().first;
      const double low = ours.value().second / ours_tt.value().second;
      const double low_real = real.value().second / real_tt.value().second;
      std::printf(
          "%-24s %s / tt, ptah130 / sky130A: Id at full drive %.3f / %.3f, at low drive %.3f / "
          "%.3f\n",
          model, corner, full, full_real, low, low_real);
      EXPECT_NEAR(full / full_real, 1, 0.03);
      EXPECT_NEAR(low / low_real, 1, 0.10);
    }
  }
}

/// The sizes of the five circuits.
const std::vector<Size> kOtaSizes{{0.525, 0.15}, {1.05, 0.15}, {1.575, 0.15}, {2.1, 0.15}};
const std::vector<Size> kLpfSizes{{1.05, 0.3}, {2.1, 0.3}};
const std::vector<Size> kOtherSizes{{0.42, 0.15}, {5, 0.15}, {1, 0.18}, {3, 0.25},
                                    {1, 0.5},     {3, 1},    {1, 2},    {2, 8}};
const std::vector<Size> kOtherLvtSizes{{1, 0.35}, {3, 0.5}, {1, 1}, {1, 2}};

constexpr Bounds kCircuitBounds{0.03, 0.08, 0.10, 0.30, 0.05, 0.10};
/// Of sizes between those that the models were fitted to.
constexpr Bounds kOtherBounds{0.06, 0.20, 0.20, 0.55, 0.06, 0.10};
/// The flavours have fewer parameters of their own.
constexpr Bounds kFlavourBounds{0.12, 0.35, 0.30, 0.70, 0.13, 0.20};

INSTANTIATE_TEST_SUITE_P(
    All, CompactModelErrors,
    testing::Values(Case{"OtaNfet", "sky130_fd_pr__nfet_01v8", kOtaSizes, kCircuitBounds},
                    Case{"OtaPfet", "sky130_fd_pr__pfet_01v8", kOtaSizes, kCircuitBounds},
                    Case{"LpfNfet", "sky130_fd_pr__nfet_01v8", kLpfSizes, kCircuitBounds},
                    Case{"LpfPfet", "sky130_fd_pr__pfet_01v8", kLpfSizes, kCircuitBounds},
                    Case{"OtherNfet", "sky130_fd_pr__nfet_01v8", kOtherSizes, kOtherBounds},
                    Case{"OtherPfet", "sky130_fd_pr__pfet_01v8", kOtherSizes, kOtherBounds},
                    Case{"NfetLvt", "sky130_fd_pr__nfet_01v8_lvt", kOtherSizes, kFlavourBounds},
                    Case{"PfetLvt", "sky130_fd_pr__pfet_01v8_lvt", kOtherLvtSizes, kFlavourBounds},
                    Case{"PfetHvt", "sky130_fd_pr__pfet_01v8_hvt", kOtherSizes, kFlavourBounds}),
    [](const auto& test_case) { return std::string(test_case.param.name); });

}  // namespace
}  // namespace ptah
