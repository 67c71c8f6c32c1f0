#include <algorithm>

#include "flow_fixture.hpp"
#include "ptah/layout/gds.hpp"

namespace ptah {
namespace {

class ChainTest : public FlowTest {
 protected:
  /// The only chain of a plan on `circuit` without judges: fast, place and route alone.
  Json chain(const char* circuit, int variants, std::int64_t seed = 3) {
    const auto planned =
        plan({{"circuit", circuit}, {"variants", variants}, {"seed", seed}, {"judges", "none"}});
    EXPECT_TRUE(planned.has_value()) << planned.error().text();
    return chain_task(planned.value()["common"], planned.value()["chains"][0]);
  }
};

TEST_F(ChainTest, EveryVariantIsOneMoveAwayFromTheOneBefore) {
  CollectingSink sink;
  const auto done = run_task("chain", chain("five_transistors_ota", 6), folder("a"), host_, sink);
  ASSERT_TRUE(done.has_value()) << done.error().text();
  ASSERT_EQ(sink.variants.size(), 7u);
  EXPECT_EQ(done.value()["variants"], 7);
  Json before;
  for (std::size_t i = 0; i < sink.variants.size(); ++i) {
    EXPECT_EQ(sink.variants[i]["record"]["variant"], i);
    const Json layout = Json::parse(file_bytes(sink.variants[i], "state"))["layout"];
    if (i > 0) {
      int moved = 0;
      for (std::size_t tile = 0; tile < layout["tiles"].size(); ++tile) {
        const Json &now = layout["tiles"][tile]["origin"], &then = before["tiles"][tile]["origin"];
        const int distance = std::abs(now[0].get<int>() - then[0].get<int>()) +
                             std::abs(now[1].get<int>() - then[1].get<int>());
        EXPECT_TRUE(distance == 0 || distance == 100) << distance;
        moved += distance != 0;
      }
      EXPECT_EQ(moved, 1) << "variant " << i;
    }
    before = layout;
  }
}

TEST_F(ChainTest, EveryRecordNamesTheParametersThatWereGiven) {
  const auto file = folder("own") / "one.sp";
  ASSERT_TRUE(write_text_file(file,
                              "* w is the width of one finger\n.subckt one d g s b\n"
                              "M1 d g s b sky130_fd_pr__nfet_01v8 w=w1 l=0.15u nf=2\n.ends\n")
                  .has_value());
  const auto planned = plan({{"netlist", file.string()},
                             {"params", {{"w1", "2u"}}},
                             {"variants", 1},
                             {"judges", "none"}});
  ASSERT_TRUE(planned.has_value()) << planned.error().text();
  CollectingSink sink;
  const auto done =
      run_task("chain", chain_task(planned.value()["common"], planned.value()["chains"][0]),
               folder("a"), host_, sink);
  ASSERT_TRUE(done.has_value()) << done.error().text();
  ASSERT_EQ(sink.variants.size(), 2u);
  for (const Json& variant : sink.variants)
    EXPECT_EQ(variant["record"]["params"], (Json{{"w1", "2u"}}));
}

TEST_F(ChainTest, EveryRecordSaysWhatTheLayoutCostsByTheRunsObjective) {
  const std::pair<const char*, const char*> fields[] = {{"pscore", "pscore_V"},
                                                        {"area", "area_um2"},
                                                        {"device_area", "device_area_um2"},
                                                        {"hpwl", "hpwl_um"},
                                                        {"balanced", ""}};
  for (const auto& [objective, field] : fields) {
    const auto planned = plan({{"circuit", "five_transistors_ota"},
                               {"variants", 1},
                               {"judges", "none"},
                               {"flow", "native"},
                               {"objective", objective}});
    ASSERT_TRUE(planned.has_value()) << planned.error().text();
    CollectingSink sink;
    const auto done =
        run_task("chain", chain_task(planned.value()["common"], planned.value()["chains"][0]),
                 folder(objective), host_, sink);
    ASSERT_TRUE(done.has_value()) << done.error().text();
    for (const Json& variant : sink.variants) {
      const Json& record = variant["record"];
      EXPECT_EQ(record["objective"], objective);
      ASSERT_TRUE(record["pscore_V"].is_number());
      const double product = record["pscore_V"].get<double>() * record["area_um2"].get<double>();
      EXPECT_EQ(record["cost"], *field == 0 ? Json(product) : record[field]) << objective;
      EXPECT_GT(record["cost"], 0.0);
    }
  }
  // Not simulated: no score, and nothing to rank by. A chain planned by an older server has none.
  Json old = chain("five_transistors_ota", 0);
  old.erase("objective");
  CollectingSink sink;
  ASSERT_TRUE(run_task("chain", old, folder("old"), host_, sink).has_value());
  EXPECT_EQ(sink.variants.front()["record"]["objective"], "pscore");
  EXPECT_TRUE(sink.variants.front()["record"]["cost"].is_null());
}

TEST_F(ChainTest, SameSeedSameBytes) {
  CollectingSink once, twice;
  const Json spec = chain("five_transistors_ota", 3);
  ASSERT_TRUE(run_task("chain", spec, folder("a"), host_, once).has_value());
  ASSERT_TRUE(run_task("chain", spec, folder("b"), host_, twice).has_value());
  ASSERT_EQ(once.variants.size(), twice.variants.size());
  for (std::size_t i = 0; i < once.variants.size(); ++i) {
    expect_same_variant(once.variants[i], twice.variants[i]);
    const Json seconds = Json::parse(file_bytes(once.variants[i], "times"));
    EXPECT_GT(seconds.value("router", 0.0), 0.0);
    EXPECT_GT(seconds.value("total", 0.0), seconds.value("router", 0.0));
  }
}

TEST_F(ChainTest, OtherSeedsGiveOtherLayouts) {
  CollectingSink once, twice;
  ASSERT_TRUE(
      run_task("chain", chain("five_transistors_ota", 0, 3), folder("a"), host_, once).has_value());
  Json other = chain("five_transistors_ota", 0, 3);
  other["seed"] = 4;
  ASSERT_TRUE(run_task("chain", other, folder("b"), host_, twice).has_value());
  EXPECT_NE(file_bytes(once.variants[0], "gds"), file_bytes(twice.variants[0], "gds"));
}

TEST_F(ChainTest, AResumedChainMakesTheSameVariants) {
  CollectingSink whole;
  const Json spec = chain("five_transistors_ota", 5);
  ASSERT_TRUE(run_task("chain", spec, folder("whole"), host_, whole).has_value());
  for (const int last : {0, 2, 4}) {
    Json resumed = spec;
    const Json& variant = whole.variants[static_cast<std::size_t>(last)];
    const auto state = folder("state") / "state.json";
    ASSERT_TRUE(write_text_file(state, file_bytes(variant, "state")).has_value());
    resumed["resume"] = {
        {"variant", last}, {"record", variant["record"]}, {"files", {{"state", state.string()}}}};
    CollectingSink rest;
    const auto done =
        run_task("chain", resumed, folder("rest" + std::to_string(last)), host_, rest);
    ASSERT_TRUE(done.has_value()) << done.error().text();
    ASSERT_EQ(rest.variants.size(), static_cast<std::size_t>(5 - last));
    for (std::size_t i = 0; i < rest.variants.size(); ++i) {
      const Json& expected = whole.variants[static_cast<std::size_t>(last) + 1 + i];
      expect_same_variant(rest.variants[i], expected);
    }
  }
}

TEST_F(ChainTest, FilesOfManyVariantsLieInFewAndOldOnesGo) {
  CollectingSink sink;
  const auto scratch = folder("many");
  ASSERT_TRUE(
      run_task("chain", chain("five_transistors_ota", 700), scratch, host_, sink).has_value());
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(scratch)) {
    files += entry.is_regular_file();
  }
  EXPECT_LE(files, 3);
  // What the daemon may not have taken yet is still there.
  for (std::size_t i = sink.variants.size() - 64; i < sink.variants.size(); ++i) {
    EXPECT_NE(file_bytes(sink.variants[i], "metrics").find("\"variant\": " + std::to_string(i)),
              std::string::npos);
  }
}

TEST_F(ChainTest, CancellingKeepsWhatIsFinished) {
  CollectingSink sink;
  sink.cancel_after_variants = 2;
  const auto done = run_task("chain", chain("five_transistors_ota", 50), folder("a"), host_, sink);
  ASSERT_TRUE(done.has_error());
  EXPECT_EQ(done.error().code, ErrorCode::kCancelled) << done.error().text();
  EXPECT_EQ(sink.variants.size(), 2u);
}

/// Stages tell of their own part, a step that comes to nothing begins it again: the chain's bar
/// stays, and ends near its end.
TEST_F(ChainTest, ProgressNeverFalls) {
  CollectingSink sink;
  Json spec = chain("five_transistors_ota", 12);
  const auto done = run_task("chain", spec, folder("a"), host_, sink);
  ASSERT_TRUE(done.has_value()) << done.error().text();
  std::vector<double> told;
  for (const Json& event : sink.events) {
    if (event["event"] == "progress") told.push_back(event["fraction"]);
  }
  ASSERT_GT(told.size(), 12u);
  EXPECT_TRUE(std::is_sorted(told.begin(), told.end())) << Json(told).dump();
  EXPECT_LT(told.front(), 0.1);
  EXPECT_GT(told.back(), 0.9);
  EXPECT_LE(told.back(), 1);
}

TEST_F(ChainTest, ADamagedStateIsRefused) {
  const auto state = folder("x") / "state.json";
  Json spec = chain("five_transistors_ota", 2);
  spec["resume"] = {{"variant", 0}, {"record", {}}, {"files", {{"state", state.string()}}}};
  for (const char* text : {"", "{}", "{\"layout\": {}}", "[1,2]"}) {
    ASSERT_TRUE(write_text_file(state, text).has_value());
    CollectingSink sink;
    EXPECT_TRUE(run_task("chain", spec, folder("y"), host_, sink).has_error()) << text;
  }
}

TEST_F(ChainTest, AnUnknownPluginSaysWhichThereAre) {
  Json spec = chain("five_transistors_ota", 0);
  spec["flow"]["stages"]["placer"]["plugin"] = "no_such_placer";
  CollectingSink sink;
  const auto done = run_task("chain", spec, folder("a"), host_, sink);
  ASSERT_TRUE(done.has_error());
  EXPECT_EQ(done.error().code, ErrorCode::kNotFound);
  EXPECT_NE(done.error().text().find("sequence_pair"), std::string::npos) << done.error().text();
}

}  // namespace
}  // namespace ptah
