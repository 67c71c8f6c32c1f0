/// The shipped circuits on both kinds of models: they simulate, alike, and from a trimmed library
/// exactly as from the whole one.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <fstream>

#include "circuit_fixture.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/sim/deck.hpp"
#include "ptah/sim/models.hpp"
#include "ptah/sim/raw_file.hpp"

namespace ptah {
namespace {

constexpr const char* kOtas[] = {"five_transistors_ota", "miller_ota", "ahuja_ota", "ota_ff"};

struct Response {
  double supply_current_a = 0;
  double output_dc_v = 0;
  double gain = 0;       ///< Of the lowest frequency.
  double corner_hz = 0;  ///< Where the gain has dropped by 3 dB; 0: nowhere in the sweep.
  double peak = 0;       ///< Largest gain over that of the lowest frequency.
  double last_gain = 0;  ///< Of the highest frequency.
  Waveform ac;
};

/// The AC sweep of the circuit's testbench, and its operating point.
Result<Response> respond(const std::string& name, int fingers, const Technology& technology) {
  PTAH_TRY(const test::LoadedCircuit loaded, test::load_circuit(name, fingers, technology));
  SimpleJobContext job;
  Testbench bench = loaded.testbench;
  const std::string output = bench.outputs.front();
  // The supply is the source on VDD.
  std::string supply;
  for (const std::string& card : bench.cards) {
    std::string words = card;
    for (char& c : words) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (words[0] == 'v' && words.find(" vdd") != std::string::npos)
      supply = words.substr(0, words.find(' '));
  }
  bench.analyses.push_back(".op");
  bench.outputs.push_back("i(" + supply + ")");
  PTAH_TRY(auto waveforms, simulate_with_ngspice(schematic_netlist(loaded.circuit, technology),
                                                 bench, technology, {}, job));
  Response response;
  response.ac = waveforms.at(0);
  response.output_dc_v = (*waveforms.at(1).find(output))[0].real();
  response.supply_current_a = -(*waveforms.at(1).find(bench.outputs.back()))[0].real();
  const auto& out = *response.ac.find(output);
  response.gain = std::abs(out.front());
  response.last_gain = std::abs(out.back());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double gain = std::abs(out[i]);
    response.peak = std::max(response.peak, gain / response.gain);
    if (response.corner_hz == 0 && gain < response.gain / std::sqrt(2)) {
      response.corner_hz = response.ac.x[i];
    }
  }
  return response;
}

class Circuits : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (!find_tool("ngspice", "ngspice")) GTEST_SKIP() << "ngspice is not installed";
  }
};

TEST_P(Circuits, FollowTheirInputOnPtah130) {
  const auto response = respond(GetParam(), 2, Technology::ptah130());
  ASSERT_TRUE(response) << response.error().text();
  EXPECT_GT(response.value().supply_current_a, 1e-6);
  EXPECT_GT(response.value().gain, 0.5) << "a unity-gain buffer";
  EXPECT_LT(response.value().gain, 1.1);
}

/// The models of our own against the real ones, as seen from outside.
TEST_P(Circuits, BehaveAsWithTheRealModels) {
  const auto pdk = test::installed_pdk();
  if (!pdk) GTEST_SKIP() << test::kNoPdk;
  for (const int fingers : {2, 4}) {
    const auto ours = respond(GetParam(), fingers, Technology::ptah130());
    const auto real = respond(GetParam(), fingers, *pdk);
    ASSERT_TRUE(ours) << ours.error().text();
    ASSERT_TRUE(real) << real.error().text();
    const Response& a = ours.value();
    const Response& b = real.value();
    std::printf(
        "%-21s nf=%d  ptah130/sky130A: Idd %.1f/%.1f uA, Vout %.3f/%.3f V, gain %.4f/%.4f, "
        "-3 dB %.4g/%.4g MHz, peak %.2f/%.2f dB\n",
        GetParam(), fingers, a.supply_current_a * 1e6, b.supply_current_a * 1e6, a.output_dc_v,
        b.output_dc_v, a.gain, b.gain, a.corner_hz / 1e6, b.corner_hz / 1e6,
        20 * std::log10(a.peak), 20 * std::log10(b.peak));
    EXPECT_NEAR(a.supply_current_a / b.supply_current_a, 1, 0.05);
    EXPECT_NEAR(a.output_dc_v, b.output_dc_v, 0.03);
    EXPECT_NEAR(a.gain / b.gain, 1, 0.03);
    // A gain that never drops by 3 dB has no corner in either.
    EXPECT_NEAR(a.corner_hz, b.corner_hz, 0.15 * b.corner_hz);
    EXPECT_NEAR(20 * std::log10(a.peak / b.peak), 0, 1.0);
    const auto score = pscore(*a.ac.find(a.ac.names[0]), *b.ac.find(b.ac.names[0]));
    ASSERT_TRUE(score);
    EXPECT_LT(score.value(), 0.05);
  }
}

/// Same digits from the trimmed library as from the whole one.
TEST_P(Circuits, DoNotFeelThatTheirLibraryIsTrimmed) {
  const auto pdk = test::installed_pdk();
  if (!pdk) GTEST_SKIP() << test::kNoPdk;
  const auto loaded = test::load_circuit(GetParam(), 2, *pdk);
  ASSERT_TRUE(loaded) << loaded.error().text();
  const ExtractedNetlist netlist = schematic_netlist(loaded.value().circuit, *pdk);
  SimpleJobContext job;
  const auto trimmed = simulate_with_ngspice(netlist, loaded.value().testbench, *pdk, {}, job);
  ASSERT_TRUE(trimmed) << trimmed.error().text();

  const auto deck = simulation_deck(netlist, loaded.value().testbench, *pdk,
                                    ".lib \"" + pdk->pdk()->model_library.string() + "\" tt\n");
  ASSERT_TRUE(deck) << deck.error().text();
  const auto scratch = ScratchDir::create(testing::TempDir(), "whole");
  ASSERT_TRUE(write_text_file(scratch.value().path() / "deck.spice", deck.value().text));
  ASSERT_TRUE(write_text_file(scratch.value().path() / ".spiceinit", "source deck.spice\n"));
  ToolRun run;
  run.program = find_tool("ngspice", "ngspice").value();
  run.arguments = {"-b"};
  run.directory = scratch.value().path();
  const auto output = run_tool(run, job);
  ASSERT_TRUE(output) << output.error().text();
  const auto text = read_text_file(scratch.value().path() / deck.value().analyses[0].raw_file);
  ASSERT_TRUE(text) << output.value().err;
  const auto whole = read_raw(text.value(), "whole.raw");
  ASSERT_TRUE(whole) << whole.error().text();
  EXPECT_EQ(trimmed.value()[0].x, whole.value().x);
  EXPECT_EQ(trimmed.value()[0].y, whole.value().y);
}

INSTANTIATE_TEST_SUITE_P(All, Circuits, testing::ValuesIn(kOtas),
                         [](const auto& test_case) { return std::string(test_case.param); });

class Lpf : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    if (!find_tool("ngspice", "ngspice")) GTEST_SKIP() << "ngspice is not installed";
  }
  void expect_low_pass(const Technology& technology) {
    const auto result = respond("lpf", GetParam(), technology);
    ASSERT_TRUE(result) << result.error().text();
    const Response& response = result.value();
    const auto& out = *response.ac.find(response.ac.names[0]);
    const auto gain_at = [&](double hertz) {
      std::size_t i = 0;
      while (i + 1 < response.ac.x.size() && response.ac.x[i] < hertz) ++i;
      return 20 * std::log10(std::abs(out[i]) / response.gain);
    };
    double stop_band = -1e9;
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (response.ac.x[i] > 10 * response.corner_hz) {
        stop_band = std::max(stop_band, 20 * std::log10(std::abs(out[i]) / response.gain));
      }
    }
    const double corner = response.corner_hz;
    std::printf(
        "lpf nf=%d %s: Idd %.1f uA, gain %.3f dB, -3 dB at %.2f MHz, peak %.2f dB, an octave "
        "above %.1f dB, two %.1f dB, beyond a decade at most %.1f dB\n",
        GetParam(), technology.name().c_str(), response.supply_current_a * 1e6,
        20 * std::log10(response.gain), corner / 1e6, 20 * std::log10(response.peak),
        gain_at(2 * corner), gain_at(4 * corner), stop_band);
    EXPECT_GT(20 * std::log10(response.gain), -1.5);
    EXPECT_LT(20 * std::log10(response.gain), 0.5);
    EXPECT_GT(corner, 1e6);
    EXPECT_LT(corner, 20e6);
    // Flat: no ripple up to a third of the corner, no peak worth the name.
    EXPECT_LT(20 * std::log10(response.peak), 0.5);
    EXPECT_GT(gain_at(corner / 3), -0.5);
    // Second order: 12 dB an octave; a first-order filter falls by 7.0 and 12.3 dB here.
    EXPECT_LT(gain_at(2 * corner), -10);
    EXPECT_LT(gain_at(4 * corner), -20);
    EXPECT_LT(stop_band, -20);
  }
};

TEST_P(Lpf, IsASecondOrderLowPassOnPtah130) {
  expect_low_pass(Technology::ptah130());
}

TEST_P(Lpf, IsASecondOrderLowPassOnTheRealModels) {
  const auto pdk = test::installed_pdk();
  if (!pdk) GTEST_SKIP() << test::kNoPdk;
  expect_low_pass(*pdk);
}

INSTANTIATE_TEST_SUITE_P(Fingers, Lpf, testing::Values(2, 4));

}  // namespace
}  // namespace ptah
