// The sign-off policy: who sees which layout, and what a disagreement leaves behind.
#include "flow_fixture.hpp"

namespace ptah {
namespace {

class SignOffTest : public FlowTest {
 protected:
  void SetUp() override {
    FlowTest::SetUp();
    const std::vector<std::filesystem::path> files{PTAH_STUB_DIR "/ptah_picky_check.so",
                                                   PTAH_STUB_DIR "/ptah_picky_judge.so",
                                                   PTAH_STUB_DIR "/ptah_latched.so"};
    for (const PluginRefusal& refusal : host_.load_all(files)) {
      ADD_FAILURE() << refusal.reason.text();
    }
  }

  /// Runs one chain whose checks and judges reject every so-manieth layout.
  Result<Json> run(const std::string& policy, int check_every, int judge_every, int variants,
                   CollectingSink& sink, double allowed = 1, double share = 0.5) {
    auto planned = plan({{"circuit", "five_transistors_ota"},
                         {"variants", variants},
                         {"seed", 3},
                         {"judges", policy}});
    if (planned.has_error()) return planned.error();
    Json chain = chain_task(planned.value()["common"], planned.value()["chains"][0]);
    Json& flow = chain["flow"];
    flow["stages"].erase("extractor");
    flow["stages"].erase("simulator");
    flow["checks"] = {{{"plugin", "picky_check"}, {"options", {{"every", check_every}}}}};
    flow["judges"] = {{{"plugin", "picky_judge"}, {"options", {{"every", judge_every}}}}};
    flow["sign_off"]["max_disagreements"] = allowed;
    flow["sign_off"]["share"] = share;
    return run_task("chain", chain, folder("chain"), host_, sink);
  }
  static int judged(const CollectingSink& sink) {
    int count = 0;
    for (const Json& variant : sink.variants) count += variant["record"]["judged"].get<bool>();
    return count;
  }
  static std::vector<Json> disagreements(const CollectingSink& sink) {
    std::vector<Json> found;
    for (const Json& variant : sink.variants) {
      for (const Json& file : variant["files"]) {
        if (file["role"] == "disagreement_report") {
          auto text = read_text_file(file["path"].get<std::string>());
          found.push_back(Json::parse(text.value()));
        } else if (file["role"] == "disagreement") {
          EXPECT_GT(std::filesystem::file_size(file["path"].get<std::string>()), 1000u);
        }
      }
    }
    return found;
  }
};

TEST_F(SignOffTest, JudgesSeeWhatThePolicySays) {
  CollectingSink all, kept, sample, none;
  ASSERT_TRUE(run("all", 0, 0, 20, all).has_value());
  ASSERT_TRUE(run("kept", 0, 0, 20, kept).has_value());
  ASSERT_TRUE(run("sample", 0, 0, 20, sample).has_value());
  ASSERT_TRUE(run("none", 0, 0, 20, none).has_value());
  EXPECT_EQ(judged(all), 21);
  EXPECT_EQ(judged(kept), 21);
  EXPECT_EQ(judged(none), 0);
  EXPECT_GT(judged(sample), 4);
  EXPECT_LT(judged(sample), 18);
  EXPECT_TRUE(sample.variants.front()["record"]["judged"]) << "the baseline is always judged";
}

TEST_F(SignOffTest, WhatOnlyTheJudgesRejectIsRevertedCountedAndKept) {
  CollectingSink sink;
  const auto done = run("kept", 0, 4, 10, sink);
  ASSERT_TRUE(done.has_value()) << done.error().text();
  EXPECT_EQ(sink.variants.size(), 11u) << "the exploration goes on";
  const auto found = disagreements(sink);
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(done.value()["disagreements"], Json({{"drc", 3}}));
  EXPECT_EQ(done.value()["judged"], 14);
  EXPECT_EQ(found[0]["kept"], false);
  EXPECT_EQ(found[0]["disagreements"][0]["checks"], Json({{"picky_check", 0}}));
  EXPECT_EQ(found[0]["disagreements"][0]["judges"], Json({{"picky_judge", 1}}));
}

TEST_F(SignOffTest, WhatOnlyTheChecksRejectIsFoundWhenTheJudgesSeeAll) {
  CollectingSink sink;
  const auto done = run("all", 5, 0, 10, sink);
  ASSERT_TRUE(done.has_value()) << done.error().text();
  ASSERT_FALSE(disagreements(sink).empty());
  EXPECT_EQ(disagreements(sink)[0]["disagreements"][0]["checks"], Json({{"picky_check", 1}}));

  CollectingSink blind;
  const auto other = run("kept", 5, 0, 10, blind);
  ASSERT_TRUE(other.has_value()) << other.error().text();
  EXPECT_TRUE(disagreements(blind).empty()) << "the judges were not asked about rejected layouts";
}

TEST_F(SignOffTest, TooManyDisagreementsFailTheChainAndLeaveItsVariants) {
  CollectingSink sink;
  const auto done = run("kept", 0, 4, 10, sink, 0.02);
  ASSERT_TRUE(done.has_error());
  EXPECT_EQ(done.error().code, ErrorCode::kConflict);
  EXPECT_NE(done.error().text().find("disagree 3 times on 14"), std::string::npos)
      << done.error().text();
  EXPECT_EQ(sink.variants.size(), 11u);
}

TEST_F(SignOffTest, ScoresOfDifferentOperatingPointsSaySo) {
  const auto record = [&](double own, double judges) {
    auto planned = plan(
        {{"circuit", "five_transistors_ota"}, {"variants", 0}, {"seed", 3}, {"judges", "kept"}});
    EXPECT_TRUE(planned.has_value()) << planned.error().text();
    Json chain = chain_task(planned.value()["common"], planned.value()["chains"][0]);
    Json& flow = chain["flow"];
    const auto simulator = [](double volts) {
      return Json{{"plugin", "latched"}, {"options", {{"volts", volts}}}};
    };
    flow["stages"]["extractor"] = {{"plugin", "native_pex"}, {"options", Json::object()}};
    flow["stages"]["simulator"] = simulator(own);
    flow["checks"] = {{{"plugin", "picky_check"}, {"options", Json::object()}}};
    flow["judges"] = {{{"plugin", "picky_judge"}, {"options", Json::object()}}};
    flow["sign_off"]["stages"] = {{"extractor", flow["stages"]["extractor"]},
                                  {"simulator", simulator(judges)}};
    flow["sign_off"]["max_disagreements"] = 1;
    CollectingSink sink;
    const auto done = run_task("chain", chain, folder("chain"), host_, sink);
    EXPECT_TRUE(done.has_value()) << done.error().text();
    return sink.variants.empty() ? Json() : sink.variants.front()["record"];
  };
  const Json apart = record(0.5, 1.5);
  ASSERT_TRUE(apart.contains("operating_point_V")) << apart.dump();
  EXPECT_EQ(apart["operating_point_V"].begin().value(), Json({{"schematic", 0.5},
                                                              {"layout", 0.5},
                                                              {"judges_schematic", 1.5},
                                                              {"judges_layout", 1.5}}));
  EXPECT_FALSE(record(1.5, 1.5).contains("operating_point_V"));
  // Scores differ, by less than two solutions would.
  const Json near = record(1.0, 1.04);
  EXPECT_NE(near["pscore_V"], near["judged_pscore_V"]);
  EXPECT_FALSE(near.contains("operating_point_V"));
}

}  // namespace
}  // namespace ptah
