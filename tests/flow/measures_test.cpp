// Measures of every testbench in a flow: what is recorded, and that making them changes nothing
// else.
#include "ptah/sim/measures.hpp"

#include "flow/circuit_input.hpp"
#include "flow_fixture.hpp"
#include "ptah/stages/stages.hpp"

namespace ptah {
namespace {

constexpr int kVariants = 2;

class MeasuresTest : public NativeFlowTest {
 protected:
  /// The only chain of a native run without judges.
  Json chain(const std::string& circuit, const char* measuring) {
    return chain({{"circuit", circuit}, {"measuring", measuring}});
  }
  Json chain(Json spec) {
    spec.update({{"variants", kVariants}, {"seed", 3}, {"judges", "none"}, {"flow", "native"}});
    auto planned = plan(spec);
    EXPECT_TRUE(planned.has_value()) << planned.error().text();
    return planned.has_value() ? chain_task(planned.value()["common"], planned.value()["chains"][0])
                               : Json();
  }
  std::vector<Json> run(const Json& spec) {
    CollectingSink sink;
    const auto done = run_task("chain", spec, folder("run" + std::to_string(runs_++)), host_, sink);
    EXPECT_TRUE(done.has_value()) << done.error().text();
    return sink.variants;
  }
  static const Json& measures(const Json& variant) { return variant["record"]["measures"]; }

  /// The text of a shipped circuit's file.
  static std::string shipped(const std::string& circuit, const std::string& file) {
    return read_text_file(std::filesystem::path(PTAH_SOURCE_DIR) / "configs/circuits" / circuit /
                          file)
        .value();
  }

  int runs_ = 0;
};

/// Each a value with a unit, or a sentence; never both.
void expect_well_formed(const Json& measures) {
  for (const auto& [name, measure] : measures.items()) {
    EXPECT_FALSE(measure.value("unit", "").empty()) << name;
    EXPECT_NE(measure.contains("value"), measure.contains("reason")) << name << measure;
    if (measure.contains("value")) {
      EXPECT_TRUE(measure["value"].is_number()) << name;
    } else {
      EXPECT_TRUE(measure["reason"].get<std::string>().ends_with(".")) << name << measure;
    }
  }
}

TEST_F(MeasuresTest, SpecsDecideWhatIsFeasibleAndNothingElse) {
  const auto with = [&](const Json& specs) {
    return run(chain({{"circuit", "five_transistors_ota"}, {"specs", specs}}));
  };
  const auto free = with(Json::array()), met = with({"buffer_gain >= -60 dB", "gain >= 0 dB"}),
             broken = with({"buffer_gain >= -60 dB", "buffer_bandwidth >= 1 THz"});
  ASSERT_EQ(free.size(), kVariants + 1u);
  ASSERT_EQ(met.size(), free.size());
  ASSERT_EQ(broken.size(), free.size());
  for (std::size_t i = 0; i < free.size(); ++i) {
    const Json &none = free[i]["record"], &good = met[i]["record"], &bad = broken[i]["record"];
    EXPECT_FALSE(none.contains("specs"));
    EXPECT_FALSE(none.contains("feasible"));
    EXPECT_EQ(good["feasible"], true);
    EXPECT_EQ(good["cost"], none["cost"]);
    EXPECT_EQ(bad["feasible"], false);
    EXPECT_TRUE(bad["cost"].is_null()) << "it is never the best";
    EXPECT_EQ(bad["pscore_V"], none["pscore_V"]);
    EXPECT_EQ(file_bytes(broken[i], "gds"), file_bytes(free[i], "gds"));
    // A spec of another testbench is measured, though its measures are not asked for.
    EXPECT_EQ(good["specs"][1]["spec"], "gain >= 0 dB");
    EXPECT_EQ(good["specs"][1]["met"], true);
    EXPECT_FALSE(good["measures"].contains("gain"));
    EXPECT_EQ(bad["specs"][0]["met"], true);
    EXPECT_EQ(bad["specs"][0]["value"], bad["measures"]["buffer_gain"]["value"]);
    EXPECT_EQ(bad["specs"][1]["met"], false);
  }
}

class MeasuresOfCircuit : public MeasuresTest, public testing::WithParamInterface<const char*> {};

TEST_P(MeasuresOfCircuit, AllOfThemStandWithEveryVariant) {
  const std::vector<Json> variants = run(chain(GetParam(), "all"));
  ASSERT_EQ(variants.size(), kVariants + 1u);
  for (const Json& variant : variants) {
    EXPECT_EQ(measures(variant).size(), 13u);
    expect_well_formed(measures(variant));
    for (const char* name : {"gain", "cmrr", "psrr", "offset", "output_noise", "buffer_gain"}) {
      EXPECT_TRUE(measures(variant)[name].contains("value")) << name;
    }
    EXPECT_GT(measures(variant)["supply_current"]["value"].get<double>(), 1e-6);
    EXPECT_LT(measures(variant)["supply_current"]["value"].get<double>(), 1e-2);
    EXPECT_GT(Json::parse(file_bytes(variant, "times"))["measures"].get<double>(), 0);
    // Neither circuit's output turns by 180 degrees within the sweep.
    EXPECT_NE(measures(variant)["gain_margin"].value("reason", "").find("180 degrees"),
              std::string::npos)
        << measures(variant)["gain_margin"];
    EXPECT_EQ(variant["record"].contains("measures_schematic"), variant["variant"] == 0);
  }
  // Wires load the layout: it is slower than the schematic, and not the same.
  const Json& schematic = variants[0]["record"]["measures_schematic"];
  expect_well_formed(schematic);
  EXPECT_EQ(schematic.size(), 13u);
  EXPECT_LT(measures(variants[0])["bandwidth"]["value"], schematic["bandwidth"]["value"]);
}

TEST_P(MeasuresOfCircuit, TheSchematicsAreThoseOfItsOwnSimulation) {
  const Json spec = chain(GetParam(), "all");
  const std::vector<Json> variants = run(spec);
  ASSERT_FALSE(variants.empty());
  const Technology technology = Technology::ptah130();
  auto loaded = load_circuit(circuit_input_from_json(spec["input"]).value(), technology);
  ASSERT_TRUE(loaded.has_value()) << loaded.error().text();
  auto circuit =
      with_fingers(loaded.value().circuit, variants[0]["record"]["fingers"].get<FingerAssignment>())
          .value();
  circuit.name = variants[0]["record"]["top"];
  const auto simulator = host_.create<Simulator>("ngspice_library", Json::object());
  ASSERT_TRUE(simulator.has_value()) << simulator.error().text();
  SimpleJobContext job;
  const auto waveforms =
      simulator.value()->simulate(schematic_netlist(circuit, technology),
                                  loaded.value().benches.at("open_loop.spice"), technology, job);
  ASSERT_TRUE(waveforms.has_value()) << waveforms.error().text();
  std::vector<MeasureSpec> specs = loaded.value().measures;
  std::erase_if(specs, [](const MeasureSpec& one) { return one.testbench.empty(); });
  ASSERT_EQ(specs.size(), 11u);
  const Json own = to_json(evaluate_measures(specs, waveforms.value()));
  for (const auto& [name, measure] : own.items()) {
    EXPECT_EQ(variants[0]["record"]["measures_schematic"][name], measure) << name;
  }
}

TEST_P(MeasuresOfCircuit, MakingThemChangesNothingElse) {
  const std::vector<Json> few = run(chain(GetParam(), "testbench"));
  const std::vector<Json> all = run(chain(GetParam(), "all"));
  ASSERT_EQ(few.size(), all.size());
  for (std::size_t i = 0; i < few.size(); ++i) {
    for (const char* role : {"gds", "state", "post", "metadata"}) {
      EXPECT_EQ(file_bytes(few[i], role), file_bytes(all[i], role)) << role << " of " << i;
    }
    EXPECT_EQ(measures(few[i]).size(), 2u) << "only the scored testbench's";
    for (const auto& [name, measure] : measures(few[i]).items()) {
      EXPECT_EQ(measures(all[i])[name], measure) << name;
    }
    EXPECT_FALSE(Json::parse(file_bytes(few[i], "times")).contains("measures"));
  }
}

INSTANTIATE_TEST_SUITE_P(Native, MeasuresOfCircuit,
                         testing::Values("miller_ota", "five_transistors_ota"),
                         [](const auto& circuit) { return std::string(circuit.param); });

TEST_F(MeasuresTest, SameSeedAndResumedChainsGiveTheSameBytes) {
  const Json spec = chain("five_transistors_ota", "all");
  const std::vector<Json> once = run(spec), twice = run(spec);
  ASSERT_EQ(once.size(), kVariants + 1u);
  ASSERT_EQ(once.size(), twice.size());
  for (std::size_t i = 0; i < once.size(); ++i) {
    EXPECT_EQ(file_bytes(once[i], "metrics"), file_bytes(twice[i], "metrics")) << i;
  }
  for (std::size_t last = 0; last < kVariants; ++last) {
    const auto state = folder("state") / "state.json";
    ASSERT_TRUE(write_text_file(state, file_bytes(once[last], "state")).has_value());
    Json resumed = spec;
    resumed["resume"] = {{"variant", last},
                         {"record", once[last]["record"]},
                         {"files", {{"state", state.string()}}}};
    const std::vector<Json> rest = run(resumed);
    ASSERT_EQ(rest.size(), kVariants - last);
    for (std::size_t i = 0; i < rest.size(); ++i) {
      EXPECT_EQ(file_bytes(rest[i], "metrics"), file_bytes(once[last + 1 + i], "metrics"));
    }
  }
}

TEST_F(MeasuresTest, ATestbenchThatFailsLeavesItsMeasuresAbsent) {
  const Json good = chain("five_transistors_ota", "all");
  const std::vector<Json> expected = run(good);
  const auto check = [&](const Json& spec, const std::string& says) {
    const std::vector<Json> variants = run(spec);
    ASSERT_EQ(variants.size(), expected.size());
    for (std::size_t i = 0; i < variants.size(); ++i) {
      EXPECT_EQ(file_bytes(variants[i], "gds"), file_bytes(expected[i], "gds"));
      EXPECT_EQ(measures(variants[i])["buffer_gain"], measures(expected[i])["buffer_gain"]);
      const Json& cmrr = measures(variants[i])["cmrr"];
      EXPECT_FALSE(cmrr.contains("value"));
      EXPECT_EQ(cmrr["unit"], "dB");
      EXPECT_NE(cmrr.value("reason", "").find("open_loop.spice"), std::string::npos) << cmrr;
      EXPECT_NE(cmrr.value("reason", "").find(says), std::string::npos) << cmrr;
    }
  };
  Json missing = good;
  missing["input"]["benches"] = Json::array();
  check(missing, "has no testbench");

  // Two sources that contradict each other have no operating point.
  Json broken = good;
  std::string text = broken["input"]["benches"][0]["text"];
  const std::size_t at = text.find("\nVsupply ");
  ASSERT_NE(at, std::string::npos);
  text.insert(at, "\nVother VDD GND dc 1.2");
  broken["input"]["benches"][0]["text"] = text;
  check(broken, "ngspice says");
}

TEST_F(MeasuresTest, ANetlistOfTheReadersOwnHasMeasuresAndTestbenchesBesideThem) {
  const auto own = folder("own");
  const auto write = [&](const char* name, const std::string& text) {
    EXPECT_TRUE(write_text_file(own / name, text).has_value());
    return (own / name).string();
  };
  std::string bench = shipped("five_transistors_ota", "testbench.spice");
  const std::size_t at = bench.find("\n.ac");
  ASSERT_NE(at, std::string::npos);
  bench.insert(bench.find('\n', at + 1), "\n.op");  // after the sweep, which is scored
  const std::size_t names = bench.find("v(VOUT)");
  ASSERT_NE(names, std::string::npos);
  bench.insert(names + 7, " i(Vsupply)");
  const Json spec{
      {"netlist", write("mine.sp", shipped("five_transistors_ota", "five_transistors_ota.sp"))},
      {"pairs", write("pairs.json", shipped("five_transistors_ota", "pairs.json"))},
      {"testbench", write("bench.spice", bench)},
      {"measures",
       write("measures.yaml",
             "measures:\n"
             "  - {name: current, kind: supply_current, output: i(Vsupply)}\n"
             "  - {name: differential, kind: gain, testbench: other.spice, output: v(outd)}\n"
             "  - {name: differential_hz, kind: bandwidth, testbench: other.spice, output: "
             "v(outd)}\n")},
      {"measuring", "all"}};
  const auto refused = plan(spec);
  ASSERT_TRUE(refused.has_error()) << "its testbench is not there yet";
  EXPECT_NE(refused.error().text().find("other.spice"), std::string::npos)
      << refused.error().text();

  write("other.spice", "no testbench\n");
  ASSERT_TRUE(plan(spec).has_error());
  EXPECT_NE(plan(spec).error().text().find("other.spice"), std::string::npos);

  write("other.spice", shipped("five_transistors_ota", "open_loop.spice"));
  const std::vector<Json> variants = run(chain(spec));
  ASSERT_EQ(variants.size(), kVariants + 1u);
  for (const Json& variant : variants) {
    ASSERT_EQ(measures(variant).size(), 3u);
    for (const auto& [name, measure] : measures(variant).items()) {
      EXPECT_TRUE(measure.contains("value")) << name << measure;
    }
    // Of an analysis behind the one that is scored.
    EXPECT_GT(measures(variant)["current"]["value"].get<double>(), 1e-6);
  }
}

TEST_F(MeasuresTest, AScoreHasThemWhereTheyAreAskedFor) {
  const std::vector<Json> variants = run(chain("five_transistors_ota", "all"));
  ASSERT_EQ(variants.size(), kVariants + 1u);
  for (const Json& variant : variants) {
    const auto gds = folder("gds") / "layout.gds";
    ASSERT_TRUE(write_text_file(gds, file_bytes(variant, "gds")).has_value());
    CollectingSink sink;
    const auto scored = run_task("score.layout",
                                 {{"layout", {{"path", gds.string()}}},
                                  {"circuit", "five_transistors_ota"},
                                  {"measuring", "all"}},
                                 folder("score"), host_, sink);
    ASSERT_TRUE(scored.has_value()) << scored.error().text();
    EXPECT_EQ(scored.value()["measures"], measures(variant));
    EXPECT_EQ(scored.value()["measures_schematic"], variants[0]["record"]["measures_schematic"]);
  }
}

TEST_F(MeasuresTest, AnUnknownChoiceNamesTheFieldAndItsValues) {
  const auto planned = plan({{"circuit", "miller_ota"}, {"measuring", "some"}});
  ASSERT_TRUE(planned.has_error());
  EXPECT_EQ(planned.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(planned.error().where, "measuring");
  EXPECT_NE(planned.error().message.find("testbench, all"), std::string::npos);
}

}  // namespace
}  // namespace ptah
