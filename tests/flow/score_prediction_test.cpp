// What models say of placements and layouts beside their scores. The models are written by hand, so
// that what they must say is known.
#include <gmock/gmock.h>

#include "flow/circuit_input.hpp"
#include "flow_fixture.hpp"
#include "ptah/layout/gds.hpp"
#include "rpc/learning_types.hpp"

namespace ptah {
namespace {

using ::testing::HasSubstr;

constexpr const char* kCircuit = "five_transistors_ota";

class ScorePredictionTest : public NativeFlowTest {
 protected:
  void SetUp() override {
    NativeFlowTest::SetUp();
    if (HasFatalFailure() || IsSkipped()) return;
    const auto loaded = host_.load(PTAH_STUB_DIR "/ptah_shy.so");
    ASSERT_TRUE(loaded) << loaded.error().text();
    const auto planned = plan({{"circuit", kCircuit},
                               {"variants", 8},
                               {"seed", 3},
                               {"judges", "none"},
                               {"flow", "native"}});
    ASSERT_TRUE(planned) << planned.error().text();
    const auto done =
        run_task("chain", chain_task(planned.value()["common"], planned.value()["chains"][0]),
                 folder("chain"), host_, made_);
    ASSERT_TRUE(done) << done.error().text();
    for (std::size_t v = 0; v < made_.variants.size(); ++v)
      ASSERT_TRUE(write_text_file(gds(v), file_bytes(made_.variants[v], "gds")));
  }

  std::string gds(std::size_t variant) const {
    return (folder("made") / ("v" + std::to_string(variant) + ".gds")).string();
  }
  const Json& record(std::size_t variant) const { return made_.variants[variant]["record"]; }

  /// A line: its cost is the half-perimeter wire length in um, give or take 1.
  Json wire_length(const std::string& circuit, Json threshold) {
    rpc::CircuitSource source;
    source.circuit = circuit;
    const auto input = read_circuit_input(source);
    const auto loaded = load_circuit(input.value(), Technology::ptah130());
    Json names{"width", "height"}, weights{0, 0}, ones{1, 1}, zeros{0, 0};
    for (const Net& net : loaded.value().circuit.nets) {
      names.push_back("net " + net.name);
      weights.push_back(1);
      ones.push_back(1);
      zeros.push_back(0);
    }
    Json covariance = Json::array();
    for (std::size_t i = 0; i < zeros.size(); ++i) covariance.push_back(zeros);
    return model("linear", "linear.json",
                 {{"format", "ptah linear 1"},
                  {"features", names},
                  {"mean", zeros},
                  {"scale", ones},
                  {"offset", 0},
                  {"weights", weights},
                  {"noise", 1},
                  {"covariance", covariance}},
                 std::move(threshold));
  }
  /// A probability with its deviation; calibrated, as its record says.
  Json shy(double cost, double uncertainty, double widest_um) {
    Json made =
        model("shy", "shy.json",
              {{"cost", cost}, {"uncertainty", uncertainty}, {"widest_um", widest_um}}, Json());
    made["probability"] = true;
    return made;
  }
  /// As a daemon describes it to a task.
  Json model(const std::string& predictor, const std::string& name, const Json& content,
             Json threshold) {
    const std::string hash = std::to_string(++models_);
    const auto file = folder("model " + hash) / name;
    EXPECT_TRUE(write_text_file(file, content.dump()));
    return {{"model", "hand@1"},      {"name", "hand"},       {"version", 1},
            {"hash", hash},           {"label", "hpwl"},      {"predictor", predictor},
            {"threshold", threshold}, {"probability", false}, {"files", {{name, file.string()}}}};
  }

  Result<Json> score_layout(const std::string& file, const Json& model,
                            Json more = Json::object()) {
    Json spec{{"layout", {{"path", file}}}, {"circuit", kCircuit}};
    spec.update(more);
    return score("score.layout", std::move(spec), model);
  }
  Result<Json> score_row(const Json& model, Json more = Json::object()) {
    Json places = Json::array();
    double x = 0;
    for (const char* name : {"M0", "M1", "M2", "M3", "M4"}) {
      places.push_back({{"device", name}, {"x_um", x}, {"y_um", 0.0}});
      x += 30;
    }
    Json spec{{"circuit", kCircuit},
              {"fingers", record(0)["fingers"]},
              {"placement", std::move(places)},
              {"route", false}};
    spec.update(more);
    return score("score.placement", std::move(spec), model);
  }
  Result<Json> score(const char* kind, Json spec, const Json& model) {
    if (!model.is_null()) spec["predicting"] = model;
    CollectingSink sink;
    auto scored = run_task(kind, spec, folder("score"), host_, sink);
    if (scored) scored.value().erase("seconds");
    return scored;
  }
  Json prediction_of(const Result<Json>& scored) {
    EXPECT_TRUE(scored) << scored.error().text();
    return scored ? scored.value().value("prediction", Json()) : Json();
  }

  CollectingSink made_;
  int models_ = 0;
};

TEST_F(ScorePredictionTest, OfAPlacementComesBesideItsScore) {
  const auto plain = score_row(Json());
  ASSERT_TRUE(plain) << plain.error().text();
  EXPECT_FALSE(plain.value().contains("prediction"));
  const double length = plain.value()["hpwl_um"];

  auto predicted = score_row(wire_length(kCircuit, length + 10));
  const Json good = prediction_of(predicted);
  EXPECT_EQ(good["model"], "hand@1");
  EXPECT_EQ(good["predictor"], "linear 1.0.0");
  EXPECT_EQ(good["label"], "hpwl");
  EXPECT_NEAR(good["cost"].get<double>(), length, 1e-9);
  EXPECT_EQ(good["uncertainty"], 1);
  EXPECT_LT(good["probability"], 1e-6);
  EXPECT_EQ(good["far"], false);
  EXPECT_EQ(good["verdict"], "good");
  EXPECT_THAT(good["text"].get<std::string>(), HasSubstr("not among the worst quarter by hpwl"));
  predicted.value().erase("prediction");
  EXPECT_EQ(predicted.value(), plain.value());

  EXPECT_EQ(prediction_of(score_row(wire_length(kCircuit, length - 10)))["verdict"], "poor");
  const Json even = prediction_of(score_row(wire_length(kCircuit, length)));
  EXPECT_NEAR(even["probability"].get<double>(), 0.5, 1e-6);
  EXPECT_EQ(even["verdict"], "unsure");
  const Json unknown = prediction_of(score_row(wire_length(kCircuit, Json())));
  EXPECT_FALSE(unknown.contains("probability"));
  EXPECT_EQ(unknown["verdict"], "unsure");

  const auto routed = score_row(wire_length(kCircuit, length + 10), {{"route", true}});
  EXPECT_EQ(prediction_of(routed), good);
  EXPECT_TRUE(routed.value()["pscore_V"].is_number());
}

TEST_F(ScorePredictionTest, SaysWhatIsFarAndWhatIsUnsure) {
  EXPECT_EQ(prediction_of(score_row(shy(0.1, 0.05, 1e6)))["verdict"], "good");
  EXPECT_EQ(prediction_of(score_row(shy(0.9, 0.05, 1e6)))["verdict"], "poor");
  EXPECT_EQ(prediction_of(score_row(shy(0.2, 0.35, 1e6)))["verdict"], "unsure");
  EXPECT_EQ(prediction_of(score_row(shy(0.45, 0, 1e6)))["verdict"], "unsure");
  const Json far = prediction_of(score_row(shy(0.1, 0.05, 1)));
  EXPECT_EQ(far["far"], true);
  EXPECT_EQ(far["verdict"], "far");
  EXPECT_THAT(far["text"].get<std::string>(), HasSubstr("route it"));
  // A model from elsewhere: what its costs are, its manifest says.
  Json foreign = shy(0.1, 0.05, 1e6);
  foreign["probability"] = false;
  EXPECT_EQ(prediction_of(score_row(foreign))["verdict"], "unsure");
  const auto manifest = folder("manifest") / "manifest.json";
  ASSERT_TRUE(write_text_file(manifest, R"({"metrics": {"temperature": 1.5}})"));
  foreign["files"]["manifest.json"] = manifest.string();
  EXPECT_EQ(prediction_of(score_row(foreign))["probability"], 0.1);
}

TEST_F(ScorePredictionTest, RefusesInASentenceAndScoresOn) {
  const auto refused = [](const Json& prediction) {
    EXPECT_EQ(prediction["model"], "hand@1");
    EXPECT_FALSE(prediction.contains("cost"));
    return prediction.value("refused", "");
  };
  const auto other = score_layout(gds(0), wire_length("miller_ota", 1));
  EXPECT_THAT(refused(prediction_of(other)), HasSubstr("other nets"));
  EXPECT_EQ(other.value()["pscore_V"], record(0)["pscore_V"]);
  EXPECT_THAT(refused(prediction_of(score_row(wire_length("miller_ota", 1)))),
              HasSubstr("other nets"));

  Json damaged = shy(0.1, 0.1, 1);
  damaged["files"]["shy.json"] = "/nowhere";
  EXPECT_THAT(refused(prediction_of(score_row(damaged))), HasSubstr("hand@1"));
  damaged["predictor"] = "nobody";
  EXPECT_THAT(refused(prediction_of(score_row(damaged))), HasSubstr("nobody"));

  const auto stacked = score_row(
      shy(0.1, 0.1, 1), {{"placement", [] {
                            Json places = Json::array();
                            for (const char* name : {"M0", "M1", "M2", "M3", "M4"})
                              places.push_back({{"device", name}, {"x_um", 0.0}, {"y_um", 0.0}});
                            return places;
                          }()}});
  EXPECT_THAT(refused(prediction_of(stacked)), HasSubstr("M0 and M1 overlap"));
}

TEST_F(ScorePredictionTest, OfALayoutIsThatOfThePlacementWhichItShows) {
  for (std::size_t variant = 0; variant < made_.variants.size(); ++variant) {
    const Json model = wire_length(kCircuit, 1);
    const Json prediction = prediction_of(score_layout(gds(variant), model));
    ASSERT_FALSE(prediction.contains("refused")) << prediction["refused"];
    EXPECT_FALSE(prediction.contains("matches"));
    EXPECT_NEAR(prediction["cost"].get<double>(), record(variant)["hpwl_um"].get<double>(), 1e-9)
        << variant;
    const auto again = score_row(
        model, {{"placement", prediction["placement"]}, {"fingers", record(variant)["fingers"]}});
    EXPECT_EQ(prediction_of(again)["cost"], prediction["cost"]);
    EXPECT_EQ(again.value()["hpwl_um"], record(variant)["hpwl_um"]);
  }
}

TEST_F(ScorePredictionTest, OfAHalfDrawnLayoutSaysSoOrRefuses) {
  gds::Library library = gds::read_file(gds(0)).value();
  const auto file = folder("edited") / "moved.gds";
  const Json before = prediction_of(score_layout(gds(0), wire_length(kCircuit, 1)));
  ASSERT_FALSE(before.contains("refused")) << before["refused"];
  // A device goes away from its wires.
  gds::Cell& top = library.cells.back();
  ASSERT_FALSE(top.references.empty());
  top.references.front().at.x -= 40'000;
  ASSERT_TRUE(gds::write_file(library, file));
  const Json fingers{{"fingers", record(0)["fingers"]}, {"top", top.name}};
  const Json moved = prediction_of(score_layout(file.string(), wire_length(kCircuit, 1), fingers));
  ASSERT_FALSE(moved.contains("refused")) << moved["refused"];
  EXPECT_EQ(moved["matches"], false);
  EXPECT_GT(moved["cost"].get<double>(), before["cost"].get<double>() + 10);
  // One is not there at all.
  top.references.erase(top.references.begin());
  ASSERT_TRUE(gds::write_file(library, file));
  const auto without = score_layout(file.string(), wire_length(kCircuit, 1), fingers);
  EXPECT_THAT(prediction_of(without).value("refused", ""), HasSubstr("was not found"));
}

TEST_F(ScorePredictionTest, OfTheFlowsModelIsAskedForByItsName) {
  const std::string native = read_text_file(PTAH_SOURCE_DIR "/configs/flows/native.yaml").value();
  const auto flow = folder("flow") / "shy.yaml";
  const std::string stage = "\n  explorer:";
  std::string text = native;
  text.insert(text.find(stage), "\n  predictor: {plugin: shy, model: mine@2}");
  ASSERT_TRUE(write_text_file(flow, text));
  const Json more{{"flow", flow.string()}};
  EXPECT_EQ(score_row(Json(), more).value(), (Json{{"wants_model", "mine@2"}}));
  EXPECT_EQ(score_layout(gds(0), Json(), more).value(), (Json{{"wants_model", "mine@2"}}));
  EXPECT_EQ(prediction_of(score_row(shy(0.1, 0, 1e6), more))["verdict"], "good");
}

}  // namespace
}  // namespace ptah
