/// The fully differential amplifiers: that they amplify, are stable, and that what their testbench
/// of the offset measures is an offset.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <map>

#include "circuit_fixture.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/sim/measures.hpp"

namespace ptah {
namespace {

struct Amplifier {
  CircuitFolder folder;
  std::vector<MeasureSpec> specs;
  ExtractedNetlist schematic;
};

Result<Amplifier> load(const std::string& name, const Technology& technology) {
  Amplifier amplifier;
  PTAH_TRY(amplifier.folder,
           read_circuit_folder(std::filesystem::path(PTAH_SOURCE_DIR) / "configs/circuits" / name));
  PTAH_TRY(auto file, read_measures(amplifier.folder.measures, "measures.yaml"));
  amplifier.specs = std::move(file.measures);
  PTAH_TRY(const test::LoadedCircuit loaded, test::load_circuit(name, 2, technology));
  amplifier.schematic = schematic_netlist(loaded.circuit, technology);
  return amplifier;
}

/// The measures of one testbench, by name.
Result<std::map<std::string, double>> measure(const Amplifier& amplifier, const std::string& bench,
                                              const ExtractedNetlist& netlist,
                                              const Technology& technology) {
  PTAH_TRY(const Testbench testbench, read_testbench(amplifier.folder.benches.at(bench), bench));
  SimpleJobContext job;
  PTAH_TRY(const auto waveforms, simulate_with_ngspice(netlist, testbench, technology, {}, job));
  std::vector<MeasureSpec> specs;
  for (const MeasureSpec& spec : amplifier.specs) {
    if (spec.testbench == bench) specs.push_back(spec);
  }
  std::map<std::string, double> values;
  for (const Measure& each : evaluate_measures(specs, waveforms)) {
    if (each.value) values[each.name] = *each.value;
  }
  return values;
}

/// `netlist` with `ohm` between the net `net` and the source of the fingers of `device`.
ExtractedNetlist with_source_resistance(ExtractedNetlist netlist, const std::string& device,
                                        double ohm) {
  constexpr std::size_t kSource = 2;
  std::string net;
  for (ExtractedDevice& each : netlist.devices) {
    if (each.name != device && each.name.rfind(device + "_", 0) != 0) continue;
    net = each.nets[kSource];
    each.nets[kSource] = "wire_end";
  }
  netlist.resistors.push_back({"wire_end", net, ohm});
  return netlist;
}

class Amplifiers : public test::CircuitOnTechnology {
 protected:
  void open() override {
    auto loaded = load(GetParam().circuit, *technology_);
    ASSERT_TRUE(loaded) << loaded.error().text();
    amplifier_ = std::move(loaded.value());
  }

  std::map<std::string, double> measured(const std::string& bench,
                                         const ExtractedNetlist& netlist) const {
    auto values = measure(amplifier_, bench, netlist, *technology_);
    EXPECT_TRUE(values) << values.error().text();
    return values ? std::move(values.value()) : std::map<std::string, double>();
  }

  Amplifier amplifier_;
};

TEST_P(Amplifiers, AmplifyAndAreStable) {
  auto found = measured("open_loop.spice", amplifier_.schematic);
  std::printf(
      "%s on %s: gain %.1f dB, unity gain at %.1f MHz, phase margin %.1f degrees, %.0f uA, outputs "
      "%+.1f mV from the reference\n",
      GetParam().circuit, GetParam().technology, found["gain"], found["unity_gain_frequency"] / 1e6,
      found["phase_margin"], found["supply_current"] * 1e6, found["output_common_mode"] * 1e3);
  EXPECT_GT(found["gain"], 55);
  EXPECT_GT(found["unity_gain_frequency"], 10e6);
  EXPECT_GT(found["phase_margin"], 45);
  EXPECT_LT(found["phase_margin"], 90) << "the sweep begins above the first pole";
  EXPECT_LT(std::abs(found["output_common_mode"]), 0.02);
}

TEST_P(Amplifiers, HaveNoOffsetAsTheyAreDrawn) {
  auto found = measured("offset.spice", amplifier_.schematic);
  ASSERT_EQ(found.count("offset"), 1u);
  EXPECT_LT(std::abs(found["offset"]), 1e-9);
  EXPECT_EQ(found["offset_magnitude"], std::abs(found["offset"]));
}

/// What a wire does: 10 ohm in series with one source of the input pair shift its gate by 10 ohm
/// times the current of that half.
TEST_P(Amplifiers, HaveTheOffsetThatAWireMakes) {
  const double ohm = 10;
  auto left = measured("offset.spice", with_source_resistance(amplifier_.schematic, "M1", ohm));
  auto right = measured("offset.spice", with_source_resistance(amplifier_.schematic, "M2", ohm));
  std::printf("%s on %s: %+.2f and %+.2f uV, CMRR %.1f and %.1f dB\n", GetParam().circuit,
              GetParam().technology, left["offset"] * 1e6, right["offset"] * 1e6, left["cmrr"],
              right["cmrr"]);
  // Halves of the first stages carry 10 to 60 uA.
  EXPECT_GT(left["offset_magnitude"], 50e-6);
  EXPECT_LT(left["offset_magnitude"], 1e-3);
  EXPECT_NEAR(left["offset"], -right["offset"], 1e-3 * left["offset_magnitude"]) << "mirrored";
  // The loop closes on one input, and moves the mean of both by half the offset.
  EXPECT_NEAR(left["cmrr"], right["cmrr"], 1);
  EXPECT_GT(left["cmrr"], 50);
  auto twice =
      measured("offset.spice", with_source_resistance(amplifier_.schematic, "M1", 2 * ohm));
  EXPECT_NEAR(twice["offset"] / left["offset"], 2, 0.02);
  EXPECT_NEAR(twice["cmrr"], left["cmrr"] - 20 * std::log10(2.0), 1);
}

INSTANTIATE_TEST_SUITE_P(
    All, Amplifiers,
    testing::Values(test::Case{"ota1", "ptah130"}, test::Case{"ota2", "ptah130"},
                    test::Case{"ota3", "ptah130"}, test::Case{"ota4", "ptah130"},
                    test::Case{"ota1", "sky130A"}, test::Case{"ota2", "sky130A"},
                    test::Case{"ota3", "sky130A"}, test::Case{"ota4", "sky130A"}),
    [](const auto& test_case) {
      return std::string(test_case.param.circuit) + "_" + test_case.param.technology;
    });

}  // namespace
}  // namespace ptah
