/// The measures that the shipped circuits have, against ngspice's own `meas` on the same deck.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "circuit_fixture.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/sim/deck.hpp"
#include "ptah/sim/measures.hpp"
#include "ptah/sim/models.hpp"

namespace ptah {
namespace {

class ShippedMeasures : public testing::TestWithParam<const char*> {};

/// ngspice commands that print `name = value` for one measure, of an analysis of many points or
/// .op.
std::string commands(const MeasureSpec& spec, const Testbench& bench, bool many) {
  const std::string first = many ? "[0]" : "";
  const std::string out = spec.output.empty() ? bench.outputs.front() : spec.output;
  const std::string name = "ptah_" + spec.name;
  const std::string print = "print " + name + "\n";
  const std::string gain = "let g = db(" + out + ")\n";
  const std::string phase = "let p = 180/PI*(cph(" + out + ") - cph(" + out + ")[0])\n";
  switch (spec.kind) {
    case MeasureKind::kGain:
      return "let " + name + " = db(" + out + ")[0]\n" + print;
    case MeasureKind::kRejection:
      return "let " + name + " = db(" + out + ")[0] - db(" + spec.reference + ")[0]\n" + print;
    case MeasureKind::kBandwidth:
      return gain + "let level = g[0] - 3.010299956639812\nmeas ac " + name +
             " when g=$&level fall=1\n";
    case MeasureKind::kUnityGainFrequency:
      return gain + "meas ac " + name + " when g=0 fall=1\n";
    case MeasureKind::kPhaseMargin:
      return gain + phase + "let q = p + 180\nmeas ac " + name + " find q when g=0 fall=1\n";
    case MeasureKind::kGainMargin:
      return gain + phase + "let q = p + 180\nlet n = 0 - g\nmeas ac " + name +
             " find n when q=0 fall=1\n";
    case MeasureKind::kOffset:
      return "let " + name + " = " + out + first + " - " + spec.reference + first + "\n" + print;
    case MeasureKind::kOffsetMagnitude:
      return "let " + name + " = abs(" + out + first + " - " + spec.reference + first + ")\n" +
             print;
    case MeasureKind::kDcRejection:
      return "let o = " + out + " - " + spec.reference + "\nlet " + name +
             " = db(abs((v(vcm)[1] - v(vcm)[0]) / (o[1] - o[0])))\n" + print;
    case MeasureKind::kSupplyCurrent:
      return "let " + name + " = 0 - " + out + first + "\n" + print;
    case MeasureKind::kSpotNoise:
      // `meas` knows no noise; ten points a decade from 10 Hz: the 51st is 1 MHz.
      return "let " + name + " = onoise_spectrum[50]\n" + print;
    default:
      return "let " + name + " = noise2.onoise_total\n" + print;
  }
}

/// Whether `analysis` of the deck, which has .op or not, is the one that the measure takes.
bool is_taken(MeasureKind kind, const std::string& analysis, bool has_op) {
  switch (kind) {
    case MeasureKind::kOffset:
    case MeasureKind::kOffsetMagnitude:
    case MeasureKind::kSupplyCurrent:
      return analysis == (has_op ? "op" : "dc");
    case MeasureKind::kDcRejection:
      return analysis == "dc";
    case MeasureKind::kNoise:
    case MeasureKind::kSpotNoise:
      return analysis == "noise";
    default:
      return analysis == "ac";
  }
}

/// The deck with `extra[i]` after its i-th analysis, run; name -> value.
std::map<std::string, double> run_meas(Deck deck, const std::vector<std::string>& extra) {
  std::size_t at = deck.text.find(".control");
  for (std::size_t i = 0; i < deck.analyses.size(); ++i) {
    at = deck.text.find("write " + deck.analyses[i].raw_file, at);
    at = deck.text.find('\n', at) + 1;
    // After a noise analysis the integral's plot is the present one.
    const std::string text =
        (deck.analyses[i].kind == "noise" ? "setplot noise1\n" : "") + extra[i];
    deck.text.insert(at, text);
    at += text.size();
  }
  deck.text.insert(deck.text.find(".control\n") + 9, "set numdgt=12\n");
  SimpleJobContext job;
  const auto scratch = ScratchDir::create(testing::TempDir(), "meas");
  EXPECT_TRUE(write_text_file(scratch.value().path() / "deck.spice", deck.text));
  EXPECT_TRUE(write_text_file(scratch.value().path() / ".spiceinit", "source deck.spice\n"));
  ToolRun run;
  run.program = find_tool("ngspice", "ngspice").value();
  run.arguments = {"-b"};
  run.directory = scratch.value().path();
  const auto output = run_tool(run, job);
  std::map<std::string, double> found;
  if (!output) return found;
  const std::string& text = output.value().out;
  for (std::size_t p = text.find("ptah_"); p != std::string::npos; p = text.find("ptah_", p + 1)) {
    char name[80];
    double value = 0;
    if (std::sscanf(text.c_str() + p, "ptah_%79[a-z0-9_] = %lf", name, &value) == 2) {
      found[name] = value;
    }
  }
  return found;
}

TEST_P(ShippedMeasures, AgreeWithNgspicesOwn) {
  if (!find_tool("ngspice", "ngspice")) GTEST_SKIP() << "ngspice is not installed";
  const Technology technology = Technology::ptah130();
  const auto folder =
      read_circuit_folder(std::filesystem::path(PTAH_SOURCE_DIR) / "configs/circuits" / GetParam());
  ASSERT_TRUE(folder) << folder.error().text();
  const auto specs = read_measures(folder.value().measures, "measures.yaml");
  ASSERT_TRUE(specs) << specs.error().text();
  ASSERT_GE(specs.value().measures.size(), 5u);
  const auto loaded = test::load_circuit(GetParam(), 4, technology);
  ASSERT_TRUE(loaded) << loaded.error().text();
  ExtractedNetlist netlist = schematic_netlist(loaded.value().circuit, technology);
  const bool has_offset =
      std::any_of(specs.value().measures.begin(), specs.value().measures.end(),
                  [](const auto& s) { return s.kind == MeasureKind::kDcRejection; });
  // Of two equal halves the offset is a rounding error: one finger less, and it is one.
  if (has_offset) netlist.devices.erase(netlist.devices.begin());
  std::map<std::string, std::vector<MeasureSpec>> by_bench;
  for (const MeasureSpec& spec : specs.value().measures) by_bench[spec.testbench].push_back(spec);
  SimpleJobContext job;
  std::size_t compared = 0;
  for (const auto& [name, list] : by_bench) {
    ASSERT_TRUE(name.empty() || folder.value().benches.count(name) == 1) << name;
    const auto bench = name.empty() ? Result<Testbench>(loaded.value().testbench)
                                    : read_testbench(folder.value().benches.at(name), name);
    ASSERT_TRUE(bench) << bench.error().text();
    const auto waveforms = simulate_with_ngspice(netlist, bench.value(), technology, {}, job);
    ASSERT_TRUE(waveforms) << waveforms.error().text();
    const std::vector<Measure> measures = evaluate_measures(list, waveforms.value());

    ModelRequest request;
    request.uses = model_uses(netlist, bench.value(), technology);
    const auto models = spice_models(technology, request);
    const auto deck = simulation_deck(netlist, bench.value(), technology, models.value());
    std::vector<std::string> extra(deck.value().analyses.size());
    const auto& analyses = deck.value().analyses;
    const bool has_op = std::any_of(analyses.begin(), analyses.end(),
                                    [](const DeckAnalysis& each) { return each.kind == "op"; });
    for (const MeasureSpec& spec : list) {
      for (std::size_t i = 0; i < extra.size(); ++i) {
        if (!is_taken(spec.kind, analyses[i].kind, has_op)) continue;
        extra[i] += commands(spec, bench.value(), analyses[i].kind != "op");
        break;
      }
    }
    const auto theirs = run_meas(deck.value(), extra);
    for (const Measure& measure : measures) {
      const auto found = theirs.find(measure.name);
      std::printf("%-22s %-22s %s\n", GetParam(), measure.name.c_str(),
                  measure.value
                      ? (std::to_string(*measure.value * (measure.unit == "A" ? 1e6 : 1)) + " " +
                         (measure.unit == "A" ? "uA" : measure.unit))
                            .c_str()
                      : measure.reason.c_str());
      EXPECT_EQ(measure.value.has_value(), found != theirs.end()) << measure.name;
      if (!measure.value || found == theirs.end()) continue;
      // ngspice integrates noise along power laws between its points, not along straight lines.
      const double tolerance = measure.name == "output_noise" ? 0.01 : 2e-5;
      EXPECT_NEAR(*measure.value, found->second, tolerance * std::abs(found->second))
          << measure.name;
      ++compared;
    }
  }
  EXPECT_GE(compared, 5u);
}

INSTANTIATE_TEST_SUITE_P(Circuits, ShippedMeasures,
                         testing::Values("five_transistors_ota", "miller_ota", "ahuja_ota",
                                         "ota_ff", "lpf", "ota1", "ota2", "ota3", "ota4"));

}  // namespace
}  // namespace ptah
